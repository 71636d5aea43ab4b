//! Programs for a Sendmux account: overview, exporter, alerts and reports.

pub mod account;
pub mod alert;
mod atomic_file;
mod check;
pub mod cli;
pub mod exporter;
mod failure_rate;
mod families;
pub mod log;
mod mailer;
pub mod overview;
pub mod report;
mod server;
mod text;
