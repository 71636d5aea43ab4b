//! Shows messages as they come to a mailbox, each once, over drops and restarts.
//!
//! With SENDMUX_API_KEY, a mailbox key, it watches until Ctrl-C. Without a key it starts a made-up
//! account on this machine, whose streams close all the time, and ends after five events.

mod arguments;
mod kept;
mod watch;

use std::process::ExitCode;

use sendmux_client::mailbox::Client;
use sendmux_mock::DemoAccount;

use arguments::{Arguments, USAGE};
use kept::Kept;
use watch::Watch;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => return usage(&problem),
    };
    let has_key = std::env::var_os("SENDMUX_API_KEY").is_some_and(|key| !key.is_empty());
    let done = if has_key {
        match Client::from_env() {
            Ok(client) => watch(client, arguments).await,
            Err(error) => return usage(&error.to_string()),
        }
    } else {
        demo().await
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("watch_mailbox: {error}");
            ExitCode::from(1)
        }
    }
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("watch_mailbox: {problem}\n\n{USAGE}");
    ExitCode::from(2)
}

async fn watch(client: Client, arguments: Arguments) -> Result<(), Failure> {
    let mut watch = Watch::new(client, Kept::load(arguments.state)?);
    tokio::select! {
        done = watch.follow(None) => done?,
        stop = tokio::signal::ctrl_c() => stop?,
    }
    println!("{} messages shown", watch.shown());
    Ok(())
}

/// Watches a mailbox that was last looked at some messages ago.
async fn demo() -> Result<(), Failure> {
    let account = DemoAccount::start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;
    println!("A made-up mailbox at {}, last looked at three messages ago.\n", client.base_url());
    let file = std::env::temp_dir().join(format!("watch_mailbox-{}.json", std::process::id()));
    let mut kept = Kept::load(file.clone())?;
    kept.state = Some("state_3".to_owned());
    kept.last_event_id = Some("evt_2".to_owned());
    let mut watch = Watch::new(client, kept);
    let done = tokio::select! {
        done = watch.follow(Some(5)) => done,
        stop = tokio::signal::ctrl_c() => stop.map_err(Into::into),
    };
    println!("\n{} messages shown", watch.shown());
    std::fs::remove_file(file)?;
    done
}
