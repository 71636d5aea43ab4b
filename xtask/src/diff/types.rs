//! The JSON types that a schema admits, null aside.

use std::fmt;

use serde_json::Value;

/// A set of types; whole numbers are a part of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Types(u8);

const NAMES: [(u8, &str); 5] =
    [(1, "string"), (6, "number"), (8, "boolean"), (16, "object"), (32, "array")];
const INTEGER: u8 = 2;

impl Types {
    pub(crate) const NONE: Types = Types(0);
    pub(crate) const OBJECT: Types = Types(16);
    pub(crate) const ARRAY: Types = Types(32);
    pub(crate) const INTEGER: Types = Types(INTEGER);
    pub(crate) const STRING: Types = Types(1);

    /// The type of that name; nothing for `null` and for names that do not exist.
    pub(crate) fn named(name: &str) -> Types {
        if name == "integer" {
            return Types::INTEGER;
        }
        NAMES.iter().find(|(_, known)| *known == name).map_or(Types::NONE, |(bits, _)| Types(*bits))
    }

    pub(crate) fn of_value(value: &Value) -> Types {
        match value {
            Value::Null => Types::NONE,
            Value::Bool(_) => Types(8),
            Value::Number(number) if number.is_f64() => Types(6),
            Value::Number(_) => Types::INTEGER,
            Value::String(_) => Types::STRING,
            Value::Array(_) => Types::ARRAY,
            Value::Object(_) => Types::OBJECT,
        }
    }

    pub(crate) fn union(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn admits(self, other: Types) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<&str> = Vec::new();
        for (bits, name) in NAMES {
            if self.0 & bits == bits {
                words.push(name);
            } else if self.0 & bits & INTEGER != 0 {
                words.push("integer");
            }
        }
        f.write_str(&words.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_numbers() {
        assert!(Types::named("number").admits(Types::named("integer")));
        assert!(!Types::named("integer").admits(Types::named("number")));
        let both = Types::named("number").intersection(Types::named("integer"));
        assert_eq!(both, Types::INTEGER);
        assert_eq!(Types::named("string").union(Types::INTEGER).to_string(), "string or integer");
        assert_eq!(Types::named("number").to_string(), "number");
        assert_eq!(Types::named("null"), Types::NONE);
    }
}
