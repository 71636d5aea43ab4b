//! Scalar types that the API's documents describe as plain strings and numbers, and the decoding of
//! JSON into Rust types.

#[cfg(any(feature = "_client", feature = "webhooks"))]
pub(crate) mod decode;
#[cfg(feature = "schemars")]
pub(crate) mod json_schema;
pub(crate) mod nullable;
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
pub(crate) mod number;
#[allow(dead_code, reason = "used by generated code, which a build may lack")]
pub(crate) mod object;
#[allow(dead_code, unused_macros, reason = "used by generated code, which a build may lack")]
pub(crate) mod open_enum;
pub(crate) mod secret;
pub(crate) mod timestamp;
