//! All pages of a list.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::call::{Call, Pending};
use crate::error::{Error, Kind};
use crate::list::items::Items;
use crate::list::page::{self, Page};
use crate::list::seen::Seen;

type Build = dyn Fn(Option<&str>) -> Built + Send + Sync;

/// The pages of a list.
///
/// Nothing is sent before the first page is asked for, and nothing after the value is dropped. Who
/// asks for a second page reads on: from then on the next page is fetched while the caller is at
/// work on the one before, one page ahead and no more.
///
/// An error comes once, after the last page that could be read, and ends the pages;
/// [`Error::cursor`] says where to go on. The pages end with an error, not in a loop, if the
/// server's cursors do not lead on.
///
/// It is a [`Stream`], and has [`next`](Self::next) and [`try_next`](Self::try_next) of its own, so
/// that no other crate is needed.
#[must_use = "pages are fetched when they are asked for"]
pub struct Pages<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<Build>,
    state: State<T>,
    handed_out: usize,
    /// The cursor of the page handed out last.
    current: Option<String>,
    seen: Seen,
}

enum State<T> {
    /// The page at this cursor is next.
    Ready(Option<String>),
    Fetching(Fetch<T>, Option<String>),
    /// The page handed out last does not lead on, which is still to be said.
    Stuck(Error),
    /// It is over; after an error, a new start would be here.
    Done(Option<String>),
}

enum Fetch<T> {
    /// Goes on while the caller waits for it.
    Here(Pending<Page<T>>),
    /// Goes on by itself.
    Ahead(Ahead<T>),
}

/// A task that ends when nobody waits for it any more.
struct Ahead<T>(JoinHandle<Result<Page<T>, Error>>);

impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    pub(crate) fn new(
        call: Call,
        operation: &'static Operation,
        cursor: Option<String>,
        build: impl Fn(Option<&str>) -> Built + Send + Sync + 'static,
    ) -> Self {
        let mut seen = Seen::default();
        if let Some(cursor) = &cursor {
            seen.insert(cursor);
        }
        Self {
            call,
            operation,
            build: Arc::new(build),
            state: State::Ready(cursor),
            handed_out: 0,
            current: None,
            seen,
        }
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
        Items::new(self)
    }

    /// Where to go on if the program stops now: the cursor of the first page that was not handed
    /// out yet, fetched or not. `None` before the first page, and after the last. After an error,
    /// the cursor of the page that failed.
    pub fn cursor(&self) -> Option<&str> {
        match &self.state {
            State::Ready(cursor) | State::Fetching(_, cursor) | State::Done(cursor) => {
                cursor.as_deref()
            }
            State::Stuck(error) => error.cursor(),
        }
    }

    /// The cursor of the page handed out last.
    pub(crate) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub(crate) fn handed_out(&self) -> usize {
        self.handed_out
    }

    fn start(&self, cursor: Option<&str>) -> Pending<Page<T>> {
        let request = (self.build)(cursor);
        let (call, operation) = (self.call.clone(), self.operation);
        Box::pin(async move { page::fetch(&call, operation, request).await })
    }

    /// Begins to fetch the next page, if the caller has shown that it reads on: one page is often
    /// all that is wanted.
    pub(crate) fn fetch_ahead(&mut self) {
        let State::Ready(cursor) = &mut self.state else { return };
        if self.handed_out < 2 {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let cursor = cursor.take();
        let task = runtime.spawn(self.start(cursor.as_deref()));
        self.state = State::Fetching(Fetch::Ahead(Ahead(task)), cursor);
    }

    pub(crate) fn poll_page(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Page<T>, Error>>> {
        loop {
            match &mut self.state {
                State::Done(_) => return Poll::Ready(None),
                State::Stuck(error) => {
                    let over = State::Done(error.cursor().map(str::to_owned));
                    let State::Stuck(error) = std::mem::replace(&mut self.state, over) else {
                        continue;
                    };
                    return Poll::Ready(Some(Err(error)));
                }
                State::Ready(cursor) => {
                    let cursor = cursor.take();
                    let pending = self.start(cursor.as_deref());
                    self.state = State::Fetching(Fetch::Here(pending), cursor);
                }
                State::Fetching(fetch, cursor) => {
                    let fetched = match fetch {
                        Fetch::Here(pending) => Some(ready!(pending.as_mut().poll(context))),
                        // A task that was lost with its runtime is made up for here.
                        Fetch::Ahead(task) => ready!(Pin::new(&mut task.0).poll(context)).ok(),
                    };
                    let cursor = cursor.take();
                    let Some(fetched) = fetched else {
                        self.state = State::Ready(cursor);
                        continue;
                    };
                    return Poll::Ready(Some(self.hand_out(fetched, cursor)));
                }
            }
        }
    }

    fn hand_out(
        &mut self,
        fetched: Result<Page<T>, Error>,
        cursor: Option<String>,
    ) -> Result<Page<T>, Error> {
        let page = match fetched {
            Ok(page) => page,
            Err(error) => {
                let error = error.with_cursor(cursor.as_deref());
                self.state = State::Done(cursor);
                return Err(error);
            }
        };
        self.state = match self.follow(&page) {
            Ok(None) => State::Done(None),
            Ok(next) => State::Ready(next),
            Err(error) => State::Stuck(error.with_cursor(cursor.as_deref())),
        };
        self.current = cursor;
        self.handed_out += 1;
        Ok(page)
    }

    /// The cursor after this page, unless it is the last one.
    fn follow(&mut self, page: &Page<T>) -> Result<Option<String>, Error> {
        if !page.has_more() {
            return Ok(None);
        }
        let stuck = |what: &str| {
            let error = Error::because(Kind::Pagination, what).with_operation(self.operation);
            Err(error.with_head(page.head().clone()).sent())
        };
        match page.next_cursor() {
            None => stuck("the list says that there is more, but not where"),
            Some(cursor) if !self.seen.insert(cursor) => {
                stuck("the list leads back to a page that was read before")
            }
            Some(cursor) => Ok(Some(cursor.to_owned())),
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = ready!(self.poll_page(context));
        self.fetch_ahead();
        Poll::Ready(page)
    }
}

impl<T> Unpin for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
