//! Traits for code that works with any request.

use std::fmt::Debug;
use std::future::IntoFuture;

use crate::conditional::IfNoneMatch;
use crate::error::Error;
use crate::http::etag::ETag;
use crate::operation::Operation;
use crate::paging::page::Page;
use crate::paging::pages::{Items, Pages};
use crate::transport::call::{Pending, RequestBuilder};

/// A request of an operation, sent when it is awaited.
///
/// Implemented by all generated requests. This trait is sealed.
///
/// # Examples
/// ```no_run
/// use sendmux_client::{Error, Request};
///
/// /// Sends a request and reports what failed.
/// async fn report<R: Request>(request: R) -> Result<R::Response, Error> {
///     let result = request.await;
///     if let Err(error) = &result {
///         eprintln!("{} {}: {error}", R::operation().method, R::operation().path);
///     }
///     result
/// }
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), Error> {
/// let balance = report(client.get_balance()).await?;
/// let task = tokio::spawn(report(client.get_spend_summary()));
/// # Ok(())
/// # }
/// ```
pub trait Request:
    RequestBuilder
    + IntoFuture<
        Output = Result<<Self as Request>::Response, Error>,
        IntoFuture = Pending<<Self as Request>::Response>,
    > + Clone
    + Debug
    + Send
    + Sync
    + 'static
{
    /// What the request resolves to.
    type Response;

    /// Returns the operation.
    fn operation() -> &'static Operation {
        Self::OPERATION
    }
}

impl<R, T> Request for R
where
    R: RequestBuilder + IntoFuture<Output = Result<T, Error>, IntoFuture = Pending<T>>,
    R: Clone + Debug + Send + Sync + 'static,
{
    type Response = T;
}

/// A request of a list.
///
/// Its methods are also inherent methods of each request. This trait is sealed.
///
/// # Examples
/// ```no_run
/// use sendmux_client::{Error, List};
///
/// async fn count<L: List>(list: L) -> Result<usize, Error> {
///     let (mut pages, mut count) = (list.pages(), 0);
///     while let Some(page) = pages.try_next().await? {
///         count += page.len();
///     }
///     Ok(count)
/// }
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), Error> {
/// println!("{} domains, {} webhooks", count(client.list_domains()).await?, count(client.list_webhooks()).await?);
/// # Ok(())
/// # }
/// ```
pub trait List: Request<Response = Page<<Self as List>::Item>> {
    /// The type of the items.
    type Item: Send + 'static;

    /// Starts the list at this cursor instead of its first page.
    #[must_use]
    fn cursor(self, cursor: impl Into<String>) -> Self;

    /// Returns a stream of the pages from here on, each fetched when it is needed.
    fn pages(self) -> Pages<Self::Item>;

    /// Returns a stream of the items of all pages from here on.
    fn stream(self) -> Items<Self::Item>;
}

/// A read that can depend on the version of the resource (RFC 9110, section 13.1.2).
///
/// Its method is also an inherent method of each request. This trait is sealed.
pub trait ConditionalRead: Request {
    /// Makes the read conditional: the resource is returned only if its version differs.
    fn if_none_match(self, version: impl Into<ETag>) -> IfNoneMatch<Self>;
}
