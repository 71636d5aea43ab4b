//! The body of an upload: as long as announced, or broken off.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::source::{Chunks, Source};
use super::{Observer, Progress};

type Cause = Box<dyn StdError + Send + Sync>;

/// Why the bytes of an upload are not as they should be.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Source(Cause),
    Spent,
    Short { got: u64, announced: u64 },
    Long { announced: u64 },
}

impl Unreadable {
    /// What the failure of a request goes back to, if it is this.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Option<String> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(unreadable) = error.downcast_ref::<Self>() {
                return Some(unreadable.to_string());
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(_) => f.write_str("what was to be uploaded could not be read"),
            Self::Spent => f.write_str("the stream to upload was read already"),
            Self::Short { got, announced } => {
                write!(f, "the upload ended after {got} bytes; {announced} were announced")
            }
            Self::Long { announced } => {
                write!(f, "the upload has more than the {announced} bytes that were announced")
            }
        }
    }
}

impl StdError for Unreadable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Source(cause) => Some(&**cause),
            _ => None,
        }
    }
}

/// Opened when the connection first asks for bytes, so that an attempt without a connection leaves
/// a stream unread.
pub(crate) struct Measured {
    source: Source,
    /// Never locked: it makes what is `Send` also `Sync`.
    chunks: Mutex<Option<Chunks>>,
    observer: Option<Observer>,
    meter: Meter,
    over: bool,
}

impl Measured {
    pub(crate) fn new(source: Source, observer: Option<Observer>) -> Self {
        let meter = Meter { announced: source.len(), read: 0, sent: 0, last: None };
        Self { source, chunks: Mutex::new(None), observer, meter, over: false }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Unreadable>> {
        let chunks = self.chunks.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let chunks = match chunks {
            Some(chunks) => chunks,
            None => match self.source.open() {
                Some(opened) => chunks.insert(opened),
                None => return Poll::Ready(Err(Unreadable::Spent)),
            },
        };
        loop {
            let piece = match ready!(chunks.as_mut().poll_next(context)) {
                Some(Ok(chunk)) => self.meter.take(chunk)?,
                Some(Err(cause)) => return Poll::Ready(Err(Unreadable::Source(cause))),
                None => return Poll::Ready(self.meter.end()),
            };
            if piece.is_some() {
                return Poll::Ready(Ok(piece));
            }
        }
    }
}

impl Body for Measured {
    type Data = Bytes;
    type Error = Unreadable;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unreadable>>> {
        let this = &mut *self;
        if this.over {
            return Poll::Ready(None);
        }
        let piece = ready!(this.poll_piece(context));
        if let Ok(Some(piece)) = &piece {
            this.meter.sent += piece.len() as u64;
            if let Some(observer) = &this.observer {
                observer(Progress { sent: this.meter.sent, total: this.meter.announced });
            }
        }
        this.over = !matches!(piece, Ok(Some(_))) || this.meter.sent == this.meter.announced;
        Poll::Ready(piece.transpose().map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.over
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.meter.announced - self.meter.sent)
    }
}

/// Counts bytes, and holds back the last until it is known that nothing follows: a server that
/// has them all would act on them.
struct Meter {
    announced: u64,
    read: u64,
    sent: u64,
    last: Option<Bytes>,
}

impl Meter {
    /// A chunk that was read; gives what may be sent.
    fn take(&mut self, chunk: Bytes) -> Result<Option<Bytes>, Unreadable> {
        if chunk.is_empty() {
            return Ok(None);
        }
        self.read = self.read.saturating_add(chunk.len() as u64);
        if self.read > self.announced {
            return Err(Unreadable::Long { announced: self.announced });
        }
        if self.read == self.announced {
            self.last = Some(chunk);
            return Ok(None);
        }
        Ok(Some(chunk))
    }

    fn end(&mut self) -> Result<Option<Bytes>, Unreadable> {
        if self.read < self.announced {
            return Err(Unreadable::Short { got: self.read, announced: self.announced });
        }
        Ok(self.last.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(announced: u64, chunks: &[&'static str]) -> Result<Vec<Bytes>, (Vec<Bytes>, String)> {
        let mut meter = Meter { announced, read: 0, sent: 0, last: None };
        let mut sent = Vec::new();
        for chunk in chunks {
            match meter.take(Bytes::from_static(chunk.as_bytes())) {
                Ok(piece) => sent.extend(piece),
                Err(error) => return Err((sent, error.to_string())),
            }
        }
        match meter.end() {
            Ok(piece) => sent.extend(piece),
            Err(error) => return Err((sent, error.to_string())),
        }
        Ok(sent)
    }

    #[test]
    fn the_length_is_exact_or_the_last_byte_never_leaves() {
        assert_eq!(send(5, &["ab", "", "cde"]).unwrap(), ["ab", "cde"]);
        assert_eq!(send(0, &[""]).unwrap(), [""; 0]);
        let short = "the upload ended after 2 bytes; 5 were announced";
        assert_eq!(send(5, &["ab"]).unwrap_err(), (vec!["ab".into()], short.to_owned()));
        let long = "the upload has more than the 5 bytes that were announced";
        for chunks in [&["ab", "cde", "f"][..], &["ab", "cdef"]] {
            assert_eq!(send(5, chunks).unwrap_err(), (vec!["ab".into()], long.to_owned()));
        }
    }
}
