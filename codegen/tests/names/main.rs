//! Public names stay what they are, whatever else a document comes to have.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its document has failed")]

mod additions;
#[path = "../history/documents.rs"]
mod history;

use std::collections::BTreeSet;

use additions::Choices;
use history::{documents, modules};
use sendmux_client_codegen::{Generated, Lock, Module, generate_with};
use serde_json::Value;

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
    for seed in first..first + rounds.unwrap_or(24) {
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
