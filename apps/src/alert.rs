//! Alerts on an account, by rules.
//!
//! Each round reads the inputs that the rules need, evaluates the rules, updates the state of their
//! alerts and delivers notifications. The state is saved before anything is delivered.

mod evaluation;
mod history;
mod lifecycle;
mod monitor;
mod receiver;
mod rule;
mod rule_file;
mod state_file;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sendmux_client::Timestamp;

use crate::account::{Account, AccountArgs};
use crate::cli::shutdown_requested;
use crate::text::parse_duration;
use monitor::Monitor;
use rule_file::RuleFile;
use state_file::StateFile;

/// Evaluates alerting rules on a Sendmux account and sends notifications when an alert starts
/// firing and when it is resolved.
///
/// Exit status with --once: 0 nothing fires, 1 an alert fires, 2 invalid arguments, rules or state
/// file, 3 nothing fires, but a rule could not be evaluated or a notification not delivered.
#[derive(Debug, Clone, Parser)]
#[command(name = "sendmux-alert", version)]
pub struct Args {
    /// File with the rules (TOML). Optional with --demo.
    #[arg(
        long,
        value_name = "FILE",
        env = "SENDMUX_ALERT_RULES",
        required_unless_present = "demo"
    )]
    pub rules: Option<PathBuf>,

    /// File that keeps the state between evaluations. Default: sendmux-alert.json, or none with
    /// --demo.
    #[arg(long, value_name = "FILE", env = "SENDMUX_ALERT_STATE")]
    pub state: Option<PathBuf>,

    /// Interval between evaluations.
    #[arg(
        long,
        value_name = "DURATION",
        env = "SENDMUX_ALERT_EVERY",
        default_value = "1m",
        value_parser = interval
    )]
    pub every: Duration,

    /// Evaluate once and exit, for cron.
    #[arg(long)]
    pub once: bool,

    /// The account to read.
    #[command(flatten)]
    pub account: AccountArgs,
}

impl Args {
    fn state_path(&self) -> Option<&Path> {
        match &self.state {
            Some(path) => Some(path),
            None if self.account.demo => None,
            None => Some(Path::new("sendmux-alert.json")),
        }
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    parse_duration(text, "1d")
}

/// Evaluates the rules until a shutdown is requested, or once. Returns the exit status.
pub async fn run(args: &Args) -> ExitCode {
    let (mut monitor, _account) = match open(args) {
        Ok(opened) => opened,
        Err(problem) => {
            eprintln!("sendmux-alert: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut shutdown = pin!(shutdown_requested());
    let verified = tokio::select! {
        biased;
        () = &mut shutdown => return interrupted(args),
        verified = monitor.verify_team() => verified,
    };
    if let Err(problem) = verified {
        eprintln!("sendmux-alert: {problem}");
        return ExitCode::from(2);
    }
    loop {
        let now = Timestamp::now().unix_seconds();
        let inputs = tokio::select! {
            biased;
            () = &mut shutdown => return interrupted(args),
            inputs = monitor.read(now) => inputs,
        };
        let result = monitor.run_round(&inputs, now).await;
        if args.once {
            return ExitCode::from(match result {
                _ if result.firing => 1,
                _ if result.incomplete => 3,
                _ => 0,
            });
        }
        tokio::select! {
            () = &mut shutdown => return interrupted(args),
            () = tokio::time::sleep(args.every) => {}
        }
    }
}

/// An interrupted single evaluation is one that could not be made.
fn interrupted(args: &Args) -> ExitCode {
    ExitCode::from(if args.once { 3 } else { 0 })
}

fn open(args: &Args) -> Result<(Monitor, Account), String> {
    let account = args.account.open().map_err(|error| error.to_string())?;
    if let Some(warning) = account.client.credential_warning() {
        eprintln!("sendmux-alert: {warning}");
    }
    let rules = match &args.rules {
        Some(path) => {
            RuleFile::read(path).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => RuleFile::parse(rule_file::EXAMPLE).map_err(|error| error.to_string())?,
    };
    let saved = args.state_path().map(StateFile::open).transpose()?;
    let monitor = Monitor::new(account.client.clone(), rules, saved)?;
    Ok((monitor, account))
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
