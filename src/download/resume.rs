//! The resumption of an interrupted download.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderName, HeaderValue, IF_RANGE, RANGE};

use super::plan::{Part, Plan};
use super::{Download, begin};
use crate::error::{Error, Kind};
use crate::observer::WaitReason;
use crate::operation::Operation;
use crate::transport;
use crate::transport::body::StreamingBody;
use crate::transport::call::Call;
use crate::transport::outbound_request::OutboundRequest;
use crate::transport::retry::{self, RetryPolicy};
use crate::transport::retry_budget::{Deposit, RetryCost};

/// Bytes after which a resumption has paid off, and its cost is released.
const PAID_OFF_BYTES: u64 = 64 * 1024;

/// The state needed to request the rest of a file.
pub(super) struct Resume {
    pub(super) call: Call,
    /// The headers of the caller's range.
    range: Vec<(HeaderName, HeaderValue)>,
    operation: &'static Operation,
    request: OutboundRequest,
    /// Whether the operation takes ranges.
    serves_ranges: bool,
    policy: RetryPolicy,
    /// Resumptions since bytes last arrived.
    fruitless: u32,
    /// How often the download has started over.
    restarts: u32,
    /// Offset at which the current response began.
    start: u64,
    /// Price of the resumption that led to the current response.
    deposit: Option<Deposit>,
}

/// The result of a resumption.
pub(super) enum Resumed {
    /// The rest, and the attempts that it took.
    Part(StreamingBody, Part, u32),
    /// Nothing was missing, which took these attempts to find out.
    Complete(u32),
}

impl Resume {
    pub(super) fn new(
        mut call: Call,
        operation: &'static Operation,
        request: OutboundRequest,
        serves_ranges: bool,
        start: u64,
    ) -> Self {
        // From here on, the offset to resume at replaces the caller's range.
        let of_range = |(name, _): &mut (HeaderName, _)| *name == RANGE || *name == IF_RANGE;
        let range = call.options.headers.extract_if(.., of_range).collect();
        let policy = call.retry_policy();
        Self {
            call,
            range,
            operation,
            request,
            serves_ranges,
            policy,
            fruitless: 0,
            restarts: 0,
            start,
            deposit: None,
        }
    }

    /// Returns the wait before the next resumption, or `None` to give up.
    pub(super) fn wait(&mut self, at: u64, error: &Error) -> Option<Duration> {
        if at > self.start {
            self.fruitless = 0;
            self.settle(at);
        }
        self.fruitless += 1;
        let timed_out = error.kind() == Kind::Timeout;
        let cost = if timed_out { RetryCost::Timeout } else { RetryCost::Failure };
        let core = &self.call.core;
        if self.fruitless >= self.policy.max_attempts || !core.retry_budget.acquire(cost) {
            return None;
        }
        let wait = retry::backoff(&self.policy, self.fruitless, core.clock.fraction());
        self.deposit = Some(Deposit::default().plus(cost, false));
        self.start = at;
        Some(wait)
    }

    /// Starts a download over, after the failure of one that cannot be resumed.
    pub(super) async fn restart(mut self, error: Error) -> Result<Download, Error> {
        self.restarts += 1;
        let cost =
            if error.kind() == Kind::Timeout { RetryCost::Timeout } else { RetryCost::Failure };
        let core = &self.call.core;
        if self.restarts >= self.policy.max_attempts || !core.retry_budget.acquire(cost) {
            return Err(error);
        }
        let wait = retry::backoff(&self.policy, self.restarts, core.clock.fraction());
        core.wait(self.operation, WaitReason::Backoff, wait, error.attempts()).await;
        let Some(request) = self.request.try_clone() else { return Err(error) };
        self.call.options.headers.append(&mut self.range);
        let mut download = begin(self.call, self.operation, Ok(request), self.serves_ranges)
            .await
            .map_err(|again| again.after_attempts(error.attempts()))?;
        download.parts.add_attempts(error.attempts());
        download.resume.restarts = self.restarts;
        download.resume.deposit = Some(Deposit::default().plus(cost, false));
        Ok(download)
    }

    /// Releases the cost of the last resumption if it has paid off.
    pub(super) fn settle(&mut self, at: u64) {
        if at - self.start >= PAID_OFF_BYTES
            && let Some(deposit) = self.deposit.take()
        {
            self.call.core.retry_budget.release(deposit);
        }
    }

    /// Waits, requests the rest, and checks that the response continues the same bytes.
    pub(super) fn run(
        &self,
        plan: &Plan,
        at: u64,
        wait: Duration,
        interrupted: Error,
    ) -> impl Future<Output = Result<Resumed, Error>> + Send + use<> {
        let (call, operation, plan) = (self.call.clone(), self.operation, plan.clone());
        let request = self.request.try_clone().map(|mut request| {
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
            let Some(request) = request else { return Err(interrupted) };
            let made = interrupted.attempts();
            call.core.wait(operation, WaitReason::Backoff, wait, made).await;
            let received = at - plan.first;
            let response = transport::send_streaming(&call, operation, Ok(request)).await;
            let (reason, attempts) = match response {
                Ok((head, Some(body))) => match plan.accept(at, head.status, &head.headers) {
                    Ok(part) => return Ok(Resumed::Part(body, part, head.attempts)),
                    Err(reason) => (reason, head.attempts),
                },
                Ok((head, None)) => ("the response has no body", head.attempts),
                Err(error) if error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE) => {
                    if error.headers().is_some_and(|headers| plan.is_complete(at, headers)) {
                        return Ok(Resumed::Complete(error.attempts()));
                    }
                    ("the server reports no more bytes (416)", error.attempts())
                }
                Err(error) if error.kind() == Kind::Api => {
                    return Err(error.after_attempts(interrupted.attempts()));
                }
                Err(error) => {
                    let message = message(received, &error.to_string());
                    let interrupted = interrupted.after_attempts(error.attempts());
                    return Err(interrupted.with_message(message).with_source(Box::new(error)));
                }
            };
            Err(interrupted.after_attempts(attempts).with_message(message(received, reason)))
        }
    }
}

pub(super) fn message(received: u64, reason: &str) -> String {
    format!("the download stopped after {received} bytes and cannot be resumed: {reason}")
}
