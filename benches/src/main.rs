//! One piece of work, many times, by one of the peers; `run` measures it from outside.
//!
//! `server` answers on a port that it prints; `WORK PEER COUNT URL` does the work.

mod allocations;
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

fn usage() -> ExitCode {
    eprintln!("usage: server | (balance|logs|new) (ours|hand|vendor) COUNT URL");
    ExitCode::from(2)
}
