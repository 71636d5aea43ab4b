//! Combines both views of two documents: what changed in the API, and what changes in the crate.

use sendmux_client_codegen::Module;

use crate::diff::{self, Document, DocumentError, Finding};
use crate::report::Report;
use crate::rust_view::{self, LeftOut, View};
use crate::spec::Spec;

/// One side of a comparison: a document as text and parsed.
#[derive(Debug, Clone)]
pub struct Side {
    text: String,
    document: Document,
}

impl Side {
    /// Parses a document.
    ///
    /// # Errors
    /// Fails if the text is not an OpenAPI document.
    pub fn parse(text: String) -> Result<Self, DocumentError> {
        let document = Document::parse(&text)?;
        Ok(Self { text, document })
    }

    /// Returns the parsed document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Compares two documents in both views. If the crate cannot be generated from one of them, the
/// report has no Rust view and says why.
///
/// # Errors
/// Fails if the schemas refer to each other in too many ways to be compared.
pub fn compare(old: &Side, new: &Side) -> Result<Report, DocumentError> {
    compare_generated(old, new, None)
}

/// Compares two documents as [`compare`] does. If code was generated from the new one already, what
/// it holds is given.
///
/// # Errors
/// Fails as [`compare`] does.
pub fn compare_generated(
    old: &Side,
    new: &Side,
    generated: Option<View>,
) -> Result<Report, DocumentError> {
    if old.document.value() == new.document.value() {
        return Ok(Report::default());
    }
    let (found, before, after) = std::thread::scope(|scope| {
        let before = scope.spawn(|| view(old));
        let after = scope.spawn(|| generated.map_or_else(|| view(new), Ok));
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
            report.notes = moved.iter().map(note_on).collect();
            let known = |one: &&LeftOut| {
                !before.left_out.iter().any(|other| other.operation == one.operation)
            };
            let left_out =
                after.left_out.iter().filter(known).map(|one| format!("{}.", one.message));
            report.notes.extend(left_out);
        }
        (before, after) => {
            findings.retain(|finding| !finding.unreported);
            if before.is_err() && old.text.len() <= MAX_GENERATED {
                rust_view::without_items(&mut findings);
            }
            let refused = |side: Result<View, String>, name: &str| {
                side.err().map(|why| format!("the crate cannot be generated from {name}: {why}"))
            };
            let reasons: Vec<String> =
                [refused(before, "OLD"), refused(after, "NEW")].into_iter().flatten().collect();
            report.notes.push(format!("No Rust view: {}.", reasons.join("; ")));
        }
    }
    diff::sort(&mut findings);
    report.findings = findings;
    Ok(report)
}

/// Describes a schema that is only defined elsewhere.
fn note_on(moved: &Finding) -> String {
    const LISTED: usize = 6;
    let items = moved.rust.iter().take(LISTED).map(|item| format!("`{item}`"));
    let mut items = items.collect::<Vec<_>>().join(", ");
    if moved.rust.len() > LISTED {
        items.push_str(&format!(" and {} more", moved.rust.len() - LISTED));
    }
    format!("{}. The API is the same, but Rust names change: {items}.", moved.message)
}

fn joined(thread: std::thread::ScopedJoinHandle<'_, Result<View, String>>) -> Result<View, String> {
    thread.join().unwrap_or_else(|_| Err("the generator panicked".to_owned()))
}

/// The size in bytes up to which a document is compared in both views: over ten times that of the
/// API's own. Generating code from a larger one takes minutes.
const MAX_GENERATED: usize = 10 * 1024 * 1024;

fn view(side: &Side) -> Result<View, String> {
    if side.text.len() > MAX_GENERATED {
        return Err("the document is larger than 10 MB".to_owned());
    }
    let modules: Vec<Module> = Spec::modules_in(side.document.value());
    rust_view::view(&side.text, &modules)
}
