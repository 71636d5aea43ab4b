//! Structs that are read from JSON objects. What serde derives for a struct is several times as much
//! code as what it needs here.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};

/// A struct that is read from an object.
pub(crate) trait Object: Sized {
    const NAME: &'static str;

    /// The properties of the object.
    const PROPERTIES: &'static [&'static str];

    /// Returns the index of a property.
    fn index(name: &str) -> Option<usize>;

    /// Reads the properties, in any order.
    fn read<'de, A: MapAccess<'de>>(properties: &mut Properties<A, Self>)
    -> Result<Self, A::Error>;
}

/// Deserializes an [`Object`].
pub(crate) fn deserialize<'de, T: Object, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_struct(T::NAME, T::PROPERTIES, ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read(&mut Properties { map, last: 0, object: PhantomData })
    }
}

/// The properties of an object that is being read.
pub(crate) struct Properties<A, T> {
    map: A,
    /// What [`next`](Self::next) returned.
    last: usize,
    object: PhantomData<T>,
}

impl<'de, A: MapAccess<'de>, T: Object> Properties<A, T> {
    /// Returns the index of the next property that is known, which has to be [`read`](Self::read).
    pub(crate) fn next(&mut self) -> Result<Option<usize>, A::Error> {
        loop {
            match self.map.next_key_seed(Name::<T>(PhantomData))? {
                None => return Ok(None),
                Some(None) => {
                    self.map.next_value::<IgnoredAny>()?;
                }
                Some(Some(index)) => {
                    self.last = index;
                    return Ok(Some(index));
                }
            }
        }
    }

    /// Reads the value of a property.
    pub(crate) fn read<V: Deserialize<'de>>(
        &mut self,
        value: &mut Option<V>,
    ) -> Result<(), A::Error> {
        if value.is_some() {
            let name = T::PROPERTIES.get(self.last).copied().unwrap_or_default();
            return Err(A::Error::duplicate_field(name));
        }
        *value = Some(self.map.next_value()?);
        Ok(())
    }
}

/// Returns the value of a property that must be present.
pub(crate) fn required<T, E: Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// Looks up the name of a property.
struct Name<T>(PhantomData<T>);

impl<'de, T: Object> DeserializeSeed<'de> for Name<T> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: Object> Visitor<'_> for Name<T> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(T::index(name))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Deserializer};

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Sample {
        id: String,
        size: Option<u8>,
    }

    impl<'de> Deserialize<'de> for Sample {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            super::deserialize(deserializer)
        }
    }

    impl Object for Sample {
        const NAME: &'static str = "Sample";
        const PROPERTIES: &'static [&'static str] = &["id", "size"];

        fn index(name: &str) -> Option<usize> {
            Self::PROPERTIES.iter().position(|known| *known == name)
        }

        fn read<'de, A: MapAccess<'de>>(
            properties: &mut Properties<A, Self>,
        ) -> Result<Self, A::Error> {
            let (mut id, mut size) = (None, None);
            while let Some(property) = properties.next()? {
                match property {
                    0 => properties.read(&mut id)?,
                    _ => properties.read(&mut size)?,
                }
            }
            Ok(Self { id: required(id, "id")?, size: size.unwrap_or_default() })
        }
    }

    #[test]
    fn properties_are_read_in_any_order_and_others_ignored() {
        let sample = Sample { id: "a".to_owned(), size: Some(3) };
        for json in [
            r#"{"id":"a","size":3}"#,
            r#"{"size":3,"other":{"id":[1]},"id":"a"}"#,
            r#"{"\u0069d":"\u0061","size":3}"#,
        ] {
            assert_eq!(serde_json::from_str::<Sample>(json).unwrap(), sample, "{json}");
        }
        for json in [r#"{"id":"a"}"#, r#"{"id":"a","size":null}"#] {
            assert_eq!(serde_json::from_str::<Sample>(json).unwrap().size, None, "{json}");
        }
    }

    #[test]
    fn what_is_missing_twice_or_of_another_type_is_named() {
        for (json, expected) in [
            ("{}", "missing field `id`"),
            (r#"{"id":"a","id":"b"}"#, "duplicate field `id`"),
            (r#"{"id":1}"#, "invalid type: integer `1`, expected a string"),
            (r#"{"id":"a","size":300}"#, "invalid value: integer `300`, expected u8"),
            ("[]", "invalid type: sequence, expected struct Sample"),
            ("null", "invalid type: null, expected struct Sample"),
        ] {
            let error = serde_json::from_str::<Sample>(json).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
