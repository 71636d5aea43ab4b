//! All pages of a list, and all items in them.

use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::call::{BuildError, Call, Pending};
use crate::error::{Error, Kind};
use crate::operation::Operation;
use crate::page::{self, Page};

type Build = dyn Fn(Option<&str>) -> Result<reqwest::Request, BuildError> + Send + Sync;

/// The pages of a list, fetched as they are asked for.
///
/// Nothing is sent before the first page is asked for, and nothing after the value is dropped. An
/// error comes once and ends the pages; [`Error::cursor`] says where to go on. The pages end with
/// an error, not in a loop, if the server's cursors do not lead on.
///
/// It is a [`Stream`], and has [`next`](Self::next) and [`try_next`](Self::try_next) of its own, so
/// that no other crate is needed.
#[must_use = "pages are fetched when they are asked for"]
pub struct Pages<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<Build>,
    state: State<T>,
    seen: HashSet<String>,
}

enum State<T> {
    /// The page at this cursor is next.
    Ready(Option<String>),
    Fetching(Pending<Page<T>>, Option<String>),
    Done,
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    #[allow(dead_code, reason = "the sending surface has no list")]
    pub(crate) fn new(
        call: Call,
        operation: &'static Operation,
        cursor: Option<String>,
        build: impl Fn(Option<&str>) -> Result<reqwest::Request, BuildError> + Send + Sync + 'static,
    ) -> Self {
        let seen = cursor.iter().cloned().collect();
        Self { call, operation, build: Arc::new(build), state: State::Ready(cursor), seen }
    }

    /// The next page; `None` after the last one.
    ///
    /// # Errors
    /// As [`Error`] describes; once, and then the pages are over.
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>, Error> {
        self.next().await.transpose()
    }

    /// The next page or the error that ended the pages; `None` after either.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The items of these pages.
    pub fn items(self) -> Items<T> {
        Items { pages: self, page: Vec::new().into_iter() }
    }

    /// The cursor that the next page will be asked for with, to persist it; `None` on the first
    /// page and after the last.
    pub fn cursor(&self) -> Option<&str> {
        match &self.state {
            State::Ready(cursor) | State::Fetching(_, cursor) => cursor.as_deref(),
            State::Done => None,
        }
    }

    fn start(&self, cursor: Option<&str>) -> Pending<Page<T>> {
        let request = (self.build)(cursor);
        let (call, operation) = (self.call.clone(), self.operation);
        Box::pin(async move { page::fetch(&call, operation, request).await })
    }

    /// Where to go on after this page.
    fn follow(&mut self, page: &Page<T>) -> Result<State<T>, Error> {
        if !page.has_more() {
            return Ok(State::Done);
        }
        let stuck = |what: &str| Err(Error::because(Kind::Pagination, what));
        match page.next_cursor() {
            None => stuck("the list says that there is more, but not where"),
            Some(cursor) if !self.seen.insert(cursor.to_owned()) => {
                stuck("the list leads back to a page that was read before")
            }
            Some(cursor) => Ok(State::Ready(Some(cursor.to_owned()))),
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Done => return Poll::Ready(None),
                State::Ready(cursor) => {
                    let cursor = cursor.take();
                    let pending = this.start(cursor.as_deref());
                    this.state = State::Fetching(pending, cursor);
                }
                State::Fetching(pending, cursor) => {
                    let fetched = ready!(pending.as_mut().poll(context));
                    let cursor = cursor.take();
                    this.state = State::Done;
                    return Poll::Ready(Some(match fetched {
                        Err(error) => Err(error.with_cursor(cursor.as_deref())),
                        Ok(page) => this.follow(&page).map(|state| {
                            this.state = state;
                            page
                        }),
                    }));
                }
            }
        }
    }
}

impl<T> Unpin for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}

/// The items of a list, page after page, fetched as they are asked for.
///
/// Behaves as [`Pages`] does; the items of a page come before the error that follows it.
#[must_use = "items are fetched when they are asked for"]
pub struct Items<T> {
    pages: Pages<T>,
    page: std::vec::IntoIter<T>,
}

impl<T: DeserializeOwned + Send + 'static> Items<T> {
    /// The next item; `None` after the last one.
    ///
    /// # Errors
    /// As [`Error`] describes; once, and then the items are over.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.next().await.transpose()
    }

    /// The next item or the error that ended the items; `None` after either.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All items that are left. Mind the memory: a log can be long.
    ///
    /// # Errors
    /// As [`Error`] describes; what was read before is dropped.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.try_next().await? {
            all.push(item);
        }
        Ok(all)
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => self.page = page.into_items().into_iter(),
            }
        }
    }
}

impl<T> Unpin for Items<T> {}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("operation", &self.pages.operation.id).finish_non_exhaustive()
    }
}
