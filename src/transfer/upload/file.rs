//! A file, read in pieces where reading may block.

use std::error::Error as StdError;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::task::{JoinHandle, spawn_blocking};

const PIECE: usize = 64 * 1024;

type Piece = io::Result<(File, Bytes)>;

/// The length of what is a file.
pub(crate) async fn length(path: Arc<Path>) -> io::Result<u64> {
    spawn_blocking(move || regular(&File::open(path)?)).await.map_err(io::Error::other)?
}

fn regular(file: &File) -> io::Result<u64> {
    let about = file.metadata()?;
    if about.is_file() { Ok(about.len()) } else { Err(io::Error::other("it is no file")) }
}

pub(crate) struct FileChunks(State);

enum State {
    New(Arc<Path>, u64),
    Open(File),
    Reading(JoinHandle<Piece>),
    Over,
}

impl FileChunks {
    pub(crate) fn new(path: Arc<Path>, len: u64) -> Self {
        Self(State::New(path, len))
    }
}

fn open(path: &Path, expected: u64) -> io::Result<File> {
    let file = File::open(path)?;
    if regular(&file)? != expected {
        return Err(io::Error::other("the file has another length than it had"));
    }
    Ok(file)
}

fn read(mut file: File) -> Piece {
    let mut piece = Vec::with_capacity(PIECE);
    file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
    Ok((file, piece.into()))
}

impl Stream for FileChunks {
    type Item = Result<Bytes, Box<dyn StdError + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            self.0 = match std::mem::replace(&mut self.0, State::Over) {
                State::Over => return Poll::Ready(None),
                State::New(path, len) => {
                    State::Reading(spawn_blocking(move || read(open(&path, len)?)))
                }
                State::Open(file) => State::Reading(spawn_blocking(move || read(file))),
                State::Reading(mut piece) => {
                    let Poll::Ready(piece) = Pin::new(&mut piece).poll(context) else {
                        self.0 = State::Reading(piece);
                        return Poll::Pending;
                    };
                    match piece.map_err(io::Error::other).and_then(|piece| piece) {
                        Ok((_, bytes)) if bytes.is_empty() => State::Over,
                        Ok((file, bytes)) => {
                            self.0 = State::Open(file);
                            return Poll::Ready(Some(Ok(bytes)));
                        }
                        Err(error) => return Poll::Ready(Some(Err(error.into()))),
                    }
                }
            };
        }
    }
}
