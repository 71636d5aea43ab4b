//! The documents, as far as the checks need them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::sample::{self, Form, Sampler};

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// An id with everything that a URL could trip over.
pub(crate) const HOSTILE_ID: &str = "a/../b?c#d%e é\\";
const HOSTILE_ID_ENCODED: &str = "a%2F..%2Fb%3Fc%23d%25e%20%C3%A9%5C";

pub(crate) struct Operation {
    pub(crate) document: Arc<Value>,
    pub(crate) id: String,
    pub(crate) method: String,
    path: String,
    value: Value,
}

/// The operations of one surface.
pub(crate) fn operations(module: &str) -> Vec<Operation> {
    let file = if module == "sending" { "openapi-sending.json" } else { "openapi.json" };
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let document = Arc::new(document);
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let of = match path.starts_with("/mailbox/") {
            true => "mailbox",
            false if module == "sending" => "sending",
            false => "management",
        };
        for method in METHODS.iter().filter(|method| of == module && item.get(**method).is_some()) {
            let value = item[*method].clone();
            found.push(Operation {
                document: Arc::clone(&document),
                id: value["operationId"].as_str().unwrap().to_owned(),
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                value,
            });
        }
    }
    found
}

/// The success of an operation, as the server sends it.
#[derive(Clone)]
pub(crate) enum Answer {
    Json {
        status: u16,
        body: Value,
        enveloped: bool,
    },
    /// One event of a stream.
    Event {
        status: u16,
        body: Value,
    },
    Text(u16),
    Bytes(u16),
}

impl Answer {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (status, kind, body) = match self {
            Self::Json { status, body, .. } => {
                (status, "application/json", body.to_string().into_bytes())
            }
            Self::Event { status, body } => {
                (status, "text/event-stream", format!("id: 1\ndata: {body}\n\n").into_bytes())
            }
            Self::Text(status) => (status, "text/plain", b"text".to_vec()),
            Self::Bytes(status) => (status, "application/octet-stream", sample::BYTES.to_vec()),
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
             x-request-id: req_sample\r\nconnection: close\r\n\r\n"
        );
        [head.into_bytes(), body].concat()
    }

    /// What a caller should get of it.
    pub(crate) fn data(&self) -> Value {
        match self {
            Self::Json { body, enveloped: true, .. } => body["data"].clone(),
            Self::Json { body, .. } | Self::Event { body, .. } => body.clone(),
            Self::Text(_) => json!("text"),
            Self::Bytes(_) => json!(sample::BYTES),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn pagination(&self) -> Option<&Value> {
        match self {
            Self::Json { body, .. } => body.get("pagination"),
            _ => None,
        }
    }

    pub(crate) fn is_page(&self) -> bool {
        self.pagination().is_some()
    }

    /// The same page with another place in the list, the last one without a cursor.
    pub(crate) fn page(&self, next: Option<&str>) -> Self {
        let mut page = self.clone();
        if let Self::Json { body, .. } = &mut page {
            body["pagination"] = json!({"has_more": next.is_some(), "next_cursor": next});
        }
        page
    }

    pub(crate) fn empty_page(&self, next: &str) -> Self {
        let mut page = self.page(Some(next));
        if let Self::Json { body, .. } = &mut page {
            body["data"] = json!([]);
        }
        page
    }
}

impl Operation {
    fn parameters(&self) -> Vec<&Value> {
        let all = self.value.get("parameters").and_then(Value::as_array);
        let all: Vec<&Value> = all.into_iter().flatten().collect();
        let header = |name: &str| {
            all.iter().any(|other| other["in"] == "header" && snake(&other["name"]) == name)
        };
        let sent = |parameter: &&&Value| {
            let name = snake(&parameter["name"]);
            let twin = parameter["in"] == "query" && header(&name);
            name != "content_length" && !twin
        };
        all.iter().filter(sent).copied().collect()
    }

    pub(crate) fn parameter(&self, rust_name: &str) -> Option<&Value> {
        self.parameters()
            .into_iter()
            .find(|parameter| snake(&parameter["name"]) == rust_name.trim_end_matches('_'))
    }

    pub(crate) fn path_parameters(&self) -> Vec<&Value> {
        self.parameters().into_iter().filter(|parameter| parameter["in"] == "path").collect()
    }

    pub(crate) fn is_public(&self) -> bool {
        self.value["security"] == json!([])
    }

    pub(crate) fn expected_path(&self) -> String {
        self.path_with(HOSTILE_ID_ENCODED)
    }

    /// The path with this for every id.
    pub(crate) fn path_with(&self, id: &str) -> String {
        let mut path = format!("/api/v1{}", self.path);
        for parameter in self.path_parameters() {
            let name = parameter["name"].as_str().unwrap();
            path = path.replace(&format!("{{{name}}}"), id);
        }
        path
    }

    fn expected(&self, place: &str, full: bool) -> BTreeMap<String, String> {
        let sent = self.parameters().into_iter().filter(|parameter| {
            parameter["in"] == place && (full || parameter["required"] == true)
        });
        sent.map(|parameter| {
            let name = parameter["name"].as_str().unwrap().to_owned();
            (name, sample::parameter_text(parameter))
        })
        .collect()
    }

    /// In the order of the names.
    pub(crate) fn expected_query(&self, full: bool) -> Vec<(String, String)> {
        self.expected("query", full).into_iter().collect()
    }

    pub(crate) fn expected_headers(&self, full: bool) -> BTreeMap<String, String> {
        self.expected("header", full)
    }

    fn body_content(&self) -> Option<&Value> {
        self.value.get("requestBody")?.get("content")
    }

    pub(crate) fn json_body(&self, form: Form) -> Option<Value> {
        let schema = self.body_content()?.get("application/json")?.get("schema")?;
        Some(Sampler::new(&self.document, form).sample("body", schema))
    }

    pub(crate) fn takes_bytes(&self) -> bool {
        self.body_content().is_some_and(|content| content.get("application/json").is_none())
    }

    pub(crate) fn success(&self, sampler: &Sampler<'_>) -> Answer {
        let responses = self.value["responses"].as_object().unwrap();
        let (status, response) =
            responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        let status = status.parse().unwrap();
        let content = response.get("content").and_then(Value::as_object);
        match content.and_then(|content| content.iter().next()) {
            Some((name, media)) if name == "application/json" => {
                let mut body = sampler.sample("", &media["schema"]);
                let enveloped = body.get("ok").is_some();
                if enveloped {
                    body["ok"] = true.into();
                    body["meta"]["request_id"] = "req_sample".into();
                }
                if let Some(pagination) = body.get_mut("pagination") {
                    *pagination = json!({"has_more": true, "next_cursor": "next"});
                }
                Answer::Json { status, body, enveloped }
            }
            Some((name, media)) if name == "text/event-stream" => {
                Answer::Event { status, body: sampler.sample("", &media["schema"]) }
            }
            Some((name, _)) if name == "text/plain" => Answer::Text(status),
            _ => Answer::Bytes(status),
        }
    }
}

pub(crate) fn snake(name: &Value) -> String {
    name.as_str().unwrap().to_ascii_lowercase().replace('-', "_")
}
