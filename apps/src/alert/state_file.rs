//! The state between evaluations, and the file that holds it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};

use super::history::EmailHistory;
use super::lifecycle::RuleState;
use super::outbox::Outbox;
use super::source::Source;
use crate::atomic_file::{Access, AtomicFile};

const VERSION: u32 = 2;

/// What the monitor remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MonitorState {
    /// Id of the team, once known.
    pub(super) team: Option<String>,
    pub(super) history: Option<EmailHistory>,
    /// By name of the rule.
    pub(super) rules: BTreeMap<String, RuleState>,
    /// Notifications to deliver.
    pub(super) outbox: Outbox,
    /// The sources whose last read failed.
    pub(super) outages: BTreeMap<Source, Outage>,
    /// Since when a rule was not evaluated, by its name.
    pub(super) unevaluated: BTreeMap<String, i64>,
}

/// A time in which a source cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outage {
    /// Unix time of the first failure.
    pub(super) since: i64,
    pub(super) problem: String,
    /// True if it ends only when someone acts, as with a revoked key.
    pub(super) permanent: bool,
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

/// A state file, locked against other processes.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    _lock: File,
}

impl StateFile {
    /// Locks the file and reads it. A missing file is an empty state.
    ///
    /// # Errors
    /// If another process uses the file, or it cannot be read: a sentence that says what to do.
    pub(super) fn open(path: &Path) -> Result<(Self, MonitorState), String> {
        let shown = path.display();
        // The file itself cannot be the lock: each save replaces it.
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(|error| {
            let shown = Path::new(&lock_path).display();
            format!("cannot open {shown}: {error}; its directory must exist and be writable")
        })?;
        match FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "another process uses {shown}: stop it, or use another --state file"
                ));
            }
            Err(TryLockError::Error(error)) => {
                return Err(format!("cannot lock {shown}: {error}"));
            }
        }
        AtomicFile::remove_leftovers(path);
        Ok((Self { path: path.to_owned(), _lock: lock }, Self::read(path)?))
    }

    /// Reads the file without locking it. A missing file is an empty state.
    ///
    /// # Errors
    /// If it cannot be read: a sentence that says what to do.
    pub(super) fn read(path: &Path) -> Result<MonitorState, String> {
        let shown = path.display();
        match std::fs::read(path) {
            Ok(bytes) => decode(&bytes).map_err(|problem| {
                format!(
                    "the state file {shown} {problem}: move it away to start over; the log is then \
                     counted again, and firing alerts are notified again"
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(MonitorState::default()),
            Err(error) => Err(format!("cannot read {shown}: {error}")),
        }
    }

    /// Saves the state. A crash leaves the old file or the new one.
    pub(super) fn save(&self, state: &MonitorState) -> io::Result<()> {
        let mut file = AtomicFile::create(&self.path, Access::Owner)?;
        serde_json::to_writer(&mut file, &Saved { version: VERSION, state })?;
        file.commit()
    }
}

fn decode(bytes: &[u8]) -> Result<MonitorState, String> {
    let damaged = |error: serde_json::Error| format!("is damaged ({error})");
    let Header { version } = serde_json::from_slice(bytes).map_err(damaged)?;
    if version != VERSION {
        return Err(format!("has version {version}, but this program supports version {VERSION}"));
    }
    serde_json::from_slice::<Saved<MonitorState>>(bytes).map(|saved| saved.state).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(directory: &tempfile::TempDir) -> PathBuf {
        directory.path().join("state.json")
    }

    #[test]
    fn a_saved_state_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let (file, mut state) = StateFile::open(&path(&directory)).unwrap();
        assert_eq!(state, MonitorState::default());
        state.history = Some(EmailHistory::new(1_779_354_720, 3600));
        file.save(&state).unwrap();
        drop(file);
        assert_eq!(StateFile::open(&path(&directory)).unwrap().1, state);
        let names = std::fs::read_dir(&directory).unwrap().count();
        assert_eq!(names, 2, "the state and its lock, no temporary file");
    }

    #[test]
    fn a_second_process_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let first = StateFile::open(&path(&directory)).unwrap();
        let problem = StateFile::open(&path(&directory)).unwrap_err();
        assert!(problem.contains("another process") && problem.contains("--state"), "{problem}");
        drop(first);
        assert!(StateFile::open(&path(&directory)).is_ok());
    }

    #[test]
    fn a_damaged_file_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(&directory);
        let (file, state) = StateFile::open(&path).unwrap();
        file.save(&state).unwrap();
        drop(file);
        let good = std::fs::read(&path).unwrap();
        for length in 0..good.len() {
            std::fs::write(&path, &good[..length]).unwrap();
            let problem = StateFile::open(&path).unwrap_err();
            assert!(
                problem.contains("is damaged") && problem.contains("move it away"),
                "{problem}"
            );
        }
        std::fs::write(&path, br#"{"version":3,"state":{"new":true}}"#).unwrap();
        let problem = StateFile::open(&path).unwrap_err();
        assert!(problem.contains("version 3"), "{problem}");
    }

    #[test]
    fn an_unwritable_path_is_named_in_the_error() {
        let directory = tempfile::tempdir().unwrap();
        let nowhere = directory.path().join("missing").join("state.json");
        assert!(StateFile::open(&nowhere).unwrap_err().contains("missing"));
    }
}
