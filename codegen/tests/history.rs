//! Every document that the API has published builds, or says what it lacks.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

use std::io::Read;

use lzma_rust2::XzReader;
use sendmux_client_codegen::{Generated, Module, Surface, generate};
use serde_json::Value;

/// Earlier documents without their prose, one per line.
const DOCUMENTS: &[u8] = include_bytes!("history/documents.jsonl.xz");

/// The documents that the client is built from.
const VENDORED: [(&str, &str); 2] = [
    ("app-vendored", include_str!("../../openapi.json")),
    ("sending-vendored", include_str!("../../openapi-sending.json")),
];

/// Returns each document with its name: the host and, of an earlier one, a number and the day.
fn documents() -> Vec<(String, Value)> {
    let mut text = String::new();
    XzReader::new(DOCUMENTS, true).read_to_string(&mut text).unwrap();
    let vendored =
        VENDORED.map(|(name, document)| (name.to_owned(), serde_json::from_str(document).unwrap()));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|mut line| (line["name"].as_str().unwrap().to_owned(), line["document"].take()))
        .chain(vendored)
        .collect()
}

fn modules(name: &str) -> impl Iterator<Item = Module> {
    let sending = name.starts_with("sending");
    Module::ALL.into_iter().filter(move |module| sending == (*module == Surface::Sending.into()))
}

fn generated(name: &str, document: &Value, module: Module) -> Generated {
    generate(&document.to_string(), module).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn operations_in(document: &Value, module: Module) -> usize {
    let covers = |path: &str| match module {
        Module::Surface(Surface::Management) => !path.starts_with("/mailbox/"),
        Module::Surface(Surface::Mailbox) => path.starts_with("/mailbox/"),
        Module::Surface(Surface::Sending) => true,
        Module::Webhooks => false,
    };
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .filter(|(path, _)| covers(path))
        .map(|(_, item)| item.as_object().unwrap().len())
        .sum()
}

const DELIVERIES: &str = "the types of events; `Verifier` and `Delivery`";
const INLINE: &str = "`InlineAttachment::from_bytes`";
const UPLOADS: &str = "`Client::upload_signed` and `Client::put_signed`";
const FOLLOWING: &str = "`Client::follow` and `GetChanges::feed`";

/// Returns what a document cannot have, since the API described it later.
fn expected(name: &str, module: Module) -> Vec<&'static str> {
    let of = |last: &str, extra| (name <= last).then_some(extra);
    let all = match module {
        Module::Surface(Surface::Management) => vec![],
        Module::Surface(Surface::Mailbox) => vec![
            of("app-006-2026-05-19", INLINE),
            of("app-030-2026-06-30", UPLOADS),
            // Its operations had no ids yet.
            of("app-017-2026-05-28", FOLLOWING),
        ],
        Module::Surface(Surface::Sending) => {
            let first = "sending-001-2026-05-29";
            vec![of(first, INLINE), of(first, UPLOADS)]
        }
        Module::Webhooks => vec![of("app-012-2026-05-21", DELIVERIES)],
    };
    all.into_iter().flatten().collect()
}

#[test]
fn every_operation_is_generated_and_extras_follow_the_document() {
    for (name, document) in &documents() {
        for module in modules(name) {
            let generated = generated(name, document, module);
            assert_eq!(generated.operations, operations_in(document, module), "{name} {module}");
            let left_out: Vec<&str> = generated.notes.iter().map(|note| note.subject()).collect();
            let (left_out, expected) = (left_out.join("; "), expected(name, module).join("; "));
            assert_eq!(left_out, expected, "{name} {module}");
            for file in [generated.source(), generated.mocks()] {
                syn::parse_file(file).unwrap_or_else(|error| panic!("{name} {module}: {error}"));
            }
        }
    }
}
