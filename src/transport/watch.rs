//! What the observer of a client is told of one call. Without an observer, nothing is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use reqwest::StatusCode;

use crate::clock::Clock;
use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::observer::{
    AttemptReport, BodyReport, CallOutcome, CallReport, Observer, WaitReason, WaitReport, tell,
};
use crate::operation::Operation;
use crate::transport::call::Core;

impl Core {
    /// Waits, and tells the observer why.
    pub(crate) async fn wait(
        &self,
        operation: &'static Operation,
        reason: WaitReason,
        duration: Duration,
        attempts: u32,
    ) {
        if let Some(observer) = &self.observer {
            let report = WaitReport { operation, reason, duration, attempts };
            tell(&**observer, |observer| observer.on_wait(&report));
        }
        self.clock.sleep(duration).await;
    }
}

/// Measures a call. A call that is dropped is reported as canceled.
pub(super) struct CallWatch<'a> {
    core: &'a Core,
    operation: &'static Operation,
    running: Option<Running>,
}

/// The measures of a call that has not ended.
struct Running {
    observer: Arc<dyn Observer>,
    started: Duration,
    waited: Duration,
    attempts: u32,
    sent: u64,
    received: u64,
    attempt: Option<RunningAttempt>,
}

struct RunningAttempt {
    started: Duration,
    /// Length of a body in memory.
    body: u64,
    /// Bytes of an upload so far.
    upload: Arc<AtomicU64>,
    received: u64,
}

/// The facts of a result that are reported.
struct Facts<'a> {
    outcome: CallOutcome,
    head: Option<&'a ResponseHead>,
    error: Option<&'a Error>,
}

impl<'a> Facts<'a> {
    const CANCELED: Self = Self { outcome: CallOutcome::Canceled, head: None, error: None };

    fn of<T>(result: &'a Result<(ResponseHead, T), Error>) -> Self {
        match result {
            Ok((head, _)) => Self { outcome: CallOutcome::Success, head: Some(head), error: None },
            Err(error) => {
                let outcome = match error.kind() {
                    Kind::NotModified => CallOutcome::Success,
                    kind => CallOutcome::Failure(kind),
                };
                Self { outcome, head: None, error: Some(error) }
            }
        }
    }

    fn status(&self) -> Option<StatusCode> {
        self.head.map(|head| head.status).or_else(|| self.error?.status())
    }

    fn request_id(&self) -> Option<&'a str> {
        match self.head {
            Some(head) => head.request_id(),
            None => self.error?.request_id(),
        }
    }
}

impl<'a> CallWatch<'a> {
    pub(super) fn new(core: &'a Core, operation: &'static Operation) -> Self {
        let running = core.observer.as_ref().map(|observer| Running {
            observer: Arc::clone(observer),
            started: core.clock.elapsed(),
            waited: Duration::ZERO,
            attempts: 0,
            sent: 0,
            received: 0,
            attempt: None,
        });
        Self { core, operation, running }
    }

    /// Starts an attempt with a body of this length; returns the counter for an upload.
    pub(super) fn start_attempt(&mut self, body: u64) -> Option<Arc<AtomicU64>> {
        let running = self.running.as_mut()?;
        running.attempts += 1;
        let upload = Arc::<AtomicU64>::default();
        running.attempt = Some(RunningAttempt {
            started: self.core.clock.elapsed(),
            body,
            upload: Arc::clone(&upload),
            received: 0,
        });
        Some(upload)
    }

    /// Counts bytes of the response to the current attempt.
    pub(super) fn received(&mut self, bytes: usize) {
        if let Some(attempt) = self.running.as_mut().and_then(|running| running.attempt.as_mut()) {
            attempt.received += bytes as u64;
        }
    }

    pub(super) fn end_attempt<T>(&mut self, result: &Result<(ResponseHead, T), Error>) {
        if self.running.is_some() {
            self.report_attempt(&Facts::of(result));
        }
    }

    /// Reports a wait of the rate limiter when it becomes known.
    pub(super) fn delayed(&self, wait: Duration) {
        let Some(running) = &self.running else { return };
        let report = WaitReport {
            operation: self.operation,
            reason: WaitReason::RateLimit,
            duration: wait,
            attempts: running.attempts,
        };
        tell(&*running.observer, |observer| observer.on_wait(&report));
    }

    /// Returns the present, to count the time from here on as waited.
    pub(super) fn now(&self) -> Option<Duration> {
        self.running.as_ref().map(|_| self.core.clock.elapsed())
    }

    /// Counts the time since `start` as waited.
    pub(super) fn waited_since(&mut self, start: Option<Duration>) {
        if let (Some(running), Some(start)) = (&mut self.running, start) {
            running.waited += self.core.clock.elapsed().saturating_sub(start);
        }
    }

    pub(super) fn end<T>(mut self, result: &Result<(ResponseHead, T), Error>) {
        if self.running.is_some() {
            self.report(&Facts::of(result));
        }
    }

    fn report_attempt(&mut self, facts: &Facts<'_>) {
        let Some(running) = &mut self.running else { return };
        let Some(attempt) = running.attempt.take() else { return };
        let unsent = facts.error.is_some_and(|error| !error.may_have_been_sent());
        let body = if unsent { 0 } else { attempt.body };
        let report = AttemptReport {
            operation: self.operation,
            attempt: running.attempts,
            outcome: facts.outcome,
            status: facts.status(),
            code: facts.error.and_then(Error::code),
            duration: self.core.clock.elapsed().saturating_sub(attempt.started),
            sent_bytes: body + attempt.upload.load(Relaxed),
            received_bytes: attempt.received,
        };
        running.sent += report.sent_bytes;
        running.received += report.received_bytes;
        tell(&*running.observer, |observer| observer.on_attempt(&report));
    }

    fn report(&mut self, facts: &Facts<'_>) {
        self.report_attempt(facts);
        let Some(running) = self.running.take() else { return };
        let report = CallReport {
            operation: self.operation,
            outcome: facts.outcome,
            status: facts.status(),
            code: facts.error.and_then(Error::code),
            request_id: facts.request_id(),
            attempts: running.attempts,
            duration: self.core.clock.elapsed().saturating_sub(running.started),
            waited: running.waited,
            sent_bytes: running.sent,
            received_bytes: running.received,
        };
        tell(&*running.observer, |observer| observer.on_call(&report));
    }
}

impl Drop for CallWatch<'_> {
    fn drop(&mut self) {
        self.report(&Facts::CANCELED);
    }
}

/// Measures a body that is read as it arrives, and reports it when it is dropped.
pub(super) struct BodyWatch(Option<RunningBody>);

struct RunningBody {
    observer: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
    operation: &'static Operation,
    started: Duration,
    received: u64,
    outcome: CallOutcome,
}

impl BodyWatch {
    pub(super) fn new(core: &Core, operation: &'static Operation) -> Self {
        Self(core.observer.as_ref().map(|observer| RunningBody {
            observer: Arc::clone(observer),
            clock: Arc::clone(&core.clock),
            operation,
            started: core.clock.elapsed(),
            received: 0,
            outcome: CallOutcome::Canceled,
        }))
    }

    pub(super) fn received(&mut self, bytes: usize) {
        if let Some(body) = &mut self.0 {
            body.received += bytes as u64;
        }
    }

    pub(super) fn ended(&mut self, outcome: CallOutcome) {
        if let Some(body) = &mut self.0 {
            body.outcome = outcome;
        }
    }
}

impl Drop for BodyWatch {
    fn drop(&mut self) {
        let Some(body) = &self.0 else { return };
        let report = BodyReport {
            operation: body.operation,
            outcome: body.outcome,
            duration: body.clock.elapsed().saturating_sub(body.started),
            received_bytes: body.received,
        };
        tell(&*body.observer, |observer| observer.on_body(&report));
    }
}
