//! The body of an upload: exactly as long as announced, or aborted.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::source::{BodySource, ByteStream};
use super::{Progress, ProgressCallback};
use crate::error::BoxError;

/// The reason why the body of an upload could not be sent in full.
#[derive(Debug)]
pub(crate) enum UploadBodyError {
    Source(BoxError),
    Spent,
    Short { got: u64, announced: u64 },
    Long { announced: u64 },
}

impl UploadBodyError {
    /// Returns the message of the upload failure that caused `error`, if there is one.
    pub(crate) fn message_in(error: &(dyn StdError + 'static)) -> Option<String> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return Some(failure.to_string());
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for UploadBodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(_) => f.write_str("the upload could not be read"),
            Self::Spent => f.write_str("the stream to upload has already been read"),
            Self::Short { got, announced } => {
                write!(f, "the upload ended after {got} of {announced} announced bytes")
            }
            Self::Long { announced } => {
                write!(f, "the upload exceeds the {announced} announced bytes")
            }
        }
    }
}

impl StdError for UploadBodyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Source(cause) => Some(&**cause),
            _ => None,
        }
    }
}

/// A body that sends exactly the announced number of bytes or fails.
///
/// The source is opened when the connection first polls for bytes, so that an attempt without a
/// connection leaves a one-shot stream unread.
pub(super) struct ExactLengthBody {
    source: BodySource,
    /// Never locked: the mutex makes the `Send` stream `Sync`.
    stream: Mutex<Option<ByteStream>>,
    on_progress: Option<ProgressCallback>,
    length: LengthCheck,
    done: bool,
}

impl ExactLengthBody {
    pub(super) fn new(source: BodySource, on_progress: Option<ProgressCallback>) -> Self {
        let length = LengthCheck { announced: source.len(), read: 0, sent: 0, last: None };
        Self { source, stream: Mutex::new(None), on_progress, length, done: false }
    }

    fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, UploadBodyError>> {
        let stream = self.stream.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let stream = match stream {
            Some(stream) => stream,
            None => match self.source.open() {
                Some(opened) => stream.insert(opened),
                None => return Poll::Ready(Err(UploadBodyError::Spent)),
            },
        };
        loop {
            let chunk = match ready!(stream.as_mut().poll_next(context)) {
                Some(Ok(chunk)) => self.length.take(chunk)?,
                Some(Err(cause)) => return Poll::Ready(Err(UploadBodyError::Source(cause))),
                None => return Poll::Ready(self.length.end()),
            };
            if chunk.is_some() {
                return Poll::Ready(Ok(chunk));
            }
        }
    }
}

impl Body for ExactLengthBody {
    type Data = Bytes;
    type Error = UploadBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadBodyError>>> {
        let this = &mut *self;
        if this.done {
            return Poll::Ready(None);
        }
        let chunk = ready!(this.poll_chunk(context));
        if let Ok(Some(chunk)) = &chunk {
            this.length.sent += chunk.len() as u64;
            if let Some(callback) = &this.on_progress {
                callback(Progress { sent: this.length.sent, total: this.length.announced });
            }
        }
        this.done = !matches!(chunk, Ok(Some(_))) || this.length.sent == this.length.announced;
        Poll::Ready(chunk.transpose().map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.done
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length.announced - self.length.sent)
    }
}

/// Counts the bytes of a body and holds back the last chunk until the source has ended: a server
/// that has received every announced byte would act on them.
struct LengthCheck {
    announced: u64,
    read: u64,
    sent: u64,
    last: Option<Bytes>,
}

impl LengthCheck {
    /// Accepts a chunk that was read; returns what may be sent.
    fn take(&mut self, chunk: Bytes) -> Result<Option<Bytes>, UploadBodyError> {
        if chunk.is_empty() {
            return Ok(None);
        }
        self.read = self.read.saturating_add(chunk.len() as u64);
        if self.read > self.announced {
            return Err(UploadBodyError::Long { announced: self.announced });
        }
        if self.read == self.announced {
            self.last = Some(chunk);
            return Ok(None);
        }
        Ok(Some(chunk))
    }

    fn end(&mut self) -> Result<Option<Bytes>, UploadBodyError> {
        if self.read < self.announced {
            return Err(UploadBodyError::Short { got: self.read, announced: self.announced });
        }
        Ok(self.last.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(announced: u64, chunks: &[&'static str]) -> Result<Vec<Bytes>, (Vec<Bytes>, String)> {
        let mut length = LengthCheck { announced, read: 0, sent: 0, last: None };
        let mut sent = Vec::new();
        for chunk in chunks {
            match length.take(Bytes::from_static(chunk.as_bytes())) {
                Ok(chunk) => sent.extend(chunk),
                Err(error) => return Err((sent, error.to_string())),
            }
        }
        match length.end() {
            Ok(chunk) => sent.extend(chunk),
            Err(error) => return Err((sent, error.to_string())),
        }
        Ok(sent)
    }

    #[test]
    fn the_last_chunk_is_held_back_until_the_length_is_exact() {
        assert_eq!(send(5, &["ab", "", "cde"]).unwrap(), ["ab", "cde"]);
        assert_eq!(send(0, &[""]).unwrap(), [""; 0]);
        let short = "the upload ended after 2 of 5 announced bytes";
        assert_eq!(send(5, &["ab"]).unwrap_err(), (vec!["ab".into()], short.to_owned()));
        let long = "the upload exceeds the 5 announced bytes";
        for chunks in [&["ab", "cde", "f"][..], &["ab", "cdef"]] {
            assert_eq!(send(5, chunks).unwrap_err(), (vec!["ab".into()], long.to_owned()));
        }
    }
}
