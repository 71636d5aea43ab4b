//! Every document that the API has published builds, or says what it lacks.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

#[path = "history/documents.rs"]
mod documents;

use documents::{documents, modules};
use sendmux_client_codegen::{Generated, Module, Surface, generate};
use serde_json::Value;

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
const TEXTS: &str = "`Client::read_attachment_text`";
const DRAFTS: &str = "`Client::draft`";
const REPLIES: &str = "`MessageSend::reply`";
const RECORDS: &str = "`Domain::records`";

/// Sorts after all earlier documents of the app host, and before the vendored one.
const LAST_EARLIER: &str = "app-999";

/// Returns what a document cannot have, since the API described it later.
fn expected(name: &str, module: Module) -> Vec<&'static str> {
    let of = |last: &str, extra| (name <= last).then_some(extra);
    let all = match module {
        Module::Surface(Surface::Management) => vec![of("app-038-2026-07-03", RECORDS)],
        Module::Surface(Surface::Mailbox) => vec![
            of(LAST_EARLIER, TEXTS),
            of(LAST_EARLIER, DRAFTS),
            of("app-006-2026-05-19", INLINE),
            of(LAST_EARLIER, REPLIES),
            of("app-030-2026-06-30", UPLOADS),
            of("app-001-2026-05-13", FOLLOWING),
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
