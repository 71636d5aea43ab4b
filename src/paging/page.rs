//! A page of a list.

use std::fmt;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{Error, Kind};
use crate::http::response_head::ResponseHead;
use crate::operation::Operation;
use crate::response::envelope::{self, ListEnvelope};
use crate::response::parts::ResponseParts;
use crate::transport;
use crate::transport::call::Call;
use crate::transport::outbound_request::BuildResult;
use crate::values::decode::DecodeFailure;

/// A page of a list, in the API's order.
///
/// Dereferences to a slice of the items; iterating consumes the page. To read all pages, call
/// `pages()` or `stream()` on the request.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// let page = client.list_domains().limit(50).await?;
/// for domain in &page {
///     println!("{}", domain.domain);
/// }
/// println!("next page: {:?}", page.next_cursor());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    items: Vec<T>,
    has_more: bool,
    next_cursor: Option<String>,
    parts: ResponseParts,
}

impl<T> Page<T> {
    pub(super) fn new(head: ResponseHead, envelope: ListEnvelope<T>) -> Self {
        let ListEnvelope { data, pagination, meta, .. } = envelope;
        Self {
            items: data,
            has_more: pagination.has_more,
            next_cursor: pagination.next_cursor,
            parts: ResponseParts::new(head, meta),
        }
    }

    #[cfg(feature = "mock")]
    pub(crate) fn from_parts(
        items: Vec<T>,
        next_cursor: Option<String>,
        parts: ResponseParts,
    ) -> Self {
        Self { items, has_more: next_cursor.is_some(), next_cursor, parts }
    }

    /// Returns status, headers and metadata.
    pub fn parts(&self) -> &ResponseParts {
        &self.parts
    }

    /// Returns the items.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Returns the items, discarding the rest.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// Returns true if more pages follow. An empty page can be followed by others.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Returns the opaque cursor of the next page, to pass to the list's `cursor` now or in a later
    /// run of the program; `None` on the last page.
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref().filter(|cursor| self.has_more && !cursor.is_empty())
    }

    /// Returns the items, and status, headers and metadata.
    pub fn into_parts(self) -> (Vec<T>, ResponseParts) {
        (self.items, self.parts)
    }
}

impl<T> Deref for Page<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> AsRef<[T]> for Page<T> {
    fn as_ref(&self) -> &[T] {
        &self.items
    }
}

/// Serializes the items.
impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
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

/// An item of a list that could not be decoded.
///
/// Returned by the streams of [`Pages::keep_malformed`](crate::Pages::keep_malformed).
#[derive(Clone, PartialEq, Eq)]
pub struct MalformedItem {
    json: Box<str>,
    path: Box<str>,
    reason: Box<str>,
}

impl MalformedItem {
    fn new<T: DeserializeOwned>(json: &str) -> Self {
        let DecodeFailure { path, reason } = DecodeFailure::find::<T>(json.as_bytes());
        Self { json: json.into(), path: path.into(), reason: reason.into() }
    }

    /// Returns the item as the server sent it. It may contain personal data that does not belong in
    /// a log, so `Debug` and `Display` omit it.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns the path of the field that could not be decoded, such as `recipients[0].status`; a
    /// dot for the item as a whole.
    pub fn field(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for MalformedItem {
    /// Writes one line, without the item.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the item could not be decoded: {}: {}", self.path, self.reason)
    }
}

impl fmt::Debug for MalformedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MalformedItem")
            .field("field", &self.path)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for MalformedItem {}

/// Fetches one page.
pub(crate) async fn fetch<T: DeserializeOwned>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
) -> Result<Page<T>, Error> {
    let decode = |head: &_, body: &_| envelope::decode::<ListEnvelope<T>>(operation, head, body);
    let (head, envelope) = transport::send_buffered(call, operation, request, decode).await?;
    Ok(Page::new(head, envelope))
}

/// Fetches one page, and decodes it item by item if it cannot be decoded as a whole.
pub(crate) async fn fetch_each<T: DeserializeOwned>(
    call: &Call,
    operation: &'static Operation,
    request: BuildResult,
) -> Result<Page<Result<T, MalformedItem>>, Error> {
    let item = |json: Box<RawValue>| {
        serde_json::from_str(json.get()).map_err(|_| MalformedItem::new::<T>(json.get()))
    };
    let decode =
        |head: &_, body: &_| match envelope::decode::<ListEnvelope<T>>(operation, head, body) {
            Ok(envelope) => Ok(envelope.map(Ok)),
            Err(error) if error.kind() != Kind::Decode => Err(error),
            Err(error) => {
                match envelope::decode::<ListEnvelope<Box<RawValue>>>(operation, head, body) {
                    Ok(envelope) => Ok(envelope.map(item)),
                    Err(_) => Err(error),
                }
            }
        };
    let (head, envelope) = transport::send_buffered(call, operation, request, decode).await?;
    Ok(Page::new(head, envelope))
}
