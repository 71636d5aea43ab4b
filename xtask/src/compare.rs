//! Both views of two documents together: what changed in them, and what changes in the crate.

use sendmux_client_codegen::{Item, Module};

use crate::diff::{self, Document, Finding, Refusal};
use crate::report::Report;
use crate::rust_view;
use crate::surface::Spec;

/// A document as text and as what it means.
#[derive(Debug, Clone)]
pub struct Side {
    text: String,
    document: Document,
}

impl Side {
    /// Reads a document.
    ///
    /// # Errors
    /// If the text is not an OpenAPI document.
    pub fn read(text: String) -> Result<Self, Refusal> {
        let document = Document::parse(&text)?;
        Ok(Self { text, document })
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Compares two documents in both views.
///
/// # Errors
/// If the documents are too entangled to compare. That the crate cannot be generated from one of
/// them is no error here: the report says that there is no Rust view, and why.
pub fn compare(old: &Side, new: &Side) -> Result<Report, Refusal> {
    if old.document.value() == new.document.value() {
        return Ok(Report::default());
    }
    let (found, before, after) = std::thread::scope(|scope| {
        let before = scope.spawn(|| items(old));
        let after = scope.spawn(|| items(new));
        let found = diff::compare(&old.document, &new.document);
        (found, joined(before), joined(after))
    });
    let mut findings = found?;
    let mut report = Report::default();
    match (before, after) {
        (Ok(before), Ok(after)) => {
            let documents = (&old.document, &new.document);
            let moved = rust_view::explain(&mut findings, (&before, &after), documents);
            report.names_changed = !moved.is_empty();
            report.notes = moved.iter().map(renamed).collect();
        }
        (before, after) => {
            findings.retain(|finding| !finding.silent);
            let said = |side: Result<Vec<Item>, String>, name: &str| {
                side.err().map(|why| format!("the crate cannot be generated from {name}: {why}"))
            };
            let reasons: Vec<String> =
                [said(before, "OLD"), said(after, "NEW")].into_iter().flatten().collect();
            report.notes.push(format!("There is no Rust view: {}.", reasons.join("; ")));
        }
    }
    diff::sort(&mut findings);
    report.findings = findings;
    Ok(report)
}

/// What there is to say about a schema that only stands elsewhere.
fn renamed(moved: &Finding) -> String {
    const SHOWN: usize = 6;
    let items = moved.rust.iter().take(SHOWN).map(|item| format!("`{item}`"));
    let mut items = items.collect::<Vec<_>>().join(", ");
    if moved.rust.len() > SHOWN {
        items.push_str(&format!(" and {} more", moved.rust.len() - SHOWN));
    }
    format!("{}, which is no change of the API, but its Rust names change: {items}.", moved.message)
}

fn joined(
    thread: std::thread::ScopedJoinHandle<'_, Result<Vec<Item>, String>>,
) -> Result<Vec<Item>, String> {
    thread.join().unwrap_or_else(|_| Err("the generator gave up on it".to_owned()))
}

fn items(side: &Side) -> Result<Vec<Item>, String> {
    let modules: Vec<Module> = Spec::described(side.document.value());
    rust_view::items(&side.text, &modules)
}
