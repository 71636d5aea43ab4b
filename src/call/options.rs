//! Settings of one call.

use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
    UPGRADE,
};

use crate::call::Call;
use crate::call::operation::Operation;
use crate::transport::retry::RetryPolicy;

/// Headers that the client itself answers for: a second opinion on them would send the credential
/// astray or break the framing of the request.
const OWN: [HeaderName; 6] =
    [AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE];

/// Settings of one call.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Why a header was refused; the call fails with it.
    pub(crate) refused: Option<String>,
}

impl Options {
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        match (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            (Ok(name), _) if OWN.contains(&name) => {
                self.refused = Some(format!("the header `{name}` is the client's own"));
            }
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            _ => {
                let name = name.escape_debug();
                self.refused =
                    Some(format!("the header `{name}` has a character that HTTP forbids"));
            }
        }
    }
}

/// A request, by what all requests have.
pub(crate) trait Configured {
    const OPERATION: &'static Operation;

    fn call(&self) -> &Call;

    fn call_mut(&mut self) -> &mut Call;
}

/// Gives a request type the settings that every call has.
#[allow(unused_macros, reason = "a build without any surface has no request")]
macro_rules! request_options {
    ($request:ident) => {
        impl $request {
            /// Longest time for this call with all its attempts and waits.
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.call.options.timeout = Some(timeout);
                self
            }

            /// When a failed attempt of this call is repeated.
            pub fn retry(mut self, policy: $crate::RetryPolicy) -> Self {
                self.call.options.retry = Some(policy);
                self
            }

            /// Sends another header along. One that HTTP forbids, or that the client itself
            /// answers for (such as `Authorization` or `Host`), fails the call before it is sent.
            pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
                self.call.options.header(name.as_ref(), value.as_ref());
                self
            }
        }

        impl $crate::call::options::Configured for $request {
            const OPERATION: &'static $crate::Operation = $request::OPERATION;

            fn call(&self) -> &$crate::call::Call {
                &self.call
            }

            fn call_mut(&mut self) -> &mut $crate::call::Call {
                &mut self.call
            }
        }

        impl ::std::fmt::Debug for $request {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($request))
                    .field("operation", &Self::OPERATION.id)
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use request_options;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_checked() {
        for (name, value, expected) in [
            ("X-Note", "hello", None),
            ("a b", "x", Some("the header `a b` has a character that HTTP forbids")),
            ("a\nb", "x", Some("the header `a\\nb` has a character that HTTP forbids")),
            ("x-note", "a\r\nb", Some("the header `x-note` has a character that HTTP forbids")),
            ("Authorization", "Bearer x", Some("the header `authorization` is the client's own")),
            ("host", "example.com", Some("the header `host` is the client's own")),
        ] {
            let mut options = Options::default();
            options.header(name, value);
            assert_eq!(options.refused.as_deref(), expected, "{name}");
            assert_eq!(options.headers.is_empty(), expected.is_some(), "{name}");
        }
    }
}
