//! A monthly report for a Sendmux account: see `sendmux-report --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::report::{self, Args};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    report::run(&Args::parse()).await
}
