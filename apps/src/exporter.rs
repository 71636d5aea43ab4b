//! An account's figures for Prometheus.
//!
//! One task a group of figures (`group`) reads the API and puts what it found on a board (`board`);
//! a scrape draws the board (`exposition`) and waits for nobody.

mod args;
mod board;
mod exposition;
mod failure;
mod group;
mod provider;
mod reading;
mod refresh;
mod server;
mod sheet;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use args::Args;

use board::Shared;
use group::Group;

use crate::account::Account;

/// Serves the metrics until asked to end, or prints them once, and says how it ended.
pub async fn run(args: &Args) -> ExitCode {
    let account = match args.account.open() {
        Ok(account) => account,
        Err(error) => {
            eprintln!("exporter: {error}");
            return ExitCode::from(2);
        }
    };
    if let Some(warning) = account.client.credential_warning() {
        eprintln!("exporter: {warning}");
    }
    let shared = Arc::new(Shared::new(args.view()));
    if args.once {
        print(args, &account, &shared).await
    } else {
        serve(args, &account, shared).await
    }
}

async fn print(args: &Args, account: &Account, shared: &Arc<Shared>) -> ExitCode {
    let mut tasks = JoinSet::new();
    for group in Group::ALL {
        let (client, shared, limit) = (account.client.clone(), shared.clone(), args.staleness);
        tasks.spawn(async move { refresh::once(&client, group, &shared, limit).await });
    }
    let read = tokio::select! {
        biased;
        () = crate::shutdown::requested() => return ExitCode::from(1),
        read = tasks.join_all() => read.iter().filter(|read| read.is_ok()).count(),
    };
    let text = shared.exposition(SystemTime::now());
    if let Err(error) = io::stdout().lock().write_all(text.as_bytes()) {
        eprintln!("exporter: {error}");
        return ExitCode::from(1);
    }
    ExitCode::from(match read {
        0 => 1,
        complete if complete == Group::ALL.len() => 0,
        _ => 3,
    })
}

async fn serve(args: &Args, account: &Account, shared: Arc<Shared>) -> ExitCode {
    let listener = match TcpListener::bind(args.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("exporter: cannot listen on {}: {error}", args.listen);
            return ExitCode::from(2);
        }
    };
    if let Ok(address) = listener.local_addr() {
        eprintln!("exporter: http://{address}/metrics");
    }
    let mut tasks = JoinSet::new();
    for group in Group::ALL {
        let (client, shared) = (account.client.clone(), shared.clone());
        let (every, limit) = (args.refresh, args.staleness);
        tasks.spawn(async move { refresh::forever(&client, group, &shared, every, limit).await });
    }
    match server::serve(listener, shared, crate::shutdown::requested()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("exporter: {error}");
            ExitCode::from(1)
        }
    }
}
