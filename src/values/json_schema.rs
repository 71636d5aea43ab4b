//! JSON Schemas of the hand-written types (feature `schemars`).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::values::nullable::Nullable;
use crate::values::secret::Secret;
use crate::values::timestamp::Timestamp;

/// Returns the schema of an open enum: the known values or any other string.
#[allow(dead_code, reason = "used by generated code, which a build may lack")]
pub(crate) fn open_enum(known: &[&str]) -> Schema {
    json_schema!({
        "description": "One of the known values, or one that the API has added since.",
        "anyOf": [{ "enum": known }, { "type": "string" }],
    })
}

/// Implements `JsonSchema` for a type that serializes as a string.
macro_rules! string_schema {
    ($type:ty, $name:literal, $schema:tt) => {
        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!("sendmux_client::", $name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!($schema)
            }
        }
    };
}

string_schema!(Secret, "Secret", {
    "type": "string",
    "format": "password",
    "description": "An API key, a password or a signed URL. Do not display or log it.",
});

string_schema!(Timestamp, "Timestamp", {
    "type": "string",
    "format": "date-time",
    "description": "A UTC timestamp (RFC 3339); a date alone denotes its first instant.",
});

#[cfg(feature = "_client")]
pub(crate) use string_schema;

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Nullable_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("sendmux_client::Nullable<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}
