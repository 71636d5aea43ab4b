//! What generated code builds a request from.

use std::fmt::{self, Write as _};

use reqwest::header::{HeaderMap, InvalidHeaderValue};
use reqwest::{Method, Request, Url};

use crate::Upload;
use crate::error::{Error, Kind};

/// A request, or why there is none.
pub(crate) type Built = Result<Outgoing, BuildError>;

/// A request on its way out. What it uploads is kept apart, to be opened anew for each attempt.
pub(crate) struct Outgoing {
    request: Request,
    upload: Option<Upload>,
}

impl Outgoing {
    pub(crate) fn with_upload(request: Request, upload: Upload) -> Self {
        Self { request, upload: Some(upload) }
    }

    /// The same once more, if that can be.
    pub(crate) fn again(&self) -> Option<Self> {
        Some(Self { request: self.request.try_clone()?, upload: self.upload.clone() })
    }

    /// False if what it uploads is gone because it could be read only once.
    pub(crate) fn can_be_sent(&self) -> bool {
        self.upload.as_ref().is_none_or(|upload| !upload.is_spent())
    }

    /// Length of what it uploads.
    pub(crate) fn upload_len(&self) -> u64 {
        self.upload.as_ref().map_or(0, Upload::len)
    }

    /// The body, if it is in memory.
    #[cfg(feature = "mock")]
    pub(crate) fn body(&self) -> Option<&[u8]> {
        match &self.upload {
            Some(upload) => upload.in_memory(),
            None => self.request.body()?.as_bytes(),
        }
    }

    /// The request, to be sent once.
    pub(crate) fn into_request(self) -> Request {
        let mut request = self.request;
        if let Some(upload) = self.upload {
            *request.body_mut() = Some(upload.into_body());
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

impl From<Request> for Outgoing {
    fn from(request: Request) -> Self {
        Self { request, upload: None }
    }
}

/// Where requests go, in the form that generated code asks for.
pub(crate) struct Endpoint {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
}

/// Why a request could not be built.
#[derive(Debug)]
pub(crate) enum BuildError {
    /// What was given makes no request, such as an id that would change the path.
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
        let refused = |what: &str| Error::because(Kind::Request, what);
        match error {
            BuildError::Input(what) => refused(what),
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
            Self::Input(what) => f.write_str(what),
            Self::Header(error) => error.fmt(f),
            Self::Request(_) => f.write_str("the input makes no legal request"),
        }
    }
}

/// An id as one segment of a path: all but the unreserved characters (RFC 3986, section 2.3) are
/// percent-encoded, since URL parsers read even a backslash as a slash. They resolve `.` and `..`
/// even when they are percent-encoded (WHATWG URL, section 4.4), so no encoding can carry them.
pub(crate) fn path_segment(id: &str) -> Result<String, BuildError> {
    match id {
        "" => Err(BuildError::Input("an id in the path is empty")),
        "." | ".." => Err(BuildError::Input("an id in the path is `.` or `..`")),
        id => Ok(percent_encode(id)),
    }
}

/// A path below the base URL, from a template and what fills it.
///
/// The template's own text has only what stands for itself in a path (RFC 3986, section 3.3), so
/// that nothing in it can end the path, leave the base URL, or be read in another way on the way.
pub(crate) fn fill(template: &str, values: &[(String, String)]) -> Result<String, BuildError> {
    let refuse = |what| Err(BuildError::Input(what));
    let Some(template) = template.strip_prefix('/') else {
        return refuse("the path does not begin with `/`");
    };
    let mut path = String::new();
    for segment in template.split('/') {
        let filled = fill_segment(segment, values)?;
        if matches!(filled.as_str(), "" | "." | "..") {
            return refuse("a part of the path is empty, `.` or `..`");
        }
        path.push('/');
        path.push_str(&filled);
    }
    let named = |name: &str| template.contains(&format!("{{{name}}}"));
    if !values.iter().all(|(name, _)| named(name)) {
        return refuse("a value was given for a name that the path does not have in braces");
    }
    Ok(path)
}

fn fill_segment(segment: &str, values: &[(String, String)]) -> Result<String, BuildError> {
    let refuse = |what| Err(BuildError::Input(what));
    let mut filled = String::new();
    let mut rest = segment;
    loop {
        let (text, after) = rest.split_once('{').map_or((rest, None), |(a, b)| (a, Some(b)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@!$&'()*+,;=".contains(&byte);
        if !text.bytes().all(plain) {
            return refuse("the path has a character that needs encoding; give it with `path`");
        }
        filled.push_str(text);
        let Some(after) = after else { return Ok(filled) };
        let Some((name, after)) = after.split_once('}') else {
            return refuse("the path has a `{` without its `}`");
        };
        let Some((_, value)) = values.iter().rev().find(|(known, _)| known == name) else {
            return refuse("no value was given for a name in braces in the path");
        };
        filled.push_str(&path_segment(value)?);
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
    fn a_template_is_filled_and_stays_below_the_base_url() {
        let values = [("id".to_owned(), "a/../b?c".to_owned()), ("n".to_owned(), "7".to_owned())];
        let fill = |template: &str| super::fill(template, &values).ok();
        assert_eq!(fill("/x/{id}/y-{n}:send").as_deref(), Some("/x/a%2F..%2Fb%3Fc/y-7:send"));
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
            assert_eq!(fill(template), None, "{template}");
        }
    }

    #[test]
    fn parts_do_not_join_to_dots() {
        let dot = |name: &str| (name.to_owned(), "a".to_owned());
        assert!(super::fill("/.{a}", &[("a".to_owned(), ".".to_owned())]).is_err());
        assert!(super::fill("/{a}.", &[dot("a")]).is_ok());
        assert!(super::fill("/{a}", &[("a".to_owned(), String::new())]).is_err());
    }
}
