//! Numbers on the wire. JSON has a single number type, so a count may arrive as `3.0`, and a
//! fraction that was `3` is sent as `3`. A number may also arrive as a string.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serializer};

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

/// A whole number, in any spelling.
#[derive(Debug, PartialEq)]
pub(crate) struct WholeNumber(pub(crate) i64);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole).map(Self)
    }
}

/// Reads a whole number, in any spelling.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    WholeNumber::deserialize(deserializer).map(|number| number.0)
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

/// A number, in any spelling.
#[derive(Debug, PartialEq)]
pub(crate) struct Fraction(pub(crate) f64);

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FractionVisitor).map(Self)
    }
}

/// Reads a number, in any spelling.
pub(crate) fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Fraction::deserialize(deserializer).map(|number| number.0)
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

    use super::{Fraction, WholeNumber};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        count: WholeNumber,
        size: Option<WholeNumber>,
        ratio: Fraction,
        change: Option<Fraction>,
    }

    fn read(value: serde_json::Value) -> Result<Sample, serde_json::Error> {
        serde_json::from_str(&value.to_string())
    }

    #[test]
    fn integers_are_read_in_every_spelling() {
        for count in [json!(3), json!(3.0), json!("3"), json!("3.0"), json!("0.3e1")] {
            let sample = read(json!({"count": count, "size": count, "ratio": 3})).unwrap();
            assert_eq!((sample.count.0, sample.size), (3, Some(WholeNumber(3))));
        }
        assert_eq!(read(json!({"count": 1, "size": null, "ratio": 1})).unwrap().size, None);
        assert_eq!(read(json!({"count": -2, "ratio": 1})).unwrap().count.0, -2);
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
            assert_eq!((sample.ratio.0, sample.change), (2.0, Some(Fraction(2.0))));
        }
        for ratio in [json!(""), json!("NaN"), json!("1,5"), json!(null), json!([2])] {
            assert!(read(json!({"count": 1, "ratio": ratio})).is_err(), "{ratio}");
        }
    }

    #[test]
    fn fractions_are_written_as_they_were_read() {
        #[derive(Serialize)]
        struct Written {
            #[serde(serialize_with = "super::shortest")]
            ratio: f64,
            #[serde(serialize_with = "super::shortest_or_none")]
            change: Option<f64>,
        }
        let text = |ratio, change| serde_json::to_string(&Written { ratio, change }).unwrap();
        assert_eq!(text(3.0, None), r#"{"ratio":3,"change":null}"#);
        assert_eq!(text(0.25, Some(2.0)), r#"{"ratio":0.25,"change":2}"#);
    }
}
