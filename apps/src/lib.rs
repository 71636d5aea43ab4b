//! What the applications have in common: the account they read and how they end.

pub mod account;
pub mod alert;
pub mod exporter;
pub mod report;
pub mod shutdown;
mod text;
