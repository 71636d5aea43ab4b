//! How far the program came, kept in a file.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use serde_json::{Value, json};

pub(crate) struct Kept {
    file: PathBuf,
    /// Where the changes of messages go on.
    pub(crate) state: Option<String>,
    /// Where the events go on.
    pub(crate) last_event_id: Option<String>,
}

impl Kept {
    pub(crate) fn load(file: PathBuf) -> io::Result<Self> {
        let kept: Value = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Value::Null,
            Err(error) => return Err(error),
        };
        let text = |name: &str| kept[name].as_str().map(str::to_owned);
        let (state, last_event_id) = (text("state"), text("last_event_id"));
        Ok(Self { file, state, last_event_id })
    }

    /// Replaces the file as a whole, so that it is never half written.
    pub(crate) fn save(&self) -> io::Result<()> {
        let kept = json!({ "state": self.state, "last_event_id": self.last_event_id });
        let new = self.file.with_extension("new");
        std::fs::write(&new, kept.to_string())?;
        std::fs::rename(new, &self.file)
    }
}
