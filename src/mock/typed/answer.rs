//! What a mock answers with.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::form::{Bare, Bytes, Data, Empty, Events, Form, Items, Text, fitting, written};
use super::reply::{Body, Reply};
use super::sample::Sample;
use crate::ETag;

/// An answer to an operation, with the methods that fit the operation's form.
///
/// It starts as a success with the type's [sample](Sample).
pub struct Answer<F> {
    pub(super) reply: Reply,
    form: PhantomData<fn() -> F>,
}

impl<F: Form> Answer<F> {
    pub(super) fn sample() -> Self {
        let (status, body) = F::sample();
        Self { reply: Reply::new(status, body), form: PhantomData }
    }

    fn body(mut self, body: Body) -> Self {
        self.reply.body = body;
        self
    }

    /// Fails with this status and an error in the API's envelope. `retryable` is true for 429 and
    /// all 5xx, as it is at the API; [`retryable`](Self::retryable) changes it.
    pub fn error(mut self, status: u16, code: &str, message: &str) -> Self {
        let Reply { body, .. } = Reply::error(status, code, message);
        self.reply.status = status;
        self.reply.body = body;
        self
    }

    /// What an error says about being repeated. Of no effect on other answers.
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.in_error("retryable", retryable.into());
        self
    }

    /// Adds a faulty field to an error. Of no effect on other answers.
    pub fn issue(mut self, field: &str, code: &str, message: &str) -> Self {
        if let Body::Error(error) = &mut self.reply.body {
            let issue = json!({"field": field, "code": code, "message": message});
            match error.get_mut("errors").and_then(Value::as_array_mut) {
                Some(list) => list.push(issue),
                None => error["errors"] = json!([issue]),
            }
        }
        self
    }

    /// The parameter that an error is about. Of no effect on other answers.
    pub fn param(mut self, name: &str) -> Self {
        self.in_error("param", name.into());
        self
    }

    fn in_error(&mut self, key: &str, value: Value) {
        if let Body::Error(error) = &mut self.reply.body {
            error[key] = value;
        }
    }

    /// Answers 304 without a body, as to a version that the caller has.
    pub fn not_modified(mut self) -> Self {
        self.reply.status = 304;
        self.body(Body::Empty)
    }

    /// Answers with these bytes, whatever the operation promises: for answers that are broken or
    /// come from a gateway.
    pub fn raw(mut self, status: u16, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.reply.status = status;
        self.body(Body::Raw { content_type: content_type.to_owned(), bytes: bytes.into() })
    }

    /// Another status, such as 201 or 202. Default: 200, or 204 where there is no content.
    pub fn status(mut self, status: u16) -> Self {
        self.reply.status = status;
        self
    }

    /// Another header; one of the same name is replaced.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let name = name.to_ascii_lowercase();
        self.reply.headers.retain(|(known, _)| *known != name);
        self.reply.headers.push((name, value.into()));
        self
    }

    /// The figures of the rate limit: requests in a window, what is left of them, and when the
    /// window ends, in seconds since 1970.
    pub fn rate_limit(self, limit: u64, remaining: u64, reset: i64) -> Self {
        self.header("x-ratelimit-limit", limit.to_string())
            .header("x-ratelimit-remaining", remaining.to_string())
            .header("x-ratelimit-reset", reset.to_string())
    }

    /// How long to wait, in whole seconds. A client of the server does not really wait.
    pub fn retry_after(self, wait: Duration) -> Self {
        self.header("retry-after", wait.as_secs().to_string())
    }

    /// Version of the resource.
    pub fn etag(self, version: impl Into<ETag>) -> Self {
        let version: ETag = version.into();
        self.header("etag", version.as_str())
    }

    /// Id of the request. Default: `req_mock` and a number.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.reply.request_id = Some(id.into());
        self
    }

    /// Another member of `meta`, such as `sync_state`.
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.reply.meta.insert(name.into(), value.into());
        self
    }
}

impl<T: Sample + Serialize + 'static> Answer<Data<T>> {
    /// Succeeds with this value.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    pub fn ok(self, value: &T) -> Self {
        self.body(Body::Data(written(value)))
    }

    /// Succeeds with this value as `data`.
    ///
    /// # Panics
    /// If the client could not read it, naming the field.
    pub fn ok_json(self, data: Value) -> Self {
        self.body(Body::Data(fitting::<T>(data)))
    }
}

impl<T: Sample + Serialize + 'static> Answer<Items<T>> {
    /// Succeeds with a page of these items, the last one.
    ///
    /// # Panics
    /// If an item cannot be written as JSON.
    pub fn page<'a>(self, items: impl IntoIterator<Item = &'a T>) -> Self {
        let items = items.into_iter().map(written).collect();
        self.body(Body::Page { items, next_cursor: None })
    }

    /// Succeeds with a page of these items, the last one.
    ///
    /// # Panics
    /// If the client could not read an item, naming the field.
    pub fn page_json(self, items: impl IntoIterator<Item = Value>) -> Self {
        let items = items.into_iter().map(fitting::<T>).collect();
        self.body(Body::Page { items, next_cursor: None })
    }

    /// Where the page after this one starts.
    pub fn next_cursor(mut self, cursor: impl Into<String>) -> Self {
        if let Body::Page { next_cursor, .. } = &mut self.reply.body {
            *next_cursor = Some(cursor.into());
        }
        self
    }
}

impl<T: Sample + Serialize + DeserializeOwned + 'static> Answer<Bare<T>> {
    /// Succeeds with this value.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    pub fn ok(self, value: &T) -> Self {
        self.body(Body::Bare(written(value)))
    }

    /// Succeeds with this value.
    ///
    /// # Panics
    /// If the client could not read it, naming the field.
    pub fn ok_json(self, value: Value) -> Self {
        self.body(Body::Bare(fitting::<T>(value)))
    }
}

impl Answer<Text> {
    /// Succeeds with this text.
    pub fn text(self, text: &str) -> Self {
        self.raw(200, "text/plain; charset=utf-8", text)
    }
}

impl Answer<Bytes> {
    /// Succeeds with these bytes.
    pub fn bytes(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw(200, content_type, bytes)
    }
}

impl Answer<Events> {
    /// Adds an event with JSON as its data to the stream, which ends after the last one.
    pub fn event(mut self, name: &str, id: &str, data: &Value) -> Self {
        if let Body::Raw { bytes, .. } = &mut self.reply.body {
            bytes.extend(format!("event: {name}\nid: {id}\ndata: {data}\n\n").into_bytes());
        }
        self
    }
}

impl Answer<Empty> {
    /// Succeeds with 204.
    pub fn no_content(mut self) -> Self {
        self.reply.status = 204;
        self.body(Body::Empty)
    }
}

impl<F> fmt::Debug for Answer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.reply.status).finish_non_exhaustive()
    }
}
