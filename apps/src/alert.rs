//! Alerts on an account, by rules.
//!
//! A round reads what the rules need (`facts`, and the e-mail log into the `ledger`), finds what
//! holds (`finding`), compares it with what held before (`incident`) and tells the difference
//! (`notice`, `sink`). What a round leaves behind is saved before anything is told (`state`).

mod args;
mod complaints;
mod facts;
mod finding;
mod incident;
mod ledger;
mod notice;
mod rule;
mod rules;
mod sink;
mod state;
mod watch;

use std::pin::pin;
use std::process::ExitCode;

use sendmux_client::Timestamp;

pub use args::Args;

use crate::account::Account;
use crate::shutdown;
use rules::Rules;
use state::Store;
use watch::Watch;

/// Watches until asked to end, or once, and says how it ended.
pub async fn run(args: &Args) -> ExitCode {
    let (mut watch, _account) = match open(args) {
        Ok(opened) => opened,
        Err(problem) => {
            eprintln!("alert: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut end = pin!(shutdown::requested());
    let identified = tokio::select! {
        biased;
        () = &mut end => return ended(args),
        identified = watch.identify() => identified,
    };
    if let Err(problem) = identified {
        eprintln!("alert: {problem}");
        return ExitCode::from(2);
    }
    loop {
        let now = Timestamp::now().unix_seconds();
        let facts = tokio::select! {
            biased;
            () = &mut end => return ended(args),
            facts = watch.read(now) => facts,
        };
        let round = watch.evaluate(&facts, now).await;
        if args.once {
            return ExitCode::from(match round {
                _ if round.firing => 1,
                _ if round.incomplete => 3,
                _ => 0,
            });
        }
        tokio::select! {
            () = &mut end => return ended(args),
            () = tokio::time::sleep(args.every) => {}
        }
    }
}

/// A single evaluation that was asked to end is one that could not be made.
fn ended(args: &Args) -> ExitCode {
    ExitCode::from(if args.once { 3 } else { 0 })
}

fn open(args: &Args) -> Result<(Watch, Account), String> {
    let account = args.account.open().map_err(|error| error.to_string())?;
    if let Some(warning) = account.client.credential_warning() {
        eprintln!("alert: {warning}");
    }
    let rules = match &args.rules {
        Some(path) => Rules::read(path).map_err(|error| format!("{}: {error}", path.display()))?,
        None => Rules::parse(rules::EXAMPLE).map_err(|error| error.to_string())?,
    };
    let saved = args.state().map(Store::open).transpose()?;
    let watch = Watch::new(account.client.clone(), rules, saved)?;
    Ok((watch, account))
}
