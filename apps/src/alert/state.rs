//! What is remembered between evaluations, and the file that holds it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::incident::Incidents;
use super::ledger::Ledger;
use super::notice::Notice;

const VERSION: u32 = 1;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Whose mail this is about, once known.
    pub(super) team: Option<String>,
    pub(super) ledger: Option<Ledger>,
    /// By rule.
    pub(super) incidents: BTreeMap<String, Incidents>,
    /// Notices that are not delivered yet, oldest first.
    pub(super) outbox: Vec<Parcel>,
}

/// A notice on its way to a sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parcel {
    pub(super) to: String,
    pub(super) notice: Notice,
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Saved<S> {
    version: u32,
    state: S,
}

/// A state file, held against other processes.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    _lock: File,
}

impl Store {
    /// Takes the file and reads it; one that is not there is empty.
    ///
    /// # Errors
    /// If another process has it, or it cannot be read. A sentence that says what to do.
    pub(super) fn open(path: &Path) -> Result<(Self, State), String> {
        let shown = path.display();
        // Beside the file itself, which is replaced with each save.
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(|error| {
            format!("{} cannot be opened: {error}", Path::new(&lock_path).display())
        })?;
        match FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "another process uses {shown}: end it, or name another --state"
                ));
            }
            Err(TryLockError::Error(error)) => {
                return Err(format!("{shown} cannot be locked: {error}"));
            }
        }
        let state = match std::fs::read(path) {
            Ok(bytes) => decode(&bytes).map_err(|problem| {
                format!(
                    "the state file {shown} {problem}: move it away to start anew; the log is then \
                     counted anew, and what fires is said again"
                )
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(format!("{shown} cannot be read: {error}")),
        };
        Ok((Self { path: path.to_owned(), _lock: lock }, state))
    }

    /// Replaces the file as a whole: a crash leaves the old one or the new one.
    pub(super) fn save(&self, state: &State) -> io::Result<()> {
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let file = NamedTempFile::new_in(directory)?;
        let mut writer = BufWriter::new(&file);
        serde_json::to_writer(&mut writer, &Saved { version: VERSION, state })?;
        writer.flush()?;
        drop(writer);
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

fn decode(bytes: &[u8]) -> Result<State, String> {
    let damaged = |error: serde_json::Error| format!("is damaged ({error})");
    let Header { version } = serde_json::from_slice(bytes).map_err(damaged)?;
    if version != VERSION {
        return Err(format!("is of version {version}, and this program writes {VERSION}"));
    }
    serde_json::from_slice::<Saved<State>>(bytes).map(|saved| saved.state).map_err(damaged)
}

#[cfg(test)]
mod tests;
