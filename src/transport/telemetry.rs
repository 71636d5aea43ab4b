//! Spans and events of a call, if the feature `tracing` is on.
//!
//! Names follow the OpenTelemetry semantic conventions for HTTP clients. URLs, headers and bodies
//! are never recorded, and so neither is a secret.

#[cfg(not(feature = "tracing"))]
pub(super) use disabled::Span;
#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::in_current_span;
#[cfg(feature = "tracing")]
pub(super) use enabled::Span;
#[cfg(feature = "tracing")]
pub(crate) use enabled::in_current_span;

#[cfg(feature = "tracing")]
mod enabled {
    use std::future::Future;
    use std::time::Duration;

    use reqwest::{StatusCode, Url};
    use tracing::Instrument;
    use tracing::field::{Empty, display};
    use tracing::instrument::Instrumented;

    use crate::error::{Error, Kind};
    use crate::http::response_head::ResponseHead;
    use crate::operation::Operation;

    const TARGET: &str = "sendmux_client";

    /// Runs work of its own task within the span that is current now.
    pub(crate) fn in_current_span<F: Future>(work: F) -> Instrumented<F> {
        work.in_current_span()
    }

    #[derive(Clone)]
    pub(in crate::transport) struct Span(tracing::Span);

    impl Span {
        pub(in crate::transport) fn new(operation: &Operation, url: &Url) -> Self {
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

        pub(in crate::transport) fn enclose<F: Future>(self, work: F) -> Instrumented<F> {
            work.instrument(self.0)
        }

        /// Records that the rate limiter delays the call.
        pub(in crate::transport) fn rate_limited(wait: Duration) {
            tracing::info!(
                target: TARGET,
                reason = "rate limit",
                wait_seconds = wait.as_secs_f64(),
                "request delayed"
            );
        }

        pub(in crate::transport) fn retrying(reason: &'static str, wait: Duration, attempts: u32) {
            tracing::info!(
                target: TARGET,
                reason,
                attempts,
                wait_seconds = wait.as_secs_f64(),
                "retrying"
            );
        }

        pub(in crate::transport) fn budget_exhausted(reason: &'static str) {
            tracing::warn!(target: TARGET, reason, "not retried: the shared retry budget is exhausted");
        }

        pub(in crate::transport) fn succeeded(self, head: &ResponseHead) {
            self.status(head.status);
            self.attempts(head.attempts);
            if let Some(id) = head.request_id() {
                self.0.record("sendmux.request_id", id);
            }
        }

        pub(in crate::transport) fn failed(self, error: &Error) {
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
                    self.0.record("error.type", display(kind.as_str()));
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
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::future::Future;
    use std::time::Duration;

    use reqwest::Url;

    use crate::error::Error;
    use crate::http::response_head::ResponseHead;
    use crate::operation::Operation;

    pub(crate) fn in_current_span<F: Future>(work: F) -> F {
        work
    }

    #[derive(Clone)]
    pub(in crate::transport) struct Span;

    impl Span {
        pub(in crate::transport) fn new(_: &Operation, _: &Url) -> Self {
            Self
        }

        pub(in crate::transport) fn enclose<F: Future>(self, work: F) -> F {
            work
        }

        pub(in crate::transport) fn rate_limited(_: Duration) {}

        pub(in crate::transport) fn retrying(_: &'static str, _: Duration, _: u32) {}

        pub(in crate::transport) fn budget_exhausted(_: &'static str) {}

        pub(in crate::transport) fn succeeded(self, _: &ResponseHead) {}

        pub(in crate::transport) fn failed(self, _: &Error) {}
    }
}
