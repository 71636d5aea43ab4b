//! Replies to mocked requests, by the format of the operation's response.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sendmux_mock::loopback::{Body, End, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::sample::{Sample, read};
use crate::http::etag::ETag;

/// The format of an operation's successful response.
///
/// This trait is sealed; the formats in this module implement it.
pub trait Format: sealed::Sealed + 'static {}

mod sealed {
    use super::Content;

    #[expect(unnameable_types, reason = "the trait is sealed")]
    pub trait Sealed {
        #[expect(private_interfaces, reason = "the trait is sealed")]
        fn sample() -> (u16, Content);
    }
}

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident $(<$type:ident>)? => $status:literal, $sample:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name$(<$type>)?(PhantomData<fn() -> ($($type,)?)>);

            impl$(<$type: Sample + Serialize + 'static>)? Format for $name$(<$type>)? {}

            impl$(<$type: Sample + Serialize + 'static>)? sealed::Sealed for $name$(<$type>)? {
                #[expect(private_interfaces, reason = "the trait is sealed")]
                fn sample() -> (u16, Content) {
                    ($status, $sample)
                }
            }
        )*
    };
}

formats! {
    /// `{ok, data, meta}`, of which the caller gets `data`.
    Data<T> => 200, Content::Data(T::sample_json());
    /// A page of a list.
    Items<T> => 200, Content::Page { items: vec![T::sample_json()], next_cursor: None };
    /// JSON without an envelope.
    Bare<T> => 200, Content::Bare(T::sample_json());
    /// Plain text.
    Text => 200, Content::raw("text/plain; charset=utf-8", "text");
    /// Server-sent events.
    Events => 200, Content::raw("text/event-stream", "");
    /// Bytes of any media type.
    Bytes => 200, Content::raw("application/octet-stream", "bytes");
    /// No content.
    Empty => 204, Content::Empty;
}

/// A reply to a mocked request, with the methods for the format of its operation.
///
/// It starts as a success with the [sample](Sample) of the response type.
pub struct Reply<F> {
    pub(super) template: Template,
    format: PhantomData<fn() -> F>,
}

impl<F: Format> Reply<F> {
    pub(super) fn sample() -> Self {
        let (status, content) = F::sample();
        Self { template: Template::new(status, content), format: PhantomData }
    }

    fn content(mut self, content: Content) -> Self {
        self.template.content = content;
        self
    }

    /// Fails with this status and an error in the API's envelope.
    ///
    /// As in the API's errors, `retryable` is true for 429 and 5xx;
    /// [`retryable`](Self::retryable) overrides it.
    ///
    /// # Panics
    /// If the status is not one of HTTP.
    #[track_caller]
    pub fn error(mut self, status: u16, code: &str, message: &str) -> Self {
        self.template.status = status_code(status);
        self.content(Content::error(status, code, message))
    }

    /// Sets `retryable` of an error. Other replies stay the same.
    pub fn retryable(self, retryable: bool) -> Self {
        self.error_member("retryable", retryable.into())
    }

    /// Adds an invalid field to an error. Other replies stay the same.
    pub fn issue(mut self, field: &str, code: &str, message: &str) -> Self {
        if let Content::Error(error) = &mut self.template.content {
            let issue = json!({"field": field, "code": code, "message": message});
            match error.get_mut("errors").and_then(Value::as_array_mut) {
                Some(list) => list.push(issue),
                None => error["errors"] = json!([issue]),
            }
        }
        self
    }

    /// Sets `param` of an error. Other replies stay the same.
    pub fn param(self, name: &str) -> Self {
        self.error_member("param", name.into())
    }

    fn error_member(mut self, name: &str, value: Value) -> Self {
        if let Content::Error(error) = &mut self.template.content {
            error[name] = value;
        }
        self
    }

    /// Replies with 304 and no body.
    pub fn not_modified(mut self) -> Self {
        self.template.status = StatusCode::NOT_MODIFIED;
        self.content(Content::Empty)
    }

    /// Replies with these bytes, whatever the format: for responses that are malformed or come from
    /// a gateway.
    ///
    /// # Panics
    /// If the status is not one of HTTP.
    #[track_caller]
    pub fn raw(mut self, status: u16, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.template.status = status_code(status);
        self.content(Content::raw(content_type, bytes))
    }

    /// Closes the connection without a response.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sendmux_client::Error> {
    /// use sendmux_client::management::Client;
    /// use sendmux_client::mock::Server;
    ///
    /// let server = Server::start();
    /// let client: Client = server.client();
    /// let balance = server.when(client.get_balance()).then(|reply| reply.disconnect()).then(|reply| reply);
    /// assert_eq!(client.get_balance().await?.parts().attempts(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn disconnect(self) -> Self {
        self.content(Content::Disconnect)
    }

    /// Closes the connection after the last byte of the body, as if more was to follow.
    pub fn cut_off(mut self) -> Self {
        self.template.end = End::Closed;
        self
    }

    /// Leaves the body unfinished: after its last byte, the connection stays open without a word.
    pub fn stay_open(mut self) -> Self {
        self.template.end = End::Silent;
        self
    }

    /// Sets the status. Default: 200, or 204 for a response without content.
    ///
    /// # Panics
    /// If the status is not one of HTTP.
    #[track_caller]
    pub fn status(mut self, status: u16) -> Self {
        self.template.status = status_code(status);
        self
    }

    /// Sets a header.
    ///
    /// # Panics
    /// If it has a character not allowed in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            panic!("the header `{name}` has a character not allowed in HTTP");
        };
        self.template.headers.insert(name, value);
        self
    }

    /// Sets the rate limit headers: requests in a window, requests remaining, and the end of the
    /// window in seconds since 1970.
    pub fn rate_limit(self, limit: u64, remaining: u64, reset: i64) -> Self {
        self.header("x-ratelimit-limit", limit.to_string())
            .header("x-ratelimit-remaining", remaining.to_string())
            .header("x-ratelimit-reset", reset.to_string())
    }

    /// Sets `Retry-After`, in whole seconds. Clients of the server do not actually wait.
    pub fn retry_after(self, wait: Duration) -> Self {
        self.header("retry-after", wait.as_secs().to_string())
    }

    /// Sets the entity tag.
    pub fn etag(self, etag: impl Into<ETag>) -> Self {
        let etag: ETag = etag.into();
        self.header("etag", etag.as_str())
    }

    /// Sets the request id. Default: `req_mock` and a number.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.template.request_id = Some(id.into());
        self
    }

    /// Sets a member of `meta`, such as `sync_state`.
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.template.meta.insert(name.into(), value.into());
        self
    }
}

impl<T: Sample + Serialize + 'static> Reply<Data<T>> {
    /// Succeeds with this value.
    ///
    /// # Panics
    /// If the value cannot be serialized.
    pub fn ok(self, value: &T) -> Self {
        self.content(Content::Data(serialize(value)))
    }

    /// Succeeds with this JSON as `data`.
    ///
    /// # Panics
    /// If the JSON does not fit the type, naming the field.
    pub fn ok_json(self, data: Value) -> Self {
        self.content(Content::Data(checked::<T>(data)))
    }
}

impl<T: Sample + Serialize + 'static> Reply<Items<T>> {
    /// Succeeds with a page of these items, which is the last one.
    ///
    /// # Panics
    /// If an item cannot be serialized.
    pub fn page<'a>(self, items: impl IntoIterator<Item = &'a T>) -> Self {
        let items = items.into_iter().map(serialize).collect();
        self.content(Content::Page { items, next_cursor: None })
    }

    /// Succeeds with a page of these items as JSON, which is the last one.
    ///
    /// # Panics
    /// If an item does not fit the type, naming the field.
    pub fn page_json(self, items: impl IntoIterator<Item = Value>) -> Self {
        let items = items.into_iter().map(checked::<T>).collect();
        self.content(Content::Page { items, next_cursor: None })
    }

    /// Sets the cursor of the next page.
    pub fn next_cursor(mut self, cursor: impl Into<String>) -> Self {
        if let Content::Page { next_cursor, .. } = &mut self.template.content {
            *next_cursor = Some(cursor.into());
        }
        self
    }
}

impl<T: Sample + Serialize + DeserializeOwned + 'static> Reply<Bare<T>> {
    /// Succeeds with this value.
    ///
    /// # Panics
    /// If the value cannot be serialized.
    pub fn ok(self, value: &T) -> Self {
        self.content(Content::Bare(serialize(value)))
    }

    /// Succeeds with this JSON.
    ///
    /// # Panics
    /// If the JSON does not fit the type, naming the field.
    pub fn ok_json(self, value: Value) -> Self {
        self.content(Content::Bare(checked::<T>(value)))
    }
}

impl Reply<Text> {
    /// Succeeds with this text.
    pub fn text(self, text: &str) -> Self {
        self.raw(200, "text/plain; charset=utf-8", text)
    }
}

impl Reply<Bytes> {
    /// Succeeds with these bytes.
    pub fn bytes(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw(200, content_type, bytes)
    }
}

impl Reply<Events> {
    /// Adds an event with JSON data. The stream ends after the last event, unless it is to
    /// [stay open](Self::stay_open) or to be [cut off](Self::cut_off).
    pub fn event(mut self, name: &str, id: &str, data: &Value) -> Self {
        if let Content::Raw { bytes, .. } = &mut self.template.content {
            bytes.extend(format!("event: {name}\nid: {id}\ndata: {data}\n\n").into_bytes());
        }
        self
    }
}

impl Reply<Empty> {
    /// Succeeds with 204 and no content.
    pub fn no_content(mut self) -> Self {
        self.template.status = StatusCode::NO_CONTENT;
        self.content(Content::Empty)
    }
}

impl<F> fmt::Debug for Reply<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.template.status).finish_non_exhaustive()
    }
}

fn serialize<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value)
        .unwrap_or_else(|error| panic!("`{}` cannot be serialized: {error}", type_name::<T>()))
}

/// Returns the JSON if it fits the type, and panics otherwise.
fn checked<T: DeserializeOwned>(json: Value) -> Value {
    let _: T = read(json.clone());
    json
}

/// A reply without its type, from which the responses to several requests are made.
#[derive(Debug, Clone)]
pub(super) struct Template {
    status: StatusCode,
    content: Content,
    headers: HeaderMap,
    meta: Map<String, Value>,
    request_id: Option<String>,
    end: End,
}

#[derive(Debug, Clone)]
enum Content {
    Disconnect,
    Data(Value),
    Page { items: Vec<Value>, next_cursor: Option<String> },
    Bare(Value),
    Raw { content_type: String, bytes: Vec<u8> },
    Error(Value),
    Empty,
}

impl Content {
    fn raw(content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::Raw { content_type: content_type.to_owned(), bytes: bytes.into() }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error(json!({"code": code, "message": message, "retryable": retryable(status)}))
    }
}

impl Template {
    fn new(status: u16, content: Content) -> Self {
        let (status, headers, meta) = (status_code(status), HeaderMap::new(), Map::new());
        Self { status, content, headers, meta, request_id: None, end: End::Complete }
    }

    /// Creates the reply to a request that matches no mock.
    pub(super) fn unmatched(message: &str) -> Self {
        let error = json!({"code": "no_mock", "message": message, "retryable": false});
        Self::new(501, Content::Error(error))
    }

    /// Creates the response to the request with this number; `None` closes the connection.
    pub(super) fn to_response(&self, number: usize) -> Option<Response<Body>> {
        let request_id = self.request_id.clone().unwrap_or_else(|| format!("req_mock{number:08}"));
        let mut meta = self.meta.clone();
        meta.insert("request_id".to_owned(), request_id.clone().into());
        let json =
            |value: &Value| (Some("application/json".to_owned()), value.to_string().into_bytes());
        let (content_type, bytes) = match &self.content {
            Content::Data(data) => json(&json!({"ok": true, "data": data, "meta": meta})),
            Content::Page { items, next_cursor } => {
                let mut pagination = json!({"has_more": next_cursor.is_some()});
                if let Some(cursor) = next_cursor {
                    pagination["next_cursor"] = cursor.as_str().into();
                }
                json(&json!({"ok": true, "data": items, "pagination": pagination, "meta": meta}))
            }
            Content::Bare(value) => json(value),
            Content::Raw { content_type, bytes } => (Some(content_type.clone()), bytes.clone()),
            Content::Error(error) => json(&json!({"ok": false, "error": error, "meta": meta})),
            Content::Empty => (None, Vec::new()),
            Content::Disconnect => return None,
        };
        let mut response = Response::new(Body::new([bytes.into()], self.end));
        *response.status_mut() = self.status;
        let defaults = [("x-request-id", Some(request_id)), ("content-type", content_type)];
        for (name, value) in defaults {
            let value = value.and_then(|value| HeaderValue::try_from(value).ok());
            response
                .headers_mut()
                .extend(value.map(|value| (HeaderName::from_static(name), value)));
        }
        response.headers_mut().extend(self.headers.clone());
        Some(response)
    }
}

/// Returns the flag that the API's errors have with this status.
pub(super) fn retryable(status: u16) -> bool {
    status == 429 || status >= 500
}

#[track_caller]
pub(super) fn status_code(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(status) => status,
        Err(_) => panic!("{status} is not a status of HTTP"),
    }
}
