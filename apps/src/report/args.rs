//! How the program is told what to do.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::BoolishValueParser;
use jiff::tz::TimeZone;

use super::month::Month;
use crate::account::AccountArgs;

const EXIT_STATUS: &str = "\
Options can be given by the variables named beside them. The log is read in pages of 100, as fast
as the API's rate limit allows (60,000 emails a minute); nothing is written before all is read.

Exit status:
  0  the report is complete
  1  nothing was written: nothing could be read, or the program was asked to end
  2  wrong arguments or settings
  3  parts of the report are missing; the page says which and why";

/// A month of a Sendmux account in one HTML file: volume and failures by day, reasons of failures,
/// share of each sending account, spend. Needs the permissions logs.read, analytics.read,
/// provider.read and billing.read.
#[derive(Debug, Parser)]
#[command(name = "report", version, after_help = EXIT_STATUS)]
pub struct Args {
    /// The month, such as 2026-10. Default: the last one that is over.
    #[arg(long, value_name = "YYYY-MM", env = "SENDMUX_REPORT_MONTH")]
    pub month: Option<Month>,

    /// Where to write the page; `-` is the standard output. Default: sendmux-YYYY-MM.html.
    #[arg(long, short, value_name = "FILE", env = "SENDMUX_REPORT_OUTPUT")]
    pub output: Option<PathBuf>,

    /// Directory to write daily.csv, reasons.csv, providers.csv and transactions.csv to.
    #[arg(long, value_name = "DIR", env = "SENDMUX_REPORT_CSV")]
    pub csv: Option<PathBuf>,

    /// Whose days they are, such as Europe/Berlin. The API's own days are in UTC.
    #[arg(long, value_name = "NAME", env = "SENDMUX_REPORT_TIME_ZONE", default_value = "UTC",
          value_parser = time_zone)]
    pub time_zone: TimeZone,

    /// Show reasons of failures as they came, with recipients' addresses if they hold any.
    #[arg(long, env = "SENDMUX_REPORT_VERBATIM_REASONS", value_parser = BoolishValueParser::new())]
    pub verbatim_reasons: bool,

    /// Which account.
    #[command(flatten)]
    pub account: AccountArgs,
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "not a time zone such as Europe/Berlin or UTC".to_owned())
}
