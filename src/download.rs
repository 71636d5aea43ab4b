//! Response bodies as streams of bytes.

mod plan;
pub(crate) mod range;
mod resume;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use reqwest::header::RANGE;
use sync_wrapper::SyncWrapper;

use self::plan::{Part, Plan};
use self::resume::{Resume, Resumed};
use crate::clock::{Clock, Deadline};
use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::operation::Operation;
use crate::response::meta::Meta;
use crate::response::parts::ResponseParts;
use crate::transport::body::{self, StreamingBody};
use crate::transport::call::Call;
use crate::transport::outbound_request::{BuildError, BuildResult};

/// A response whose body is read as it arrives, with [`chunk`](Self::chunk) or as a [`Stream`].
///
/// When the connection fails, or is silent for the client's `idle_timeout`, the download resumes
/// where it stopped, with a `Range` request (RFC 9110, section 14). That requires a server that
/// supports ranges, and a strong `ETag`, which proves that the rest is of the same file (RFC 9110,
/// section 13.1.5). Without one, [`bytes`](Self::bytes) starts over, and [`chunk`](Self::chunk)
/// returns the error, since the caller already has the first bytes. The client's
/// [`RetryPolicy`](crate::RetryPolicy) limits consecutive attempts that bring no bytes. The result
/// is either the right bytes or an error; a body shorter than announced is an error.
///
/// At most one chunk of the body is in memory at a time.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Write;
///
/// let mut download = client.get_message_attachment("msg_1", "att_1").await?;
/// let mut file = std::fs::File::create("attachment")?;
/// while let Some(chunk) = download.chunk().await? {
///     file.write_all(&chunk)?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Download {
    operation: &'static Operation,
    parts: ResponseParts,
    plan: Plan,
    /// Offset of the next byte in the file.
    at: u64,
    resume: Resume,
    state: DownloadState,
}

type Resuming = Pin<Box<dyn Future<Output = Result<Resumed, Error>> + Send>>;

enum DownloadState {
    Reading(BodyReader, Part),
    Resuming(SyncWrapper<Resuming>),
    Done,
}

/// Sends the request, and plans the download from the head of the response.
pub(crate) async fn begin(
    call: Call,
    operation: &'static Operation,
    request: BuildResult,
    serves_ranges: bool,
) -> Result<Download, Error> {
    let request = request.map_err(|error| Error::from(error).with_operation(operation))?;
    let has_body = || Error::from(BuildError::Input("a download takes no body"));
    let resume_request = request.try_clone().ok_or_else(has_body)?;
    let range_requested = request.headers().contains_key(RANGE)
        || call.options.headers.iter().any(|(name, _)| *name == RANGE);
    let (head, body) = crate::transport::send_streaming(&call, operation, Ok(request)).await?;
    let mut plan = Plan::of(head.status, &head.headers, range_requested).map_err(|message| {
        let error = Error::because(Kind::Decode, message).sent();
        error.with_operation(operation).with_head(head.clone())
    })?;
    plan.ranges &= serves_ranges;
    let resume = Resume::new(call, operation, resume_request, serves_ranges, plan.first);
    Ok(Download::new(operation, head, plan, resume, body))
}

impl Download {
    fn new(
        operation: &'static Operation,
        head: ResponseHead,
        plan: Plan,
        resume: Resume,
        body: Option<StreamingBody>,
    ) -> Self {
        let state = match body {
            Some(body) => {
                let part = Part { skip: 0, end: plan.end, complete: plan.end };
                DownloadState::Reading(BodyReader::new(body), part)
            }
            None => DownloadState::Done,
        };
        let at = plan.first;
        let parts = ResponseParts::new(head, Meta::default());
        Self { operation, parts, plan, at, resume, state }
    }

    /// Returns status and headers.
    pub fn parts(&self) -> &ResponseParts {
        &self.parts
    }

    /// Returns the length of the body in bytes, if the server announced it.
    pub fn content_length(&self) -> Option<u64> {
        self.plan.end.map(|end| end - self.plan.first)
    }

    /// Returns the offset of the first byte in the file: 0 unless a range was requested and granted.
    /// A server may ignore the range and send the whole file (200).
    pub fn offset(&self) -> u64 {
        self.plan.first
    }

    /// Returns the number of bytes read so far.
    pub fn received(&self) -> u64 {
        self.at - self.plan.first
    }

    /// Returns the next bytes; `None` at the end.
    ///
    /// # Errors
    /// If the connection fails or is silent for the client's `idle_timeout`, and the download cannot
    /// be resumed. An error is returned once and ends the download.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Reads the whole body into memory. A download that cannot be resumed starts over, unless
    /// [`chunk`](Self::chunk) has already returned bytes of it.
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk), or if the body exceeds the client's `max_response_bytes`.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let untouched = self.received() == 0;
        loop {
            let error = match self.read_all().await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            let lost = matches!(error.kind(), Kind::Connection | Kind::Timeout);
            if !untouched || !lost || self.plan.not_resumable().is_none() {
                return Err(error);
            }
            self = self.resume.restart(error).await?;
        }
    }

    async fn read_all(&mut self) -> Result<Bytes, Error> {
        let limit = self.resume.call.core.max_response_bytes;
        if self.content_length().is_some_and(|length| length > limit as u64) {
            return Err(self.with_call_context(body::too_large(limit)));
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Err(self.with_call_context(body::too_large(limit)));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    fn with_call_context(&self, error: Error) -> Error {
        error.with_operation(self.operation).with_head(self.parts.head().clone())
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Bytes, Error>>> {
        self.state = DownloadState::Done;
        Poll::Ready(Some(Err(error)))
    }

    /// Returns the part of a chunk that is new; `None` if nothing is.
    fn take(&mut self, mut chunk: Bytes) -> Result<Option<Bytes>, Error> {
        let DownloadState::Reading(_, part) = &mut self.state else { return Ok(None) };
        let known = usize::try_from(part.skip).unwrap_or(usize::MAX).min(chunk.len());
        part.skip -= known as u64;
        chunk.advance(known);
        if chunk.is_empty() {
            return Ok(None);
        }
        let at = self.at + chunk.len() as u64;
        if part.end.is_some_and(|end| at > end) {
            let message = "the body is longer than announced";
            return Err(self.with_call_context(Error::because(Kind::Decode, message).sent()));
        }
        if let Some(end) = self.plan.end.filter(|end| at > *end) {
            chunk.truncate(usize::try_from(end - self.at).unwrap_or_default());
        }
        self.at += chunk.len() as u64;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Handles the end of a response: completes, resumes or returns the error.
    fn ended(&mut self, error: Option<Error>) -> Option<Error> {
        self.state = DownloadState::Done;
        let complete = match self.plan.end {
            Some(end) => self.at >= end,
            None => error.is_none(),
        };
        if complete {
            self.resume.settle(self.at);
            return None;
        }
        let error = error.unwrap_or_else(|| {
            Error::because(Kind::Connection, "the body is shorter than announced").sent()
        });
        let error = self.with_call_context(error);
        if let Some(reason) = self.plan.not_resumable() {
            return Some(error.with_message(resume::message(self.received(), reason)));
        }
        let Some(wait) = self.resume.wait(self.at, &error) else { return Some(error) };
        let resuming = self.resume.run(&self.plan, self.at, wait, error);
        self.state = DownloadState::Resuming(SyncWrapper::new(Box::pin(resuming)));
        None
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                DownloadState::Done => return Poll::Ready(None),
                DownloadState::Reading(body, _) => {
                    let core = &this.resume.call.core;
                    let next = ready!(body.poll_chunk(context, &*core.clock, core.idle_timeout));
                    let end = match next {
                        Some(Ok(chunk)) => match this.take(chunk) {
                            Ok(None) => continue,
                            Ok(Some(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                            Err(error) => return this.fail(error),
                        },
                        Some(Err(error)) => this.ended(Some(error)),
                        None => this.ended(None),
                    };
                    if let Some(error) = end {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                DownloadState::Resuming(resuming) => {
                    match ready!(resuming.get_mut().as_mut().poll(context)) {
                        Ok(Resumed::Part(body, part, attempts)) => {
                            this.parts.add_attempts(attempts);
                            this.plan.end = this.plan.end.or(part.complete);
                            this.state = DownloadState::Reading(BodyReader::new(body), part);
                        }
                        Ok(Resumed::Complete(attempts)) => {
                            this.parts.add_attempts(attempts);
                            this.state = DownloadState::Done;
                        }
                        Err(error) => return this.fail(error),
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("operation", &self.operation.id)
            .field("status", &self.parts().status())
            .field("received", &self.received())
            .finish_non_exhaustive()
    }
}

/// Reads a response body with a limit on silence.
struct BodyReader {
    body: StreamingBody,
    /// Runs while the reader waits for bytes.
    silence: Option<Deadline>,
}

impl BodyReader {
    fn new(body: StreamingBody) -> Self {
        Self { body, silence: None }
    }

    /// Polls for the next bytes; fails after a silence of `idle_timeout`.
    fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
        clock: &dyn Clock,
        idle_timeout: Duration,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        if let Poll::Ready(next) = self.body.poll_chunk(context) {
            self.silence = None;
            return Poll::Ready(next);
        }
        let silence = self.silence.get_or_insert_with(|| Deadline::after(clock, idle_timeout));
        silence.poll_missed(context).map(|()| {
            self.silence = None;
            Some(Err(self.body.timed_out("the download was silent for too long")))
        })
    }
}
