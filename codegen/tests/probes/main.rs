//! What an OpenAPI document may say, one construct per line of `probes.jsonl`: each is generated right,
//! or its operation is left out, beside all the others in one document.
//!
//! A line has the parts of an operation: `method`, `path`, `parameters`, `body` (its content),
//! `responses`, members of the `operation` and of the path `item`, which may be `moved` to the
//! components, or a `schema` of its response, a `property` of it, or a `sent` property of its body.
//! `gives` lists items with their signatures; `refused` is the place that the note names (`@` is the
//! operation, `$` its path, `#` its schema), and `noted` the place of a note on an operation that is
//! generated. `Odd` stands for the schema and `Probe` for the operation, which have numbers in the
//! document.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use sendmux_client_codegen::{Generated, Lock, Surface, generate_with};
use serde_json::{Map, Value, json};

const PROBES: &str = include_str!("probes.jsonl");

struct Probe {
    number: usize,
    what: String,
    line: Value,
}

impl Probe {
    fn all() -> Vec<Probe> {
        let probe = |(index, line): (usize, &str)| {
            let number = index + 1;
            let text = line
                .replace("schemas/Odd", &format!("schemas/Odd{number}x"))
                .replace("\"Odd", &format!("\"Odd{number}x"));
            let line: Value = serde_json::from_str(&text).unwrap();
            let what = line["what"].as_str().unwrap().to_owned();
            Probe { number, what, line }
        };
        PROBES.lines().enumerate().map(probe).collect()
    }

    fn schema(&self) -> String {
        format!("Odd{}x", self.number)
    }

    fn path(&self) -> String {
        let end = self.line["path"].as_str().unwrap_or_default();
        format!("/p{}/{{id}}{end}", self.number)
    }

    fn method(&self) -> &str {
        let sends = ["body", "sent"].iter().any(|key| self.line.get(key).is_some())
            || self.line["operation"].get("requestBody").is_some();
        self.line["method"].as_str().unwrap_or(if sends { "post" } else { "get" })
    }

    /// Writes the numbers into names.
    fn numbered(&self, text: &str) -> String {
        text.replace("Odd", &self.schema())
            .replace("Probe", &format!("Probe{}x", self.number))
            .replace("probe", &format!("probe{}x", self.number))
    }

    fn place(&self, pointer: &str) -> String {
        let path = self.path().replace('/', "~1");
        pointer
            .replace('@', &format!("/paths/{path}/{}", self.method()))
            .replace('$', &format!("/paths/{path}"))
            .replace('#', &format!("/components/schemas/{}", self.schema()))
    }

    fn describe(&self, document: &mut Value) {
        let to = json!({"$ref": format!("#/components/schemas/{}", self.schema())});
        let mut operation = json!({
            "operationId": format!("managementProbe{}x", self.number),
            "responses": {"204": {"description": ""}},
        });
        let answer =
            json!({"200": {"description": "", "content": {"application/json": {"schema": to}}}});
        let schemas = &mut document["components"]["schemas"];
        let object = |schema: &Value| json!({"type": "object", "properties": {"a": schema}});
        if let Some(schema) = self.line.get("property") {
            schemas[self.schema()] = object(schema);
            operation["responses"] = answer;
        } else if let Some(schema) = self.line.get("schema") {
            schemas[self.schema()] = schema.clone();
            operation["responses"] = answer;
        } else if let Some(schema) = self.line.get("sent") {
            schemas[self.schema()] = object(schema);
            operation["requestBody"] = json!({"content": {"application/json": {"schema": to}}});
        }
        for (name, schema) in self.line["components"].as_object().into_iter().flatten() {
            schemas[name] = schema.clone();
        }
        if let Some(content) = self.line.get("body") {
            operation["requestBody"] = json!({ "content": content });
        }
        for key in ["parameters", "responses"] {
            if let Some(value) = self.line.get(key) {
                operation[key] = value.clone();
            }
        }
        let id =
            json!({"in": "path", "name": "id", "required": true, "schema": {"type": "string"}});
        let is_id = |other: &Value| other["in"] == "path" && other["name"] == "id";
        let list = operation.as_object_mut().unwrap().entry("parameters").or_insert(json!([]));
        let list = list.as_array_mut().unwrap();
        if !list.iter().any(is_id) {
            list.push(id);
        }
        let members = |key: &str| self.line[key].as_object().cloned().unwrap_or_default();
        operation.as_object_mut().unwrap().extend(members("operation"));
        let mut item = Map::from_iter([(self.method().to_owned(), operation)]);
        item.extend(members("item"));
        document["paths"][self.path()] = match self.line["moved"] == true {
            true => {
                let name = self.schema();
                document["components"]["pathItems"][&name] = item.into();
                json!({"$ref": format!("#/components/pathItems/{name}")})
            }
            false => item.into(),
        };
    }
}

/// Returns a document with all probes.
fn document(probes: &[Probe]) -> Value {
    let text = || json!({"type": "string"});
    let plain = json!({"type": "object", "required": ["id"], "properties": {"id": text()}});
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Probes", "version": "1"},
        "servers": [{"url": "https://app.example.com/api/v1"}],
        "paths": {},
        "components": {
            "schemas": {"Plain": plain},
            "pathItems": {},
            "parameters": {"Limit": {"in": "query", "name": "limit", "schema": {"type": "integer"}}},
            "requestBodies": {"Plain": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Plain"}}}}},
        },
    });
    for probe in probes {
        probe.describe(&mut document);
    }
    document
}

fn generated(document: &Value) -> Generated {
    generate_with(&document.to_string(), Surface::Management, &Lock::default()).unwrap()
}

/// Writes the vendored document with the probes to `openapi.json` in the folder that `SENDMUX_PROBES`
/// names: `cargo xtask update-spec --surface app --check --test --from` that folder compares what the
/// client sends and reads with it.
#[test]
#[ignore = "writes a file"]
fn the_document_is_written() {
    let folder = PathBuf::from(std::env::var_os("SENDMUX_PROBES").unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    let probes = document(&Probe::all());
    let mut all: Value = serde_json::from_str(include_str!("../../../openapi.json")).unwrap();
    all["openapi"] = "3.2.0".into();
    let components = probes["components"].as_object().unwrap();
    join(&mut all["paths"], &probes["paths"]);
    for (kind, more) in components {
        join(&mut all["components"][kind], more);
    }
    std::fs::write(folder.join("openapi.json"), all.to_string()).unwrap();
}

/// Adds members that an object does not have.
fn join(all: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        assert!(all[name].is_null(), "{name}");
        all[name] = value.clone();
    }
}

#[test]
fn each_is_generated_right_or_left_out_alone() {
    let probes = Probe::all();
    let generated = generated(&document(&probes));
    syn::parse_file(generated.source()).unwrap();
    let items: BTreeMap<&str, &str> =
        generated.items.iter().map(|item| (item.path.as_str(), item.signature.as_str())).collect();
    let mut wrong = Vec::new();
    for probe in &probes {
        let start = format!("/paths/{}", probe.path().replace('/', "~1"));
        let subject = format!("`{} {}`", probe.method().to_uppercase(), probe.path());
        let note = generated.notes.iter().find(|note| {
            note.subject() == subject
                || note.subject() == format!("`{}`", probe.path())
                || note.reason().pointer().starts_with(&start)
        });
        let place = note.map(|note| note.reason().pointer().to_owned());
        let text = |key: &str| probe.line[key].as_str();
        let expected = text("refused").or_else(|| text("noted")).map(|place| probe.place(place));
        if place != expected {
            wrong.push(format!("{}: {place:?}: {note:?}", probe.what));
        }
        for (path, signature) in probe.line["gives"].as_object().into_iter().flatten() {
            let path = format!("management::{}", probe.numbered(path));
            let found = items.get(path.as_str()).copied();
            let signature = probe.numbered(signature.as_str().unwrap());
            if found != Some(signature.as_str()) {
                wrong.push(format!("{}: {path}: {found:?} instead of {signature}", probe.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let refused = probes.iter().filter(|probe| probe.line.get("refused").is_some()).count();
    assert_eq!(generated.operations, probes.len() - refused);
}
