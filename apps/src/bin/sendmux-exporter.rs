//! A Prometheus exporter for a Sendmux account: see `sendmux-exporter --help`.

use std::process::ExitCode;

use clap::Parser;
use sendmux_apps::exporter::{self, Args};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exporter::run(&Args::parse()).await
}
