//! Maintenance tasks of `sendmux-client`, as functions from inputs to text.

pub mod diff;
