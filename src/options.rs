//! Settings of one call.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};

use crate::retry::RetryPolicy;

/// Settings of one call.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Name of a header that was refused; the call fails with it.
    pub(crate) refused_header: Option<Box<str>>,
}

impl Options {
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let name = name.parse::<HeaderName>().map_err(|_| name);
        match (name, value.parse::<HeaderValue>()) {
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            (Ok(name), Err(_)) => self.refused_header = Some(name.as_str().into()),
            (Err(name), _) => self.refused_header = Some(name.into()),
        }
    }
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

            /// Sends another header along. One that HTTP forbids fails the call before it is
            /// sent.
            pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
                self.call.options.header(name.as_ref(), value.as_ref());
                self
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
