//! Answers in the API's envelopes.

use httpmock::HttpMockResponse;
use serde_json::{Value, json};

/// Which of the two error envelopes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorShape {
    Current,
    Legacy,
}

/// An answer before it is dressed for the wire.
pub(super) enum Answer {
    Data { data: Value, etag: bool },
    Page { items: Vec<Value>, next_cursor: Option<String> },
    Text { text: String, file_name: String },
    Error { status: u16, code: &'static str, message: String, param: Option<&'static str> },
}

impl Answer {
    pub(super) fn data(data: Value) -> Self {
        Self::Data { data, etag: false }
    }

    /// Data of one resource, which has a version.
    pub(super) fn resource(data: Value) -> Self {
        Self::Data { data, etag: true }
    }

    fn error(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::Error { status, code, message: message.into(), param: None }
    }

    pub(super) fn not_found() -> Self {
        Self::error(404, "not_found", "There is no such resource")
    }

    pub(super) fn unauthorized() -> Self {
        Self::error(401, "authentication_required", "The request has no valid credential")
    }

    pub(super) fn forbidden(permission: &str) -> Self {
        let message = format!("The credential lacks the permission {permission}");
        Self::error(403, "insufficient_permissions", message)
    }

    pub(super) fn read_only() -> Self {
        let message = "The demo key may only read";
        Self::error(403, "insufficient_permissions", message)
    }

    pub(super) fn invalid(param: &'static str) -> Self {
        Self::Error {
            status: 400,
            code: "invalid_parameter",
            message: format!("The value of {param} is not valid"),
            param: Some(param),
        }
    }

    /// A failure that was asked for.
    pub(super) fn failure(status: u16) -> Self {
        let code = match status {
            401 => "authentication_required",
            403 => "insufficient_permissions",
            404 => "not_found",
            409 => "conflict",
            422 => "validation_error",
            429 => "rate_limit_exceeded",
            503 => "service_unavailable",
            500..=599 => "internal_error",
            _ => "invalid_parameter",
        };
        Self::error(status, code, "This failure was asked for")
    }

    pub(super) fn render(
        self,
        number: u64,
        shape: ErrorShape,
        known_etag: Option<&str>,
    ) -> HttpMockResponse {
        let request_id = format!("req_demo{number:08}");
        let meta = json!({ "request_id": request_id });
        let (status, mut headers, body) = match self {
            Self::Data { data, etag } => {
                let tag = format!("W/\"{:016x}\"", fingerprint(data.to_string().as_bytes()));
                let headers = if etag { vec![("etag", tag.clone())] } else { Vec::new() };
                if etag && known_etag == Some(tag.as_str()) {
                    (304, headers, None)
                } else {
                    (200, headers, Some(json!({"ok": true, "data": data, "meta": meta})))
                }
            }
            Self::Page { items, next_cursor } => {
                let mut pagination = json!({"has_more": next_cursor.is_some()});
                if let Some(cursor) = next_cursor {
                    pagination["next_cursor"] = cursor.into();
                }
                let body =
                    json!({"ok": true, "data": items, "pagination": pagination, "meta": meta});
                (200, Vec::new(), Some(body))
            }
            Self::Text { text, file_name } => {
                let disposition = format!("attachment; filename=\"{file_name}\"");
                let headers = [
                    ("content-type", "text/plain; charset=utf-8".to_owned()),
                    ("content-disposition", disposition),
                    ("x-request-id", request_id),
                ];
                return respond(200, headers.into(), text);
            }
            Self::Error { status, code, message, param } => {
                let mut error = json!({"code": code, "message": message,
                    "doc_url": format!("https://sendmux.ai/docs/api/errors#{code}")});
                if let Some(param) = param {
                    error["param"] = param.into();
                }
                if shape == ErrorShape::Current {
                    error["retryable"] = (status == 429 || status >= 500).into();
                }
                let mut headers = Vec::new();
                match status {
                    401 => headers.push(("www-authenticate", "Bearer".to_owned())),
                    429 | 503 => headers.push(("retry-after", "1".to_owned())),
                    _ => {}
                }
                (status, headers, Some(json!({"ok": false, "error": error, "meta": meta})))
            }
        };
        headers.push(("x-request-id", request_id));
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        respond(status, headers, body.map(|body| body.to_string()).unwrap_or_default())
    }
}

fn respond(status: u16, headers: Vec<(&str, String)>, body: String) -> HttpMockResponse {
    let mut response = HttpMockResponse::builder().status(status).body(body).build();
    response.headers =
        Some(headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    response
}

/// FNV-1a: the same text has the same version in every run.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
