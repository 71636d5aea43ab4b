//! Refreshes the vendored documents: fetch, prove, compare, and only then write.

use std::path::PathBuf;
use std::time::Duration;

use sendmux_client_codegen::{Module, generate};

use crate::compare::{self, Side};
use crate::fetch::{self, Fetched, Limits};
use crate::outcome::Failure;
use crate::report::Report;
use crate::source::Source;
use crate::surface::Spec;
use crate::{atomic, cache, canonical};

/// What to refresh, and from where.
#[derive(Debug, Clone)]
pub struct Update {
    /// The workspace.
    pub root: PathBuf,
    /// Which documents; none to tell by the document.
    pub specs: Vec<Spec>,
    /// Where to get the document instead of where the API publishes it.
    pub from: Option<Source>,
    /// Whether to leave every file as it is.
    pub check: bool,
    /// Limits of the fetch.
    pub limits: Limits,
}

/// What came of it.
#[derive(Debug)]
pub struct Updated {
    /// What changed.
    pub report: Report,
    /// The documents that were looked at.
    pub specs: Vec<Spec>,
    /// Files that were written.
    pub written: Vec<&'static str>,
}

/// A document that may be written.
struct Proven {
    spec: Spec,
    path: PathBuf,
    before: String,
    after: String,
    report: Report,
    remember: Option<(PathBuf, cache::Entry)>,
}

/// Refreshes documents. All are proven before any is written.
///
/// # Errors
/// If a document cannot be had, is refused, or cannot be written; the sentence says why and where.
pub fn update(task: &Update, wait: &mut dyn FnMut(Duration)) -> Result<Updated, Failure> {
    let mut proven = Vec::new();
    if task.specs.is_empty() {
        proven.push(prove(task, None, wait)?);
    }
    for spec in &task.specs {
        proven.push(prove(task, Some(*spec), wait)?);
    }
    let mut written = Vec::new();
    if !task.check {
        for one in &proven {
            if one.before != one.after {
                atomic::replace(&one.path, &one.after).map_err(|error| {
                    Failure(format!("{} cannot be written: {error}", one.path.display()))
                })?;
                written.push(one.spec.file());
            }
            if let Some((path, entry)) = &one.remember {
                cache::keep(path, entry);
            }
        }
    }
    let specs = proven.iter().map(|one| one.spec).collect();
    let report =
        Report::joined(proven.into_iter().map(|one| (one.spec.file(), one.report)).collect());
    Ok(Updated { report, specs, written })
}

fn prove(
    task: &Update,
    spec: Option<Spec>,
    wait: &mut dyn FnMut(Duration),
) -> Result<Proven, Failure> {
    let source = match (&task.from, spec) {
        (Some(source), _) => source.clone(),
        (None, spec) => Source::Url(spec.unwrap_or(Spec::App).address().to_owned()),
    };
    let (text, remember) = get(task, spec, &source, wait).map_err(Failure)?;
    let name = describe(&source);
    let refused = |why: &dyn std::fmt::Display| Failure(format!("{name} is refused: {why}"));
    let new = Side::read(text).map_err(|error| refused(&error))?;
    let spec = spec.unwrap_or_else(|| Spec::of(new.document().value()));
    let after = canonical::text(new.document().value());
    let path = task.root.join(spec.file());
    let before = std::fs::read_to_string(&path)
        .map_err(|error| Failure(format!("{} cannot be read: {error}", path.display())))?;
    let old = Side::read(before.clone())
        .map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    if before != after {
        for module in spec.modules() {
            buildable(&after, *module).map_err(|why| refused(&why))?;
        }
    }
    let report = compare::compare(&old, &new).map_err(|error| refused(&error))?;
    Ok(Proven { spec, path, before, after, report, remember })
}

type Remembered = Option<(PathBuf, cache::Entry)>;

fn get(
    task: &Update,
    spec: Option<Spec>,
    source: &Source,
    wait: &mut dyn FnMut(Duration),
) -> Result<(String, Remembered), String> {
    let Source::Url(url) = source else {
        return Ok((source.read(&task.root)?, None));
    };
    let path = cache::path(&task.root, spec);
    let known = cache::entry(&path, url);
    let etag = known.as_ref().map(|entry| entry.etag.as_str());
    match fetch::fetch(url, etag, &task.limits, wait)? {
        Fetched::NotModified => match known {
            Some(entry) => Ok((entry.text, None)),
            None => Err(format!("{url}: 304 Not Modified, though nothing was known before")),
        },
        Fetched::Document { text, etag } => {
            let entry =
                etag.map(|etag| cache::Entry { url: url.clone(), etag, text: text.clone() });
            Ok((text, entry.map(|entry| (path, entry))))
        }
    }
}

fn describe(source: &Source) -> String {
    match source {
        Source::File(path) => path.display().to_string(),
        Source::Git(object) => format!("git:{object}"),
        Source::Url(url) => url.clone(),
    }
}

/// Whether a module of the crate can be built from the document.
fn buildable(document: &str, module: Module) -> Result<(), String> {
    let generated = generate(document, module).map_err(|error| format!("{module}: {error}"))?;
    syn::parse_file(generated.source())
        .map(drop)
        .map_err(|error| format!("{module}: the generated code does not parse: {error}"))
}
