//! An HTTP server on loopback that answers with a function. It is part of this crate's interface
//! only for `sendmux-client`, whose typed mocks are served by it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

pub use bytes::Bytes;
pub use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::oneshot;

/// A server that runs until this value is dropped, on a thread of its own.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Starts a server. Where the function returns `None`, the connection is closed without a
    /// response.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn start(
        respond: impl Fn(Request<Bytes>) -> Option<Response<Body>> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("sendmux-mock".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    // Ends with an error when the sender is dropped.
                    _ = stopped => {}
                    _ = accept(listener, Arc::new(respond)) => {}
                }
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the address, of the form `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A handler that panicked has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

async fn accept<F>(listener: TcpListener, respond: Arc<F>) -> io::Result<Infallible>
where
    F: Fn(Request<Bytes>) -> Option<Response<Body>> + Send + Sync + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let respond = Arc::clone(&respond);
        let service = service_fn(move |request: Request<Incoming>| {
            let respond = Arc::clone(&respond);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
                respond(Request::from_parts(head, body)).ok_or_else(closed)
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn closed() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

/// The body of a response, chunk by chunk.
#[derive(Debug, Clone, Default)]
pub struct Body {
    chunks: VecDeque<Bytes>,
    end: End,
}

/// What follows the last chunk of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// The end of the body.
    #[default]
    Complete,
    /// Nothing: the connection is closed within the body.
    Closed,
    /// Nothing: the connection stays open, silent, until the client closes it.
    Silent,
}

impl Body {
    /// Creates a body of these chunks.
    pub fn new(chunks: impl IntoIterator<Item = Bytes>, end: End) -> Self {
        let chunks = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        Self { chunks, end }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new([bytes.into()], End::Complete)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match (self.chunks.pop_front(), self.end) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            (None, End::Complete) => Poll::Ready(None),
            (None, End::Closed) => Poll::Ready(Some(Err(closed()))),
            (None, End::Silent) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && self.end == End::Complete
    }

    fn size_hint(&self) -> SizeHint {
        match self.end {
            End::Complete => {
                SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum())
            }
            _ => SizeHint::new(),
        }
    }
}
