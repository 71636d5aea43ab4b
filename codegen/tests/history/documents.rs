//! The documents that the API has published.

use std::io::Read;

use lzma_rust2::XzReader;
use sendmux_client_codegen::{Module, Surface};
use serde_json::Value;

/// Earlier documents without their prose, one per line.
const DOCUMENTS: &[u8] = include_bytes!("documents.jsonl.xz");

/// The documents that the client is built from.
const VENDORED: [(&str, &str); 2] = [
    ("app-vendored", include_str!("../../../openapi.json")),
    ("sending-vendored", include_str!("../../../openapi-sending.json")),
];

/// Returns each document with its name: the host and, of an earlier one, a number and the day.
pub(crate) fn documents() -> Vec<(String, Value)> {
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

pub(crate) fn modules(name: &str) -> impl Iterator<Item = Module> {
    let sending = name.starts_with("sending");
    Module::ALL.into_iter().filter(move |module| sending == (*module == Surface::Sending.into()))
}
