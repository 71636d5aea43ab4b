//! One span for each call, one event for each wait.

use std::future::Future;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use tracing::Instrument;
use tracing::field::{Empty, debug, display};
use tracing::instrument::Instrumented;

use crate::answer::head::Head;
use crate::call::operation::Operation;
use crate::error::{Error, Kind};

const TARGET: &str = "sendmux_client";

#[derive(Clone)]
pub(crate) struct Span(tracing::Span);

impl Span {
    pub(crate) fn new(operation: &Operation, url: &Url) -> Self {
        Self(tracing::info_span!(
            target: TARGET,
            "sendmux",
            otel.name = %format_args!("{} {}", operation.method, operation.path),
            otel.kind = "client",
            http.request.method = operation.method,
            url.template = operation.path,
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            "error.type" = Empty,
            sendmux.request_id = Empty,
        ))
    }

    pub(crate) fn enclose<F: Future>(self, work: F) -> Instrumented<F> {
        work.instrument(self.0)
    }

    /// The pacer holds the call back.
    pub(crate) fn held(wait: Duration) {
        tracing::debug!(
            target: TARGET,
            reason = "pacing",
            wait_seconds = wait.as_secs_f64(),
            "held back"
        );
    }

    pub(crate) fn repeat(reason: &'static str, wait: Duration, attempts: u32) {
        tracing::info!(
            target: TARGET,
            reason,
            attempts,
            wait_seconds = wait.as_secs_f64(),
            "repeating"
        );
    }

    pub(crate) fn out_of_budget(reason: &'static str) {
        tracing::warn!(target: TARGET, reason, "not repeated: the shared retry budget is spent");
    }

    pub(crate) fn answered(self, head: &Head) {
        self.status(head.status);
        self.attempts(head.attempts);
        if let Some(id) = head.request_id() {
            self.0.record("sendmux.request_id", id);
        }
    }

    pub(crate) fn failed(self, error: &Error) {
        if let Some(status) = error.status() {
            self.status(status);
        }
        self.attempts(error.attempts());
        if let Some(id) = error.request_id() {
            self.0.record("sendmux.request_id", id);
        }
        match (error.kind(), error.status()) {
            (Kind::NotModified, _) => {}
            (Kind::Api | Kind::UnexpectedStatus, Some(status)) => {
                self.0.record("error.type", display(status.as_u16()));
            }
            (kind, _) => {
                self.0.record("error.type", debug(kind));
            }
        }
    }

    fn status(&self, status: StatusCode) {
        self.0.record("http.response.status_code", status.as_u16());
    }

    fn attempts(&self, attempts: u32) {
        if attempts > 1 {
            self.0.record("http.request.resend_count", attempts - 1);
        }
    }
}
