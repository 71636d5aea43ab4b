//! Sample values, made from the API's documents.

use std::any::type_name;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::values::decode::DecodeFailure;
use crate::values::timestamp::Timestamp;

/// A type with a sample value, made from its schema.
///
/// A sample has all fields set and is the same in every run. Types of responses are
/// `#[non_exhaustive]`, so a test starts from their sample and sets the fields it is about.
///
/// # Examples
/// ```
/// use sendmux_client::management::types::Balance;
/// use sendmux_client::mock::Sample;
///
/// let mut balance = Balance::sample();
/// balance.balance = "12.50".parse()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Sample: DeserializeOwned {
    /// Returns the sample as JSON.
    fn sample_json() -> Value;

    /// Returns the sample.
    ///
    /// # Panics
    /// If the schema of the type contradicts itself.
    fn sample() -> Self {
        read(Self::sample_json())
    }
}

/// Parses a sample in generated code.
pub(crate) fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Reads JSON as a type of the client.
///
/// # Panics
/// If the JSON does not fit the type, naming the field.
#[track_caller]
pub(super) fn read<T: DeserializeOwned>(json: Value) -> T {
    let text = json.to_string();
    serde_json::from_str(&text).unwrap_or_else(|_| {
        let DecodeFailure { path, reason } = DecodeFailure::find::<T>(text.as_bytes());
        panic!("the JSON is not a valid `{}`: field `{path}`: {reason}", type_name::<T>())
    })
}

impl<T: Sample> Sample for Vec<T> {
    fn sample_json() -> Value {
        json!([T::sample_json()])
    }
}

impl<T: Sample> Sample for BTreeMap<String, T> {
    fn sample_json() -> Value {
        json!({"key": T::sample_json()})
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample_json() -> Value {
        T::sample_json()
    }
}

macro_rules! samples {
    ($($type:ty => $json:tt),* $(,)?) => {
        $(impl Sample for $type {
            fn sample_json() -> Value {
                json!($json)
            }
        })*
    };
}

samples! {
    Value => {"any": "value"},
    Map<String, Value> => {"any": "value"},
    String => "text",
    bool => true,
    i64 => 3,
    f64 => 12.5,
    Timestamp => "2026-03-01T10:00:00Z",
}
