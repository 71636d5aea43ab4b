//! Measures the comparison of two documents of half a megabyte: `cargo bench --package xtask`.
//!
//! Fails if a comparison exceeds its time limit.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xtask::compare::{self, Side};
use xtask::diff;

const APP: &str = include_str!("../../openapi.json");
const ROUNDS: usize = 15;

/// Returns the document with a new field in every component and new descriptions.
fn changed() -> Result<String, serde_json::Error> {
    let mut document: Value = serde_json::from_str(APP)?;
    let components = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for schema in components.into_iter().flat_map(|all| all.values_mut()) {
        if let Some(Value::Object(fields)) = schema.get_mut("properties") {
            fields.insert("zz_new".to_owned(), json!({"type": "string"}));
            if let Some(Value::Object(field)) = fields.values_mut().next() {
                field.insert("description".to_owned(), json!("Another text."));
            }
        }
    }
    Ok(document.to_string())
}

/// Returns the median duration of several runs.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn within(name: &str, took: Duration, bound: Duration) -> bool {
    println!("{name:<28} {took:>10.1?}   of {bound:?}");
    took <= bound
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let old = Side::parse(APP.to_owned())?;
    let new = Side::parse(changed()?)?;
    let findings = diff::compare(old.document(), new.document())?.len();
    println!("{} and {} bytes, {findings} findings", old.text().len(), new.text().len());
    let structure = median(|| drop(diff::compare(old.document(), new.document())));
    let both = median(|| drop(compare::compare(&old, &new)));
    let good = within("structural comparison", structure, Duration::from_millis(100))
        & within("with the Rust view", both, Duration::from_secs(1));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
