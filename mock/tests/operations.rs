//! Every operation of the API's documents gets an answer that its document describes.
//!
//! With SENDMUX_DOCUMENT, the path of another document, that one is used as well.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod http;

use std::path::{Path, PathBuf};

use sendmux_mock::DemoAccount;
use serde_json::{Map, Value, json};

use http::{Answer, call};

/// 2026-05-21T09:12:00Z.
const NOW: i64 = 1_779_354_720;

/// Optional members that requests need to succeed.
const NEEDED: [&str; 2] = ["to", "html_body"];

#[test]
fn each_operation_of_the_app_host_gets_a_described_answer() {
    walk(&document("openapi.json"), Members::Any);
}

#[test]
fn each_operation_of_the_sending_host_gets_a_described_answer() {
    walk(&document("openapi-sending.json"), Members::Any);
}

#[test]
fn each_operation_of_another_document_gets_a_described_answer() {
    if let Some(path) = std::env::var_os("SENDMUX_DOCUMENT") {
        walk(Path::new(&path), Members::Described);
    }
}

/// Which members an answer may have.
#[derive(Clone, Copy, PartialEq)]
enum Members {
    /// Those of newer documents, too.
    Any,
    Described,
}

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn walk(path: &Path, members: Members) {
    let mut document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    relax(&mut document, members);
    let (mut served, mut refused, mut failures) = (0, Vec::new(), Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let answer = try_operation(&document, method, path, operation);
            match problem(&document, operation, &answer) {
                Some(problem) => failures.push(format!("{id}: {problem}")),
                None if answer.status < 400 => served += 1,
                None => refused.push(format!("{id} ({})", answer.status)),
            }
        }
    }
    eprintln!("{served} operations served; refused: {}", refused.join(", "));
    assert!(failures.is_empty(), "{failures:#?}");
    // What the account does not know yet, it does not find.
    let known = refused.iter().filter(|refused| !refused.ends_with("(404)")).count();
    assert!(served > known);
}

/// Lets nullable enums be null, which the documents do not list among their values, and opens
/// objects to other members.
fn relax(value: &mut Value, members: Members) {
    match value {
        Value::Object(object) => {
            if members == Members::Any {
                object.remove("unevaluatedProperties");
                if object.get("additionalProperties").is_some_and(Value::is_boolean) {
                    object.remove("additionalProperties");
                }
            }
            let nullable = object.get("type").and_then(Value::as_array);
            if nullable.is_some_and(|types| types.iter().any(|kind| kind == "null"))
                && let Some(values) = object.get_mut("enum").and_then(Value::as_array_mut)
            {
                values.push(Value::Null);
            }
            object.values_mut().for_each(|value| relax(value, members));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| relax(value, members)),
        _ => {}
    }
}

/// An account in which something exists for each operation.
struct Prepared {
    account: DemoAccount,
    draft: String,
    scheduled: String,
    folder: String,
    submission: String,
    blob: String,
    upload: Value,
}

impl Prepared {
    fn new() -> Self {
        let account =
            DemoAccount::builder().now(NOW).emails_per_day(40).reads_until_done(0).start();
        let post = |path: &str, body: Value| {
            let answer = call(&account, "POST", path, account.mailbox_key(), &[], &body);
            assert!(answer.status < 300, "{path}: {}", answer.text());
            answer.json()["data"].clone()
        };
        let id = |data: Value| data["id"].as_str().unwrap().to_owned();
        let to = json!([{ "email": "support@example.com", "name": null }]);
        post("/mailbox/messages/send", json!({ "to": to, "text_body": "x" }));
        let draft = id(post("/mailbox/drafts", json!({ "to": to })));
        let scheduled = id(post("/mailbox/drafts", json!({ "to": to })));
        let schedule = json!({
            "expected_revision": 1, "expected_schedule_version": 0,
            "scheduled_for": "2026-05-22T09:00:00Z",
        });
        post(&format!("/mailbox/drafts/{scheduled}/send"), schedule);
        let folder = id(post("/mailbox/folders", json!({ "name": "Orders" })));
        post("/mailbox/messages/msg_demo/attachments/att_notes/text", Value::Null);
        let file = json!({ "filename": "a.txt", "content_type": "text/plain", "size_bytes": 1 });
        let upload = post("/emails/attachment-uploads", file);
        let blob = post("/emails/attachments?filename=a.txt", Value::Null);
        let blob = blob["attachment_id"].as_str().unwrap().to_owned();
        let key = account.mailbox_key();
        let submissions = call(&account, "GET", "/mailbox/submissions", key, &[], &Value::Null);
        let submission = submissions.json()["data"][0]["id"].as_str().unwrap().to_owned();
        Self { account, draft, scheduled, folder, submission, blob, upload }
    }

    /// Returns a path with ids of what exists.
    fn path(&self, template: &str) -> String {
        let mut path = String::new();
        for segment in template.split('/').skip(1) {
            let value = match segment {
                "{draftId}" if template.ends_with("schedule") => self.scheduled.clone(),
                "{draftId}" => self.draft.clone(),
                "{message_id}" => "msg_demo".to_owned(),
                "{attachment_id}" if template.starts_with("/emails") => self.blob.clone(),
                "{attachment_id}" => "att_notes".to_owned(),
                "{folder_id}" => self.folder.clone(),
                "{thread_id}" => "thr_demo".to_owned(),
                "{submission_id}" => self.submission.clone(),
                "{upload_id}" => self.upload["upload_id"].as_str().unwrap().to_owned(),
                "{scope}" => "mailbox".to_owned(),
                "{public_id}" if path.starts_with("/mailbox-send") => "mbx_support".to_owned(),
                "{public_id}" | "{delivery_id}" => self.first(&path),
                segment if segment.starts_with('{') => "none".to_owned(),
                segment => segment.to_owned(),
            };
            path += &format!("/{value}");
        }
        path
    }

    /// Returns the id of the first item of a list.
    fn first(&self, path: &str) -> String {
        let answer = call(&self.account, "GET", path, self.account.key(), &[], &Value::Null);
        answer.json()["data"][0]["id"].as_str().unwrap_or("none").to_owned()
    }
}

fn try_operation(document: &Value, method: &str, template: &str, operation: &Value) -> Answer {
    let prepared = Prepared::new();
    let account = &prepared.account;
    let mut path = prepared.path(template);
    let id = operation["operationId"].as_str().unwrap();
    let key = if id.starts_with("management") { account.key() } else { account.mailbox_key() };
    let mut headers = Vec::new();
    let mut query = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolve(document, parameter);
        let name = parameter["name"].as_str().unwrap();
        if parameter["required"] != true {
            continue;
        }
        match (parameter["in"].as_str().unwrap(), name) {
            ("query", "start") => query.push("start=2026-05-01T00:00:00Z".to_owned()),
            ("query", "end") => query.push("end=2026-05-02T00:00:00Z".to_owned()),
            ("query", name) => query.push(format!("{name}=a%40example.com")),
            ("header", "If-Match") => {
                let present = call(account, "GET", &path, key, &[], &Value::Null);
                headers.push(("If-Match", present.header("etag").unwrap().to_owned()));
            }
            ("header", "X-Sendmux-Upload-Token") => {
                let token = &prepared.upload["headers"]["X-Sendmux-Upload-Token"];
                headers.push(("X-Sendmux-Upload-Token", token.as_str().unwrap().to_owned()));
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        path += &format!("?{}", query.join("&"));
    }
    let content = &operation["requestBody"]["content"];
    let body = match content.get("application/json") {
        Some(media) => sample(document, &media["schema"], ""),
        None if content.is_object() => "x".into(),
        None => Value::Null,
    };
    let key = if template.contains("{upload_id}") { "" } else { key };
    call(account, &method.to_uppercase(), &path, key, &headers, &body)
}

/// Makes up a value of a schema.
fn sample(document: &Value, schema: &Value, name: &str) -> Value {
    let schema = resolve(document, schema);
    match name {
        "ids" => return json!(["msg_demo"]),
        "expected_schedule_version" => return 1.into(),
        "scheduled_for" => return Value::Null,
        "email" => return "ada@example.org".into(),
        "subject" | "html_body" => return "x".into(),
        _ => {}
    }
    for part in ["allOf", "anyOf", "oneOf"] {
        if let Some(first) = schema[part].get(0) {
            return sample(document, first, name);
        }
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let members = schema["properties"].as_object().into_iter().flatten();
            let members = members.filter(|(name, _)| {
                required.iter().any(|other| other == *name) || NEEDED.contains(&name.as_str())
            });
            let members =
                members.map(|(name, schema)| (name.clone(), sample(document, schema, name)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Some("array") => json!([sample(document, &schema["items"], "")]),
        Some("integer" | "number") => 1.into(),
        Some("boolean") => true.into(),
        Some("string") => "x".into(),
        _ => Value::Null,
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(pointer) = value["$ref"].as_str() else { return value };
    resolve(document, document.pointer(pointer.trim_start_matches('#')).unwrap())
}

/// Returns how an answer differs from what the document says.
fn problem(document: &Value, operation: &Value, answer: &Answer) -> Option<String> {
    let status = answer.status.to_string();
    let described = &operation["responses"][&status];
    let described = match resolve(document, described) {
        // The documents list few of the errors that each operation has.
        Value::Null if answer.status >= 400 => {
            let name = ["ApiError", "ErrorResponse"]
                .into_iter()
                .find(|name| document["components"]["schemas"].get(name).is_some())?;
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            return invalid(document, &schema, answer);
        }
        Value::Null => return Some(format!("the status {status} is not described")),
        described => described,
    };
    for name in described["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        if answer.status < 300 && name == "Location" && answer.header(name).is_none() {
            return Some(format!("the header {name} is missing"));
        }
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let content = described["content"].as_object()?;
    let Some(media) = content.get(media_type) else {
        return Some(format!("the media type {media_type} is not described"));
    };
    if media_type != "application/json" {
        return None;
    }
    invalid(document, &media["schema"], answer)
}

fn invalid(document: &Value, schema: &Value, answer: &Answer) -> Option<String> {
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let body = answer.json();
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    (!errors.is_empty()).then(|| format!("{} {}", answer.status, errors.join("; ")))
}
