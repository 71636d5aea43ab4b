//! Numbers on the wire. JSON has a single number type, so a count may arrive as `3.0`, and a
//! fraction that was `3` is sent as `3`. A number may also arrive as a string.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serializer};

use super::nullable::Nullable;

/// Largest magnitude up to which every integer has an exact `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number that a setter takes: of any primitive type. One beyond 64 bits becomes the nearest
/// that fits.
///
/// This trait is sealed.
pub trait IntoInteger: sealed::Sealed {
    #[doc(hidden)]
    fn into_integer(self) -> i64;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! into_integer {
    ($($signed:ty)*; $($unsigned:ty)*) => {
        $(
            impl sealed::Sealed for $signed {}

            impl IntoInteger for $signed {
                fn into_integer(self) -> i64 {
                    i64::try_from(self).unwrap_or(if self < 0 { i64::MIN } else { i64::MAX })
                }
            }
        )*
        $(
            impl sealed::Sealed for $unsigned {}

            impl IntoInteger for $unsigned {
                fn into_integer(self) -> i64 {
                    i64::try_from(self).unwrap_or(i64::MAX)
                }
            }
        )*
    };
}

into_integer!(i8 i16 i32 i64 i128 isize; u8 u16 u32 u64 u128 usize);

pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(Whole)
}

pub(crate) fn whole_or_none<'de, D>(deserializer: D) -> Result<Option<i64>, D::Error>
where
    D: Deserializer<'de>,
{
    Option::<Wrapped>::deserialize(deserializer).map(|value| value.map(|wrapped| wrapped.0))
}

pub(crate) fn whole_or_absent<'de, D>(deserializer: D) -> Result<Nullable<i64>, D::Error>
where
    D: Deserializer<'de>,
{
    whole_or_none(deserializer).map(Nullable::from)
}

struct Wrapped(i64);

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole(deserializer).map(Wrapped)
    }
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom("a number beyond 64 bits"))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<i64, E> {
        exact(value).ok_or_else(|| E::invalid_value(de::Unexpected::Float(value), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<i64, E> {
        let whole = text.parse().ok().or_else(|| exact(finite(text)?));
        whole.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// Parses a number as JSON spells it, without `inf` and `NaN`.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn exact(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

pub(crate) fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_any(FractionVisitor)
}

pub(crate) fn fraction_or_none<'de, D>(deserializer: D) -> Result<Option<f64>, D::Error>
where
    D: Deserializer<'de>,
{
    Option::<Fraction>::deserialize(deserializer).map(|value| value.map(|fraction| fraction.0))
}

struct Fraction(f64);

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fraction(deserializer).map(Fraction)
    }
}

struct FractionVisitor;

impl Visitor<'_> for FractionVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        finite(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

pub(crate) fn shortest<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match exact(*value) {
        Some(whole) => serializer.serialize_i64(whole),
        None => serializer.serialize_f64(*value),
    }
}

pub(crate) fn shortest_or_none<S>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
{
    match value {
        Some(value) => shortest(value, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        #[serde(deserialize_with = "super::whole")]
        count: i64,
        #[serde(default, deserialize_with = "super::whole_or_none")]
        size: Option<i64>,
        #[serde(serialize_with = "super::shortest", deserialize_with = "super::fraction")]
        ratio: f64,
        #[serde(default, deserialize_with = "super::fraction_or_none")]
        change: Option<f64>,
    }

    fn read(value: serde_json::Value) -> Result<Sample, serde_json::Error> {
        serde_json::from_str(&value.to_string())
    }

    #[test]
    fn integers_are_read_in_every_spelling() {
        for count in [json!(3), json!(3.0), json!("3"), json!("3.0"), json!("0.3e1")] {
            let sample = read(json!({"count": count, "size": count, "ratio": 3})).unwrap();
            assert_eq!((sample.count, sample.size), (3, Some(3)));
        }
        assert_eq!(read(json!({"count": 1, "size": null, "ratio": 1})).unwrap().size, None);
        assert_eq!(read(json!({"count": -2, "ratio": 1})).unwrap().count, -2);
    }

    #[test]
    fn other_values_are_rejected_as_integers() {
        for count in [
            json!(3.5),
            json!("3.5"),
            json!(""),
            json!("inf"),
            json!(1e300),
            json!(u64::MAX),
            json!(true),
        ] {
            assert!(read(json!({"count": count, "ratio": 1})).is_err(), "{count}");
        }
    }

    #[test]
    fn fractions_are_read_in_every_spelling() {
        for ratio in [json!(2), json!(2.0), json!("2"), json!("2.00"), json!("0.2e1")] {
            let sample = read(json!({"count": 1, "ratio": ratio, "change": ratio})).unwrap();
            assert_eq!((sample.ratio, sample.change), (2.0, Some(2.0)));
        }
        for ratio in [json!(""), json!("NaN"), json!("1,5"), json!(null), json!([2])] {
            assert!(read(json!({"count": 1, "ratio": ratio})).is_err(), "{ratio}");
        }
    }

    #[test]
    fn fractions_are_written_as_they_were_read() {
        let text = |ratio| {
            serde_json::to_string(&Sample { count: 1, size: None, ratio, change: None }).unwrap()
        };
        assert_eq!(text(3.0), r#"{"count":1,"size":null,"ratio":3,"change":null}"#);
        assert_eq!(text(0.25), r#"{"count":1,"size":null,"ratio":0.25,"change":null}"#);
    }
}
