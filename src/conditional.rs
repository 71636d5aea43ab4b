//! Conditional requests (RFC 9110, section 13): reads that depend on a new version, and writes that
//! depend on an old one.

use std::fmt;
use std::future::IntoFuture;

use crate::defaults::MODIFY_ROUNDS;
use crate::error::Error;
use crate::http::etag::ETag;
use crate::observer::WaitReason;
use crate::response::Response;
use crate::response::meta::Meta;
use crate::response::parts::ResponseParts;
use crate::transport::call::{Pending, RequestBuilder, call_headers, call_options};
use crate::transport::retry::{self, RetryPolicy};

/// The response to a read with `if_none_match`.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client, known: sendmux_client::ETag)
/// # -> Result<(), sendmux_client::Error> {
/// use sendmux_client::Conditional;
///
/// match client.get_domain("mdom_1").if_none_match(&known).await? {
///     Conditional::Fresh(domain) => println!("{} ({:?})", domain.domain, domain.parts().etag()),
///     Conditional::NotModified(_) => println!("not modified"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Conditional<T> {
    /// The current version of the resource, which differs from the caller's. The API may also send
    /// an unchanged resource, such as a message whose download links have expired.
    Fresh(T),
    /// The caller's version is current (304).
    NotModified(NotModified),
}

impl<T> Conditional<T> {
    /// Returns the new version, if there is one.
    pub fn into_fresh(self) -> Option<T> {
        match self {
            Self::Fresh(response) => Some(response),
            Self::NotModified(_) => None,
        }
    }

    /// Returns true if the caller's version is current.
    pub fn is_not_modified(&self) -> bool {
        matches!(self, Self::NotModified(_))
    }
}

/// The head of a 304 (RFC 9110, section 15.4.5), which has no body.
#[derive(Debug, Clone, PartialEq)]
pub struct NotModified {
    parts: ResponseParts,
}

impl NotModified {
    pub(crate) fn new(parts: ResponseParts) -> Self {
        Self { parts }
    }

    /// Returns status, headers and metadata.
    pub fn parts(&self) -> &ResponseParts {
        &self.parts
    }
}

/// A read that returns the resource only if its version differs from the caller's.
///
/// Returned by `if_none_match` on the reads that support it; awaiting it returns a [`Conditional`].
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct IfNoneMatch<R> {
    request: R,
}

impl<R> IfNoneMatch<R> {
    #[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
    pub(crate) fn new(request: R) -> Self {
        Self { request }
    }

    #[cfg(feature = "mock")]
    #[allow(dead_code, reason = "mocks need a surface")]
    pub(crate) fn request(&self) -> &R {
        &self.request
    }
}

call_options! {
    impl [R: RequestBuilder] IfNoneMatch<R>, |this| this.request.call_mut().options;
}
call_headers! {
    impl [R: RequestBuilder] IfNoneMatch<R>, |this| this.request.call_mut().options
}

impl<R, T> IntoFuture for IfNoneMatch<R>
where
    R: IntoFuture<Output = Result<T, Error>>,
    R::IntoFuture: Send + 'static,
{
    type Output = Result<Conditional<T>, Error>;
    type IntoFuture = Pending<Conditional<T>>;

    fn into_future(self) -> Self::IntoFuture {
        let response = self.request.into_future();
        Box::pin(async move {
            match response.await {
                Ok(response) => Ok(Conditional::Fresh(response)),
                Err(error) => match error.into_not_modified() {
                    Ok(head) => {
                        let parts = ResponseParts::new(head, Meta::default());
                        Ok(Conditional::NotModified(NotModified::new(parts)))
                    }
                    Err(error) => Err(error),
                },
            }
        })
    }
}

impl<R: fmt::Debug> fmt::Debug for IfNoneMatch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IfNoneMatch").field(&self.request).finish()
    }
}

/// A write that can depend on the version of the resource it changes (RFC 9110, section 13.1.1).
///
/// Implemented by the requests that have `if_match`. This trait is sealed.
pub trait IfMatch: RequestBuilder {
    /// Makes the write conditional: it takes effect only if the resource still has this version.
    #[must_use]
    fn if_match(self, version: ETag) -> Self;
}

/// Changes a resource that others may change at the same time, with retries on conflict.
///
/// Sends the read, passes the resource to `change` and sends the write it returns with `If-Match`.
/// If the resource was changed in between, starts over with the new version: up to five times,
/// after short random waits. `change` returns `None` to leave the resource as it is. A write that
/// requires `if_match` gets it here.
///
/// Where the write replaces the whole resource, as that of a send policy does, start from what was
/// read and change only the field in question.
///
/// # Errors
/// Those of the read and the write. If the resource was changed each time, the last rejection, for
/// which [`Error::is_precondition_failed`] returns true. If the resource has no `ETag`,
/// [`Kind::MissingETag`](crate::Kind::MissingETag), and nothing was written.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// use sendmux_client::management::types::WebhookUpdate;
/// use sendmux_client::{Modified, modify};
///
/// let outcome = modify(client.get_webhook("whk_1"), |webhook| {
///     let update = WebhookUpdate::new().enabled(true);
///     (!webhook.enabled).then(|| client.update_webhook("whk_1", update))
/// });
/// match outcome.await? {
///     Modified::Written(webhook) => println!("enabled {}", webhook.id),
///     Modified::Unneeded(webhook) => println!("{} was enabled before", webhook.id),
/// }
/// # Ok(())
/// # }
/// ```
pub async fn modify<R, T, W, A>(
    read: R,
    mut change: impl FnMut(&Response<T>) -> Option<W>,
) -> Result<Modified<T, A>, Error>
where
    R: IntoFuture<Output = Result<Response<T>, Error>> + RequestBuilder + Clone,
    W: IntoFuture<Output = Result<A, Error>> + IfMatch,
{
    let mut round = 1;
    loop {
        let current = read.clone().await?;
        let Some(write) = change(&current) else {
            return Ok(Modified::Unneeded(current));
        };
        let version = current.parts().etag().ok_or_else(|| current.missing_etag(W::OPERATION))?;
        match write.if_match(version).await {
            Ok(written) => return Ok(Modified::Written(written)),
            Err(error) if error.is_precondition_failed() && round < MODIFY_ROUNDS => {}
            Err(error) => return Err(error),
        }
        let core = &read.call().core;
        let wait = retry::backoff(&RetryPolicy::default(), round, core.clock.fraction());
        core.wait(W::OPERATION, WaitReason::Backoff, wait, round).await;
        round += 1;
    }
}

/// The outcome of [`modify`].
#[derive(Debug, Clone, PartialEq)]
pub enum Modified<T, A> {
    /// The response to the write.
    Written(A),
    /// The resource as it was read, which needed no change.
    Unneeded(Response<T>),
}
