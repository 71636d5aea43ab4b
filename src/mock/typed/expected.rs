//! What a mock asks of a request.

use std::fmt;

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::received::{Received, line};
use crate::Operation;
use crate::call::options::Configured;
use crate::call::request::Built;

/// What a mock asks of a request: the operation, and what its request sets.
#[doc(hidden)]
pub struct Expected {
    operation: &'static Operation,
    surface: &'static [&'static Operation],
    /// Missing where any request of the operation will do.
    request: Option<Request>,
}

struct Request {
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    /// Missing where it is a stream.
    body: Option<Vec<u8>>,
}

impl Expected {
    pub(crate) fn any(
        operation: &'static Operation,
        surface: &'static [&'static Operation],
    ) -> Self {
        Self { operation, surface, request: None }
    }

    /// What this request would send.
    #[track_caller]
    pub(crate) fn of<R: Configured>(
        request: &R,
        built: Built,
        surface: &'static [&'static Operation],
    ) -> Self {
        let operation = R::OPERATION;
        let built = built.unwrap_or_else(|error| {
            panic!("the mock of {} asks for no request: {error}", operation.id)
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
            request: Some(Request {
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

    pub(super) fn meets(&self, received: &Received) -> bool {
        received.method() == self.operation.method
            && match &self.request {
                Some(request) => request.meets(received),
                None => self.is_of_operation(received.path()),
            }
    }

    /// How much is asked: of several mocks that a request meets, the one that asks for most
    /// answers.
    pub(super) fn demands(&self) -> usize {
        self.request.as_ref().map_or(0, |request| {
            1 + request.query.len() + request.headers.len() + usize::from(request.body.is_some())
        })
    }

    /// Whether the path is this operation's, and not rather that of another one, as
    /// `/providers/limits` is not that of the provider `limits`.
    fn is_of_operation(&self, path: &str) -> bool {
        let Some(here) = literals(self.operation.path, path) else { return false };
        let others = self.surface.iter().filter(|other| other.method == self.operation.method);
        others.filter_map(|other| literals(other.path, path)).all(|other| other <= here)
    }
}

impl Request {
    fn meets(&self, received: &Received) -> bool {
        let mut rest: Vec<_> = received.query().iter().collect();
        let mut takes = |pair: &(String, String)| {
            let place = rest.iter().position(|other| *other == pair);
            place.map(|place| rest.swap_remove(place)).is_some()
        };
        self.path == received.path()
            && self.query.iter().all(&mut takes)
            && self.headers.iter().all(|(name, value)| received.header(name) == Some(value))
            && self.body.as_deref().is_none_or(|body| same(body, received.body()))
    }
}

/// Whether two bodies say the same: JSON may have its members in any order.
fn same(one: &[u8], other: &[u8]) -> bool {
    let json = |body| serde_json::from_slice::<Value>(body).ok();
    one == other || json(one).is_some_and(|one| json(other) == Some(one))
}

/// How many segments of a path are the template's own; nothing if the path does not fit.
fn literals(template: &str, path: &str) -> Option<usize> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut count = 0;
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(count),
            (Some(own), Some(there)) if own.contains('{') && !there.is_empty() => {}
            (Some(own), Some(there)) if own == there => count += 1,
            _ => return None,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { method, path, .. } = self.operation;
        let Some(request) = &self.request else { return write!(f, "{method} {path}") };
        f.write_str(&line(method, &request.path, &request.query))?;
        for (name, _) in &request.headers {
            write!(f, " with this {name}")?;
        }
        f.write_str(if request.body.as_ref().is_some() { " with this body" } else { "" })
    }
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expected({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_that_of_the_template_with_most_of_its_words() {
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
    fn bodies_are_compared_as_json_where_they_are() {
        assert!(same(br#"{"a":1,"b":2}"#, br#"{"b":2, "a":1}"#));
        assert!(!same(br#"{"a":1}"#, br#"{"a":1,"b":2}"#));
        assert!(same(b"\xff", b"\xff"));
        assert!(!same(b"\xff", b"\xfe"));
    }
}
