//! The client against a server that fails in every way there is.

mod class;
mod clock;
mod fault;
mod matrix;
mod server;
