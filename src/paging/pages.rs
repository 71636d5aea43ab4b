//! The pages of a list, and their items.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use sync_wrapper::SyncWrapper;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::defaults::{MAX_CURSOR_BYTES, MAX_EMPTY_PAGES};
use crate::error::{Error, Kind};
use crate::operation::Operation;
use crate::paging::LoopGuard;
use crate::paging::page::{self, MalformedItem, Page};
use crate::transport::call::{Call, Pending};
use crate::transport::outbound_request::BuildResult;
use crate::transport::telemetry::in_current_span;

type BuildPage = dyn Fn(Option<&str>) -> BuildResult + Send + Sync;

type FetchPage<T> = fn(Call, &'static Operation, BuildResult) -> Pending<Page<T>>;

/// A stream of the pages of a list.
///
/// Pages are fetched lazily: nothing is sent before the first page is requested, or after the
/// stream is dropped. Prefetching starts with the second page: from then on, the next page is
/// fetched while the caller processes the previous one, at most one page ahead.
///
/// An error is returned once, after the last page that could be read, and ends the stream;
/// [`Error::cursor`] returns the cursor to resume from. If the server's list does not advance, the
/// stream ends with [`Kind::Pagination`] instead of looping: after a cursor that repeats or has more
/// than 8 KiB, or after 100 empty pages in succession.
///
/// This is a [`Stream`], and also has its own [`next`](Self::next) and
/// [`try_next`](Self::try_next), so that no further crate is needed.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// let mut pages = client.list_email_logs().pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{} e-mails", page.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "pages are fetched when they are polled"]
pub struct Pages<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<BuildPage>,
    fetch: FetchPage<T>,
    state: PageState<T>,
    yielded: usize,
    /// Cursor of the page yielded last.
    current: Option<String>,
    seen: LoopGuard,
    /// Empty pages since the last item.
    empty: u32,
}

enum PageState<T> {
    /// The page at this cursor is next.
    Ready(Option<String>),
    Fetching(Fetch<T>, Option<String>),
    /// The page yielded last has no usable next cursor; the error is still to be returned.
    NotAdvancing(Error),
    /// The stream has ended; after an error, it can be resumed at this cursor.
    Done(Option<String>),
}

enum Fetch<T> {
    /// Driven by the caller.
    Inline(SyncWrapper<Pending<Page<T>>>),
    /// Driven by its own task.
    Prefetch(Prefetch<T>),
}

/// A task that is aborted when dropped.
struct Prefetch<T>(JoinHandle<Result<Page<T>, Error>>);

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    pub(crate) fn new(
        call: Call,
        operation: &'static Operation,
        cursor: Option<String>,
        build: impl Fn(Option<&str>) -> BuildResult + Send + Sync + 'static,
    ) -> Self {
        let mut seen = LoopGuard::default();
        if let Some(cursor) = &cursor {
            seen.insert(cursor);
        }
        Self {
            call,
            operation,
            build: Arc::new(build),
            fetch: |call, operation, request| {
                Box::pin(async move { page::fetch(&call, operation, request).await })
            },
            state: PageState::Ready(cursor),
            yielded: 0,
            current: None,
            seen,
            empty: 0,
        }
    }

    /// Keeps items that cannot be decoded, with their JSON, instead of failing the page: each item
    /// becomes a `Result`. A page is decoded item by item only if it cannot be decoded as a whole.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
    /// let mut logs = client.list_email_logs().stream().keep_malformed();
    /// while let Some(log) = logs.try_next().await? {
    ///     match log {
    ///         Ok(log) => println!("{}", log.id),
    ///         Err(malformed) => eprintln!("skipped: {malformed}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep_malformed(self) -> Pages<Result<T, MalformedItem>> {
        Pages {
            call: self.call,
            operation: self.operation,
            build: self.build,
            fetch: |call, operation, request| {
                Box::pin(async move { page::fetch_each(&call, operation, request).await })
            },
            state: match self.state {
                PageState::Ready(cursor) | PageState::Fetching(_, cursor) => {
                    PageState::Ready(cursor)
                }
                PageState::NotAdvancing(error) => PageState::NotAdvancing(error),
                PageState::Done(cursor) => PageState::Done(cursor),
            },
            yielded: self.yielded,
            current: self.current,
            empty: self.empty,
            seen: self.seen,
        }
    }
}

impl<T: Send + 'static> Pages<T> {
    /// Returns the next page; `None` after the last one.
    ///
    /// # Errors
    /// See [`Error`]. An error is returned once and ends the stream.
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>, Error> {
        self.next().await.transpose()
    }

    /// Returns the next page, or the error that ends the stream; `None` after either.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns a stream of the items of these pages.
    pub fn items(self) -> Items<T> {
        Items { pages: self, page: Vec::new().into_iter(), yielded: 0 }
    }

    /// Returns the cursor to resume from if the program stops now: that of the first page not yet
    /// returned, whether or not it has been fetched. `None` before the first page and after the
    /// last. After an error, returns the cursor of the page that failed.
    pub fn cursor(&self) -> Option<&str> {
        match &self.state {
            PageState::Ready(cursor) | PageState::Fetching(_, cursor) | PageState::Done(cursor) => {
                cursor.as_deref()
            }
            PageState::NotAdvancing(error) => error.cursor(),
        }
    }

    fn fetch(&self, cursor: Option<&str>) -> Pending<Page<T>> {
        (self.fetch)(self.call.clone(), self.operation, (self.build)(cursor))
    }

    /// Starts fetching the next page once a second page has been requested: the first page is often
    /// all that is wanted.
    fn prefetch(&mut self) {
        let PageState::Ready(cursor) = &mut self.state else { return };
        if self.yielded < 2 {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let cursor = cursor.take();
        let task = runtime.spawn(in_current_span(self.fetch(cursor.as_deref())));
        self.state = PageState::Fetching(Fetch::Prefetch(Prefetch(task)), cursor);
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page<T>, Error>>> {
        loop {
            match &mut self.state {
                PageState::Done(_) => return Poll::Ready(None),
                PageState::NotAdvancing(error) => {
                    let done = PageState::Done(error.cursor().map(str::to_owned));
                    let PageState::NotAdvancing(error) = std::mem::replace(&mut self.state, done)
                    else {
                        continue;
                    };
                    return Poll::Ready(Some(Err(error)));
                }
                PageState::Ready(cursor) => {
                    let cursor = cursor.take();
                    let pending = SyncWrapper::new(self.fetch(cursor.as_deref()));
                    self.state = PageState::Fetching(Fetch::Inline(pending), cursor);
                }
                PageState::Fetching(fetch, cursor) => {
                    let fetched = match fetch {
                        Fetch::Inline(pending) => {
                            Some(ready!(pending.get_mut().as_mut().poll(context)))
                        }
                        // A task whose runtime has shut down is fetched again inline.
                        Fetch::Prefetch(task) => ready!(Pin::new(&mut task.0).poll(context)).ok(),
                    };
                    let cursor = cursor.take();
                    let Some(fetched) = fetched else {
                        self.state = PageState::Ready(cursor);
                        continue;
                    };
                    return Poll::Ready(Some(self.yield_page(fetched, cursor)));
                }
            }
        }
    }

    fn yield_page(
        &mut self,
        fetched: Result<Page<T>, Error>,
        cursor: Option<String>,
    ) -> Result<Page<T>, Error> {
        let page = match fetched {
            Ok(page) => page,
            Err(error) => {
                let error = error.with_cursor(cursor.as_deref());
                self.state = PageState::Done(cursor);
                return Err(error);
            }
        };
        self.state = match self.next_cursor(&page) {
            Ok(None) => PageState::Done(None),
            Ok(next) => PageState::Ready(next),
            Err(error) => PageState::NotAdvancing(error.with_cursor(cursor.as_deref())),
        };
        self.current = cursor;
        self.yielded += 1;
        Ok(page)
    }

    /// Returns the cursor after this page, unless it is the last one.
    fn next_cursor(&mut self, page: &Page<T>) -> Result<Option<String>, Error> {
        if !page.has_more() {
            return Ok(None);
        }
        let not_advancing = |message: &str| {
            let error = Error::because(Kind::Pagination, message).with_operation(self.operation);
            Err(error.with_head(page.parts().head().clone()).sent())
        };
        self.empty = if page.is_empty() { self.empty + 1 } else { 0 };
        if self.empty >= MAX_EMPTY_PAGES {
            return not_advancing(&format!(
                "the server's list goes on after {MAX_EMPTY_PAGES} empty pages in succession"
            ));
        }
        match page.next_cursor() {
            Some(cursor) if cursor.len() > MAX_CURSOR_BYTES => not_advancing(&format!(
                "the server's cursor has {} bytes; at most {MAX_CURSOR_BYTES} can be sent back",
                cursor.len()
            )),
            None => not_advancing("the list has more pages but no next cursor"),
            Some(cursor) if !self.seen.insert(cursor) => {
                not_advancing("the next cursor leads back to an earlier page")
            }
            Some(cursor) => Ok(Some(cursor.to_owned())),
        }
    }
}

impl<T: Send + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = ready!(self.poll_page(context));
        self.prefetch();
        Poll::Ready(page)
    }
}

impl<T> Unpin for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}

/// A stream of the items of a list, page after page.
///
/// Behaves like [`Pages`]: lazy, and one page ahead from the second item of the second page on. The
/// items of a page come before the error that follows it.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// let mut domains = client.list_domains().stream();
/// while let Some(domain) = domains.try_next().await? {
///     println!("{}", domain.domain);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "items are fetched when they are polled"]
pub struct Items<T> {
    pages: Pages<T>,
    page: std::vec::IntoIter<T>,
    /// Items of this page that have been yielded.
    yielded: usize,
}

impl<T: DeserializeOwned + Send + 'static> Items<T> {
    /// Keeps items that cannot be decoded, like [`Pages::keep_malformed`].
    pub fn keep_malformed(self) -> Items<Result<T, MalformedItem>> {
        let page: Vec<_> = self.page.map(Ok).collect();
        let pages = self.pages.keep_malformed();
        Items { pages, page: page.into_iter(), yielded: self.yielded }
    }
}

impl<T: Send + 'static> Items<T> {
    /// Returns the next item; `None` after the last one.
    ///
    /// # Errors
    /// See [`Error`]. An error is returned once and ends the stream.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.next().await.transpose()
    }

    /// Returns the next item, or the error that ends the stream; `None` after either.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Collects the remaining items. Buffers everything; prefer streaming for long lists.
    ///
    /// # Errors
    /// See [`Error`]. Items read before the error are dropped.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(items)
    }

    /// Returns the cursor to resume from if the program stops now, without losing an item: that of
    /// the page the next item is on. Items of that page that were already returned come again.
    /// `None` on the first page. After the last item, returns the cursor of the last page; after an
    /// error, that of the page that failed.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
    /// # fn store(_: &str) {}
    /// # fn save(_: Option<&str>) {}
    /// let mut logs = client.list_email_logs().stream();
    /// while let Some(log) = logs.try_next().await? {
    ///     store(&log.id);
    ///     save(logs.cursor());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn cursor(&self) -> Option<&str> {
        let current = self.pages.current.as_deref();
        if self.page.len() > 0 { current } else { self.pages.cursor().or(current) }
    }
}

impl<T: Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                self.yielded += 1;
                // The second page may have been fetched for its first item only.
                if self.yielded == 2 || self.pages.yielded > 2 {
                    self.pages.prefetch();
                }
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_page(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    self.page = page.into_items().into_iter();
                    self.yielded = 0;
                }
            }
        }
    }
}

impl<T> Unpin for Items<T> {}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
