//! Where the documents of a comparison come from: a file, `git:REV:PATH`, or an address.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fetch::{self, Fetched, Limits};

/// More than any document; a file beyond it is not one.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// One place to read a document from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file on this machine.
    File(PathBuf),
    /// A file of a commit, as `git show` names it.
    Git(String),
    /// An address.
    Url(String),
}

impl Source {
    /// Reads the word for a source.
    ///
    /// # Errors
    /// If it starts like a commit's file and is none.
    pub fn parse(word: &str) -> Result<Self, String> {
        if let Some(object) = word.strip_prefix("git:") {
            return match object.split_once(':') {
                Some((revision, path))
                    if !revision.is_empty() && !revision.starts_with('-') && !path.is_empty() =>
                {
                    Ok(Source::Git(object.to_owned()))
                }
                _ => Err(format!("`{word}` is not of the form git:REV:PATH")),
            };
        }
        if word.starts_with("http://") || word.starts_with("https://") {
            return Ok(Source::Url(word.to_owned()));
        }
        Ok(Source::File(PathBuf::from(word)))
    }

    /// The text that is there now.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub fn read(&self, root: &Path) -> Result<String, String> {
        match self {
            Source::File(path) => file(path),
            Source::Git(object) => git(root, object),
            Source::Url(url) => {
                match fetch::fetch(url, None, &Limits::default(), &mut std::thread::sleep)? {
                    Fetched::Document { text, .. } => Ok(text),
                    Fetched::NotModified => Err(format!("{url}: no document")),
                }
            }
        }
    }
}

fn file(path: &Path) -> Result<String, String> {
    let failed = |why: String| format!("{}: {why}", path.display());
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > LARGEST_FILE {
        return Err(failed(format!("{size} bytes; no document is that large")));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

fn git(root: &Path, object: &str) -> Result<String, String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["show", "--end-of-options", object])
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git:{object}: {}", words.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("git:{object}: not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_files_commits_and_addresses() {
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
