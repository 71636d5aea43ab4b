//! What the alerts can be told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;

use crate::account::AccountArgs;

/// Watches a Sendmux account by rules and says when one begins to hold, still holds, and no longer
/// holds.
///
/// Exit status with --once: 0 nothing fires, 1 an alert fires, 2 wrong arguments, rules or state
/// file, 3 nothing fires, but a rule could not be evaluated or a notice not delivered.
#[derive(Debug, Clone, Parser)]
#[command(name = "alert", version)]
pub struct Args {
    /// The account to read.
    #[command(flatten)]
    pub account: AccountArgs,

    /// File with the rules (TOML). With --demo it may be left out.
    #[arg(
        long,
        value_name = "FILE",
        env = "SENDMUX_ALERT_RULES",
        required_unless_present = "demo"
    )]
    pub rules: Option<PathBuf>,

    /// File that remembers what was counted and said. Default: sendmux-alert.json; with --demo
    /// nothing is remembered unless a file is named.
    #[arg(long, value_name = "FILE", env = "SENDMUX_ALERT_STATE")]
    pub state: Option<PathBuf>,

    /// How long to wait between two evaluations.
    #[arg(
        long,
        value_name = "DURATION",
        env = "SENDMUX_ALERT_EVERY",
        default_value = "1m",
        value_parser = every
    )]
    pub every: Duration,

    /// Evaluate once and end, for cron.
    #[arg(long)]
    pub once: bool,
}

impl Args {
    pub(super) fn state(&self) -> Option<&Path> {
        match &self.state {
            Some(path) => Some(path),
            None if self.account.demo => None,
            None => Some(Path::new("sendmux-alert.json")),
        }
    }
}

fn every(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match duration.as_secs() {
        1..=86_400 => Ok(duration),
        _ => Err("from 1s to 1d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
