//! JSON Schemas of the types that are written by hand (feature `schemars`).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Nullable, Secret, Timestamp};

/// Known values to choose from, and any other string: the API may have added some.
pub(crate) fn open_enum(known: &[&str]) -> Schema {
    json_schema!({
        "description": "One of the known values, or one that the API has added since.",
        "anyOf": [{ "enum": known }, { "type": "string" }],
    })
}

macro_rules! text {
    ($type:ty, $name:literal, $schema:tt) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("sendmux_client::", $name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

text!(Secret, "Secret", {
    "type": "string",
    "format": "password",
    "description": "A key, a password or a signed URL: not to be shown or logged.",
});

text!(Timestamp, "Timestamp", {
    "type": "string",
    "format": "date-time",
    "description": "A moment in UTC (RFC 3339); a date alone is its first moment.",
});

#[cfg(feature = "client")]
text!(crate::ETag, "ETag", {
    "type": "string",
    "description": "The version of a resource (RFC 9110, section 8.8.3): opaque.",
});

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
