//! The bytes of an upload, opened for each attempt.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use crate::error::BoxError;

pub(super) type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

/// Largest chunk that is read from memory or from a file at a time.
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Clone)]
pub(super) enum BodySource {
    Bytes(Bytes),
    File(Arc<Path>, u64),
    OneShot(u64, Arc<Mutex<Option<ByteStream>>>),
    Replayable(u64, Arc<dyn Fn() -> ByteStream + Send + Sync>),
}

impl BodySource {
    pub(super) fn one_shot<S, B, E>(len: u64, stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self::OneShot(len, Arc::new(Mutex::new(Some(erase(stream)))))
    }

    pub(super) fn replayable<F, S, B, E>(len: u64, open: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self::Replayable(len, Arc::new(move || erase(open())))
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, len) | Self::OneShot(len, _) | Self::Replayable(len, _) => *len,
        }
    }

    /// Returns true for a stream that can be read only once, and has been.
    pub(super) fn is_spent(&self) -> bool {
        match self {
            Self::OneShot(_, stream) => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).is_none()
            }
            _ => false,
        }
    }

    /// Opens the bytes from the start; `None` if the source is spent.
    pub(super) fn open(&self) -> Option<ByteStream> {
        match self {
            Self::Bytes(bytes) => Some(erase(Chunks::Memory(bytes.clone()))),
            Self::File(path, len) => {
                Some(erase(Chunks::Opening(Box::pin(open(Arc::clone(path), *len)))))
            }
            Self::OneShot(_, stream) => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).take()
            }
            Self::Replayable(_, open) => Some(open()),
        }
    }
}

/// Returns the length of a regular file.
pub(super) async fn file_len(path: &Path) -> io::Result<u64> {
    regular_len(&File::open(path).await?).await
}

async fn regular_len(file: &File) -> io::Result<u64> {
    let metadata = file.metadata().await?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::other("not a regular file"))
    }
}

async fn open(path: Arc<Path>, expected: u64) -> io::Result<File> {
    let file = File::open(path).await?;
    if regular_len(&file).await? != expected {
        return Err(io::Error::other("the length of the file has changed"));
    }
    Ok(file)
}

/// Bytes in memory, or of a file that is opened when it is first polled.
enum Chunks {
    Memory(Bytes),
    Opening(Pin<Box<dyn Future<Output = io::Result<File>> + Send>>),
    Reading(File),
    Failed,
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Self::Opening(opening) = &mut *self {
            match ready!(opening.as_mut().poll(context)) {
                Ok(file) => *self = Self::Reading(file),
                Err(error) => {
                    *self = Self::Failed;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        match &mut *self {
            Self::Memory(rest) => {
                let chunk = rest.split_to(rest.len().min(CHUNK_BYTES));
                Poll::Ready((!chunk.is_empty()).then_some(Ok(chunk)))
            }
            Self::Reading(file) => {
                let mut chunk = vec![0; CHUNK_BYTES];
                let mut buffer = ReadBuf::new(&mut chunk);
                ready!(Pin::new(file).poll_read(context, &mut buffer))?;
                let read = buffer.filled().len();
                chunk.truncate(read);
                Poll::Ready((read > 0).then_some(Ok(chunk.into())))
            }
            Self::Opening(_) | Self::Failed => Poll::Ready(None),
        }
    }
}

fn erase<S, B, E>(stream: S) -> ByteStream
where
    S: Stream<Item = Result<B, E>> + Send + 'static,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    Box::pin(Erased(Box::pin(stream)))
}

/// A stream with its item types erased.
struct Erased<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Erased<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.as_mut().poll_next(context);
        next.map(|next| next.map(|chunk| chunk.map(Into::into).map_err(Into::into)))
    }
}
