//! Going on with a download that broke off.

use std::time::Duration;

use reqwest::header::{HeaderValue, IF_RANGE, RANGE};
use reqwest::{Response, StatusCode};

use super::plan::{Part, Plan};
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::Outgoing;
use crate::error::{Error, Kind};
use crate::transport;
use crate::transport::budget::Cost;
use crate::transport::retry::{self, RetryPolicy};

/// What a download needs to ask again.
pub(crate) struct Resume {
    pub(crate) call: Call,
    operation: &'static Operation,
    request: Outgoing,
    policy: RetryPolicy,
    /// Resumes since bytes last came.
    in_vain: u32,
    /// Where the present answer began, and what its resume cost.
    began: u64,
    paid: Option<Cost>,
}

/// What asking again came to.
pub(crate) enum Resumed {
    Part(Response, Part),
    /// Nothing was missing.
    Complete,
}

impl Resume {
    pub(crate) fn new(
        mut call: Call,
        operation: &'static Operation,
        request: Outgoing,
        first: u64,
    ) -> Self {
        // The place to go on from is not the caller's any more.
        call.options.headers.retain(|(name, _)| *name != RANGE && *name != IF_RANGE);
        let policy = call.options.retry.unwrap_or(call.core.retry);
        Self { call, operation, request, policy, in_vain: 0, began: first, paid: None }
    }

    /// The wait before asking again for what is missing, or `None` to give up.
    pub(crate) fn wait(&mut self, at: u64, error: &Error) -> Option<Duration> {
        if at > self.began {
            self.in_vain = 0;
            self.settle(at);
        }
        self.in_vain += 1;
        let cost = if error.kind() == Kind::Timeout { Cost::Silence } else { Cost::Refusal };
        let core = &self.call.core;
        if self.in_vain >= self.policy.max_attempts || !core.budget.take(cost) {
            return None;
        }
        let wait = retry::backoff(&self.policy, self.in_vain, core.clock.fraction());
        self.paid = Some(cost);
        self.began = at;
        Some(wait)
    }

    /// Gives back what the last resume cost if it was worth it.
    pub(crate) fn settle(&mut self, at: u64) {
        if at - self.began >= WORTH_IT
            && let Some(paid) = self.paid.take()
        {
            self.call.core.budget.refund(Some(paid));
        }
    }

    /// Waits, asks again, and checks that the answer continues the same bytes.
    pub(crate) fn ask(
        &self,
        plan: &Plan,
        at: u64,
        wait: Duration,
        broke: Error,
    ) -> impl Future<Output = Result<Resumed, Error>> + Send + use<> {
        let (call, operation, plan) = (self.call.clone(), self.operation, plan.clone());
        let request = self.request.again().map(|mut request| {
            let headers = request.headers_mut();
            headers.remove(IF_RANGE);
            if let Ok(range) = HeaderValue::try_from(plan.range(at)) {
                headers.insert(RANGE, range);
            }
            if let Some(Ok(tag)) = plan.if_range().map(HeaderValue::try_from) {
                headers.insert(IF_RANGE, tag);
            }
            request
        });
        async move {
            let Some(request) = request else { return Err(broke) };
            call.core.clock.sleep(wait).await;
            let answer = transport::open(&call, operation, Ok(request)).await;
            let why = match answer {
                Ok((head, Some(response))) => match plan.accept(at, head.status, &head.headers) {
                    Ok(part) => return Ok(Resumed::Part(response, part)),
                    Err(why) => Refusal::Answer(why),
                },
                Ok((_, None)) => Refusal::Answer("the answer has no body"),
                Err(error) if error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE) => {
                    if error.headers().is_some_and(|headers| plan.is_complete(at, headers)) {
                        return Ok(Resumed::Complete);
                    }
                    Refusal::Answer("the server says that there is no more of the file (416)")
                }
                Err(error) if error.kind() == Kind::Api => return Err(error),
                Err(error) => Refusal::Error(error),
            };
            Err(why.of(broke, at - plan.first))
        }
    }
}

/// Why a download does not go on.
enum Refusal {
    Answer(&'static str),
    Error(Error),
}

impl Refusal {
    fn of(self, broke: Error, received: u64) -> Error {
        let what = format!("the download broke off after {received} bytes and cannot go on: ");
        match self {
            Self::Answer(why) => broke.with_what(what + why),
            Self::Error(error) => {
                broke.with_what(format!("{what}{error}")).with_source(Box::new(error))
            }
        }
    }
}

/// Bytes that make a resume worth its cost.
const WORTH_IT: u64 = 64 * 1024;
