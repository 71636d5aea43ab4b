//! An overview of a Sendmux account in the terminal: see `sendmux-overview --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::overview::{self, Args};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    overview::run(&Args::parse()).await
}
