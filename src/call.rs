//! One call: a request under construction, and what becomes of it.

use std::fmt::{self, Write as _};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue, InvalidHeaderValue};
use serde::de::DeserializeOwned;

use crate::core::Core;
use crate::download::Download;
use crate::envelope::{self, Envelope};
use crate::error::{Error, Kind};
use crate::meta::Meta;
use crate::operation::Operation;
use crate::page::{self, Page};
use crate::response::Response;
use crate::retry::RetryPolicy;
use crate::transport;

/// An answer on its way. Nothing happens before it is polled, and dropping it ends the call.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// Where requests go, in the form that generated code asks for.
pub(crate) struct Endpoint {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
}

/// The client and the per-call settings that a request carries.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) core: Arc<Core>,
    pub(crate) options: Options,
}

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

type Built = Result<reqwest::Request, BuildError>;

#[allow(dead_code, reason = "which of these have callers depends on the surfaces built")]
impl Call {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, options: Options::default() }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.core.endpoint
    }

    pub(crate) fn enveloped<T>(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let open = |head: &_, body: &_| envelope::open::<Envelope<T>>(operation, head, body);
            let (head, envelope) = transport::exchange(&self, operation, request, open).await?;
            Ok(Response::new(envelope.data, envelope.meta, head))
        })
    }

    pub(crate) fn page<T>(self, operation: &'static Operation, request: Built) -> Pending<Page<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move { page::fetch(&self, operation, request).await })
    }

    pub(crate) fn bare<T>(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let bare = |head: &_, body: &_| envelope::bare(operation, head, body);
            let (head, data) = transport::exchange(&self, operation, request, bare).await?;
            Ok(Response::new(data, Meta::default(), head))
        })
    }

    pub(crate) fn text(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<String>> {
        Box::pin(async move {
            let text = |head: &_, body: &_| envelope::text(operation, head, body);
            let (head, text) = transport::exchange(&self, operation, request, text).await?;
            Ok(Response::new(text, Meta::default(), head))
        })
    }

    pub(crate) fn empty(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<()>> {
        Box::pin(async move {
            let nothing = |_: &_, _: &_| Ok(());
            let (head, ()) = transport::exchange(&self, operation, request, nothing).await?;
            Ok(Response::new((), Meta::default(), head))
        })
    }

    pub(crate) fn download(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Download> {
        Box::pin(async move {
            let (head, response) = transport::open(&self, operation, request).await?;
            Ok(Download::new(self.core, operation, head, response))
        })
    }
}

/// Gives a request type the settings that every call has.
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

/// Why a request could not be built.
#[derive(Debug)]
pub(crate) enum BuildError {
    /// An id that would change the path.
    Segment(&'static str),
    Header(InvalidHeaderValue),
    Request(reqwest::Error),
}

impl From<InvalidHeaderValue> for BuildError {
    fn from(error: InvalidHeaderValue) -> Self {
        Self::Header(error)
    }
}

impl From<reqwest::Error> for BuildError {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error)
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        let refused = |what: &str| Error::because(Kind::Request, what);
        match error {
            BuildError::Segment(what) => refused(what),
            BuildError::Header(source) => {
                refused("a value has a character that no header can carry")
                    .with_source(Box::new(source))
            }
            BuildError::Request(source) => refused("the input makes no legal request")
                .with_source(Box::new(source.without_url())),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(what) => f.write_str(what),
            Self::Header(error) => error.fmt(f),
            Self::Request(_) => f.write_str("the input makes no legal request"),
        }
    }
}

/// An id as one segment of a path: all but the unreserved characters (RFC 3986, section 2.3) are
/// percent-encoded, since URL parsers read even a backslash as a slash. They resolve `.` and `..` even when they are
/// percent-encoded (WHATWG URL, section 4.4), so no encoding can carry them.
#[allow(dead_code, reason = "a build without any surface has no caller")]
pub(crate) fn path_segment(id: &str) -> Result<String, BuildError> {
    match id {
        "" => Err(BuildError::Segment("an id in the path is empty")),
        "." | ".." => Err(BuildError::Segment("an id in the path is `.` or `..`")),
        id => Ok(percent_encode(id)),
    }
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one_segment() {
        for (id, expected) in [
            ("mdom_1", "mdom_1"),
            ("a/b", "a%2Fb"),
            ("a/../b", "a%2F..%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("50%", "50%25"),
            ("ключ", "%D0%BA%D0%BB%D1%8E%D1%87"),
            ("a\\b", "a%5Cb"),
        ] {
            assert_eq!(path_segment(id).unwrap(), expected, "{id}");
        }
        for id in ["", ".", ".."] {
            assert!(path_segment(id).is_err(), "{id:?}");
        }
    }
}
