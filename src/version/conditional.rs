//! Reads that need no answer if nothing has changed.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use crate::answer::head::{Head, head_accessors};
use crate::call::Pending;
use crate::call::options::Configured;
use crate::error::Error;
use crate::transport::retry::RetryPolicy;

/// The answer to a read with `if_none_match`.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client, known: sendmux_client::ETag)
/// # -> Result<(), sendmux_client::Error> {
/// use sendmux_client::Conditional;
///
/// match client.get_domain("mdom_1").if_none_match(&known).await? {
///     Conditional::Fresh(domain) => println!("{} ({:?})", domain.domain, domain.etag()),
///     Conditional::NotModified(_) => println!("as before"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub enum Conditional<T> {
    /// The resource has another version, and this is it. The API may also send what has not
    /// changed, as it does with messages whose download links have expired.
    Fresh(T),
    /// The caller has the present version (304).
    NotModified(NotModified),
}

impl<T> Conditional<T> {
    /// The new version, if there is one.
    pub fn fresh(self) -> Option<T> {
        match self {
            Self::Fresh(answer) => Some(answer),
            Self::NotModified(_) => None,
        }
    }

    /// True if the caller has the present version.
    pub fn is_not_modified(&self) -> bool {
        matches!(self, Self::NotModified(_))
    }
}

/// What came along with a 304 (RFC 9110, section 15.4.5), which has no body.
#[derive(Debug, Clone)]
pub struct NotModified {
    head: Head,
}

impl NotModified {
    head_accessors!();

    /// Id of the request, to name in a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }
}

/// A read that is answered only if the resource has another version than the caller's.
///
/// Made by `if_none_match` on the reads that take it; awaiting it gives a [`Conditional`].
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct IfNoneMatch<R> {
    request: R,
}

impl<R> IfNoneMatch<R> {
    #[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
    pub(crate) fn new(request: R) -> Self {
        Self { request }
    }

    #[cfg(all(
        feature = "mock",
        any(feature = "management", feature = "mailbox", feature = "sending")
    ))]
    pub(crate) fn request(&self) -> &R {
        &self.request
    }
}

#[expect(private_bounds, reason = "requests are generated, all with the same settings")]
impl<R: Configured> IfNoneMatch<R> {
    /// Longest time for this call with all its attempts and waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.call_mut().options.timeout = Some(timeout);
        self
    }

    /// When a failed attempt of this call is repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.request.call_mut().options.retry = Some(policy);
        self
    }

    /// Sends another header along. One that HTTP forbids, or that the client itself answers for
    /// (such as `Authorization` or `Host`), fails the call before it is sent.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.request.call_mut().options.header(name.as_ref(), value.as_ref());
        self
    }
}

impl<R, T> IntoFuture for IfNoneMatch<R>
where
    R: IntoFuture<Output = Result<T, Error>>,
    R::IntoFuture: Send + 'static,
{
    type Output = Result<Conditional<T>, Error>;
    type IntoFuture = Pending<Conditional<T>>;

    fn into_future(self) -> Self::IntoFuture {
        let answer = self.request.into_future();
        Box::pin(async move {
            match answer.await {
                Ok(answer) => Ok(Conditional::Fresh(answer)),
                Err(error) => match error.into_not_modified() {
                    Ok(head) => Ok(Conditional::NotModified(NotModified { head })),
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
