//! Public names stay what they are, whatever else a document comes to have.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

mod additions;
#[path = "../history/documents.rs"]
mod history;

use std::collections::BTreeSet;

use additions::Choices;
use history::{documents, modules};
use sendmux_client_codegen::{Generated, Lock, Module, Surface, generate_with};
use serde_json::{Value, json};

const LOCK: &str = include_str!("../../names.lock.json");

fn generated(name: &str, document: &Value, module: Module, lock: &Lock) -> Generated {
    let generated = generate_with(&document.to_string(), module, lock);
    generated.unwrap_or_else(|error| panic!("{name} {module}: {error}"))
}

/// Returns what a caller's code depends on.
fn public(generated: &Generated) -> BTreeSet<String> {
    let items = generated.items.iter();
    items.map(|item| format!("{}: {}", item.path, item.signature)).collect()
}

#[test]
fn the_lock_knows_everything_that_is_public() {
    let known = Lock::parse(LOCK).unwrap();
    let vendored = documents().into_iter().filter(|(name, _)| name.ends_with("vendored"));
    let lock = vendored.fold(known, |lock, (name, document)| {
        modules(&name).fold(lock, |lock, module| generated(&name, &document, module, &lock).lock)
    });
    if std::env::var_os("SENDMUX_WRITE_LOCK").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/names.lock.json");
        std::fs::write(path, lock.to_string()).unwrap();
    } else {
        let is_complete = lock.to_string() == LOCK;
        assert!(is_complete, "run this test with SENDMUX_WRITE_LOCK=1 to extend the lock");
    }
}

/// Tries random additions to random documents, as many times as `SENDMUX_ROUNDS` says.
#[test]
fn an_addition_changes_no_name() {
    let rounds = std::env::var("SENDMUX_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let first = std::env::var("SENDMUX_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let documents = documents();
    for seed in first..first + rounds.unwrap_or(12) {
        let mut choices = Choices(seed);
        let (name, document) = &documents[choices.below(documents.len())];
        let all: Vec<Module> = modules(name).collect();
        let module = all[choices.below(all.len())];
        let before = generated(name, document, module, &Lock::parse(LOCK).unwrap());
        let mut more = document.clone();
        let count = 1 + choices.below(8);
        let additions: Vec<String> =
            (0..count).map(|_| additions::add(&mut more, &mut choices)).collect();
        let after = generated(name, &more, module, &before.lock);
        let (old, new) = (public(&before), public(&after));
        let gone: Vec<&String> = old.difference(&new).collect();
        assert!(
            gone.is_empty(),
            "seed {seed}, {name} {module}\n{additions:#?}\ngone: {gone:#?}\nnotes: {:#?}",
            after.notes.iter().map(ToString::to_string).collect::<Vec<_>>()
        );
        syn::parse_file(after.source()).unwrap();
        let again = generated(name, &more, module, &after.lock);
        assert_eq!(public(&again), new, "seed {seed}, {name} {module}: {additions:#?}");
        assert!(again.lock == after.lock, "seed {seed}, {name} {module}: {additions:#?}");
        let back = generated(name, document, module, &after.lock);
        assert_eq!(public(&back), old, "seed {seed}, {name} {module}: {additions:#?}");
    }
}

/// Generates each earlier document with the names of those before it.
#[test]
fn a_refresh_takes_no_method_and_no_type_away() {
    let documents: Vec<_> =
        documents().into_iter().filter(|(name, _)| !name.ends_with("vendored")).collect();
    for host in ["app", "sending"] {
        for module in modules(host) {
            let mut lock = Lock::default();
            let mut known = BTreeSet::new();
            for (name, document) in documents.iter().filter(|(name, _)| name.starts_with(host)) {
                let after = generated(name, document, module, &lock);
                let paths = after.items.iter().map(|item| item.path.clone());
                let is_name = |path: &String| {
                    path.contains("::Client::")
                        || path.matches("::").count() == 2 && path.contains("::types::")
                };
                let names: BTreeSet<String> = paths.filter(is_name).collect();
                let gone: Vec<&String> = known.difference(&names).collect();
                assert!(gone.is_empty(), "{name} {module}: {gone:#?}");
                (lock, known) = (after.lock, names);
            }
        }
    }
}

/// The API used to require `to` and `subject` of an e-mail.
#[test]
fn a_constructor_keeps_its_arguments() {
    let is_constructor = |path: &str| {
        let function = path.strip_prefix("mailbox::types::MessageSend::").unwrap_or_default();
        ["new", "default"].contains(&function) || function.starts_with("with_")
    };
    let constructors = |generated: &Generated| -> Vec<String> {
        let items = generated.items.iter().filter(|item| is_constructor(&item.path));
        items.map(|item| format!("{} {}", item.path, item.signature)).collect()
    };
    let (name, mut document) =
        documents().into_iter().find(|(name, _)| name == "app-vendored").unwrap();
    let module = Module::Surface(Surface::Mailbox);
    let body = "/components/schemas/SendMailboxMessageBody";
    let mut with = |required: &[&str], lock: &Lock| {
        document.pointer_mut(body).unwrap()["required"] = json!(required);
        let generated = generated(&name, &document, module, lock);
        (constructors(&generated), generated)
    };
    let new = |arguments: &str| format!("mailbox::types::MessageSend::new fn({arguments})");
    let (found, first) = with(&["subject", "to"], &Lock::default());
    assert_eq!(found, [new("to,subject")]);
    let (found, second) = with(&["to"], &first.lock);
    let with_to = "mailbox::types::MessageSend::with_to fn(to)".to_owned();
    assert_eq!(found, [new("to,subject"), with_to.clone()]);
    let (found, third) = with(&[], &second.lock);
    let default = "mailbox::types::MessageSend::default fn()".to_owned();
    assert_eq!(found, [default.clone(), new("to,subject"), with_to]);
    let (found, fourth) = with(&["from"], &third.lock);
    let with_from = "mailbox::types::MessageSend::with_from fn(from)".to_owned();
    assert_eq!(found, [new("to,subject,from"), with_from]);
    assert_eq!(fourth.notes[0].subject(), "`MessageSend::new` with the arguments it had");
    assert_eq!(fourth.notes[0].reason().pointer(), body);
}

#[test]
fn a_method_keeps_its_arguments() {
    let (name, mut document) =
        documents().into_iter().find(|(name, _)| name == "app-vendored").unwrap();
    let module = Module::Surface(Surface::Management);
    let usage = "/paths/~1mailboxes~1{public_id}~1usage/get/parameters";
    // The name of each method, and what it takes.
    let methods = |generated: &Generated| -> Vec<String> {
        let methods = generated.source().split("pub fn ").skip(1);
        let methods = methods.filter(|method| method.starts_with("get_mailbox_cost_usage"));
        let words = |method: &str| {
            let (name, rest) = method.split("->").next().unwrap().split_once('(').unwrap();
            let parts: Vec<&str> = rest.split(": impl").collect();
            let taken = parts[..parts.len() - 1].iter();
            let taken = taken.filter_map(|part| part.split_whitespace().next_back());
            std::iter::once(name).chain(taken).collect::<Vec<&str>>().join(" ")
        };
        methods.map(words).collect()
    };
    let all = "get_mailbox_cost_usage public_id start end".to_owned();
    let first = generated(&name, &document, module, &Lock::default());
    assert_eq!(methods(&first), std::slice::from_ref(&all));
    // An operation goes on taking what it took, in the same order, whatever else the API does.
    let parameters = document.pointer_mut(usage).unwrap().as_array_mut().unwrap();
    parameters.reverse();
    for parameter in parameters.iter_mut().filter(|parameter| parameter["name"] == "start") {
        parameter["required"] = false.into();
    }
    let second = generated(&name, &document, module, &first.lock);
    let less = "get_mailbox_cost_usage_without_start public_id end".to_owned();
    assert_eq!(methods(&second), [all, less]);
    assert_eq!(second.operations, first.operations);
}

#[test]
fn places_that_share_a_type_go_on_sharing_it() {
    let (name, mut document) =
        documents().into_iter().find(|(name, _)| name == "app-vendored").unwrap();
    let module = Module::Surface(Surface::Management);
    let lock = Lock::parse(LOCK).unwrap();
    let schemas = "/components/schemas";
    let status = format!("{schemas}/DeliveryLogItem/properties/status");
    document.pointer_mut(&status).unwrap()["enum"].as_array_mut().unwrap().push("lost".into());
    let generated = generated(&name, &document, module, &lock);
    let public = public(&generated);
    assert!(public.contains("management::types::EmailStatus::Lost: variant \"lost\""));
    for owner in ["EmailLog", "EmailLogDetail"] {
        let field = format!("management::types::{owner}::status: ");
        let field = public.iter().find(|item| item.starts_with(&field)).unwrap();
        assert!(field.contains("EmailStatus"), "{field}");
    }
}
