//! An account at a glance, in the terminal or as JSON.

mod data;
mod screen;

use std::process::ExitCode;

use clap::Parser;

use crate::check::Check;
use crate::cli::{CommonArgs, print, reading, shutdown_requested};
use crate::text::escape_json;
use data::Overview;

/// Shows a Sendmux account in the terminal: sending accounts, email volume and failures, balance
/// and spend. Without an API key it shows a demo account.
///
/// Exit status: 0 complete, 1 nothing could be read, 2 invalid arguments or settings, 3 parts are
/// missing.
#[derive(Debug, Clone, Parser)]
#[command(name = "sendmux-overview", version)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

const PERMISSIONS: [&str; 4] = ["logs.read", "analytics.read", "provider.read", "billing.read"];

/// Prints the overview and returns the exit status.
pub async fn run(args: &Args) -> ExitCode {
    let log = args.common.log("sendmux-overview");
    let mut selected = args.common.account.clone();
    let without_key = !selected.demo && !selected.has_key();
    selected.demo |= without_key;
    let account = match selected.open() {
        Ok(account) => account,
        Err(error) => {
            log.error(error);
            return ExitCode::from(2);
        }
    };
    if args.common.check {
        let mut check = Check::default();
        check.account(&account.client, &PERMISSIONS).await;
        check.plan("read the account once and print it");
        return check.exit_code();
    }
    if let Some(warning) = account.warning {
        log.warn(warning);
    }
    let read = tokio::select! {
        biased;
        () = shutdown_requested() => return ExitCode::from(1),
        read = reading(Overview::read(&account.client), log) => read,
    };
    let overview = match read {
        Ok(overview) => overview,
        Err(problem) => {
            log.error(problem);
            return ExitCode::from(1);
        }
    };
    let text = if args.json {
        escape_json(&format!("{:#}", overview.to_json())) + "\n"
    } else {
        let note = match without_key {
            true => "SENDMUX_API_KEY is not set; this is a demo account.\n\n",
            false => "",
        };
        format!("{note}{}", screen::render(&overview, screen::terminal_width()))
    };
    match print(anstream::stdout().lock(), &text, log) {
        Ok(()) => ExitCode::from(if overview.is_complete() { 0 } else { 3 }),
        Err(code) => code,
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
