//! Bytes that are no JSON, in both directions.

pub(crate) mod download;
pub(crate) mod upload;
