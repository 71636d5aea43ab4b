//! The changes of a list since a state.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use sync_wrapper::SyncWrapper;

use crate::defaults::{MAX_CURSOR_BYTES, MAX_EMPTY_CHANGE_SETS};
use crate::error::{Error, ErrorCode, Kind};
use crate::operation::Operation;
use crate::paging::LoopGuard;
use crate::response::{self, Response};
use crate::transport::call::{Call, Pending};
use crate::transport::outbound_request::BuildResult;

type BuildChanges = dyn Fn(Option<&str>) -> BuildResult + Send + Sync;

/// A response that lists the changes from one state to another.
pub trait ChangeSet: DeserializeOwned {
    /// Returns the state after the changes.
    fn state(&self) -> &str;

    /// Returns true if there is no change.
    fn is_empty(&self) -> bool;

    /// Returns true if there are changes after that state.
    fn has_more(&self) -> bool;

    /// Returns true if the changes must not be applied, and the list must be read again.
    fn sync_required(&self) -> bool;
}

/// A type that the changes of a feed are decoded as.
///
/// A bound for code that works with any [`Feed`]. This trait is sealed.
pub trait ChangeType: ChangeSet {}

impl<T: ChangeSet> ChangeType for T {}

/// An item of a [`Feed`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change<T> {
    /// The changes between two states. Apply them, then save [`Feed::state`].
    Changed(Response<T>),
    /// The API cannot list the changes since the state, which is unknown or too old. Discard the
    /// local copy and read the whole list, then follow it from [`Feed::state`], or without a state
    /// if that is `None`. The feed has ended.
    SyncRequired,
}

/// A stream of the changes of a list since a state, up to the current state.
///
/// Returned by `feed` on the requests for changes. Each response is fetched when it is polled, and
/// none ahead. Without a state, the only item reports the current state and no changes.
///
/// An error is returned once and ends the feed; [`state`](Self::state) returns the state to resume
/// from. If the server's states lead nowhere, the feed ends with [`Kind::Pagination`] instead of looping:
/// after a state that repeats or has more than 8 KiB, or after 100 responses in succession that have no
/// change but are followed by others.
///
/// This is a [`Stream`], and also has its own [`next`](Self::next) and
/// [`try_next`](Self::try_next).
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
/// # fn load() -> String { String::new() }
/// # fn save(_: Option<&str>) {}
/// use sendmux_client::Change;
///
/// let mut feed = client.get_folder_changes().since_state(load()).feed();
/// while let Some(change) = feed.try_next().await? {
///     match change {
///         Change::Changed(changes) => println!("new: {:?}", changes.created),
///         _ => println!("read all folders again"),
///     }
///     save(feed.state());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "changes are fetched when they are polled"]
pub struct Feed<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<BuildChanges>,
    fetching: Option<SyncWrapper<Pending<Response<T>>>>,
    state: Option<String>,
    done: bool,
    seen: LoopGuard,
    /// Responses without a change since the last one.
    empty: u32,
}

impl<T: ChangeType + Send + 'static> Feed<T> {
    pub(crate) fn new(
        call: Call,
        operation: &'static Operation,
        state: Option<String>,
        build: impl Fn(Option<&str>) -> BuildResult + Send + Sync + 'static,
    ) -> Self {
        let mut seen = LoopGuard::default();
        if let Some(state) = &state {
            seen.insert(state);
        }
        Self {
            call,
            operation,
            build: Arc::new(build),
            fetching: None,
            state,
            done: false,
            seen,
            empty: 0,
        }
    }

    /// Returns the next changes; `None` at the current state.
    ///
    /// # Errors
    /// See [`Error`]. An error is returned once and ends the feed.
    pub async fn try_next(&mut self) -> Result<Option<Change<T>>, Error> {
        self.next().await.transpose()
    }

    /// Returns the next changes, or the error that ends the feed; `None` after either.
    pub async fn next(&mut self) -> Option<Result<Change<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the state to save once the returned changes have been applied. `None` before the
    /// first response if the feed started without a state, and after the API rejected the state.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    fn yield_change(&mut self, fetched: Result<Response<T>, Error>) -> Result<Change<T>, Error> {
        let changes = match fetched {
            Ok(changes) => changes,
            Err(error) if self.state.is_some() && rejects_state(&error) => {
                (self.done, self.state) = (true, None);
                return Ok(Change::SyncRequired);
            }
            Err(error) => {
                self.done = true;
                return Err(error);
            }
        };
        let state = changes.state();
        if state.is_empty() {
            self.done = true;
            return Err(self.not_advancing(&changes, "the changes have no new state"));
        }
        if state.len() > MAX_CURSOR_BYTES {
            self.done = true;
            let message = format!(
                "the server's state has {} bytes; at most {MAX_CURSOR_BYTES} can be sent back",
                state.len()
            );
            return Err(self.not_advancing(&changes, &message));
        }
        if changes.sync_required() {
            (self.done, self.state) = (true, Some(state.to_owned()));
            return Ok(Change::SyncRequired);
        }
        self.done = !changes.has_more();
        if changes.has_more() && !self.seen.insert(state) {
            self.done = true;
            return Err(self.not_advancing(&changes, "the changes lead back to an earlier state"));
        }
        self.empty = if changes.is_empty() { self.empty + 1 } else { 0 };
        if changes.has_more() && self.empty >= MAX_EMPTY_CHANGE_SETS {
            self.done = true;
            let message = endless();
            return Err(self.not_advancing(&changes, &message));
        }
        self.state = Some(state.to_owned());
        Ok(Change::Changed(changes))
    }

    fn not_advancing(&self, changes: &Response<T>, message: &str) -> Error {
        let error = Error::because(Kind::Pagination, message).with_operation(self.operation);
        error.with_head(changes.parts().head().clone()).sent()
    }
}

/// Returns the message about a feed that goes on without a change.
pub(crate) fn endless() -> String {
    format!(
        "the server's changes go on after {MAX_EMPTY_CHANGE_SETS} responses in succession without a \
         change"
    )
}

/// Returns true if the API rejected the state, and nothing else about the request.
pub(crate) fn rejects_state(error: &Error) -> bool {
    error.status() == Some(StatusCode::BAD_REQUEST)
        && error.code() == Some(&ErrorCode::InvalidParameter)
        && error.param().is_none_or(|param| param.ends_with("state"))
}

impl<T: ChangeType + Send + 'static> Stream for Feed<T> {
    type Item = Result<Change<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let feed = &mut *self;
        if feed.done {
            return Poll::Ready(None);
        }
        let fetching = feed.fetching.get_or_insert_with(|| {
            let request = (feed.build)(feed.state.as_deref());
            let (call, operation) = (feed.call.clone(), feed.operation);
            let fetch = async move { response::fetch(&call, operation, request).await };
            SyncWrapper::new(Box::pin(fetch))
        });
        let fetched = ready!(fetching.get_mut().as_mut().poll(context));
        feed.fetching = None;
        Poll::Ready(Some(feed.yield_change(fetched)))
    }
}

impl<T> Unpin for Feed<T> {}

impl<T> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
