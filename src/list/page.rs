//! One page of a list.

use std::ops::Deref;

use serde::de::DeserializeOwned;

use crate::answer::envelope::{self, ListEnvelope};
use crate::answer::head::{Head, head_accessors};
use crate::answer::meta::Meta;
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::error::Error;
use crate::transport;

/// One page of a list, in the order of the API.
///
/// Dereferences to the items; iterating consumes it. For all pages see `pages()` and `stream()` on
/// the request.
#[derive(Debug, Clone)]
pub struct Page<T> {
    items: Vec<T>,
    has_more: bool,
    next_cursor: Option<String>,
    meta: Meta,
    head: Head,
}

impl<T> Page<T> {
    head_accessors!();

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The items.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The items, without the rest.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// True if there are pages after this one. An empty page may still have some.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Where the next page starts: give it to the list's `cursor`, now or in another run of the
    /// program. Opaque; `None` on the last page.
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref().filter(|cursor| self.has_more && !cursor.is_empty())
    }

    /// Everything that `meta` held, such as the tokens to synchronise by.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Id of the request, to name in a support case; empty only if the server sent none.
    pub fn request_id(&self) -> &str {
        self.meta.request_id().or_else(|| self.head.request_id()).unwrap_or_default()
    }
}

impl<T> Deref for Page<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// Fetches one page.
pub(crate) async fn fetch<T: DeserializeOwned>(
    call: &Call,
    operation: &'static Operation,
    request: Built,
) -> Result<Page<T>, Error> {
    let open = |head: &_, body: &_| envelope::open::<ListEnvelope<T>>(operation, head, body);
    let (head, envelope) = transport::exchange(call, operation, request, open).await?;
    let ListEnvelope { data, pagination, meta, .. } = envelope;
    Ok(Page {
        items: data,
        has_more: pagination.has_more,
        next_cursor: pagination.next_cursor,
        meta,
        head,
    })
}
