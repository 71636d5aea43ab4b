//! A month of an account in one HTML file, and as CSV.
//!
//! Three steps: read the API into figures (`account`, a fold over each list), draw the figures
//! (`page`, `sheets`), put the files in place (`draft`).

mod account;
mod args;
mod cell;
mod counts;
mod draft;
mod failure;
#[cfg(test)]
mod fixture;
mod mail;
mod month;
mod number;
mod page;
mod problem;
mod progress;
mod reason;
mod sender;
mod sheets;
mod span;
mod spend;
mod tally;

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::Timestamp;
use sendmux_client::management::Client;
use sendmux_mock::DemoAccount;

pub use args::Args;
pub use month::{Month, ParseMonthError};

use crate::text;

use account::Account;
use draft::Draft;
use failure::Failure;
use page::Page;
use reason::Wording;
use sheets::TransactionSheet;
use span::Span;

const DEMO_EMAILS_PER_DAY: u32 = 240;

/// Makes the report, tells on stderr what went wrong, and says how it ended.
pub async fn run(args: &Args) -> ExitCode {
    match make(args, Timestamp::now()).await {
        Ok(account) => {
            for (what, problem) in account.missing() {
                eprintln!("report: missing: {what}: {problem}");
            }
            ExitCode::from(if account.missing().is_empty() { 0 } else { 3 })
        }
        Err(failure) => {
            eprintln!("report: {failure}");
            failure.exit_code()
        }
    }
}

async fn make(args: &Args, now: Timestamp) -> Result<Account, Failure> {
    let zone = &args.time_zone;
    let month = args.month.unwrap_or_else(|| Month::last_full(now, zone));
    // The made-up account stands at the end of the month, so that it has the whole of it.
    let now = match args.account.demo {
        true => month.next().start(zone).unwrap_or(now),
        false => now,
    };
    let span = Span::new(month, zone.clone(), now).ok_or(Failure::NotBegun(month))?;
    let (client, demo) = open(args, &span)?;
    if let Some(warning) = client.credential_warning() {
        eprintln!("report: {warning}");
    }

    // Opened first: that a place cannot be written to should not come out after a long log.
    let output = args.output.clone().unwrap_or_else(|| format!("sendmux-{month}.html").into());
    let mut file = Draft::create(&output).map_err(Failure::output(&output))?;
    let mut sheet = None;
    if let Some(directory) = &args.csv {
        sheet = Some(TransactionSheet::create(directory).map_err(Failure::output(directory))?);
    }

    let wording = if args.verbatim_reasons { Wording::Verbatim } else { Wording::Grouped };
    let read = Account::read(&client, &span, wording, |transaction| {
        if let Some(sheet) = &mut sheet {
            sheet.add(transaction);
        }
    });
    let account = tokio::select! {
        biased;
        () = crate::shutdown::requested() => return Err(Failure::Ended),
        account = read => account.map_err(Failure::Nothing)?,
    };

    let page = Page { account: &account, span: &span, wording, demo: demo.is_some(), made: now };
    file.write_all(page.render().as_bytes()).map_err(Failure::output(&output))?;
    if let (Some(directory), Some(sheet)) = (&args.csv, sheet) {
        let sheets = sheets::write(directory, &account, &span, sheet);
        commit(sheets).map_err(Failure::output(directory))?;
    }
    file.commit().map_err(Failure::output(&output))?;
    Ok(account)
}

fn commit(sheets: io::Result<Vec<Draft>>) -> io::Result<()> {
    sheets?.into_iter().try_for_each(Draft::commit)
}

/// The account, and the made-up one behind it, which lives as long as the second value.
fn open(args: &Args, span: &Span) -> Result<(Client, Option<DemoAccount>), Failure> {
    if !args.account.demo {
        let account = args.account.open().map_err(Failure::Account)?;
        return Ok((account.client, account.demo));
    }
    let demo = DemoAccount::builder()
        .emails_per_day(DEMO_EMAILS_PER_DAY)
        .now(span.end.as_second() - 1)
        .start();
    let client = Client::builder(demo.key()).base_url(demo.base_url()).build();
    Ok((client.map_err(|error| Failure::Account(error.into()))?, Some(demo)))
}
