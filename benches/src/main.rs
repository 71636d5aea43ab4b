//! One piece of work, many times, by one of the peers; `run` measures it from outside.
//!
//! `server` answers on a port that it prints; `WORK PEER COUNT URL` does the work. `pace`, `overlap`
//! and `memory` measure themselves.

mod allocations;
mod flow;
mod limited;
mod peers;
mod server;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // The peers' reqwest is built with rustls and no provider, so the program chooses one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["server"] => server::run(),
        ["pace", clients] => match clients.parse() {
            Ok(clients) => report(flow::pace(clients).await),
            Err(_) => usage(),
        },
        ["overlap"] => report(flow::overlap().await),
        ["memory"] => report(flow::memory().await),
        [work, peer, count, url] => match count.parse() {
            Ok(count) => match peers::run(work, peer, count, url).await {
                Some(allocations) => {
                    println!("{allocations}");
                    ExitCode::SUCCESS
                }
                None => usage(),
            },
            Err(_) => usage(),
        },
        _ => usage(),
    }
}

fn report(outcome: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: server | pace CLIENTS | overlap | memory | (balance|logs|new) (ours|hand|vendor) COUNT URL"
    );
    ExitCode::from(2)
}
