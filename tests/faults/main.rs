//! The client when the network or the server fails: a scripted server controls every byte, and a
//! fake clock the time.
//!
//! Whatever a complete response decides is in `tests/behaviour`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod batch;
mod class;
mod clock;
mod conditional;
mod download;
mod drafts;
mod events;
mod fault;
mod feed;
#[cfg(feature = "gzip")]
mod gzip;
mod hostile;
#[cfg(feature = "http2")]
mod http2;
mod matrix;
#[cfg(unix)]
mod nginx;
mod observer;
mod paging;
mod rate_limiter;
mod redirects;
mod retry;
mod server;
mod signed_url;
#[cfg(feature = "tracing")]
mod telemetry;
#[cfg(feature = "rustls")]
mod tls;
mod upload;
