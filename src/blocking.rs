//! Calls from programs that are not asynchronous.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;

use futures_core::Stream;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Kind};

/// Waits for calls in programs without an asynchronous runtime: scripts, cron jobs, command-line
/// tools.
///
/// Requests are made as everywhere; [`wait`](Self::wait) sends one and blocks until its answer is
/// there, [`iterate`](Self::iterate) makes an iterator of a list. So every operation can be had,
/// with one type to learn. One background thread drives the connections.
///
/// A client belongs to the runtime it first ran on: do not use one both here and in asynchronous
/// code.
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
/// let balance = blocking.wait(client.get_balance())?;
/// println!("{} {}", balance.balance, balance.currency);
/// for log in blocking.iterate(client.list_email_logs().stream()).take(3) {
///     println!("{}", log?.created_at);
/// }
/// # Ok::<(), sendmux_client::Error>(())
/// ```
pub struct Blocking {
    handle: Handle,
    /// There until it is dropped.
    runtime: Option<Runtime>,
}

impl Blocking {
    /// Starts the background thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn new() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sendmux-client")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::because(Kind::Configuration, "no thread can be had for the connections")
                    .with_source(Box::new(error))
            })?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Sends a request and blocks until its answer is there; also for anything else that can be
    /// awaited and ends with this crate's errors.
    ///
    /// # Errors
    /// Those of the request. [`Kind::Configuration`] inside an asynchronous runtime, which would
    /// stand still meanwhile: await the request there.
    pub fn wait<T>(&self, request: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
        if Handle::try_current().is_ok() {
            let what = "a blocking call inside an asynchronous runtime; await the request instead";
            return Err(Error::because(Kind::Configuration, what));
        }
        self.handle.block_on(async { request.into_future().await })
    }

    /// The items of a list, its pages, or any other stream of this crate, one after the other.
    pub fn iterate<T, S>(&self, stream: S) -> Iterate<'_, S>
    where
        S: Stream<Item = Result<T, Error>> + Unpin,
    {
        Iterate { blocking: self, stream: Some(stream) }
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for it to end is not allowed everywhere.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

/// A stream as an iterator; made by [`Blocking::iterate`]. Over after the first error.
#[must_use = "items are fetched when they are asked for"]
pub struct Iterate<'a, S> {
    blocking: &'a Blocking,
    stream: Option<S>,
}

impl<T, S> Iterator for Iterate<'_, S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        let next = poll_fn(|context| Pin::new(&mut *stream).poll_next(context));
        let next = self.blocking.wait(async { next.await.transpose() }).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.stream = None;
        }
        next
    }
}

impl<S: fmt::Debug> fmt::Debug for Iterate<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iterate").field(&self.stream).finish()
    }
}
