//! Alerts for a Sendmux account: see `sendmux-alert --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::alert::{self, Args};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    alert::run(&Args::parse()).await
}
