//! Answers in the API's envelopes.

mod refusal;

pub(super) use refusal::Refusal;

use serde_json::{Value, json};

/// Which of the two error envelopes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorShape {
    Current,
    Legacy,
}

/// What a request is answered with if nothing is against it.
#[derive(Debug)]
pub(super) enum Answer {
    Data(Value),
    /// Data that has a version.
    Resource(Value),
    Page {
        items: Vec<Value>,
        next_cursor: Option<String>,
    },
    Text {
        text: String,
        file_name: String,
    },
    /// A stream of events, all at once.
    Events(String),
    File {
        text: String,
        media_type: &'static str,
        file_name: &'static str,
        etag: String,
        /// `Content-Range`, if it is a part.
        part: Option<String>,
    },
}

pub(super) type Outcome = Result<Answer, Refusal>;

/// An answer as it goes over the wire.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Reply {
    /// `known` is what the request sent as `If-None-Match`.
    pub(super) fn new(
        outcome: Outcome,
        request_id: String,
        shape: ErrorShape,
        known: Option<&str>,
    ) -> Self {
        let meta = json!({ "request_id": request_id });
        let mut reply = match outcome {
            Ok(Answer::Data(data)) => {
                Self::json(200, &json!({"ok": true, "data": data, "meta": meta}))
            }
            Ok(Answer::Resource(data)) => Self::resource(&data, &meta, known),
            Ok(Answer::Page { items, next_cursor }) => {
                let mut pagination = json!({"has_more": next_cursor.is_some()});
                if let Some(cursor) = next_cursor {
                    pagination["next_cursor"] = cursor.into();
                }
                let page =
                    json!({"ok": true, "data": items, "pagination": pagination, "meta": meta});
                Self::json(200, &page)
            }
            Ok(Answer::Text { text, file_name }) => {
                let disposition = format!("attachment; filename=\"{file_name}\"");
                let headers = vec![
                    ("content-type", "text/plain; charset=utf-8".to_owned()),
                    ("content-disposition", disposition),
                ];
                Self { status: 200, headers, body: text }
            }
            Ok(Answer::Events(text)) => {
                let headers = vec![("content-type", "text/event-stream".to_owned())];
                Self { status: 200, headers, body: text }
            }
            Ok(Answer::File { text, media_type, file_name, etag, part }) => {
                let disposition = format!("attachment; filename=\"{file_name}\"");
                let mut headers = vec![
                    ("content-type", media_type.to_owned()),
                    ("content-disposition", disposition),
                    ("accept-ranges", "bytes".to_owned()),
                    ("etag", etag),
                ];
                let status = if part.is_some() { 206 } else { 200 };
                headers.extend(part.map(|part| ("content-range", part)));
                Self { status, headers, body: text }
            }
            Err(refusal) => {
                let error = refusal.to_json(shape);
                let body = json!({"ok": false, "error": error, "meta": meta});
                let mut reply = Self::json(refusal.status(), &body);
                reply.headers.extend(refusal.headers());
                reply
            }
        };
        reply.headers.push(("x-request-id", request_id));
        reply.headers.push(("cache-control", "no-store".to_owned()));
        reply
    }

    fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: body.to_string() }
    }

    fn resource(data: &Value, meta: &Value, known: Option<&str>) -> Self {
        let etag = format!("W/\"{:016x}\"", fingerprint(data.to_string().as_bytes()));
        if known.is_some_and(|known| matches(known, &etag)) {
            return Self { status: 304, headers: vec![("etag", etag)], body: String::new() };
        }
        let mut reply = Self::json(200, &json!({"ok": true, "data": data, "meta": meta}));
        reply.headers.push(("etag", etag));
        reply
    }
}

/// Whether an `If-None-Match` names the version, by the weak comparison of RFC 9110.
fn matches(known: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// FNV-1a: the same in every run and on every machine.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(outcome: Outcome, known: Option<&str>) -> Reply {
        Reply::new(outcome, "req_1".to_owned(), ErrorShape::Current, known)
    }

    fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
        reply.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let resource = || Ok(Answer::Resource(json!({"id": "a"})));
        let first = reply(resource(), None);
        let etag = header(&first, "etag").unwrap();
        assert!(etag.starts_with("W/\""));
        for known in [etag, "*", &format!("\"other\", {etag}"), etag.trim_start_matches("W/")] {
            let again = reply(resource(), Some(known));
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
            assert_eq!(header(&again, "etag"), Some(etag));
            assert_eq!(header(&again, "x-request-id"), Some("req_1"));
        }
        assert_eq!(reply(resource(), Some("W/\"other\"")).status, 200);
        assert_eq!(reply(Ok(Answer::Resource(json!({"id": "b"}))), Some(etag)).status, 200);
    }

    #[test]
    fn data_without_a_version_is_always_sent() {
        let answer = reply(Ok(Answer::Data(json!({"id": "a"}))), Some("*"));
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer, "etag"), None);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let body = |next_cursor| {
            let page = reply(Ok(Answer::Page { items: Vec::new(), next_cursor }), None);
            serde_json::from_str::<Value>(&page.body).unwrap()["pagination"].clone()
        };
        assert_eq!(body(None), json!({"has_more": false}));
        assert_eq!(body(Some("c".to_owned())), json!({"has_more": true, "next_cursor": "c"}));
    }
}
