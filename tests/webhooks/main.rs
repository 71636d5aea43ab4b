//! Deliveries to webhooks: which are accepted, and the errors of the others.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bodies;
mod headers;
mod properties;
mod request;
mod secrets;
mod timestamp;
mod vectors;
