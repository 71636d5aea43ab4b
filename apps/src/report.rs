//! A month of an account as an HTML page and CSV files.
//!
//! The data is read from the API and reduced while it is read (`data`), then rendered (`page`,
//! `csv_files`). Files appear only once everything is read.

mod csv_files;
mod data;
mod email;
#[cfg(test)]
mod fixture;
mod mail;
mod page;
mod period;
mod reason;
mod spend;

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::builder::BoolishValueParser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sendmux_client::management::Client;
use sendmux_mock::DemoAccount;

pub use period::{Month, ParseMonthError};

use crate::account::{Account, OpenError, Problem};
use crate::atomic_file::{Access, AtomicFile};
use crate::check::Check;
use crate::cli::{CommonArgs, reading, shutdown_requested};
use crate::log::Log;
use csv_files::{CsvDirectory, TransactionsCsv};
use data::{Report, ReportData};
pub use email::EmailArgs;
use period::Period;
use reason::ReasonFormat;

const EXIT_STATUS: &str = "\
Each option can also be set by the environment variable shown with it. The log is read in pages of
100, as fast as the API's rate limit allows (60,000 emails a minute); nothing is written before
everything is read.

Exit status:
  0  the report is complete
  1  nothing was written or not everything sent: nothing could be read, or the program was
     interrupted
  2  invalid arguments or settings
  3  parts of the report are missing; the page says which and why";

/// Reports a month of a Sendmux account in one HTML file: volume and failures by day, failure
/// reasons, sending accounts and spend. Needs the permissions logs.read, analytics.read,
/// provider.read and billing.read.
#[derive(Debug, Parser)]
#[command(name = "sendmux-report", version, after_help = EXIT_STATUS)]
pub struct Args {
    /// Month to report, such as 2026-10. Default: the last complete month.
    #[arg(long, value_name = "YYYY-MM", env = "SENDMUX_REPORT_MONTH")]
    pub month: Option<Month>,

    /// File for the page, or `-` for standard output. Default: sendmux-YYYY-MM.html.
    #[arg(long, short, value_name = "FILE", env = "SENDMUX_REPORT_OUTPUT")]
    pub output: Option<PathBuf>,

    /// Directory for daily.csv, reasons.csv, providers.csv and transactions.csv.
    #[arg(long, value_name = "DIR", env = "SENDMUX_REPORT_CSV")]
    pub csv: Option<PathBuf>,

    /// Begin the CSV files with a byte order mark, which Excel needs for names beyond ASCII.
    #[arg(long, env = "SENDMUX_REPORT_CSV_BOM", value_parser = BoolishValueParser::new())]
    pub csv_bom: bool,

    /// Time zone of the days, such as Europe/Berlin. The days of the API are in UTC.
    #[arg(long, value_name = "NAME", env = "SENDMUX_REPORT_TIME_ZONE", default_value = "UTC",
          value_parser = time_zone)]
    pub time_zone: TimeZone,

    /// Show failure reasons unchanged, including any addresses of recipients.
    #[arg(long, env = "SENDMUX_REPORT_VERBATIM_REASONS", value_parser = BoolishValueParser::new())]
    pub verbatim_reasons: bool,

    /// Options to send the report by email.
    #[command(flatten)]
    pub email: EmailArgs,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "not a time zone such as Europe/Berlin or UTC".to_owned())
}

const PERMISSIONS: [&str; 4] = ["logs.read", "analytics.read", "provider.read", "billing.read"];

/// Writes the report and returns the exit status.
pub async fn run(args: &Args) -> ExitCode {
    let log = args.common.log("sendmux-report");
    if args.common.check {
        return check(args).await;
    }
    match write(args, Timestamp::now(), log).await {
        Ok(data) => {
            let missing = data.missing();
            for (part, problem) in &missing {
                log.warn(format!("missing: {part}: {problem}"));
            }
            ExitCode::from(if missing.is_empty() { 0 } else { 3 })
        }
        Err(error) => {
            log.error(&error);
            error.exit_code()
        }
    }
}

async fn check(args: &Args) -> ExitCode {
    let mut check = Check::default();
    let (month, period, _) = match period(args, Timestamp::now()) {
        Ok(period) => period,
        Err(error) => {
            check.problem(error);
            return check.exit_code();
        }
    };
    match open(args, &period) {
        Ok(account) => {
            check.account(&account.client, &PERMISSIONS).await;
            match args.email.mailer(args.common.account.base_url.as_deref(), account.demo.as_ref())
            {
                Ok(Some(mailer)) => {
                    check.plan(format!("send the report to {}", mailer.recipients().join(", ")));
                }
                Ok(None) => {}
                Err(problem) => check.problem(problem),
            }
        }
        Err(error) => check.problem(error),
    }
    check.plan(format!("report {}", month.title()));
    if let Some(output) = output(args, month) {
        check.plan(format!("write {}", output.display()));
    }
    if let Some(directory) = &args.csv {
        check.plan(format!("write CSV files to {}", directory.display()));
    }
    check.exit_code()
}

/// Returns the month, its period and the time of the report.
fn period(args: &Args, now: Timestamp) -> Result<(Month, Period, Timestamp), ReportError> {
    let zone = &args.time_zone;
    let month = args.month.unwrap_or_else(|| Month::last_complete(now, zone));
    // The clock of the demo account is set to the end of the month, so that the month is complete.
    let now = match args.common.account.demo {
        true => month.next().start(zone).unwrap_or(now),
        false => now,
    };
    let period = Period::new(month, zone.clone(), now).ok_or(ReportError::NotBegun(month))?;
    Ok((month, period, now))
}

/// Returns the file for the page, if there is to be one.
fn output(args: &Args, month: Month) -> Option<PathBuf> {
    let default = || args.email.send_to.is_empty().then(|| format!("sendmux-{month}.html").into());
    args.output.clone().or_else(default)
}

async fn write(args: &Args, now: Timestamp, log: Log) -> Result<ReportData, ReportError> {
    let (month, period, now) = period(args, now)?;
    let Account { client, demo, warning } = open(args, &period)?;
    if let Some(warning) = warning {
        log.warn(warning);
    }
    let base_url = args.common.account.base_url.as_deref();
    let mailer = args.email.mailer(base_url, demo.as_ref()).map_err(ReportError::Settings)?;

    // Created first, so that an unwritable path is known before the log is read.
    let mut page = None;
    if let Some(output) = output(args, month) {
        let file = match output == Path::new("-") {
            true => AtomicFile::stdout(),
            false => AtomicFile::create(&output, Access::Everyone)
                .map_err(ReportError::output(&output))?,
        };
        page = Some((file, output));
    }
    let directory = args.csv.as_deref().map(|path| CsvDirectory { path, bom: args.csv_bom });
    let mut transactions = None;
    if let Some(directory) = directory {
        let file = TransactionsCsv::create(directory);
        transactions = Some(file.map_err(ReportError::output(directory.path))?);
    }

    let reason_format = match args.verbatim_reasons {
        true => ReasonFormat::Verbatim,
        false => ReasonFormat::Grouped,
    };
    let read = ReportData::read(&client, &period, reason_format, |transaction| {
        if let Some(file) = &mut transactions {
            file.add(transaction);
        }
    });
    let data = tokio::select! {
        biased;
        () = shutdown_requested() => return Err(ReportError::Interrupted),
        data = reading(read, log) => data.map_err(ReportError::NothingRead)?,
    };

    let report = Report {
        data: &data,
        period: &period,
        reason_format,
        demo: demo.is_some(),
        generated_at: now,
    };
    if let Some((file, output)) = &mut page {
        file.write_all(page::render(&report).as_bytes()).map_err(ReportError::output(output))?;
    }
    if let (Some(directory), Some(transactions)) = (directory, transactions) {
        let files = csv_files::write(directory, &data, &period, transactions);
        commit(files).map_err(ReportError::output(directory.path))?;
    }
    if let Some((file, output)) = page {
        file.commit().map_err(ReportError::output(&output))?;
    }
    if let Some(mailer) = mailer {
        let (email, key) = email::email(&report);
        tokio::select! {
            biased;
            () = shutdown_requested() => return Err(ReportError::NotSent),
            sent = mailer.send(&email, &key) => sent.map_err(ReportError::Send)?,
        }
        log.info(format!("the report was sent to {}", mailer.recipients().join(", ")));
    }
    Ok(data)
}

fn commit(files: io::Result<Vec<AtomicFile>>) -> io::Result<()> {
    files?.into_iter().try_for_each(AtomicFile::commit)
}

/// Opens the account. In demo mode, its clock is at the end of the period.
fn open(args: &Args, period: &Period) -> Result<Account, ReportError> {
    if !args.common.account.demo {
        return args.common.account.open().map_err(ReportError::Account);
    }
    const EMAILS_PER_DAY: u32 = 240;
    let demo = DemoAccount::builder()
        .emails_per_day(EMAILS_PER_DAY)
        .now(period.end.as_second() - 1)
        .start();
    let client = Client::builder(demo.key()).base_url(demo.base_url()).build();
    let client = client.map_err(|error| ReportError::Account(error.into()))?;
    Ok(Account { client, warning: None, demo: Some(demo) })
}

/// Why no report was written.
#[derive(Debug)]
enum ReportError {
    Account(OpenError),
    NotBegun(Month),
    Output(PathBuf, io::Error),
    NothingRead(Problem),
    Interrupted,
    Settings(String),
    Send(Problem),
    NotSent,
}

impl ReportError {
    fn output(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Output(path.to_owned(), error)
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Account(_) | Self::NotBegun(_) | Self::Settings(_) => 2,
            Self::Output(..)
            | Self::NothingRead(_)
            | Self::Interrupted
            | Self::Send(_)
            | Self::NotSent => 1,
        })
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(error) => error.fmt(f),
            Self::NotBegun(month) => write!(f, "{} has not begun yet", month.title()),
            Self::Output(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::NothingRead(problem) => write!(f, "nothing could be read: {problem}"),
            Self::Interrupted => f.write_str("interrupted; nothing was written"),
            Self::Settings(problem) => f.write_str(problem),
            Self::Send(problem) => write!(f, "the report was not sent to everyone: {problem}"),
            Self::NotSent => f.write_str("interrupted while the report was sent"),
        }
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
