//! Remembers what was fetched, so that an unchanged document is not sent again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::surface::Spec;

/// A fetched document with its ETag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it came from.
    pub url: String,
    /// What the server calls this version of it.
    pub etag: String,
    /// The document.
    pub text: String,
}

/// The place of an entry, below the build directory: it may go at any time.
pub fn path(root: &Path, spec: Option<Spec>) -> PathBuf {
    let name = spec.map_or("other", Spec::name);
    root.join("target").join("xtask").join(format!("{name}.json"))
}

/// The entry of an address, if there is one.
pub fn entry(path: &Path, url: &str) -> Option<Entry> {
    let text = std::fs::read_to_string(path).ok()?;
    let entry: Entry = serde_json::from_str(&text).ok()?;
    (entry.url == url).then_some(entry)
}

/// Keeps an entry. That it cannot be kept costs a download next time and nothing else.
pub fn keep(path: &Path, entry: &Entry) {
    let written = path
        .parent()
        .map(std::fs::create_dir_all)
        .transpose()
        .and_then(|_| Ok(serde_json::to_string(entry)?))
        .and_then(|text| atomic::replace(path, &text));
    if let Err(error) = written {
        anstream::eprintln!("the download is not remembered: {error}");
    }
}
