//! Bytes as they arrive.

mod body;
pub(crate) mod disposition;
mod plan;
pub(crate) mod range;
mod resume;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use reqwest::Response;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_DISPOSITION, HeaderValue, RANGE};

use self::body::Body;
use self::plan::{Part, Plan};
use self::resume::{Resume, Resumed};
use crate::answer::head::{Head, head_accessors};
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::{BuildError, Built, Outgoing};
use crate::error::{Error, Kind};
use crate::transport;

/// An answer whose body is bytes, read as they arrive: with [`chunk`](Self::chunk), or as a
/// [`Stream`].
///
/// When the connection breaks, or is silent for the client's `idle_timeout`, the download goes on
/// where it broke off, by a `Range` request (RFC 9110, section 14). That needs a server which takes
/// ranges, and an answer that proves to be of the same file: the same length, and the same `ETag` or
/// `Last-Modified` if there was one. The client's [`RetryPolicy`](crate::RetryPolicy) says how often
/// in a row this is tried without a byte coming. The bytes are the right ones or there is an error;
/// a body that is shorter than announced is an error.
///
/// At no time is more of it in memory than what the connection has at hand.
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
    head: Head,
    plan: Plan,
    /// Place of the next byte in the whole file.
    at: u64,
    resume: Resume,
    state: State,
}

enum State {
    Reading(Body, Part),
    Resuming(Pin<Box<dyn Future<Output = Result<Resumed, Error>> + Send>>),
    Over,
}

/// Sends the request, and reads what the answer says of its bytes.
pub(crate) async fn begin(
    call: Call,
    operation: &'static Operation,
    request: Built,
) -> Result<Download, Error> {
    let mut request = request.map_err(|error| Error::from(error).with_operation(operation))?;
    // Ranges count the bytes that travel, so they have to be those of the file.
    let identity = HeaderValue::from_static("identity");
    request.headers_mut().entry(ACCEPT_ENCODING).or_insert(identity);
    let unclear = || Error::from(BuildError::Input("a download takes no body"));
    let again = request.again().ok_or_else(unclear)?;
    let asked = request.headers().contains_key(RANGE)
        || call.options.headers.iter().any(|(name, _)| *name == RANGE);
    let (head, response) = transport::open(&call, operation, Ok(request)).await?;
    let plan = Plan::of(head.status, &head.headers, asked).map_err(|what| {
        let error = Error::because(Kind::Decode, what).sent();
        error.with_operation(operation).with_head(head.clone())
    })?;
    Ok(Download::new(call, operation, again, head, plan, response))
}

impl Download {
    fn new(
        call: Call,
        operation: &'static Operation,
        again: Outgoing,
        head: Head,
        plan: Plan,
        response: Option<Response>,
    ) -> Self {
        let state = match response {
            Some(response) => {
                let part = Part { skip: 0, end: plan.end, complete: plan.end };
                State::Reading(Body::new(response), part)
            }
            None => State::Over,
        };
        let at = plan.first;
        let resume = Resume::new(call, operation, again, at);
        Self { operation, head, plan, at, resume, state }
    }

    head_accessors!();

    /// Id of the request, to name in a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// Media type of the bytes.
    pub fn content_type(&self) -> Option<&str> {
        self.head.text("content-type")
    }

    /// Length of the body, if the server announced it.
    pub fn content_length(&self) -> Option<u64> {
        self.plan.end.map(|end| end - self.plan.first)
    }

    /// Place of the first byte in the whole file: 0 unless a range was asked for and granted. A
    /// server may send the whole file (200) all the same.
    pub fn offset(&self) -> u64 {
        self.plan.first
    }

    /// Bytes that were handed out.
    pub fn received(&self) -> u64 {
        self.at - self.plan.first
    }

    /// The file name that the server suggests in `Content-Disposition` (RFC 6266), if it does:
    /// without directories or control characters, and never `..`. It is still the server's choice:
    /// look before writing to a file of that name.
    pub fn file_name(&self) -> Option<String> {
        disposition::file_name(self.head.headers.get(CONTENT_DISPOSITION)?.as_bytes())
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// If the connection breaks, or is silent for the client's `idle_timeout`, and the download
    /// cannot go on; once, and then there are no more bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// All bytes at once.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk) says, or if there are more bytes than the client's
    /// `max_response_bytes`.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let limit = self.resume.call.core.max_response_bytes;
        if self.content_length().is_some_and(|length| length > limit as u64) {
            return Err(self.place(transport::body::too_large(limit)));
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Err(self.place(transport::body::too_large(limit)));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    fn place(&self, error: Error) -> Error {
        error.with_operation(self.operation).with_head(self.head.clone())
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Bytes, Error>>> {
        self.state = State::Over;
        Poll::Ready(Some(Err(error)))
    }

    /// What of a chunk is new; `None` if nothing is.
    fn take(&mut self, mut chunk: Bytes) -> Result<Option<Bytes>, Error> {
        let State::Reading(_, part) = &mut self.state else { return Ok(None) };
        let known = usize::try_from(part.skip).unwrap_or(usize::MAX).min(chunk.len());
        part.skip -= known as u64;
        chunk.advance(known);
        if chunk.is_empty() {
            return Ok(None);
        }
        let at = self.at + chunk.len() as u64;
        if part.end.is_some_and(|end| at > end) {
            let what = "there are more bytes than were announced";
            return Err(self.place(Error::because(Kind::Decode, what).sent()));
        }
        if let Some(end) = self.plan.end.filter(|end| at > *end) {
            chunk.truncate(usize::try_from(end - self.at).unwrap_or_default());
        }
        self.at += chunk.len() as u64;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Decides what becomes of a download whose answer ended, well or badly.
    fn ended(&mut self, broke: Option<Error>) -> Option<Error> {
        self.state = State::Over;
        let whole = match self.plan.end {
            Some(end) => self.at >= end,
            None => broke.is_none(),
        };
        if whole {
            self.resume.settle(self.at);
            return None;
        }
        let broke = broke.unwrap_or_else(|| {
            Error::because(Kind::Interrupted, "there are fewer bytes than were announced").sent()
        });
        let broke = self.place(broke);
        if !self.plan.resumable {
            return Some(broke);
        }
        let Some(wait) = self.resume.wait(self.at, &broke) else { return Some(broke) };
        self.state = State::Resuming(Box::pin(self.resume.ask(&self.plan, self.at, wait, broke)));
        None
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Over => return Poll::Ready(None),
                State::Reading(body, _) => {
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
                State::Resuming(asking) => match ready!(asking.as_mut().poll(context)) {
                    Ok(Resumed::Part(response, part)) => {
                        this.plan.end = this.plan.end.or(part.complete);
                        this.state = State::Reading(Body::new(response), part);
                    }
                    Ok(Resumed::Complete) => this.state = State::Over,
                    Err(error) => return this.fail(error),
                },
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("operation", &self.operation.id)
            .field("status", &self.status())
            .field("received", &self.received())
            .finish_non_exhaustive()
    }
}
