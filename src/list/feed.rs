//! What changed in a list since it was read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use crate::answer::response::Response;
use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::call::{Call, Pending};
use crate::error::{Error, ErrorCode, Kind};
use crate::list::seen::Seen;

type Build = dyn Fn(Option<&str>) -> Built + Send + Sync;

/// An answer that leads from one state to another.
pub(crate) trait Advance {
    /// The state that it leads to.
    fn state(&self) -> &str;

    /// Whether there is more behind that state.
    fn has_more(&self) -> bool;

    /// Whether what it lists must not be applied.
    fn sync_required(&self) -> bool;
}

/// What a [`Feed`] tells.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change<T> {
    /// What changed between two states. Apply it, then keep [`Feed::state`].
    Changed(Response<T>),
    /// The API cannot say what changed since the state: it is too old, or none that it knows. Drop
    /// what was read of the list and read it whole, then follow it from [`Feed::state`], or without
    /// a state if that is `None`. The feed is over.
    SyncRequired,
}

/// What changed since a state, answer after answer, up to the present state.
///
/// Made by `feed` on the requests for changes. Nothing is sent before the first answer is asked
/// for, nor ahead of what is asked for. Without a state, the only answer tells the present state and
/// no changes.
///
/// An error comes once and ends the feed; [`state`](Self::state) is where to go on. The feed ends
/// with an error, not in a loop, if the server's states do not lead on.
///
/// It is a [`Stream`], and has [`next`](Self::next) and [`try_next`](Self::try_next) of its own.
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
#[must_use = "changes are fetched when they are asked for"]
pub struct Feed<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<Build>,
    fetching: Option<Pending<Response<T>>>,
    state: Option<String>,
    over: bool,
    seen: Seen,
}

#[expect(private_bounds, reason = "answers are generated")]
impl<T: Advance + DeserializeOwned + Send + 'static> Feed<T> {
    pub(crate) fn new(
        call: Call,
        operation: &'static Operation,
        state: Option<String>,
        build: impl Fn(Option<&str>) -> Built + Send + Sync + 'static,
    ) -> Self {
        let (build, seen) = (Arc::new(build), Seen::default());
        let mut feed = Self { call, operation, build, fetching: None, state, over: false, seen };
        if let Some(state) = &feed.state {
            feed.seen.insert(state);
        }
        feed
    }

    /// What changed next; `None` at the present state.
    ///
    /// # Errors
    /// As [`Error`] describes; once, and then the feed is over.
    pub async fn try_next(&mut self) -> Result<Option<Change<T>>, Error> {
        self.next().await.transpose()
    }

    /// What changed next or the error that ended the feed; `None` after either.
    pub async fn next(&mut self) -> Option<Result<Change<T>, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The state to keep once what was handed out has been applied. `None` before the first answer
    /// if there was no state to begin with, and where the API refused the state.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    fn hand_out(&mut self, fetched: Result<Response<T>, Error>) -> Result<Change<T>, Error> {
        let answer = match fetched {
            Ok(answer) => answer,
            Err(error) if self.state.is_some() && refuses_state(&error) => {
                (self.over, self.state) = (true, None);
                return Ok(Change::SyncRequired);
            }
            Err(error) => {
                self.over = true;
                return Err(error);
            }
        };
        let state = answer.state();
        if state.is_empty() {
            self.over = true;
            return Err(self.stuck(&answer, "the changes lead to no state"));
        }
        if answer.sync_required() {
            (self.over, self.state) = (true, Some(state.to_owned()));
            return Ok(Change::SyncRequired);
        }
        self.over = !answer.has_more();
        if answer.has_more() && !self.seen.insert(state) {
            self.over = true;
            return Err(
                self.stuck(&answer, "the changes lead back to a state that was left before")
            );
        }
        self.state = Some(state.to_owned());
        Ok(Change::Changed(answer))
    }

    fn stuck(&self, answer: &Response<T>, what: &str) -> Error {
        let error = Error::because(Kind::Pagination, what).with_operation(self.operation);
        error.with_head(answer.head().clone()).sent()
    }
}

/// Whether a refusal is of the state and of nothing else that was asked.
pub(crate) fn refuses_state(error: &Error) -> bool {
    let bad = error.status() == Some(StatusCode::BAD_REQUEST)
        && error.code() == Some(&ErrorCode::InvalidParameter);
    bad && error.param().is_none_or(|param| param.ends_with("state"))
}

impl<T: Advance + DeserializeOwned + Send + 'static> Stream for Feed<T> {
    type Item = Result<Change<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let feed = &mut *self;
        if feed.over {
            return Poll::Ready(None);
        }
        let fetching = feed.fetching.get_or_insert_with(|| {
            let request = (feed.build)(feed.state.as_deref());
            feed.call.clone().enveloped(feed.operation, request)
        });
        let fetched = ready!(fetching.as_mut().poll(context));
        feed.fetching = None;
        Poll::Ready(Some(feed.hand_out(fetched)))
    }
}

impl<T> Unpin for Feed<T> {}

impl<T> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
