//! An answer as it goes over the wire.

use httpmock::HttpMockResponse;
use serde_json::{Map, Value, json};

/// What an answer carries.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Data(Value),
    Page { items: Vec<Value>, next_cursor: Option<String> },
    Bare(Value),
    Raw { content_type: String, bytes: Vec<u8> },
    Error(Value),
    Empty,
}

/// An answer but for the number of the request.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Body,
    pub(super) headers: Vec<(String, String)>,
    pub(super) meta: Map<String, Value>,
    pub(super) request_id: Option<String>,
}

impl Reply {
    pub(super) fn new(status: u16, body: Body) -> Self {
        Self { status, body, headers: Vec::new(), meta: Map::new(), request_id: None }
    }

    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({
            "code": code,
            "message": message,
            "retryable": status == 429 || status >= 500,
        });
        Self::new(status, Body::Error(error))
    }

    pub(super) fn write(&self, number: usize) -> HttpMockResponse {
        let request_id = self.request_id.clone().unwrap_or_else(|| format!("req_mock{number:08}"));
        let mut meta = self.meta.clone();
        meta.insert("request_id".to_owned(), request_id.clone().into());
        let (content_type, bytes) = match &self.body {
            Body::Data(data) => json_body(&json!({"ok": true, "data": data, "meta": meta})),
            Body::Page { items, next_cursor } => {
                let mut pagination = json!({"has_more": next_cursor.is_some()});
                if let Some(cursor) = next_cursor {
                    pagination["next_cursor"] = cursor.as_str().into();
                }
                json_body(
                    &json!({"ok": true, "data": items, "pagination": pagination, "meta": meta}),
                )
            }
            Body::Bare(value) => json_body(value),
            Body::Raw { content_type, bytes } => (Some(content_type.clone()), bytes.clone()),
            Body::Error(error) => json_body(&json!({"ok": false, "error": error, "meta": meta})),
            Body::Empty => (None, Vec::new()),
        };
        let mut headers = vec![("x-request-id".to_owned(), request_id)];
        headers.extend(content_type.map(|value| ("content-type".to_owned(), value)));
        for (name, value) in &self.headers {
            headers.retain(|(known, _)| known != name);
            headers.push((name.clone(), value.clone()));
        }
        let mut response = HttpMockResponse::builder().status(self.status).body(bytes).build();
        response.headers = Some(headers.into_iter().collect());
        response
    }
}

fn json_body(value: &Value) -> (Option<String>, Vec<u8>) {
    (Some("application/json".to_owned()), value.to_string().into_bytes())
}
