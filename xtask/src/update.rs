//! Refreshes the vendored documents: fetch, prove, compare, and only then write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sendmux_client_codegen::Module;
use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::compare::{self, Side};
use crate::fetch::{self, Fetched, Limits};
use crate::generator::{self, generated};
use crate::outcome::Failure;
use crate::report::Report;
use crate::source::Source;
use crate::spec::{self, Spec};

/// What to refresh, and from where.
#[derive(Debug, Clone)]
pub struct Update {
    /// The root of the workspace.
    pub root: PathBuf,
    /// The documents to refresh; if empty, the one that `from` turns out to be.
    pub specs: Vec<Spec>,
    /// Where to read the document instead of where the API publishes it.
    pub from: Option<Source>,
    /// Whether to report only and write nothing.
    pub check: bool,
    /// The limits of a fetch.
    pub limits: Limits,
}

/// The result of an update.
#[derive(Debug)]
pub struct Updated {
    /// What changed.
    pub report: Report,
    /// The documents that were compared.
    pub specs: Vec<Spec>,
    /// The files that were written.
    pub written: Vec<&'static str>,
}

/// A document from which the crate can be generated.
struct Proven {
    spec: Spec,
    path: PathBuf,
    before: String,
    after: String,
    report: Report,
    cached: Option<(PathBuf, CacheEntry)>,
}

/// Refreshes documents. All are proven before any is written. `wait` is called before each retry of
/// a fetch.
///
/// # Errors
/// Fails if a document cannot be read, is refused, or cannot be written.
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
                    Failure(format!("cannot write {}: {error}", one.path.display()))
                })?;
                written.push(one.spec.file());
            }
            if let Some((path, entry)) = &one.cached {
                entry.write(path);
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
        (Some(source), Some(spec)) => source.of_file(spec.file()),
        (Some(source), None) => source.clone(),
        (None, spec) => Source::Url(spec.unwrap_or(Spec::App).url().to_owned()),
    };
    let (text, cached) = read(task, spec, &source, wait).map_err(Failure)?;
    let refused = |why: &dyn std::fmt::Display| Failure(format!("{source} is refused: {why}"));
    let new = Side::parse(text).map_err(|error| refused(&error))?;
    let spec = spec.unwrap_or_else(|| Spec::detect(new.document().value()));
    let after = spec::canonical(new.document().value());
    let path = task.root.join(spec.file());
    let before = std::fs::read_to_string(&path)
        .map_err(|error| Failure(format!("cannot read {}: {error}", path.display())))?;
    let old = Side::parse(before.clone())
        .map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    let mut left_out = Vec::new();
    if before != after {
        generator::check(new.document().value()).map_err(|why| refused(&why))?;
        for module in spec.modules() {
            left_out.extend(prove_generation(&after, *module).map_err(|why| refused(&why))?);
        }
    }
    let mut report = compare::compare(&old, &new).map_err(|error| refused(&error))?;
    report.notes.extend(left_out);
    Ok(Proven { spec, path, before, after, report, cached })
}

/// Reads the text of a document, from the cache if the server says that it is unchanged. A fetched
/// text comes with its entry for the cache.
fn read(
    task: &Update,
    spec: Option<Spec>,
    source: &Source,
    wait: &mut dyn FnMut(Duration),
) -> Result<(String, Option<(PathBuf, CacheEntry)>), String> {
    let Source::Url(url) = source else {
        return Ok((source.read(&task.root)?, None));
    };
    // Below the build directory, as it may be deleted at any time.
    let name = spec.map_or("other", Spec::name);
    let path = task.root.join("target").join("xtask").join(format!("{name}.json"));
    let known = CacheEntry::read(&path, url);
    let etag = known.as_ref().map(|entry| entry.etag.as_str());
    match fetch::fetch(url, etag, &task.limits, wait)? {
        Fetched::NotModified => match known {
            Some(entry) => Ok((entry.text, None)),
            None => Err(format!("{url}: 304 Not Modified, although nothing is cached")),
        },
        Fetched::Document { text, etag } => {
            let entry = etag.map(|etag| CacheEntry { url: url.clone(), etag, text: text.clone() });
            Ok((text, entry.map(|entry| (path, entry))))
        }
    }
}

/// Proves that a module of the crate can be generated from a document, and that its code parses.
/// Returns a note for each operation or extra that the module leaves out.
fn prove_generation(document: &str, module: Module) -> Result<Vec<String>, String> {
    let generated = generated(document, module)?;
    syn::parse_file(generated.source())
        .map_err(|error| format!("{module}: the generated code does not parse: {error}"))?;
    Ok(generated.notes.iter().map(|note| format!("{module}: {note}")).collect())
}

/// A fetched document with its ETag, kept so that an unchanged document is not sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CacheEntry {
    url: String,
    etag: String,
    text: String,
}

impl CacheEntry {
    /// Reads the entry of a URL, if there is one.
    fn read(path: &Path, url: &str) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let entry: Self = serde_json::from_str(&text).ok()?;
        (entry.url == url).then_some(entry)
    }

    /// Writes the entry. A failure only costs another download.
    fn write(&self, path: &Path) {
        let written = path
            .parent()
            .map(std::fs::create_dir_all)
            .transpose()
            .and_then(|_| Ok(serde_json::to_string(self)?))
            .and_then(|text| atomic::replace(path, &text));
        if let Err(error) = written {
            anstream::eprintln!("warning: the download cannot be cached: {error}");
        }
    }
}
