//! All items of a list.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::list::pages::Pages;

/// The items of a list, page after page.
///
/// Behaves as [`Pages`] does: lazily, and one page ahead from the second item of the second page on.
/// The items of a page come before the error that follows it.
#[must_use = "items are fetched when they are asked for"]
pub struct Items<T> {
    pages: Pages<T>,
    page: std::vec::IntoIter<T>,
    /// Items of this page that were handed out.
    taken: usize,
}

impl<T: DeserializeOwned + Send + 'static> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Self { pages, page: Vec::new().into_iter(), taken: 0 }
    }

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

    /// Where to go on if the program stops now, without losing an item: the cursor of the page that
    /// the next item is on. Some items of that page may have been handed out already, and come
    /// again. `None` on the first page. After the last item, the cursor of the last page; after an
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
        if self.page.len() > 0 {
            return self.pages.current();
        }
        self.pages.cursor().or(self.pages.current())
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                self.taken += 1;
                // The second page may have been fetched for one item that was left to see.
                if self.taken == 2 || self.pages.handed_out() > 2 {
                    self.pages.fetch_ahead();
                }
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_page(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    self.page = page.into_items().into_iter();
                    self.taken = 0;
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
