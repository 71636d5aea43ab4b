//! Maintenance tasks of `sendmux-client`, as functions from inputs to text.

pub mod atomic;
pub mod ci;
pub mod cli;
pub mod compare;
pub mod derived;
pub mod diff;
pub mod expand;
pub mod fetch;
pub mod ignore;
pub mod mutants;
pub mod operations;
pub mod outcome;
pub mod package;
pub mod packed;
pub mod process;
pub mod report;
pub mod run;
pub mod rust_view;
pub mod source;
pub mod spec;
pub mod tidy;
pub mod update;
