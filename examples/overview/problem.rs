//! What went wrong, as a sentence and an exit code.

use std::fmt;
use std::process::ExitCode;

use sendmux_client::{Error, Kind};

/// A failure in words for the person at the terminal.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    sentence: String,
    settings: bool,
}

impl Problem {
    /// A client that could not be set up.
    pub(crate) fn settings(error: &Error) -> Self {
        Self { sentence: format!("{error}."), settings: true }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.settings { 2 } else { 1 })
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let id = error.request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
        let sentence = match error.kind() {
            Kind::Connect => {
                "The API cannot be reached: check the network and SENDMUX_BASE_URL.".to_owned()
            }
            Kind::Timeout => "The API did not answer in time; try again later.".to_owned(),
            _ if error.is_unauthorized() => {
                format!("The API refuses the key: check SENDMUX_API_KEY{id}.")
            }
            _ if error.is_permission_denied() => {
                format!(
                    "The key lacks the permission {}{id}.",
                    error.missing_permissions().join(", ")
                )
            }
            _ if error.is_rate_limited() => match error.retry_after() {
                Some(wait) => {
                    format!("The rate limit is used up; try again in {} s{id}.", wait.as_secs())
                }
                None => format!("The rate limit is used up; try again later{id}."),
            },
            _ => format!("{error}."),
        };
        Self { sentence, settings: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}
