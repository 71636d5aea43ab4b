//! The documents, as far as the checks need them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::sample::{self, Form, Sampler};

const TRANSPORT_HEADERS: [&str; 6] =
    ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];

/// An id with everything that a URL could trip over.
pub(crate) const HOSTILE_ID: &str = "a/../b?c#d%e é\\";
const HOSTILE_ID_ENCODED: &str = "a%2F..%2Fb%3Fc%23d%25e%20%C3%A9%5C";

/// An operation, as its document describes it.
pub(crate) struct Operation {
    pub(crate) document: &'static Value,
    pub(crate) id: String,
    pub(crate) method: &'static str,
    path: &'static str,
    value: &'static Value,
    /// Those that the caller sets.
    parameters: Vec<Parameter>,
}

pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) place: &'static str,
    pub(crate) schema: &'static Value,
    required: bool,
}

static APP: LazyLock<Value> = LazyLock::new(|| read("openapi.json"));
static SENDING: LazyLock<Value> = LazyLock::new(|| read("openapi-sending.json"));

fn read(file: &str) -> Value {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Follows a reference.
pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolved(document, document.pointer(&reference[1..]).unwrap()),
        None => value,
    }
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
    pub(crate) fn find(module: &str, method: &'static str, path: &'static str) -> Self {
        let document = if module == "sending" { &*SENDING } else { &*APP };
        let item = &document["paths"][path];
        let value = &item[method.to_ascii_lowercase()];
        assert!(value.is_object(), "the document has no {method} {path}");
        let lists = [item, value].map(|holder| holder.get("parameters").and_then(Value::as_array));
        let parameters = lists.into_iter().flatten().flatten();
        let parameters = parameters.map(|parameter| Parameter::of(document, parameter));
        Self {
            document,
            id: value["operationId"].as_str().unwrap_or_default().to_owned(),
            method,
            path,
            value,
            parameters: settable(parameters.collect()),
        }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }

    fn parameters_in(&self, place: &str) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.place == place)
    }

    pub(crate) fn has_id(&self) -> bool {
        self.parameters_in("path").any(Parameter::is_id)
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
        for parameter in self.parameters_in("path") {
            let value = if parameter.is_id() { id } else { &sample::parameter_texts(parameter)[0] };
            path = path.replace(&format!("{{{}}}", parameter.name), value);
        }
        path
    }

    /// Names and values of the parameters in a place, in the order of the names.
    fn expected(&self, place: &str, full: bool) -> Vec<(String, String)> {
        let sent = self.parameters_in(place).filter(|parameter| full || parameter.required);
        let pairs = sent.flat_map(|parameter| {
            let texts = sample::parameter_texts(parameter);
            texts.into_iter().map(|text| (parameter.name.to_owned(), text))
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort();
        pairs
    }

    /// In the order of the names.
    pub(crate) fn expected_query(&self, full: bool) -> Vec<(String, String)> {
        self.expected("query", full)
    }

    pub(crate) fn expected_headers(&self, full: bool) -> Vec<(String, String)> {
        self.expected("header", full)
    }

    fn body_content(&self) -> Option<&Value> {
        resolved(self.document, self.value.get("requestBody")?).get("content")
    }

    pub(crate) fn json_body(&self, form: Form) -> Option<Value> {
        let schema = self.body_content()?.get("application/json")?.get("schema")?;
        Some(Sampler::new(self.document, form).sample("body", schema))
    }

    pub(crate) fn takes_bytes(&self) -> bool {
        self.body_content().is_some_and(|content| content.get("application/json").is_none())
    }

    pub(crate) fn success(&self, sampler: &Sampler<'_>) -> Answer {
        let responses = self.value["responses"].as_object().unwrap();
        let (status, response) =
            responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        let status = status.parse().unwrap_or(200);
        let response = resolved(self.document, response);
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
            Some((name, _)) if name.starts_with("text/") => Answer::Text(status),
            _ => Answer::Bytes(status),
        }
    }
}

impl Parameter {
    fn of(document: &'static Value, parameter: &'static Value) -> Self {
        let parameter = resolved(document, parameter);
        Self {
            name: parameter["name"].as_str().unwrap(),
            place: parameter["in"].as_str().unwrap(),
            schema: resolved(document, &parameter["schema"]),
            required: parameter["required"] == true,
        }
    }

    /// Whether any text can stand for it in the path.
    pub(crate) fn is_id(&self) -> bool {
        self.place == "path" && self.schema.get("enum").is_none()
    }
}

/// Leaves those that the caller sets: the transport sets some headers, and of two with one name in
/// Rust, the header is sent.
fn settable(parameters: Vec<Parameter>) -> Vec<Parameter> {
    let snake = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    let headers = parameters.iter().filter(|parameter| parameter.place == "header");
    let headers: BTreeSet<String> = headers.map(|header| snake(header.name)).collect();
    let is_settable = |parameter: &Parameter| match parameter.place {
        "header" => !TRANSPORT_HEADERS.contains(&&*parameter.name.to_ascii_lowercase()),
        "query" => !headers.contains(&snake(parameter.name)),
        place => place == "path",
    };
    parameters.into_iter().filter(is_settable).collect()
}
