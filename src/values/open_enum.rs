//! Enums that the API may extend with new values.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Declares an enum of known strings that keeps unknown ones.
macro_rules! open_enum {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident { $( $(#[$words:meta])* $variant:ident = $value:literal, )* }
    ) => {
        $(#[$attribute])*
        ///
        /// A value that this version of the crate does not know is kept as `Unknown`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$words])* $variant, )*
            /// A value that this version of the crate does not know.
            Unknown(::std::string::String),
        }

        impl $name {
            /// The known values, in the order of the API's document.
            pub const KNOWN: &'static [&'static str] = &[$($value),*];

            /// Returns the value as the API spells it.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $value, )*
                    Self::Unknown(value) => value,
                }
            }

            #[inline]
            fn known(value: &str) -> ::std::option::Option<Self> {
                match value {
                    $( $value => ::std::option::Option::Some(Self::$variant), )*
                    _ => ::std::option::Option::None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::convert::From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                Self::known(value).unwrap_or_else(|| Self::Unknown(value.to_owned()))
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            #[inline]
            fn from(value: ::std::string::String) -> Self {
                Self::known(&value).unwrap_or(Self::Unknown(value))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            #[inline]
            fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::from(value))
            }
        }

        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(::std::stringify!($name))
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                let id = ::std::concat!(::std::module_path!(), "::", ::std::stringify!($name));
                ::std::borrow::Cow::Borrowed(id)
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                $crate::values::json_schema::open_enum(Self::KNOWN)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::values::open_enum::deserialize(deserializer)
            }
        }
    };
}

#[allow(unused_imports, reason = "used by generated code, which a build may lack")]
pub(crate) use open_enum;

/// Deserializes a string without copying it if the value is known.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: for<'a> From<&'a str>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
            Ok(T::from(value))
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro makes what users see")]
mod tests {
    open_enum! {
        /// Colours.
        pub enum Colour {
            /// `deep red`
            DeepRed = "deep red",
            /// `blue`
            Blue = "blue",
        }
    }

    #[test]
    fn known_and_unknown_values_round_trip() {
        for (text, value) in
            [("deep red", Colour::DeepRed), ("puce", Colour::Unknown("puce".to_owned()))]
        {
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::from_str::<Colour>(&json).unwrap(), value);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(value.to_string(), text);
            assert_eq!(Colour::from(text), value);
        }
        assert!(serde_json::from_str::<Colour>("1").is_err());
        assert_eq!(format!("{:>10}", Colour::DeepRed), "  deep red");
        assert_eq!(Colour::KNOWN, ["deep red", "blue"]);
    }
}
