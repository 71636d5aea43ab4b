//! The documents, as far as the checks need them.

use std::mem::discriminant;
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
    /// What it is set to: several values of a list, else one.
    pub(crate) values: Vec<Value>,
    pub(crate) is_list: bool,
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
        kind: String,
        body: Value,
        enveloped: bool,
    },
    /// One event of a stream.
    Event {
        status: u16,
        body: Value,
    },
    Text(u16, String),
    Bytes(u16, String),
    Nothing(u16),
    /// What a request of `HEAD` gets.
    Head(u16),
}

impl Answer {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (status, kind) = match self {
            Self::Json { status, kind, .. }
            | Self::Text(status, kind)
            | Self::Bytes(status, kind) => (status, kind.as_str()),
            Self::Event { status, .. } => (status, "text/event-stream"),
            Self::Nothing(status) | Self::Head(status) => (status, ""),
        };
        let body = self.body();
        let content = match self {
            Self::Nothing(_) | Self::Head(_) => String::new(),
            _ => format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\n{content}x-request-id: req_sample\r\nconnection: close\r\n\r\n"
        );
        [head.into_bytes(), body].concat()
    }

    fn body(&self) -> Vec<u8> {
        match self {
            Self::Json { body, .. } => body.to_string().into_bytes(),
            Self::Event { body, .. } => format!("id: 1\ndata: {body}\n\n").into_bytes(),
            Self::Text(..) => b"text".to_vec(),
            Self::Bytes(..) => sample::BYTES.to_vec(),
            Self::Nothing(_) | Self::Head(_) => Vec::new(),
        }
    }

    /// What a caller should get of it if these are all the successes of the operation, and they are of
    /// several kinds: text if every one is, else bytes.
    pub(crate) fn mixed_with(&self, all: &[Self]) -> Option<Value> {
        let is_text = |answer: &Self| matches!(answer, Self::Text(..) | Self::Nothing(_));
        if all.iter().all(|other| discriminant(other) == discriminant(self)) {
            None
        } else if all.iter().all(is_text) {
            Some(json!(String::from_utf8(self.body()).unwrap()))
        } else {
            Some(json!(self.body()))
        }
    }

    /// What a caller should get of it.
    pub(crate) fn data(&self) -> Value {
        match self {
            Self::Json { body, enveloped: true, .. } => body["data"].clone(),
            Self::Json { body, .. } | Self::Event { body, .. } => body.clone(),
            Self::Text(..) => json!("text"),
            Self::Bytes(..) => json!(sample::BYTES),
            Self::Nothing(_) => Value::Null,
            Self::Head(_) => json!([]),
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
        if let Self::Json { body, .. } = &mut page
            && let Some(pagination) = body.get_mut("pagination")
        {
            *pagination = json!({"has_more": next.is_some(), "next_cursor": next});
        }
        page
    }

    pub(crate) fn empty_page(&self, next: &str) -> Self {
        let mut page = self.page(Some(next));
        if let Self::Json { body, .. } = &mut page
            && let Some(data) = body.get_mut("data")
        {
            *data = json!([]);
        }
        page
    }
}

impl Operation {
    pub(crate) fn find(module: &str, method: &'static str, path: &'static str) -> Self {
        let document = if module == "sending" { &*SENDING } else { &*APP };
        let item = resolved(document, &document["paths"][path]);
        let value = &item[method.to_ascii_lowercase()];
        assert!(value.is_object(), "the document has no {method} {path}");
        let lists = [item, value].map(|holder| holder.get("parameters").and_then(Value::as_array));
        let mut parameters: Vec<Parameter> = Vec::new();
        for parameter in lists.into_iter().flatten().flatten() {
            let parameter = resolved(document, parameter);
            let (name, place) = (text(parameter, "name"), text(parameter, "in"));
            parameters.retain(|other| (other.name, other.place) != (name, place));
            let schema = parameter.get("schema").unwrap_or(&TEXT);
            parameters.push(Parameter::new(
                document,
                (place, name),
                schema,
                parameter["required"] == true,
            ));
        }
        let template: Vec<&str> =
            path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        parameters.retain(|it| it.place != "path" || template.contains(&it.name));
        for name in template {
            if !parameters.iter().any(|it| (it.place, it.name) == ("path", name)) {
                parameters.push(Parameter::new(document, ("path", name), &TEXT, true));
            }
        }
        Self {
            document,
            id: value["operationId"].as_str().unwrap_or_default().to_owned(),
            method,
            path,
            value,
            parameters: settable(parameters),
        }
    }

    pub(crate) fn parameter(&self, place: &str, name: &str) -> Option<&Parameter> {
        self.parameters_in(place).find(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }

    fn parameters_in(&self, place: &str) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.place == place)
    }

    pub(crate) fn has_id(&self) -> bool {
        self.parameters_in("path").any(Parameter::is_id)
    }

    pub(crate) fn is_public(&self) -> bool {
        self.value.get("security").or_else(|| self.document.get("security")) == Some(&json!([]))
    }

    pub(crate) fn expected_path(&self) -> String {
        self.path_with(HOSTILE_ID_ENCODED)
    }

    /// The path with this for every id.
    pub(crate) fn path_with(&self, id: &str) -> String {
        let mut path = format!("/api/v1{}", self.path);
        for parameter in self.parameters_in("path") {
            let value =
                if parameter.is_id() { id.to_owned() } else { encoded(&parameter.texts()[0]) };
            path = path.replace(&format!("{{{}}}", parameter.name), &value);
        }
        let is_literal = |c: &char| c.is_ascii() && !" \"<>^`|".contains(*c);
        let text = |c: char| if is_literal(&c) { c.into() } else { encoded(&c.to_string()) };
        path.chars().map(text).collect()
    }

    /// Names and values of the parameters in a place, in the order of the names.
    fn expected(&self, place: &str, full: bool) -> Vec<(String, String)> {
        let sent = self.parameters_in(place).filter(|parameter| full || parameter.required);
        let pairs = sent.flat_map(|parameter| {
            parameter.texts().into_iter().map(|text| (parameter.name.to_owned(), text))
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

    fn body_content(&self) -> Option<&serde_json::Map<String, Value>> {
        resolved(self.document, self.value.get("requestBody")?).get("content")?.as_object()
    }

    /// A JSON body, if the operation takes one; one that may be null is optional, and null if it is not
    /// set.
    pub(crate) fn json_body(&self, form: Form, full: bool) -> Option<Value> {
        let body = self.json_body_of(form)?;
        let may_be_null = !full && self.json_body_of(Form::Null) == Some(Value::Null);
        Some(if may_be_null { Value::Null } else { body })
    }

    fn json_body_of(&self, form: Form) -> Option<Value> {
        let mut content = self.body_content()?.iter();
        let (_, media) = content.find(|(name, _)| essence(name) == "application/json")?;
        Sampler::new(self.document, form).sample("body", media.get("schema").unwrap_or(&ANY))
    }

    /// The media type of a body that is bytes.
    pub(crate) fn media_type_of_bytes(&self) -> Option<String> {
        let names: Vec<String> = self.body_content()?.keys().map(|name| essence(name)).collect();
        match names.as_slice() {
            names if names.iter().any(|name| name == "application/json") => None,
            [only] if !only.contains('*') => Some(only.clone()),
            _ => Some("application/octet-stream".to_owned()),
        }
    }

    /// The first success that a server can send.
    pub(crate) fn success(&self, sampler: &Sampler<'_>) -> Option<Answer> {
        self.successes(sampler).into_iter().next()
    }

    /// Every success that a server can send: none where no value matches a schema.
    pub(crate) fn successes(&self, sampler: &Sampler<'_>) -> Vec<Answer> {
        let responses = self.value["responses"].as_object().into_iter().flatten();
        // A part is sent only to who asks for one.
        let is_success = |status: &str| status.starts_with('2') && status != "206";
        let successes: Vec<_> = responses.filter(|(status, _)| is_success(status)).collect();
        if successes.is_empty() {
            return vec![Answer::Bytes(200, "application/octet-stream".to_owned())];
        }
        successes
            .into_iter()
            .filter_map(|(status, response)| {
                let status = status.parse().unwrap_or(200);
                self.answer(sampler, status, resolved(self.document, response))
            })
            .collect()
    }

    fn answer(&self, sampler: &Sampler<'_>, status: u16, response: &Value) -> Option<Answer> {
        if self.method == "HEAD" {
            return Some(Answer::Head(status));
        }
        let content = response.get("content").and_then(Value::as_object).into_iter().flatten();
        let is_json = |name: &str| name == "application/json" || name.ends_with("+json");
        let Some((name, media)) =
            content.clone().find(|(name, _)| is_json(&essence(name))).or(content.clone().next())
        else {
            let is_empty = [204, 205].contains(&status);
            let bytes = || Answer::Bytes(status, "application/octet-stream".to_owned());
            return Some(if is_empty { Answer::Nothing(status) } else { bytes() });
        };
        let schema = media.get("schema").unwrap_or(&ANY);
        let kind = name.replace('*', "plain");
        Some(match essence(name).as_str() {
            name if is_json(name) => {
                let mut body = sampler.sample("", schema)?;
                let enveloped = body.get("ok").is_some();
                if enveloped {
                    body["ok"] = true.into();
                    body["meta"]["request_id"] = "req_sample".into();
                }
                if let Some(pagination) = body.get_mut("pagination").filter(|_| enveloped) {
                    *pagination = json!({"has_more": true, "next_cursor": "next"});
                }
                Answer::Json { status, kind, body, enveloped }
            }
            "text/event-stream" => Answer::Event { status, body: sampler.sample("", schema)? },
            _ if content.clone().all(|(name, _)| essence(name).starts_with("text/")) => {
                Answer::Text(status, kind)
            }
            _ => Answer::Bytes(status, kind),
        })
    }
}

static TEXT: LazyLock<Value> = LazyLock::new(|| json!({"type": "string"}));
static ANY: LazyLock<Value> = LazyLock::new(|| json!({}));

fn text(value: &'static Value, key: &str) -> &'static str {
    value[key].as_str().unwrap()
}

/// A media type without its parameters, in lower case.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A segment of a path in which only unreserved characters stand for themselves (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let byte = |byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

impl Parameter {
    fn new(
        document: &Value,
        (place, name): (&'static str, &'static str),
        schema: &Value,
        required: bool,
    ) -> Self {
        let (values, is_list) = Sampler::new(document, Form::Full).parameter(place, name, schema);
        Self { name, place, values, is_list, required }
    }

    /// The texts that it is sent as.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.values.iter().map(text).collect()
    }

    /// Whether any text can stand for it in the path.
    pub(crate) fn is_id(&self) -> bool {
        self.place == "path" && self.values == [HOSTILE_ID]
    }
}

/// Leaves those that the caller sets: the transport sets some headers, cookies are not sent, and
/// `Last-Event-ID` is sent as the header.
fn settable(parameters: Vec<Parameter>) -> Vec<Parameter> {
    let resumes = parameters.iter().any(|it| it.name.eq_ignore_ascii_case("last-event-id"));
    let is_settable = |parameter: &Parameter| match parameter.place {
        "header" => !TRANSPORT_HEADERS.contains(&&*parameter.name.to_ascii_lowercase()),
        "query" => !(resumes && parameter.name == "last_event_id"),
        place => place == "path",
    };
    parameters.into_iter().filter(is_settable).collect()
}
