//! Alerts on an account, by rules.
//!
//! Each round reads the sources that the rules need, side by side (`source`). As readings arrive,
//! the rules are evaluated (`evaluation`), their alerts updated (`lifecycle`) and notifications
//! queued (`outbox`) and delivered (`receiver`). The state is saved before anything is delivered.

mod diagnostics;
mod evaluation;
mod history;
mod lifecycle;
mod monitor;
mod notification;
mod outbox;
mod receiver;
mod rule;
mod rule_file;
mod source;
mod state_file;
mod status;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use sendmux_client::Timestamp;
use sendmux_client::management::Client;
use tokio::time::{Instant, sleep_until};

use crate::account::{Account, Problem};
use crate::check::Check;
use crate::cli::{CommonArgs, Reloads, shutdown_requested};
use crate::log::Log;
use crate::server;
use crate::text::parse_duration;
use lifecycle::new_id;
use monitor::Monitor;
use notification::{Incident, Notification, Status};
use receiver::HttpClients;
use rule::{Rule, Severity};
use rule_file::RuleFile;
use source::{Reading, Source};
use state_file::StateFile;
use status::SharedStatus;

/// Evaluates alerting rules on a Sendmux account and sends notifications when an alert starts
/// firing and when it is resolved.
///
/// SIGHUP reads the rule file again. Exit status with --once: 0 nothing fires, 1 an alert fires, 2
/// invalid arguments, rules or state file, 3 nothing fires, but a rule could not be evaluated or a
/// notification not delivered.
#[derive(Debug, Clone, Parser)]
#[command(name = "sendmux-alert", version)]
pub struct Args {
    /// What to do instead of evaluating the rules.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// File with the rules (TOML). Optional with --demo.
    #[arg(long, value_name = "FILE", env = "SENDMUX_ALERT_RULES", global = true)]
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

    /// Address to serve /metrics and /healthz on. Default: none.
    #[arg(long, value_name = "ADDRESS", env = "SENDMUX_ALERT_LISTEN")]
    pub listen: Option<SocketAddr>,

    /// Evaluate once and exit, for cron.
    #[arg(long)]
    pub once: bool,

    /// Ask the program that listens on --listen whether it is healthy, and exit with status 0 if it
    /// is; for containers.
    #[arg(long, requires = "listen")]
    pub healthcheck: bool,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// A command other than the evaluation of the rules.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Send a test notification to a receiver of the rule file, or to all of them.
    TestSink {
        /// Name of the receiver.
        name: Option<String>,
    },
}

impl Args {
    fn state_path(&self) -> Option<&Path> {
        match &self.state {
            Some(path) => Some(path),
            None if self.common.account.demo => None,
            None => Some(Path::new("sendmux-alert.json")),
        }
    }

    fn rule_file(&self) -> Result<RuleFile, String> {
        match &self.rules {
            Some(path) => {
                RuleFile::read(path).map_err(|error| format!("{}: {error}", path.display()))
            }
            None if self.common.account.demo => {
                RuleFile::parse(rule_file::EXAMPLE).map_err(|error| error.to_string())
            }
            None => Err("no rules: pass --rules, or use --demo for an example".to_owned()),
        }
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    parse_duration(text, "1d")
}

/// Evaluates the rules until a shutdown is requested, or once. Returns the exit status.
pub async fn run(args: &Args) -> ExitCode {
    let log = args.common.log("sendmux-alert");
    if let Some(address) = args.listen.filter(|_| args.healthcheck) {
        return ExitCode::from(u8::from(!server::is_healthy(address).await));
    }
    let finished = async {
        match &args.command {
            Some(Command::TestSink { name }) => test_receivers(args, name.as_deref(), log).await,
            None if args.common.check => check(args).await,
            None => monitor(args, log).await,
        }
    };
    finished.await.unwrap_or_else(|problem| {
        log.error(problem);
        ExitCode::from(2)
    })
}

async fn monitor(args: &Args, log: Log) -> Result<ExitCode, String> {
    let (mut monitor, _account) = open(args, log)?;
    let listener = match args.listen {
        Some(address) => Some(server::bind(address).await?),
        None => None,
    };
    let mut shutdown = pin!(shutdown_requested());
    let mut reloads = Reloads::new();
    tokio::select! {
        biased;
        () = &mut shutdown => return Ok(interrupted(args)),
        verified = monitor.verify_team() => verified?,
    }
    if args.once {
        let now = unix_time();
        let result = tokio::select! {
            biased;
            () = &mut shutdown => None,
            result = monitor.round(now) => Some(result),
        };
        // What was read of the log so far is not read again.
        monitor.save();
        return Ok(result.map_or(interrupted(args), |result| {
            ExitCode::from(match result {
                _ if result.firing => 1,
                _ if result.incomplete => 3,
                _ => 0,
            })
        }));
    }

    let status = SharedStatus::default();
    status.update(&monitor, unix_time(), args.every);
    if let Some(listener) = listener {
        if let Ok(address) = listener.local_addr() {
            log.info(format!("http://{address}/metrics"));
        }
        tokio::spawn(server::serve(listener, status.clone().routes(), shutdown_requested()));
    }
    loop {
        let next_round = Instant::now() + args.every;
        monitor.start_round(unix_time());
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => {
                    monitor.save();
                    return Ok(interrupted(args));
                }
                () = reloads.requested() => match args.rule_file() {
                    Ok(rules) => {
                        monitor.reload(rules);
                        log.info("read the rules again");
                        break;
                    }
                    Err(problem) => log.error(format!("the rules stay as they are: {problem}")),
                },
                () = sleep_until(next_round) => break,
                event = monitor.next_event() => monitor.handle(event, unix_time()),
            }
        }
        let now = unix_time();
        monitor.evaluate(now);
        monitor.end_round(now);
        status.update(&monitor, now, args.every);
    }
}

fn unix_time() -> i64 {
    Timestamp::now().unix_seconds()
}

/// An interrupted single evaluation is one that could not be made.
fn interrupted(args: &Args) -> ExitCode {
    ExitCode::from(if args.once { 3 } else { 0 })
}

fn open(args: &Args, log: Log) -> Result<(Monitor, Account), String> {
    let account = args.common.account.open().map_err(|error| error.to_string())?;
    if let Some(warning) = account.warning {
        log.warn(warning);
    }
    let saved = args.state_path().map(StateFile::open).transpose()?;
    let every = i64::try_from(args.every.as_secs()).unwrap_or(i64::MAX);
    let monitor = Monitor::new(account.client.clone(), args.rule_file()?, saved, every, log)?;
    Ok((monitor, account))
}

async fn check(args: &Args) -> Result<ExitCode, String> {
    let mut check = Check::default();
    let rules = match args.rule_file() {
        Ok(rules) => rules,
        Err(problem) => {
            check.problem(problem);
            return Ok(check.exit_code());
        }
    };
    check.ok(format!("{} rules", rules.rules.len()));
    for receiver in &rules.receivers {
        check.ok(format!("receiver `{}`: {}", receiver.name, receiver.description()));
    }
    let required = Source::required_by(&rules.rules);
    match args.common.account.open() {
        Ok(account) => {
            let mut permissions: Vec<_> = required.iter().map(|it| it.permission()).collect();
            permissions.dedup();
            check.account(&account.client, &permissions).await;
            check_named_accounts(&mut check, &account.client, &rules.rules).await;
        }
        Err(error) => check.problem(error),
    }
    if let Some(path) = args.state_path() {
        match StateFile::read(path) {
            Ok(_) => check.ok(format!("state file {}", path.display())),
            Err(problem) => check.problem(problem),
        }
    }
    let sources: Vec<_> = required.iter().map(ToString::to_string).collect();
    let every = humantime::format_duration(args.every);
    check.plan(format!("read every {every}: {}", sources.join(", ")));
    for rule in &rules.rules {
        check.plan(format!("evaluate ({}) {}", rule.severity, rule.name));
    }
    if let Some(address) = args.listen {
        check.plan(format!("serve http://{address}/metrics and /healthz"));
    }
    if rules.heartbeat.is_some() {
        check.plan("request the heartbeat URL after each good round");
    }
    Ok(check.exit_code())
}

/// Checks that the sending accounts that rules name exist.
async fn check_named_accounts(check: &mut Check, client: &Client, rules: &[Rule]) {
    if rules.iter().all(|rule| rule.condition.named_accounts().is_empty()) {
        return;
    }
    match Source::Providers.read(client).await {
        Ok(Reading::Providers(providers)) => {
            for rule in rules {
                for id in rule.condition.named_accounts() {
                    if providers.iter().all(|provider| provider.id != id) {
                        let name = &rule.name;
                        check.problem(format!("rule `{name}`: there is no sending account `{id}`"));
                    }
                }
            }
        }
        Ok(_) => {}
        Err(error) => check.problem(format!("sending accounts: {}", Problem::from(error))),
    }
}

/// Sends a test notification. The exit status is 0 if every receiver accepts it, otherwise 1.
async fn test_receivers(args: &Args, name: Option<&str>, log: Log) -> Result<ExitCode, String> {
    let rules = args.rule_file()?;
    let http = HttpClients::new()?;
    let now = unix_time();
    let notification = Notification {
        key: new_id("ntf"),
        rule: "test".to_owned(),
        severity: Severity::Info,
        status: Status::Firing,
        incidents: vec![Incident {
            id: new_id("inc"),
            subject: String::new(),
            summary: "this is a test of sendmux-alert; nothing is wrong".to_owned(),
            since: now,
        }],
        at: now,
    };
    let mut receivers =
        rules.receivers.iter().filter(|receiver| name.is_none_or(|name| receiver.name == name));
    let (mut tested, mut failed) = (0, 0);
    let send = async {
        for receiver in &mut receivers {
            tested += 1;
            match receiver.send(&http, &notification, now + 60).await {
                Ok(()) => log.info(format!("receiver `{}`: accepted", receiver.name)),
                Err(error) => {
                    failed += 1;
                    log.error(format!("receiver `{}`: {}", receiver.name, error.problem));
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown_requested() => return Ok(ExitCode::from(1)),
        () = send => {}
    }
    match (tested, name) {
        (0, Some(name)) => Err(format!("the rule file has no receiver `{name}`")),
        _ => Ok(ExitCode::from(u8::from(failed > 0))),
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
