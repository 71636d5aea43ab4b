//! What the account answers: content in the API's envelope, or an error.

use serde_json::{Value, json};

use crate::error::{ApiError, ErrorFormat};
use crate::hash::{entity_tag, fnv1a, matches_any};
use crate::request::BASE_PATH;

/// What a handler returns for a request.
pub(crate) type HandlerResult = Result<Content, ApiError>;

/// The content of a successful response.
#[derive(Debug)]
pub(crate) enum Content {
    /// `{ok, data, meta}`.
    Data(Value),
    /// The same, with an entity tag.
    Resource(Value),
    /// The same, with an entity tag of its own.
    Tagged {
        data: Value,
        etag: String,
    },
    /// Status 201, with the path of the new resource below the base URL.
    Created {
        data: Value,
        location: Option<String>,
    },
    /// Status 202: the work goes on.
    Accepted(Value),
    /// JSON without the API's envelope.
    Document(Value),
    /// Content with more members of `meta`.
    WithMeta(Box<Content>, Value),
    Page {
        items: Vec<Value>,
        next_cursor: Option<String>,
    },
    Text {
        text: String,
        file_name: String,
    },
    /// Server-sent events, all at once.
    Events(String),
    /// A message as it is stored.
    Raw {
        bytes: Vec<u8>,
        file_name: String,
    },
    File {
        bytes: Vec<u8>,
        media_type: String,
        file_name: String,
        etag: String,
        /// `Content-Range`, if only a part was requested.
        content_range: Option<String>,
    },
}

impl Content {
    /// Adds members to `meta`.
    pub(crate) fn with_meta(self, meta: Value) -> Self {
        Self::WithMeta(Box::new(self), meta)
    }
}

/// A response as it is sent.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Puts what a handler returned into the API's envelope.
    pub(crate) fn new(
        result: HandlerResult,
        request_id: String,
        error_format: ErrorFormat,
        if_none_match: Option<&str>,
    ) -> Self {
        let meta = json!({ "request_id": request_id });
        let mut response = match result {
            Ok(content) => Self::success(content, &meta, if_none_match),
            Err(error) => {
                let body = json!({"ok": false, "error": error.to_json(error_format), "meta": meta});
                let mut response = Self::json(error.status(), &body);
                response.headers.extend(error.header());
                response
            }
        };
        response.headers.push(("x-request-id", request_id));
        response.headers.push(("cache-control", "no-store".to_owned()));
        response
    }

    fn success(content: Content, meta: &Value, if_none_match: Option<&str>) -> Self {
        match content {
            Content::Data(data) => {
                Self::json(200, &json!({"ok": true, "data": data, "meta": meta}))
            }
            Content::Resource(data) => {
                let etag = entity_tag(fnv1a(data.to_string().as_bytes()));
                Self::success(Content::Tagged { data, etag }, meta, if_none_match)
            }
            Content::Tagged { data, etag } => {
                if if_none_match.is_some_and(|tags| matches_any(tags, &etag)) {
                    return Self::not_modified(etag);
                }
                let mut response =
                    Self::json(200, &json!({"ok": true, "data": data, "meta": meta}));
                response.headers.push(("etag", etag));
                response
            }
            Content::Created { data, location } => {
                let mut response =
                    Self::json(201, &json!({"ok": true, "data": data, "meta": meta}));
                let location = location.map(|path| format!("{BASE_PATH}{path}"));
                response.headers.extend(location.map(|path| ("location", path)));
                response
            }
            Content::Accepted(data) => {
                Self { status: 202, ..Self::success(Content::Resource(data), meta, None) }
            }
            Content::Document(document) => Self::json(200, &document),
            Content::WithMeta(content, more) => {
                let mut meta = meta.clone();
                if let (Value::Object(meta), Value::Object(more)) = (&mut meta, more) {
                    meta.extend(more);
                }
                Self::success(*content, &meta, if_none_match)
            }
            Content::Page { items, next_cursor } => {
                let mut pagination = json!({"has_more": next_cursor.is_some()});
                if let Some(cursor) = next_cursor {
                    pagination["next_cursor"] = cursor.into();
                }
                let page =
                    json!({"ok": true, "data": items, "pagination": pagination, "meta": meta});
                Self::json(200, &page)
            }
            Content::Text { text, file_name } => {
                let mut response = Self::typed("text/plain; charset=utf-8", text.into_bytes());
                response.headers.push(attachment(&file_name));
                response
            }
            Content::Events(text) => Self::typed("text/event-stream", text.into_bytes()),
            Content::Raw { bytes, file_name } => {
                let etag = entity_tag(fnv1a(&bytes));
                if if_none_match.is_some_and(|tags| matches_any(tags, &etag)) {
                    return Self::not_modified(etag);
                }
                let mut response = Self::typed("message/rfc822", bytes);
                response.headers.extend([attachment(&file_name), ("etag", etag)]);
                response
            }
            Content::File { bytes, media_type, file_name, etag, content_range } => {
                let mut response = Self::typed(&media_type, bytes);
                let ranges = ("accept-ranges", "bytes".to_owned());
                response.headers.extend([attachment(&file_name), ranges, ("etag", etag)]);
                if let Some(range) = content_range {
                    response.status = 206;
                    response.headers.push(("content-range", range));
                }
                response
            }
        }
    }

    fn not_modified(etag: String) -> Self {
        Self { status: 304, headers: vec![("etag", etag)], body: Vec::new() }
    }

    fn json(status: u16, body: &Value) -> Self {
        Self { status, ..Self::typed("application/json", body.to_string().into_bytes()) }
    }

    fn typed(media_type: &str, body: Vec<u8>) -> Self {
        Self { status: 200, headers: vec![("content-type", header_text(media_type))], body }
    }
}

fn attachment(file_name: &str) -> (&'static str, String) {
    let name = header_text(file_name).replace(['"', '\\'], "_");
    ("content-disposition", format!("attachment; filename=\"{name}\""))
}

/// Replaces what a header cannot contain.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn respond(result: HandlerResult, if_none_match: Option<&str>) -> Response {
        Response::new(result, "req_1".to_owned(), ErrorFormat::Current, if_none_match)
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_matching_etag_gets_304_without_a_body() {
        let resource = || Ok(Content::Resource(json!({"id": "a"})));
        let first = respond(resource(), None);
        let etag = header(&first, "etag").unwrap();
        assert!(etag.starts_with("W/\""));
        for known in [etag, "*", &format!("\"other\", {etag}"), etag.trim_start_matches("W/")] {
            let again = respond(resource(), Some(known));
            assert_eq!((again.status, again.body.as_slice()), (304, &b""[..]), "{known}");
            assert_eq!(header(&again, "etag"), Some(etag));
            assert_eq!(header(&again, "x-request-id"), Some("req_1"));
        }
        assert_eq!(respond(resource(), Some("W/\"other\"")).status, 200);
        assert_eq!(respond(Ok(Content::Resource(json!({"id": "b"}))), Some(etag)).status, 200);
    }

    #[test]
    fn data_without_an_etag_is_always_sent() {
        let response = respond(Ok(Content::Data(json!({"id": "a"}))), Some("*"));
        assert_eq!(response.status, 200);
        assert_eq!(header(&response, "etag"), None);
    }

    #[test]
    fn names_of_files_cannot_break_a_header() {
        let (_, value) = attachment("a\"\r\nb\\\u{e9}.txt");
        assert_eq!(value, "attachment; filename=\"a___b__.txt\"");
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let body = |next_cursor| {
            let page = respond(Ok(Content::Page { items: Vec::new(), next_cursor }), None);
            serde_json::from_slice::<Value>(&page.body).unwrap()["pagination"].clone()
        };
        assert_eq!(body(None), json!({"has_more": false}));
        assert_eq!(body(Some("c".to_owned())), json!({"has_more": true, "next_cursor": "c"}));
    }
}
