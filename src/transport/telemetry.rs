//! What a call tells `tracing`, if that is compiled in.
//!
//! Names are those of the OpenTelemetry conventions for HTTP clients. Neither a URL nor a header nor
//! a body is ever told, so there is no secret in it.

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(feature = "tracing")]
mod on;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::Span;
#[cfg(feature = "tracing")]
pub(crate) use on::Span;
