//! Requests on their way out, and the building of their paths.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use reqwest::header::{HeaderMap, InvalidHeaderValue};
use reqwest::{Method, Request, Url};

use crate::Upload;
use crate::error::{Error, Kind};

/// A request, or the reason why it could not be built.
pub(crate) type BuildResult = Result<OutboundRequest, BuildError>;

/// A request together with its upload, which is opened again for each attempt.
pub(crate) struct OutboundRequest {
    request: Request,
    upload: Option<Upload>,
}

impl OutboundRequest {
    pub(crate) fn with_upload(request: Request, upload: Upload) -> Self {
        Self { request, upload: Some(upload) }
    }

    /// Creates a request that carries an upload and its media type.
    pub(crate) fn with_typed_upload(mut request: Request, upload: &Upload) -> Self {
        upload.apply_to(&mut request);
        Self::with_upload(request, upload.clone())
    }

    /// Clones the request, unless its body can be sent only once.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        Some(Self { request: self.request.try_clone()?, upload: self.upload.clone() })
    }

    /// Returns false if the upload could be read only once, and has been.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.upload.as_ref().is_none_or(|upload| !upload.is_spent())
    }

    /// Returns the length of the upload; 0 without one.
    pub(crate) fn upload_len(&self) -> u64 {
        self.upload.as_ref().map_or(0, Upload::len)
    }

    /// Returns the body, if it is in memory.
    #[cfg(feature = "mock")]
    #[allow(dead_code, reason = "mocks need a surface")]
    pub(crate) fn body(&self) -> Option<&[u8]> {
        match &self.upload {
            Some(upload) => upload.in_memory(),
            None => self.request.body()?.as_bytes(),
        }
    }

    /// Returns the length of a body that is not an upload.
    pub(crate) fn body_len(&self) -> u64 {
        let body = self.request.body().and_then(reqwest::Body::as_bytes);
        body.map_or(0, |body| body.len() as u64)
    }

    /// Returns the request for one attempt; the bytes of an upload are counted in `uploaded`.
    pub(crate) fn into_request(self, uploaded: Option<Arc<AtomicU64>>) -> Request {
        let mut request = self.request;
        if let Some(upload) = self.upload {
            *request.body_mut() = Some(upload.into_body(uploaded));
        }
        request
    }

    pub(crate) fn url(&self) -> &Url {
        self.request.url()
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }
}

impl From<Request> for OutboundRequest {
    fn from(request: Request) -> Self {
        Self { request, upload: None }
    }
}

/// The reason why a request could not be built.
#[derive(Debug)]
pub(crate) enum BuildError {
    /// The input does not make a request, such as an id that would change the path.
    Input(&'static str),
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
        let invalid = |message: &str| Error::because(Kind::Request, message);
        match error {
            BuildError::Input(message) => invalid(message),
            BuildError::Header(source) => {
                invalid("a value is not a valid header value").with_source(Box::new(source))
            }
            BuildError::Request(source) => invalid("the input does not make a valid request")
                .with_source(Box::new(source.without_url())),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(message) => f.write_str(message),
            Self::Header(error) => error.fmt(f),
            Self::Request(_) => f.write_str("the input does not make a valid request"),
        }
    }
}

/// Encodes an id as one path segment: everything but the unreserved characters (RFC 3986, section
/// 2.3) is percent-encoded, since URL parsers treat even a backslash as a slash. They also resolve
/// `.` and `..` when percent-encoded (WHATWG URL, section 4.4), so those are rejected.
pub(crate) fn path_segment(id: &str) -> Result<String, BuildError> {
    match id {
        "" => Err(BuildError::Input("an id in the path is empty")),
        "." | ".." => Err(BuildError::Input("an id in the path is `.` or `..`")),
        id => Ok(percent_encode(id)),
    }
}

/// Expands a path template below the base URL.
///
/// The literal text of the template is limited to characters that need no encoding in a path (RFC
/// 3986, section 3.3), so that it can neither end the path nor leave the base URL.
pub(crate) fn expand_path(
    template: &str,
    values: &[(String, String)],
) -> Result<String, BuildError> {
    let invalid = |message| Err(BuildError::Input(message));
    let Some(template) = template.strip_prefix('/') else {
        return invalid("the path does not start with `/`");
    };
    let mut path = String::new();
    for segment in template.split('/') {
        let expanded = expand_segment(segment, values)?;
        if matches!(expanded.as_str(), "" | "." | "..") {
            return invalid("a segment of the path is empty, `.` or `..`");
        }
        path.push('/');
        path.push_str(&expanded);
    }
    let named = |name: &str| template.contains(&format!("{{{name}}}"));
    if !values.iter().all(|(name, _)| named(name)) {
        return invalid("a value was set for a parameter that is not in the path");
    }
    Ok(path)
}

fn expand_segment(segment: &str, values: &[(String, String)]) -> Result<String, BuildError> {
    let invalid = |message| Err(BuildError::Input(message));
    let mut expanded = String::new();
    let mut rest = segment;
    loop {
        let (text, after) = rest.split_once('{').map_or((rest, None), |(a, b)| (a, Some(b)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@!$&'()*+,;=".contains(&byte);
        if !text.bytes().all(plain) {
            return invalid("the path has a character that needs encoding; set it with `path`");
        }
        expanded.push_str(text);
        let Some(after) = after else { return Ok(expanded) };
        let Some((name, after)) = after.split_once('}') else {
            return invalid("the path has a `{` without a `}`");
        };
        let Some((_, value)) = values.iter().rev().find(|(known, _)| known == name) else {
            return invalid("no value was set for a parameter in the path");
        };
        expanded.push_str(&path_segment(value)?);
        rest = after;
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

    #[test]
    fn a_template_is_expanded_and_stays_below_the_base_url() {
        let values = [("id".to_owned(), "a/../b?c".to_owned()), ("n".to_owned(), "7".to_owned())];
        let expand = |template: &str| expand_path(template, &values).ok();
        assert_eq!(expand("/x/{id}/y-{n}:send").as_deref(), Some("/x/a%2F..%2Fb%3Fc/y-7:send"));
        for template in [
            "",
            "x/{id}/{n}",
            "//host/{id}/{n}",
            "/{id}/{n}/",
            "/../{id}/{n}",
            "/./{id}/{n}",
            "/%2e%2e/{id}/{n}",
            "/{id}/{n}?a=b",
            "/{id}/{n}#a",
            "/{id}\\{n}",
            "/{id}/{n}/a b",
            "/{id}/{n}/\n",
            "/{id}/{n}/ä",
            "/{id}/{n",
            "/{id}/n}/{n}",
            "/{id}",
            "/{id}/{n}/{other}",
            "https://example.org/{id}/{n}",
        ] {
            assert_eq!(expand(template), None, "{template}");
        }
    }

    #[test]
    fn parts_do_not_join_to_dots() {
        let dot = |name: &str| (name.to_owned(), "a".to_owned());
        assert!(expand_path("/.{a}", &[("a".to_owned(), ".".to_owned())]).is_err());
        assert!(expand_path("/{a}.", &[dot("a")]).is_ok());
        assert!(expand_path("/{a}", &[("a".to_owned(), String::new())]).is_err());
    }
}
