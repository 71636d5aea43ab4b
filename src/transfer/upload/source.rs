//! Where the bytes of an upload come from.

use std::error::Error as StdError;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::file::FileChunks;

type Cause = Box<dyn StdError + Send + Sync>;
pub(crate) type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, Cause>> + Send>>;

/// Largest piece that bytes in memory go out in when someone watches.
const PIECE: usize = 64 * 1024;

#[derive(Clone)]
pub(crate) enum Source {
    Bytes(Bytes),
    File(Arc<Path>, u64),
    Once(u64, Arc<Mutex<Option<Chunks>>>),
    Anew(u64, Arc<dyn Fn() -> Chunks + Send + Sync>),
}

impl Source {
    pub(crate) fn once<S, B, E>(len: u64, stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Cause>,
    {
        Self::Once(len, Arc::new(Mutex::new(Some(plain(stream)))))
    }

    pub(crate) fn anew<F, S, B, E>(len: u64, open: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Cause>,
    {
        Self::Anew(len, Arc::new(move || plain(open())))
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, len) | Self::Once(len, _) | Self::Anew(len, _) => *len,
        }
    }

    pub(crate) fn is_spent(&self) -> bool {
        match self {
            Self::Once(_, stream) => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).is_none()
            }
            _ => false,
        }
    }

    /// The bytes from the beginning; `None` if they could be read only once, and were.
    pub(crate) fn open(&self) -> Option<Chunks> {
        match self {
            Self::Bytes(bytes) => Some(Box::pin(Pieces(bytes.clone()))),
            Self::File(path, len) => Some(Box::pin(FileChunks::new(Arc::clone(path), *len))),
            Self::Once(_, stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).take(),
            Self::Anew(_, open) => Some(open()),
        }
    }
}

fn plain<S, B, E>(stream: S) -> Chunks
where
    S: Stream<Item = Result<B, E>> + Send + 'static,
    B: Into<Bytes>,
    E: Into<Cause>,
{
    Box::pin(Plain(Box::pin(stream)))
}

/// A stream with its types made plain.
struct Plain<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Plain<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<Cause>,
{
    type Item = Result<Bytes, Cause>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.as_mut().poll_next(context);
        next.map(|next| next.map(|chunk| chunk.map(Into::into).map_err(Into::into)))
    }
}

/// Bytes in memory, piece by piece.
struct Pieces(Bytes);

impl Stream for Pieces {
    type Item = Result<Bytes, Cause>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = self.0.len().min(PIECE);
        let piece = (piece > 0).then(|| Ok(self.0.split_to(piece)));
        Poll::Ready(piece)
    }
}
