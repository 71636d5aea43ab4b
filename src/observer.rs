//! What a client tells of its calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::error::{ErrorCode, Kind};
use crate::operation::Operation;

/// Watches the calls of a client: the source of metrics, logs and alerts.
///
/// Set with [`Builder::observer`](crate::Builder::observer). Each method does nothing by default.
/// What is told is free of secrets and data: operations are named by their path template, and there
/// are no URLs, headers, parameters or bodies.
///
/// The methods are called on the task that makes the call, which waits for them. Count, or send to a
/// channel, but do not block. A panic is caught: the panic hook reports it, the other methods are
/// still called, and the call goes on as if nothing had happened. With `panic = "abort"`, the process
/// ends.
///
/// # Examples
/// Collect what a client does, and read it from outside:
/// ```no_run
/// # async fn run() -> Result<(), sendmux_client::Error> {
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// use sendmux_client::{CallReport, Observer, CallOutcome, management::Client};
///
/// #[derive(Default)]
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn on_call(&self, call: &CallReport<'_>) {
///         if let CallOutcome::Failure(kind) = call.outcome {
///             eprintln!("{} failed after {:?}: {kind:?}", call.operation.id, call.duration);
///             self.0.fetch_add(1, Relaxed);
///         }
///     }
/// }
///
/// let failures = Arc::new(Failures::default());
/// let client = Client::builder("smx_root_example").observer(Arc::clone(&failures)).build()?;
/// client.get_balance().await?;
/// println!("{} calls failed", failures.0.load(Relaxed));
/// # Ok(())
/// # }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// Called after each attempt: when it has failed, or when its response has been received, of which
    /// downloads and event streams await the head only.
    fn on_attempt(&self, attempt: &AttemptReport<'_>) {
        let _ = attempt;
    }

    /// Called when a wait begins.
    fn on_wait(&self, wait: &WaitReport) {
        let _ = wait;
    }

    /// Called when a call ends, also when it was never sent or its future was dropped.
    ///
    /// Each page of a list is a call, as is each opening of an event stream, each resumption of a
    /// download, and each of the two steps of a signed upload.
    fn on_call(&self, call: &CallReport<'_>) {
        let _ = call;
    }

    /// Called when the body of a download or an event stream ends or is dropped.
    fn on_body(&self, body: &BodyReport) {
        let _ = body;
    }
}

impl<T: Observer + ?Sized> Observer for Arc<T> {
    fn on_attempt(&self, attempt: &AttemptReport<'_>) {
        (**self).on_attempt(attempt);
    }

    fn on_wait(&self, wait: &WaitReport) {
        (**self).on_wait(wait);
    }

    fn on_call(&self, call: &CallReport<'_>) {
        (**self).on_call(call);
    }

    fn on_body(&self, body: &BodyReport) {
        (**self).on_body(body);
    }
}

/// How an attempt, a call or a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// A success, or "not modified" (304).
    Success,
    /// A failure of this kind.
    Failure(Kind),
    /// The future or the stream was dropped before the end.
    Canceled,
}

impl CallOutcome {
    /// Returns `Success`, `Canceled` or the name of the [`Kind`], for a label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Failure(kind) => kind.as_str(),
            Self::Canceled => "Canceled",
        }
    }
}

/// An attempt: one request and its response.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AttemptReport<'a> {
    /// The operation.
    pub operation: &'static Operation,
    /// Number of the attempt within its call, from 1.
    pub attempt: u32,
    /// How the attempt ended. A response that cannot be decoded is a success of the attempt, and a
    /// failure of the call.
    pub outcome: CallOutcome,
    /// The HTTP status, if there was a response.
    pub status: Option<StatusCode>,
    /// The API's error code, if it rejected the attempt.
    pub code: Option<&'a ErrorCode>,
    /// Time from sending the request to the end of the attempt.
    pub duration: Duration,
    /// Bytes of the request's body that were handed to the connection.
    pub sent_bytes: u64,
    /// Bytes of the response's body that were received.
    pub received_bytes: u64,
}

/// A call: all its attempts, and the waits between them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CallReport<'a> {
    /// The operation.
    pub operation: &'static Operation,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The HTTP status of the last response, if the call ended with one.
    pub status: Option<StatusCode>,
    /// The API's error code, if it rejected the call.
    pub code: Option<&'a ErrorCode>,
    /// The request id, to quote in a support case.
    pub request_id: Option<&'a str>,
    /// Attempts made; 0 if nothing was sent.
    pub attempts: u32,
    /// Time from the first poll of the future to its end, including all waits.
    pub duration: Duration,
    /// The part of it that was spent waiting.
    pub waited: Duration,
    /// Bytes of request bodies that were handed to the connection, over all attempts.
    pub sent_bytes: u64,
    /// Bytes of response bodies that were received, over all attempts.
    pub received_bytes: u64,
}

/// The body of a download or of an event stream.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct BodyReport {
    /// The operation.
    pub operation: &'static Operation,
    /// How the body ended: [`Canceled`](CallOutcome::Canceled) if it was not read to its end.
    pub outcome: CallOutcome,
    /// Time since the head of the response.
    pub duration: Duration,
    /// Bytes that were received.
    pub received_bytes: u64,
}

/// A wait before the next attempt.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct WaitReport {
    /// The operation.
    pub operation: &'static Operation,
    /// Why the client waits.
    pub reason: WaitReason,
    /// How long the client expects to wait.
    pub duration: Duration,
    /// Attempts of the call so far.
    pub attempts: u32,
}

/// Why a client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The client's rate limiter spreads requests: see
    /// [`Builder::pacing`](crate::Builder::pacing). Calls that queue behind such a call are not told
    /// separately, but [`CallReport::waited`] includes the queue.
    RateLimit,
    /// The server asked for it, with `Retry-After` or the `retry` field of an event stream.
    RetryAfter,
    /// Before another attempt, after a failure.
    Backoff,
}

impl WaitReason {
    /// Returns the name of the variant, for a label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimit => "RateLimit",
            Self::RetryAfter => "RetryAfter",
            Self::Backoff => "Backoff",
        }
    }
}

/// Calls an observer, and catches its panics.
pub(crate) fn tell(observer: &dyn Observer, report: impl FnOnce(&dyn Observer)) {
    let _ = catch_unwind(AssertUnwindSafe(|| report(observer)));
}
