//! A month of an account as an HTML page and CSV files.
//!
//! The data is read from the API and reduced while it is read (`data`), then rendered (`page`,
//! `csv_files`). Files appear only once everything is read.

mod csv_files;
mod data;
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

use crate::account::{OpenError, Problem};
use crate::atomic_file::{Access, AtomicFile};
use crate::cli::{CommonArgs, shutdown_requested};
use csv_files::TransactionsCsv;
use data::{Report, ReportData};
use period::Period;
use reason::ReasonFormat;

const EXIT_STATUS: &str = "\
Each option can also be set by the environment variable shown with it. The log is read in pages of
100, as fast as the API's rate limit allows (60,000 emails a minute); nothing is written before
everything is read.

Exit status:
  0  the report is complete
  1  nothing was written: nothing could be read, or the program was interrupted
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

    /// Time zone of the days, such as Europe/Berlin. The days of the API are in UTC.
    #[arg(long, value_name = "NAME", env = "SENDMUX_REPORT_TIME_ZONE", default_value = "UTC",
          value_parser = time_zone)]
    pub time_zone: TimeZone,

    /// Show failure reasons unchanged, including any addresses of recipients.
    #[arg(long, env = "SENDMUX_REPORT_VERBATIM_REASONS", value_parser = BoolishValueParser::new())]
    pub verbatim_reasons: bool,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "not a time zone such as Europe/Berlin or UTC".to_owned())
}

/// Writes the report and returns the exit status.
pub async fn run(args: &Args) -> ExitCode {
    match write(args, Timestamp::now()).await {
        Ok(data) => {
            let missing = data.missing();
            for (part, problem) in &missing {
                eprintln!("sendmux-report: missing: {part}: {problem}");
            }
            ExitCode::from(if missing.is_empty() { 0 } else { 3 })
        }
        Err(error) => {
            eprintln!("sendmux-report: {error}");
            error.exit_code()
        }
    }
}

async fn write(args: &Args, now: Timestamp) -> Result<ReportData, ReportError> {
    let zone = &args.time_zone;
    let month = args.month.unwrap_or_else(|| Month::last_complete(now, zone));
    // The clock of the demo account is set to the end of the month, so that the month is complete.
    let now = match args.common.account.demo {
        true => month.next().start(zone).unwrap_or(now),
        false => now,
    };
    let period = Period::new(month, zone.clone(), now).ok_or(ReportError::NotBegun(month))?;
    let (client, demo) = open(args, &period)?;
    if let Some(warning) = client.credential_warning() {
        eprintln!("sendmux-report: {warning}");
    }

    // Created first, so that an unwritable path is known before the log is read.
    let output = args.output.clone().unwrap_or_else(|| format!("sendmux-{month}.html").into());
    let mut file = match output == Path::new("-") {
        true => AtomicFile::stdout(),
        false => {
            AtomicFile::create(&output, Access::Everyone).map_err(ReportError::output(&output))?
        }
    };
    let mut transactions = None;
    if let Some(directory) = &args.csv {
        let file = TransactionsCsv::create(directory).map_err(ReportError::output(directory))?;
        transactions = Some(file);
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
        data = read => data.map_err(ReportError::NothingRead)?,
    };

    let report = Report {
        data: &data,
        period: &period,
        reason_format,
        demo: demo.is_some(),
        generated_at: now,
    };
    file.write_all(page::render(&report).as_bytes()).map_err(ReportError::output(&output))?;
    if let (Some(directory), Some(transactions)) = (&args.csv, transactions) {
        let files = csv_files::write(directory, &data, &period, transactions);
        commit(files).map_err(ReportError::output(directory))?;
    }
    file.commit().map_err(ReportError::output(&output))?;
    Ok(data)
}

fn commit(files: io::Result<Vec<AtomicFile>>) -> io::Result<()> {
    files?.into_iter().try_for_each(AtomicFile::commit)
}

/// Returns the client and, in demo mode, the account that must outlive it.
fn open(args: &Args, period: &Period) -> Result<(Client, Option<DemoAccount>), ReportError> {
    if !args.common.account.demo {
        let account = args.common.account.open().map_err(ReportError::Account)?;
        return Ok((account.client, account.demo));
    }
    const EMAILS_PER_DAY: u32 = 240;
    let demo = DemoAccount::builder()
        .emails_per_day(EMAILS_PER_DAY)
        .now(period.end.as_second() - 1)
        .start();
    let client = Client::builder(demo.key()).base_url(demo.base_url()).build();
    Ok((client.map_err(|error| ReportError::Account(error.into()))?, Some(demo)))
}

/// Why no report was written.
#[derive(Debug)]
enum ReportError {
    Account(OpenError),
    NotBegun(Month),
    Output(PathBuf, io::Error),
    NothingRead(Problem),
    Interrupted,
}

impl ReportError {
    fn output(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Output(path.to_owned(), error)
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Account(_) | Self::NotBegun(_) => 2,
            Self::Output(..) | Self::NothingRead(_) | Self::Interrupted => 1,
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
