//! Programs for a Sendmux account: overview, exporter, alerts and reports.

pub mod account;
pub mod alert;
mod atomic_file;
mod cli;
pub mod exporter;
pub mod overview;
pub mod report;
mod text;
