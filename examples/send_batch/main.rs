//! Sends one e-mail to many people, and nothing twice.
//!
//! Without arguments it sends 250 made-up e-mails to an account on this machine, twice with the
//! same key. With `--from`, `--to` and SENDMUX_API_KEY it sends for real.

mod arguments;

use std::collections::BTreeMap;
use std::process::ExitCode;

use sendmux_client::Error;
use sendmux_client::sending::types::{Address, EmailSend};
use sendmux_client::sending::{BatchReport, Client, Outcome};
use sendmux_mock::DemoAccount;

use arguments::{Arguments, Mailing, USAGE};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Arguments::read(std::env::args().skip(1)) {
        Ok(Arguments::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Arguments::Demo) => demo().await,
        Ok(Arguments::Send(mailing)) => match Client::from_env() {
            Ok(client) => send(&client, &mailing).await.map(|report| exit_code(&report)),
            Err(error) => return usage(&error.to_string()),
        },
        Err(problem) => return usage(&problem),
    };
    match result {
        Ok(code) => code,
        Err(error) => usage(&error.to_string()),
    }
}

fn exit_code(report: &BatchReport) -> ExitCode {
    match report.queued() {
        _ if report.is_complete() => ExitCode::SUCCESS,
        0 => ExitCode::from(1),
        _ => ExitCode::from(3),
    }
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("send_batch: {problem}\n\n{USAGE}");
    ExitCode::from(2)
}

/// Sends the same e-mails twice; a few are to addresses that the account refuses.
async fn demo() -> Result<ExitCode, Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;
    let recipient = |number: usize| match number % 60 {
        59 => format!("person{number}@refused.example"),
        _ => format!("person{number}@example.org"),
    };
    let mailing = Mailing {
        from: "shop@example.com".to_owned(),
        to: (0..250).map(recipient).collect(),
        subject: "Closed on Monday".to_owned(),
        html_body: "<p>See you on Tuesday!</p>".to_owned(),
        key: "closed-on-monday".to_owned(),
    };
    println!("A made-up account at {}; no e-mail leaves this machine.\n", client.base_url());
    let first = send(&client, &mailing).await?;
    println!(
        "\nThe account took {} e-mails. The same again, with the same key:\n",
        account.emails_sent()
    );
    let again = send(&client, &mailing).await?;
    println!("\nThe account took {} e-mails.", account.emails_sent());
    let once = account.emails_sent() as usize == first.queued() && again.queued() == first.queued();
    Ok(ExitCode::from(if once { 0 } else { 1 }))
}

async fn send(client: &Client, mailing: &Mailing) -> Result<BatchReport, Error> {
    let from = Address::new(mailing.from.as_str());
    let messages = mailing.to.iter().map(|to| {
        let to = Address::new(to.as_str());
        EmailSend::new(from.clone(), to, mailing.subject.as_str(), mailing.html_body.as_str())
    });
    let report = client.send_batch(messages).idempotency_key(mailing.key.as_str()).await?;
    print(&report, &mailing.to);
    Ok(report)
}

fn print(report: &BatchReport, to: &[String]) {
    for chunk in report.chunks() {
        let count = chunk.messages().len();
        match (chunk.was_attempted(), chunk.error()) {
            (false, _) => println!("{}: {count} e-mails, not tried", chunk.idempotency_key()),
            (true, Some(error)) => {
                println!("{}: {count} e-mails: {error}", chunk.idempotency_key())
            }
            (true, None) => println!("{}: {count} e-mails", chunk.idempotency_key()),
        }
    }
    println!("{} of {} e-mails queued", report.queued(), to.len());
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (index, outcome) in report.not_queued() {
        reasons.entry(reason(outcome)).or_default().push(&to[index]);
    }
    for (reason, people) in reasons {
        println!("{reason}: {}", people.join(", "));
    }
}

fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected(error) => error.message.clone(),
        Outcome::TooLarge { bytes } => format!("too large ({bytes} bytes)"),
        Outcome::ChunkFailed => "the request failed".to_owned(),
        Outcome::NotAttempted => "not tried".to_owned(),
        _ => "unclear".to_owned(),
    }
}
