//! Values made up from the documents.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A type that has a sample: a value made from its schema, the same in every run, with every field
/// set.
///
/// The way to a value of an answer's type in a test: those types are `#[non_exhaustive]`, but their
/// fields are public and can be set.
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
    /// The sample as JSON.
    fn sample_json() -> Value;

    /// The sample.
    ///
    /// # Panics
    /// If the schema that the sample was made from contradicts itself.
    fn sample() -> Self {
        super::form::read(Self::sample_json())
    }
}

/// The sample that was written when the crate was built.
pub(crate) fn generated(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
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
}
