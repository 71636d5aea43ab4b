//! The client state and the options that a call carries.

use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING, UPGRADE,
};

use crate::clock::Clock;
use crate::error::Error;
use crate::observer::Observer;
use crate::operation::Operation;
use crate::transport::credential::Credential;
use crate::transport::rate_limiter::RateLimiter;
use crate::transport::retry::RetryPolicy;
use crate::transport::retry_budget::RetryBudget;

/// The future of a call. Nothing is sent before it is polled; dropping it cancels the call.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// The state that the clones of a client share.
pub(crate) struct Core {
    pub(crate) endpoint: Endpoint,
    /// Whether plain http is allowed to hosts other than loopback.
    pub(crate) allow_plain_http: bool,
    pub(crate) credential: Credential,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_response_bytes: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) retry_budget: RetryBudget,
    pub(crate) rate_limiter: Option<RateLimiter>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) attempt_headers: Option<Box<AttemptHeaders>>,
    #[allow(dead_code, reason = "only the mailbox surface has a default mailbox")]
    pub(crate) mailbox_id: Option<String>,
}

/// Adds headers to an attempt.
pub(crate) type AttemptHeaders = dyn Fn(&mut HeaderMap) + Send + Sync;

/// The HTTP client and base URL, with the field names that progenitor's code uses.
pub(crate) struct Endpoint {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
}

/// A client's state together with the options of one call.
#[derive(Clone)]
pub struct Call {
    pub(crate) core: Arc<Core>,
    pub(crate) options: CallOptions,
}

// A call that panics leaves what it shares as it was: locks are released, and a budget or a rate limit
// is never half changed.
impl RefUnwindSafe for Call {}
impl UnwindSafe for Call {}

impl Call {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, options: CallOptions::default() }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.core.endpoint
    }

    /// Returns the retry policy of this call: its own, or else the client's.
    pub(crate) fn retry_policy(&self) -> RetryPolicy {
        self.options.retry.unwrap_or(self.core.retry)
    }
}

/// Headers that the client sets itself: overriding them would send the credential astray or break
/// the framing of the request.
const RESERVED: [HeaderName; 6] =
    [AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE];

/// Returns why a header cannot be set, if the client sets it itself.
pub(super) fn reserved(name: &HeaderName) -> Option<String> {
    RESERVED.contains(name).then(|| format!("the header `{name}` is set by the client itself"))
}

/// Options of one call.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Why a header was rejected; the call fails with this message.
    pub(crate) rejected: Option<String>,
}

impl CallOptions {
    pub(crate) fn header<N, V>(&mut self, name: N, value: V)
    where
        HeaderName: TryFrom<N>,
        HeaderValue: TryFrom<V>,
    {
        let rejected = match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), value) => match (reserved(&name), value) {
                (Some(message), _) => message,
                (None, Ok(value)) => return self.headers.push((name, value)),
                (None, Err(_)) => {
                    format!("the header `{name}` has a character not allowed in HTTP")
                }
            },
            (Err(_), _) => "the name of a header has a character not allowed in HTTP".to_owned(),
        };
        self.rejected = Some(rejected);
    }
}

/// A request of one operation, with the options that every request has. Public bounds rely on it, and
/// as it cannot be named from outside, it seals the public traits.
pub trait RequestBuilder {
    #[doc(hidden)]
    const OPERATION: &'static Operation;

    #[doc(hidden)]
    fn call(&self) -> &Call;

    #[doc(hidden)]
    fn call_mut(&mut self) -> &mut Call;
}

/// Implements the option setters of a request type. The expression returns its [`CallOptions`].
macro_rules! call_options {
    (
        $(#[$attribute:meta])*
        impl [$($generics:tt)*] $request:ty, |$this:ident| $options:expr;
        $(timeout: $timeout:literal;)? $(retry: $retry:literal;)?
    ) => {
        $(#[$attribute])*
        impl<$($generics)*> $request {
            /// Sets the overall deadline of the call, including retries and backoff. Default: the
            /// client's `call_timeout`.
            $(#[doc = ""] #[doc = $timeout])?
            #[inline]
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                let $this = &mut self;
                $options.timeout = ::std::option::Option::Some(timeout);
                self
            }

            /// Overrides the client's retry policy.
            $(#[doc = ""] #[doc = $retry])?
            #[inline]
            pub fn retry(mut self, policy: $crate::transport::retry::RetryPolicy) -> Self {
                let $this = &mut self;
                $options.retry = ::std::option::Option::Some(policy);
                self
            }
        }
    };
}
pub(crate) use call_options;

/// Implements the `header` setter of a request type. The expression returns its [`CallOptions`].
macro_rules! call_headers {
    (
        $(#[$attribute:meta])*
        impl [$($generics:tt)*] $request:ty, |$this:ident| $options:expr
    ) => {
        $(#[$attribute])*
        impl<$($generics)*> $request {
            /// Adds a header. A header that is not valid in HTTP, or that the client sets itself
            /// (such as `Authorization` or `Host`), fails the call before anything is sent.
            pub fn header<N, V>(mut self, name: N, value: V) -> Self
            where
                ::reqwest::header::HeaderName: ::std::convert::TryFrom<N>,
                ::reqwest::header::HeaderValue: ::std::convert::TryFrom<V>,
            {
                let $this = &mut self;
                $options.header(name, value);
                self
            }
        }
    };
}
pub(crate) use call_headers;

/// Implements what every generated request type has in common. What is inlined is compiled only for
/// the requests that a program makes.
#[allow(unused_macros, reason = "a build without any surface has no request")]
macro_rules! request_builder {
    ($request:ident) => {
        $crate::transport::call::call_options! {
            impl [] $request, |request| request.call.options;
        }
        $crate::transport::call::call_headers! {
            impl [] $request, |request| request.call.options
        }

        impl $crate::transport::call::RequestBuilder for $request {
            const OPERATION: &'static $crate::operation::Operation = $request::OPERATION;

            #[inline]
            fn call(&self) -> &$crate::transport::call::Call {
                &self.call
            }

            #[inline]
            fn call_mut(&mut self) -> &mut $crate::transport::call::Call {
                &mut self.call
            }
        }

        impl ::std::fmt::Debug for $request {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($request))
                    .field("operation", &Self::OPERATION.id)
                    .finish_non_exhaustive()
            }
        }
    };
}
#[allow(unused_imports, reason = "a build without any surface has no request")]
pub(crate) use request_builder;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_checked() {
        for (name, value, expected) in [
            ("X-Note", "hello", None),
            ("a b", "x", Some("the name of a header has a character not allowed in HTTP")),
            ("a\nb", "x", Some("the name of a header has a character not allowed in HTTP")),
            ("x-note", "a\r\nb", Some("the header `x-note` has a character not allowed in HTTP")),
            (
                "Authorization",
                "Bearer x",
                Some("the header `authorization` is set by the client itself"),
            ),
            ("host", "example.com", Some("the header `host` is set by the client itself")),
        ] {
            let mut options = CallOptions::default();
            options.header(name, value);
            assert_eq!(options.rejected.as_deref(), expected, "{name}");
            assert_eq!(options.headers.is_empty(), expected.is_some(), "{name}");
        }
    }
}
