//! What data is made of: types that the API's documents write as plain strings and numbers.

#[cfg(feature = "schemars")]
pub(crate) mod json_schema;
#[cfg(any(feature = "client", feature = "webhooks"))]
pub(crate) mod misfit;
pub(crate) mod nullable;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
pub(crate) mod number;
#[allow(
    dead_code,
    unused_macros,
    reason = "used by generated code, which a build may have none of"
)]
pub(crate) mod open_enum;
pub(crate) mod secret;
pub(crate) mod timestamp;
