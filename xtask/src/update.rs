//! Refreshes the vendored documents: fetch, generate, compare, compile, and only then write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sendmux_client_codegen::{Generated, Module};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::atomic;
use crate::compare::{self, Side};
use crate::derived;
use crate::fetch::{self, Fetched, Limits};
use crate::outcome::Failure;
use crate::packed::{self, Code};
use crate::report::Report;
use crate::rust_view::View;
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
    /// Whether to prove by compiling that the crate builds from a document before it is written.
    pub compile: bool,
    /// Whether to prove as well, even if only reporting, that every operation does on the wire what
    /// the documents describe.
    pub test: bool,
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
    /// The files that were written, relative to the workspace.
    pub written: Vec<PathBuf>,
    /// The files beside unchanged documents that do not say what these do, if only reporting.
    pub stale: Vec<PathBuf>,
}

/// A document from which the crate can be generated.
struct Proven {
    spec: Spec,
    source: Source,
    before: String,
    after: String,
    value: Value,
    modules: Vec<(Module, Generated)>,
    report: Report,
    cached: Option<(PathBuf, CacheEntry)>,
}

/// Refreshes documents, and what follows from them. All are proven before anything is written, and
/// if one file cannot be, none is. `wait` is called before each retry of a fetch.
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
    let generated = proven.iter_mut().flat_map(|one| std::mem::take(&mut one.modules));
    let code = Code::complete(&task.root, generated.collect())?;
    let derived = stale(task, &proven, &code)?;
    let changed: Vec<&Proven> = proven.iter().filter(|one| one.before != one.after).collect();
    if !changed.is_empty() && (task.test || task.compile && !task.check) {
        compile(task, &changed, &code)?;
    }
    let (mut written, mut stale) = (Vec::new(), Vec::new());
    if task.check {
        // Next to a changed document, nothing else can be what it says.
        if changed.is_empty() {
            stale = derived.into_iter().map(|(file, _)| file).collect();
        }
    } else {
        let mut files: Vec<(PathBuf, String)> =
            changed.iter().map(|one| (PathBuf::from(one.spec.file()), one.after.clone())).collect();
        files.extend(derived);
        written = files.iter().map(|(file, _)| file.clone()).collect();
        let files = files.into_iter().map(|(file, text)| (task.root.join(file), text));
        atomic::replace_all(&files.collect::<Vec<_>>()).map_err(|(path, error)| {
            Failure(format!("cannot write {}: {error}", path.display()))
        })?;
        for (path, entry) in proven.iter().filter_map(|one| one.cached.as_ref()) {
            entry.write(path);
        }
    }
    let specs = proven.iter().map(|one| one.spec).collect();
    let report =
        Report::joined(proven.into_iter().map(|one| (one.spec.file(), one.report)).collect());
    Ok(Updated { report, specs, written, stale })
}

/// Returns the files beside the documents that have to change, with their new texts.
fn stale(task: &Update, proven: &[Proven], code: &Code) -> Result<Vec<(PathBuf, String)>, Failure> {
    let document = |module: Module| -> Result<Value, Failure> {
        let new = proven.iter().find(|one| one.spec.file() == module.document());
        if let Some(new) = new {
            return Ok(new.value.clone());
        }
        let text = packed::read(&task.root.join(module.document()))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure(format!("{}: {error}", module.document())))
    };
    let mut files = derived::files(&task.root, code, &document)?;
    files.retain(|(file, text)| {
        std::fs::read_to_string(task.root.join(file)).ok().as_ref() != Some(text)
    });
    Ok(files.into_iter().map(|(file, text)| (file.to_owned(), text)).collect())
}

/// Proves that the crate compiles from the changed documents and, if wanted, tests its operations.
fn compile(task: &Update, changed: &[&Proven], code: &Code) -> Result<(), Failure> {
    anstream::eprintln!("compiling the crate from the new code (--no-compile leaves it out)");
    let documents: Vec<(&str, String)> = match task.test {
        true => changed.iter().map(|one| (one.spec.file(), one.after.clone())).collect(),
        false => Vec::new(),
    };
    packed::check(&task.root, code, &documents).map_err(|failure| {
        let sources: Vec<String> = changed.iter().map(|one| one.source.to_string()).collect();
        let what = if task.test { "compile from it and pass its tests" } else { "compile from it" };
        Failure(format!(
            "{} is refused: the crate does not {what}: {failure}",
            sources.join(" with ")
        ))
    })
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
    let mut modules = Vec::new();
    if before != after {
        for module in spec.modules() {
            let generated = spec::generated(&after, *module).map_err(|why| refused(&why))?;
            modules.push((*module, generated));
        }
    }
    let view = View::of(modules.iter().map(|(_, generated)| generated));
    let mut report =
        compare::compare_generated(&old, &new, Some(view)).map_err(|error| refused(&error))?;
    for (module, generated) in &modules {
        let notes = generated.notes.iter().map(|note| format!("{module}: {note}"));
        report.notes.extend(notes);
    }
    let value = new.document().value().clone();
    Ok(Proven { spec, source, before, after, value, modules, report, cached })
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
