//! What generated code builds a request from.

use std::fmt::{self, Write as _};

use reqwest::header::InvalidHeaderValue;

use crate::error::{Error, Kind};

/// A request, or why there is none.
pub(crate) type Built = Result<reqwest::Request, BuildError>;

/// Where requests go, in the form that generated code asks for.
pub(crate) struct Endpoint {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
}

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
