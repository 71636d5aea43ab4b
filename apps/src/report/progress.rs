//! A line on the terminal while the log is read.

use std::io::{IsTerminal, Write};

use super::number::grouped;

pub(crate) struct Progress {
    visible: bool,
    shown: bool,
    expected: Option<i64>,
}

impl Progress {
    /// Shows something only if a person is looking.
    pub(crate) fn of_stderr(expected: Option<i64>) -> Self {
        Self { visible: std::io::stderr().is_terminal(), shown: false, expected }
    }

    pub(crate) fn show(&mut self, read: u64) {
        if !self.visible {
            return;
        }
        let read = grouped(i64::try_from(read).unwrap_or(i64::MAX));
        let of = self.expected.map(|all| format!(" of about {}", grouped(all))).unwrap_or_default();
        self.write(&format!("\r\x1b[Kreading the log: {read}{of} emails"));
        self.shown = true;
    }

    /// A terminal that cannot be written to is no reason to stop.
    fn write(&self, text: &str) {
        let mut stderr = std::io::stderr();
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            self.write("\r\x1b[K");
        }
    }
}
