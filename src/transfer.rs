//! Bytes that are no JSON, in both directions.

pub(crate) mod address;
pub(crate) mod download;
pub(crate) mod fetch;
pub(crate) mod signed;
pub(crate) mod upload;
