//! Calls from synchronous programs.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;

use futures_core::Stream;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Kind};

/// A runtime for calls from synchronous programs: scripts, cron jobs, command-line tools.
///
/// Requests are built as in asynchronous code; [`block_on`](Self::block_on) sends one and blocks
/// until the response arrives, and [`iterate`](Self::iterate) turns a list into an iterator. One
/// background thread drives the connections.
///
/// A client belongs to the runtime it first ran on: do not share one with asynchronous code.
///
/// # Examples
/// ```
/// use sendmux_client::Blocking;
/// use sendmux_client::management::Client;
/// # let account = sendmux_mock::DemoAccount::start();
/// # let (key, url) = (account.key(), account.base_url());
///
/// let client = Client::builder(key).base_url(url).build()?;
/// let blocking = Blocking::new()?;
/// let balance = blocking.block_on(client.get_balance())?;
/// println!("{} {}", balance.balance, balance.currency);
/// for log in blocking.iterate(client.list_email_logs().stream()).take(3) {
///     println!("{}", log?.created_at);
/// }
/// # Ok::<(), sendmux_client::Error>(())
/// ```
pub struct Blocking {
    handle: Handle,
    /// `Some` until dropped.
    runtime: Option<Runtime>,
}

impl Blocking {
    /// Starts the background thread.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub fn new() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sendmux-client")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::because(Kind::Configuration, "the background thread cannot be started")
                    .with_source(Box::new(error))
            })?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Sends a request and blocks until the response arrives. Takes any future that resolves to a
    /// [`Result`] with this crate's [`Error`].
    ///
    /// # Errors
    /// Those of the request. [`Kind::Configuration`] inside an asynchronous runtime, which would be
    /// blocked: await the request there.
    pub fn block_on<T>(
        &self,
        request: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if Handle::try_current().is_ok() {
            let message = "blocking call inside an asynchronous runtime; await the request instead";
            return Err(Error::because(Kind::Configuration, message));
        }
        self.handle.block_on(async { request.into_future().await })
    }

    /// Returns an iterator over a list, its pages, or any other stream of this crate.
    pub fn iterate<T, S>(&self, stream: S) -> BlockingIter<'_, S>
    where
        S: Stream<Item = Result<T, Error>> + Unpin,
    {
        BlockingIter { blocking: self, stream: Some(stream) }
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for the shutdown would panic inside another runtime.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

/// An iterator over a stream, returned by [`Blocking::iterate`]. It ends after the first error.
#[must_use = "items are fetched when the iterator is advanced"]
pub struct BlockingIter<'a, S> {
    blocking: &'a Blocking,
    stream: Option<S>,
}

impl<T, S> Iterator for BlockingIter<'_, S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        let next = poll_fn(|context| Pin::new(&mut *stream).poll_next(context));
        let next = self.blocking.block_on(async { next.await.transpose() }).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.stream = None;
        }
        next
    }
}

impl<S: fmt::Debug> fmt::Debug for BlockingIter<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingIter").field(&self.stream).finish()
    }
}
