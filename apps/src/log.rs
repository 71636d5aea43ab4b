//! What the programs say on standard error, as text or as JSON lines.

use std::fmt::Display;

use clap::ValueEnum;
use sendmux_client::Timestamp;
use serde_json::json;

use crate::text::{escape_json, sanitize};

/// The form of log messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// A line of text.
    #[default]
    Text,
    /// A JSON object per line, with `time`, `level`, `program` and `message`.
    Json,
}

/// Writes messages of a program to standard error, one line each, safe to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    program: &'static str,
    format: LogFormat,
}

impl Log {
    pub(crate) const fn new(program: &'static str, format: LogFormat) -> Self {
        Self { program, format }
    }

    pub(crate) fn info(self, message: impl Display) {
        self.write("info", &message.to_string());
    }

    pub(crate) fn warn(self, message: impl Display) {
        self.write("warning", &message.to_string());
    }

    pub(crate) fn error(self, message: impl Display) {
        self.write("error", &message.to_string());
    }

    fn write(self, level: &str, message: &str) {
        eprintln!("{}", self.line(level, message, Timestamp::now()));
    }

    fn line(self, level: &str, message: &str, time: Timestamp) -> String {
        const MAX_CHARS: usize = 1000;
        let (program, message) = (self.program, sanitize(message, MAX_CHARS));
        match self.format {
            LogFormat::Text => format!("{program}: {message}"),
            LogFormat::Json => escape_json(
                &json!({ "time": time, "level": level, "program": program, "message": message })
                    .to_string(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_in_each_format() {
        let time = Timestamp::from_unix_seconds(1_779_354_720).unwrap();
        let hostile = "one\n\u{1b}[2Jtwo \"three\"";
        let text = Log::new("sendmux-alert", LogFormat::Text).line("info", hostile, time);
        assert_eq!(text, "sendmux-alert: one [2Jtwo \"three\"");
        let json = Log::new("sendmux-alert", LogFormat::Json).line("info", hostile, time);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["message"], "one [2Jtwo \"three\"");
        assert_eq!(
            (&json["level"], &json["time"]),
            (&json!("info"), &json!("2026-05-21T09:12:00Z"))
        );
    }
}
