//! Where documents come from: a file, `git:REV:PATH`, or a URL.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fetch::{self, Fetched, Limits};

/// Larger than any document.
const MAX_FILE_SIZE: u64 = 64 * 1024 * 1024;

/// A place to read a document from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A file of a commit, in the notation of `git show`.
    Git(String),
    /// A URL.
    Url(String),
}

impl Source {
    /// Parses an argument.
    ///
    /// # Errors
    /// Fails if it starts with `git:` and does not name a file of a commit.
    pub fn parse(argument: &str) -> Result<Self, String> {
        if let Some(object) = argument.strip_prefix("git:") {
            return match object.split_once(':') {
                Some((revision, path))
                    if !revision.is_empty() && !revision.starts_with('-') && !path.is_empty() =>
                {
                    Ok(Source::Git(object.to_owned()))
                }
                _ => Err(format!("`{argument}` does not have the form git:REV:PATH")),
            };
        }
        if argument.starts_with("http://") || argument.starts_with("https://") {
            return Ok(Source::Url(argument.to_owned()));
        }
        Ok(Source::File(PathBuf::from(argument)))
    }

    /// Whether it is a folder, which holds several documents.
    pub fn is_folder(&self) -> bool {
        matches!(self, Source::File(path) if path.is_dir())
    }

    /// Returns the source of one of the documents in a folder, or else the source itself.
    #[must_use]
    pub fn of_file(&self, name: &str) -> Self {
        match self {
            Source::File(path) if path.is_dir() => Source::File(path.join(name)),
            other => other.clone(),
        }
    }

    /// Reads the text.
    ///
    /// # Errors
    /// Fails with a sentence that names the source.
    pub fn read(&self, root: &Path) -> Result<String, String> {
        match self {
            Source::File(path) => read_file(path),
            Source::Git(object) => read_from_git(root, object),
            Source::Url(url) => {
                match fetch::fetch(url, None, &Limits::default(), &mut std::thread::sleep)? {
                    Fetched::Document { text, .. } => Ok(text),
                    Fetched::NotModified => Err(format!("{url}: 304 Not Modified")),
                }
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Git(object) => write!(f, "git:{object}"),
            Source::Url(url) => f.write_str(url),
        }
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_FILE_SIZE {
        let path = path.display();
        return Err(format!("{path} has {size} bytes; no document is that large"));
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn read_from_git(root: &Path, object: &str) -> Result<String, String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["show", "--end-of-options", object])
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git:{object}: {}", message.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("git:{object}: not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_name_files_commits_and_urls() {
        assert_eq!(Source::parse("a.json"), Ok(Source::File("a.json".into())));
        assert_eq!(
            Source::parse("git:HEAD~1:openapi.json"),
            Ok(Source::Git("HEAD~1:openapi.json".into()))
        );
        assert_eq!(Source::parse("https://a/b"), Ok(Source::Url("https://a/b".into())));
        for wrong in ["git:", "git:HEAD", "git::a", "git:HEAD:", "git:--output=x:y"] {
            assert!(Source::parse(wrong).is_err(), "{wrong}");
        }
    }
}
