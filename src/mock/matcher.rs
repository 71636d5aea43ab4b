//! Which requests a mock answers.

use std::fmt;

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::received::{ReceivedRequest, summary};
use super::reply::Format;
use crate::conditional::IfNoneMatch;
use crate::operation::Operation;
use crate::transport::call::RequestBuilder;
use crate::transport::outbound_request::BuildResult;

/// A request that can be mocked: every request of every surface.
///
/// Generated code implements this trait; it is not meant to be implemented elsewhere.
pub trait Mockable {
    /// The format of a successful response.
    type Format: Format;

    /// Returns a matcher of requests like this one.
    #[doc(hidden)]
    fn matcher(&self) -> Matcher;

    /// Returns a matcher of all requests of the operation.
    #[doc(hidden)]
    fn any_matcher() -> Matcher;
}

impl<R: Mockable> Mockable for IfNoneMatch<R> {
    type Format = R::Format;

    #[track_caller]
    fn matcher(&self) -> Matcher {
        self.request().matcher()
    }

    fn any_matcher() -> Matcher {
        R::any_matcher()
    }
}

/// Decides which requests a mock answers.
#[doc(hidden)]
pub struct Matcher {
    operation: &'static Operation,
    /// All operations of the surface.
    surface: &'static [&'static Operation],
    /// `None` matches any request of the operation.
    request: Option<ExpectedRequest>,
}

struct ExpectedRequest {
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    /// `None` if it is a stream, which matches any body.
    body: Option<Vec<u8>>,
}

impl Matcher {
    pub(crate) fn any(
        operation: &'static Operation,
        surface: &'static [&'static Operation],
    ) -> Self {
        Self { operation, surface, request: None }
    }

    /// Matches requests that contain all that this one would send.
    #[track_caller]
    pub(crate) fn new<R: RequestBuilder>(
        request: &R,
        built: BuildResult,
        surface: &'static [&'static Operation],
    ) -> Self {
        let operation = R::OPERATION;
        let built = built.unwrap_or_else(|error| {
            panic!("the mocked request {} is not valid: {error}", operation.id)
        });
        let base = Url::parse(&request.call().endpoint().baseurl);
        let base = base.map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        let path = built.url().path();
        let own = &request.call().options.headers;
        let headers = built.headers().iter().chain(own.iter().map(|(name, value)| (name, value)));
        let headers = headers
            .filter(|(name, _)| **name != ACCEPT && **name != CONTENT_TYPE)
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        let query = built.url().query_pairs();
        Self {
            operation,
            surface,
            request: Some(ExpectedRequest {
                path: path.strip_prefix(&base).unwrap_or(path).to_owned(),
                query: query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
                headers: headers.collect(),
                body: built.body().map(<[u8]>::to_vec),
            }),
        }
    }

    pub(super) fn operation(&self) -> &'static Operation {
        self.operation
    }

    pub(super) fn matches(&self, received: &ReceivedRequest) -> bool {
        received.method() == self.operation.method
            && match &self.request {
                Some(request) => request.matches(received),
                None => self.matches_path(received.path()),
            }
    }

    /// Returns the number of conditions. Of all mocks that match, the most specific one answers.
    pub(super) fn specificity(&self) -> usize {
        self.request.as_ref().map_or(0, |request| {
            1 + request.query.len() + request.headers.len() + usize::from(request.body.is_some())
        })
    }

    /// Returns true if no other operation matches the path better, as `/providers/limits` is not
    /// the provider named `limits`.
    fn matches_path(&self, path: &str) -> bool {
        let Some(own) = literals(self.operation.path, path) else { return false };
        let others = self.surface.iter().filter(|other| other.method == self.operation.method);
        others.filter_map(|other| literals(other.path, path)).all(|other| other <= own)
    }
}

impl ExpectedRequest {
    fn matches(&self, received: &ReceivedRequest) -> bool {
        let mut rest: Vec<_> = received.query().iter().collect();
        let mut take = |pair: &(String, String)| {
            let position = rest.iter().position(|other| *other == pair);
            position.map(|position| rest.swap_remove(position)).is_some()
        };
        self.path == received.path()
            && self.query.iter().all(&mut take)
            && self.headers.iter().all(|(name, value)| received.header(name) == Some(value))
            && self.body.as_deref().is_none_or(|body| equivalent(body, received.body()))
    }
}

/// Returns true if two bodies are the same bytes or the same JSON.
fn equivalent(one: &[u8], other: &[u8]) -> bool {
    let json = |body| serde_json::from_slice::<Value>(body).ok();
    one == other || json(one).is_some_and(|one| json(other) == Some(one))
}

/// Returns how many segments of a path are literals of the template; `None` if it does not match.
fn literals(template: &str, path: &str) -> Option<usize> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut count = 0;
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(count),
            (Some(segment), Some(value)) if segment.contains('{') && !value.is_empty() => {}
            (Some(segment), Some(value)) if segment == value => count += 1,
            _ => return None,
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { method, path, .. } = self.operation;
        let Some(request) = &self.request else { return write!(f, "{method} {path}") };
        f.write_str(&summary(method, &request.path, &request.query))?;
        for (name, _) in &request.headers {
            write!(f, " with the same {name}")?;
        }
        f.write_str(if request.body.as_ref().is_some() { " with the same body" } else { "" })
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matcher({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_segments_are_counted() {
        for (template, path, expected) in [
            ("/providers/{id}", "/providers/limits", Some(2)),
            ("/providers/limits", "/providers/limits", Some(3)),
            ("/providers/{id}", "/providers/a/b", None),
            ("/providers/{id}", "/providers/", None),
            ("/providers/{id}/pause", "/providers/a%2Fb/pause", Some(3)),
        ] {
            assert_eq!(literals(template, path), expected, "{template} {path}");
        }
    }

    #[test]
    fn json_bodies_are_compared_as_json() {
        assert!(equivalent(br#"{"a":1,"b":2}"#, br#"{"b":2, "a":1}"#));
        assert!(!equivalent(br#"{"a":1}"#, br#"{"a":1,"b":2}"#));
        assert!(equivalent(b"\xff", b"\xff"));
        assert!(!equivalent(b"\xff", b"\xfe"));
    }
}
