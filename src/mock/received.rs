//! Requests that the server received.

use std::any::type_name;
use std::fmt;

use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use sendmux_mock::loopback::{Bytes, Request};
use serde::de::DeserializeOwned;

use crate::values::decode::DecodeFailure;

/// Substrings in the names of query parameters whose values may be secret.
const SECRET: [&str; 5] = ["key", "password", "secret", "sig", "token"];

/// A request that a [`Server`](super::Server) received.
///
/// Its `Debug` and `Display` output contains neither headers nor the body.
#[derive(Clone)]
pub struct ReceivedRequest {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl ReceivedRequest {
    pub(super) fn new(request: Request<Bytes>, base_path: &str) -> Self {
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let path = path.strip_prefix(base_path).unwrap_or(path).to_owned();
        let query = pairs(head.uri.query().unwrap_or_default());
        Self { method: head.method, path, query, headers: head.headers, body }
    }

    /// Returns the HTTP method, in upper case.
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// Returns the path below the base URL, percent-encoded as received.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the decoded query parameters in the order received.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as a type of the client.
    ///
    /// # Panics
    /// If the body does not fit the type, naming the field.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| {
            let DecodeFailure { path, reason } = DecodeFailure::find::<T>(&self.body);
            panic!(
                "the body of {self} is not a valid `{}`: field `{path}`: {reason}",
                type_name::<T>()
            )
        })
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let Ok(mut url) = Url::parse("http://localhost/") else { return Vec::new() };
    url.set_query(Some(query));
    url.query_pairs().into_owned().collect()
}

/// Formats method, path and query, without values that may be secret.
pub(super) fn summary(method: &str, path: &str, query: &[(String, String)]) -> String {
    let shown = query.iter().map(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        let secret = SECRET.iter().any(|part| lower.contains(part));
        format!("{name}={}", if secret { "…" } else { value })
    });
    let shown: Vec<String> = shown.collect();
    let mark = if shown.is_empty() { "" } else { "?" };
    format!("{method} {path}{mark}{}", shown.join("&"))
}

impl fmt::Display for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&summary(self.method(), &self.path, &self.query))
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceivedRequest({self})")
    }
}
