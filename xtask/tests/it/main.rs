//! Tests of the tasks through their public functions and through the binary.

mod rewrites;
mod rules;
mod rust_view;
mod support;
