//! A request that came in.

use std::any::type_name;
use std::fmt;

use httpmock::HttpMockRequest;
use serde::de::DeserializeOwned;

use crate::values::misfit::Misfit;

/// Parts of the names of query parameters that may hold a secret.
const SECRET: [&str; 5] = ["key", "password", "secret", "sig", "token"];

/// A request that a [`Server`](super::Server) got.
///
/// Formatting shows neither headers nor the body.
#[derive(Clone)]
pub struct Received {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    pub(super) fn new(request: &HttpMockRequest, base: &str) -> Self {
        let uri = request.uri();
        let path = uri.path();
        Self {
            method: request.method_str().to_owned(),
            path: path.strip_prefix(base).unwrap_or(path).to_owned(),
            query: pairs(uri.query().unwrap_or_default()),
            headers: request.headers_vec().clone(),
            body: request.body_ref().to_vec(),
        }
    }

    /// HTTP method, in capitals.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path below the base URL, percent-encoded as it came.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// All query parameters, decoded, in the order they came.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as a type of the client.
    ///
    /// # Panics
    /// If it is no such type, naming the field.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| {
            let Misfit { field, what } = Misfit::find::<T>(&self.body);
            panic!("the body of {self} is no `{}`: field `{field}`: {what}", type_name::<T>())
        })
    }
}

/// A query as pairs.
fn pairs(query: &str) -> Vec<(String, String)> {
    let base = reqwest::Url::parse("http://localhost/");
    let Ok(mut url) = base else { return Vec::new() };
    url.set_query(Some(query));
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Method, path and query, without what may be a secret.
pub(super) fn line(method: &str, path: &str, query: &[(String, String)]) -> String {
    let shown = query.iter().map(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        let secret = SECRET.iter().any(|part| lower.contains(part));
        format!("{name}={}", if secret { "…" } else { value })
    });
    let shown: Vec<String> = shown.collect();
    let mark = if shown.is_empty() { "" } else { "?" };
    format!("{method} {path}{mark}{}", shown.join("&"))
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&self.method, &self.path, &self.query))
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({self})")
    }
}
