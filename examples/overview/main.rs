//! A picture of a Sendmux account in the terminal: who you are, sending accounts, volume and
//! failures over time, the latest failures with their reasons, balance and spending.
//!
//! `SENDMUX_API_KEY` names the account (and `SENDMUX_BASE_URL` the server); without a key, a made-up
//! account is started on this machine. `--json` prints the same for programs.

mod account;
mod chart;
mod problem;
mod screen;
mod style;
mod table;

use std::process::ExitCode;

use sendmux_client::management::Client;
use sendmux_client::{Error, RetryPolicy};
use sendmux_mock::DemoAccount;

use account::Account;
use problem::Problem;

const USAGE: &str = "\
Usage: overview [--json]

Shows the Sendmux account that SENDMUX_API_KEY belongs to, or a made-up one without it.

  --json   print JSON for programs
  --help   print this

Exit status: 0 all shown; 1 nothing could be shown; 2 wrong arguments or settings;
3 some groups could not be shown.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let json = match arguments() {
        Ok(Some(json)) => json,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(argument) => {
            eprintln!("overview: `{argument}` is not an argument of this program\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(json).await {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("overview: {problem}");
            problem.exit_code()
        }
    }
}

/// Whether JSON is wanted; `None` if help is.
fn arguments() -> Result<Option<bool>, String> {
    let mut json = false;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--json") => json = true,
            Some("--help" | "-h") => return Ok(None),
            _ => return Err(argument.to_string_lossy().into_owned()),
        }
    }
    Ok(Some(json))
}

async fn run(json: bool) -> Result<ExitCode, Problem> {
    let (client, demo) = client().map_err(|error| Problem::settings(&error))?;
    if demo.is_some() && !json {
        println!(
            "SENDMUX_API_KEY is not set: this is a made-up account at {}.\n",
            client.base_url()
        );
    }
    if let Some(warning) = client.credential_warning() {
        eprintln!("overview: {warning}");
    }
    let account = Account::read(&client).await?;
    if json {
        println!("{:#}", account.to_json());
    } else {
        print!("{}", screen::draw(&account, &style::Style::of_stdout()));
    }
    Ok(account.exit_code())
}

/// A client of the account in the environment, or of a made-up one, which lives as long as the
/// second value.
fn client() -> Result<(Client, Option<DemoAccount>), Error> {
    if std::env::var_os("SENDMUX_API_KEY").is_some() {
        return Ok((Client::from_env()?, None));
    }
    let demo = DemoAccount::start();
    let client = Client::builder(demo.key()).base_url(demo.base_url()).retry(RetryPolicy::none());
    Ok((client.build()?, Some(demo)))
}
