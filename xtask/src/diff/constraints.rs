//! What a schema says about single values: the types it admits and the bounds it sets.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Map, Number, Value};

use super::composition::Subschema;
use super::pointer::Pointer;

/// A set of JSON types, null aside. The integers are part of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Types(u8);

const NAMES: [(u8, &str); 5] =
    [(1, "string"), (6, "number"), (8, "boolean"), (16, "object"), (32, "array")];
const INTEGER: u8 = 2;

impl Types {
    pub(crate) const NONE: Types = Types(0);
    pub(crate) const OBJECT: Types = Types(16);
    pub(crate) const ARRAY: Types = Types(32);
    pub(crate) const BOOLEAN: Types = Types(8);
    pub(crate) const INTEGER: Types = Types(INTEGER);
    pub(crate) const NUMBER: Types = Types(6);
    pub(crate) const STRING: Types = Types(1);

    /// Returns the type of a name; the empty set for `null` and for unknown names.
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
        let mut names: Vec<&str> = Vec::new();
        for (bits, name) in NAMES {
            if self.0 & bits == bits {
                names.push(name);
            } else if self.0 & bits & INTEGER != 0 {
                names.push("integer");
            }
        }
        f.write_str(&names.join(" or "))
    }
}

/// What a bound limits, named after the keyword that states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BoundKind {
    Minimum,
    Maximum,
    MultipleOf,
    MinLength,
    MaxLength,
    MinItems,
    MaxItems,
    UniqueItems,
    MinProperties,
    MaxProperties,
}

/// A bound, and the keyword that states it.
#[derive(Debug, Clone)]
pub(crate) struct Bound<'a> {
    pub(crate) kind: BoundKind,
    pub(crate) at: Pointer<'a>,
    value: Number,
    exclusive: bool,
}

/// How a bound changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BoundChange {
    None,
    Tightened,
    Loosened,
}

const PLAIN: [(&str, BoundKind); 9] = [
    ("multipleOf", BoundKind::MultipleOf),
    ("minLength", BoundKind::MinLength),
    ("maxLength", BoundKind::MaxLength),
    ("minItems", BoundKind::MinItems),
    ("maxItems", BoundKind::MaxItems),
    ("minProperties", BoundKind::MinProperties),
    ("maxProperties", BoundKind::MaxProperties),
    ("minimum", BoundKind::Minimum),
    ("maximum", BoundKind::Maximum),
];
const EXCLUSIVE: [(&str, &str, BoundKind); 2] = [
    ("exclusiveMinimum", "minimum", BoundKind::Minimum),
    ("exclusiveMaximum", "maximum", BoundKind::Maximum),
];

impl BoundKind {
    fn is_lower(self) -> bool {
        use BoundKind::{MinItems, MinLength, MinProperties, Minimum};
        matches!(self, Minimum | MinLength | MinItems | MinProperties)
    }

    /// Returns the types whose values it limits.
    fn types(self) -> Types {
        use BoundKind::{MaxItems, MaxLength, MaxProperties, MinItems, MinLength, MinProperties};
        match self {
            MinLength | MaxLength => Types::STRING,
            MinItems | MaxItems | BoundKind::UniqueItems => Types::ARRAY,
            MinProperties | MaxProperties => Types::OBJECT,
            BoundKind::Minimum | BoundKind::Maximum | BoundKind::MultipleOf => Types::NUMBER,
        }
    }

    /// Returns the name of the bound in a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            BoundKind::Minimum => "minimum",
            BoundKind::Maximum => "maximum",
            BoundKind::MultipleOf => "multiple of",
            BoundKind::MinLength => "minimum length",
            BoundKind::MaxLength => "maximum length",
            BoundKind::MinItems => "minimum number of items",
            BoundKind::MaxItems => "maximum number of items",
            BoundKind::UniqueItems => "unique items",
            BoundKind::MinProperties => "minimum number of properties",
            BoundKind::MaxProperties => "maximum number of properties",
        }
    }
}

impl Bound<'_> {
    /// Returns the bound in a sentence.
    pub(crate) fn describe(&self) -> String {
        match self.kind {
            BoundKind::UniqueItems => "yes".to_owned(),
            _ if self.exclusive => format!("{} (exclusive)", self.value),
            _ => self.value.to_string(),
        }
    }

    /// Returns the bound as a JSON value.
    pub(crate) fn value(&self) -> Value {
        match self.kind {
            BoundKind::UniqueItems => Value::Bool(true),
            _ => Value::Number(self.value.clone()),
        }
    }

    /// Whether the bound admits every value of the types.
    fn is_void(&self, types: Option<Types>) -> bool {
        let counts = [BoundKind::MinLength, BoundKind::MinItems, BoundKind::MinProperties];
        let applies = types.is_none_or(|types| !types.intersection(self.kind.types()).is_none());
        let whole = types == Some(Types::INTEGER) && self.kind == BoundKind::MultipleOf;
        !applies
            || (counts.contains(&self.kind)
                && order(&self.value, &Number::from(0)) != Ordering::Greater)
            || (whole && is_multiple(&Number::from(1), &self.value))
    }

    fn compare(&self, new: &Self) -> BoundChange {
        if self.kind == BoundKind::MultipleOf {
            return compare_steps(&self.value, &new.value);
        }
        let order = order(&new.value, &self.value);
        let order = if self.kind.is_lower() { order } else { order.reverse() };
        match order.then(new.exclusive.cmp(&self.exclusive)) {
            Ordering::Greater => BoundChange::Tightened,
            Ordering::Less => BoundChange::Loosened,
            Ordering::Equal => BoundChange::None,
        }
    }
}

/// A finer step admits more values. Where neither step divides the other, each may reject values of
/// the other.
fn compare_steps(old: &Number, new: &Number) -> BoundChange {
    match (is_multiple(new, old), is_multiple(old, new)) {
        (true, true) => BoundChange::None,
        (false, true) => BoundChange::Loosened,
        _ => BoundChange::Tightened,
    }
}

/// Whether a decimal number is a multiple of another one, exactly; false if that cannot be told.
fn is_multiple(number: &Number, step: &Number) -> bool {
    let whole = |number: &Number| -> Option<(i128, i32)> {
        let text = number.to_string();
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let places = i32::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i32>().ok()?.checked_sub(places)?;
        Some((format!("{integer}{fraction}").parse().ok()?, exponent))
    };
    let scaled = || {
        let ((number, by), (step, per)) = (whole(number)?, whole(step)?);
        let scale = |value: i128, exponent: i32| {
            let places = u32::try_from(exponent.checked_sub(by.min(per))?).ok()?;
            value.checked_mul(10_i128.checked_pow(places)?)
        };
        scale(number, by)?.checked_rem(scale(step, per)?)
    };
    scaled() == Some(0)
}

/// Compares the bounds of one kind of two schemas.
pub(crate) fn compare_bounds(old: Option<&Bound<'_>>, new: Option<&Bound<'_>>) -> BoundChange {
    match (old, new) {
        (None, None) => BoundChange::None,
        (None, Some(_)) => BoundChange::Tightened,
        (Some(_), None) => BoundChange::Loosened,
        (Some(old), Some(new)) => old.compare(new),
    }
}

fn order(one: &Number, other: &Number) -> Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one
            .as_f64()
            .zip(other.as_f64())
            .and_then(|(one, other)| one.partial_cmp(&other))
            .unwrap_or(Ordering::Equal),
    }
}

/// Returns the bounds of a schema: for each kind, the tightest that applies.
pub(crate) fn bounds<'a>(subschemas: &[Subschema<'a>], types: Option<Types>) -> Vec<Bound<'a>> {
    let mut tightest: Vec<Bound<'a>> = Vec::new();
    for subschema in subschemas {
        for bound in stated(subschema) {
            let bound = inclusive(bound, types);
            if bound.is_void(types) {
                continue;
            }
            match tightest.iter_mut().find(|known| known.kind == bound.kind) {
                None => tightest.push(bound),
                Some(known) if known.compare(&bound) == BoundChange::Tightened => *known = bound,
                Some(_) => {}
            }
        }
    }
    tightest.sort_by_key(|bound| bound.kind);
    tightest
}

fn stated<'a>(subschema: &Subschema<'a>) -> Vec<Bound<'a>> {
    let place = &subschema.place;
    let mut bounds = Vec::new();
    let number = |key: &str| subschema.keywords.get(key).and_then(Value::as_number);
    for (key, kind) in PLAIN {
        let Some(value) = number(key) else { continue };
        // In OpenAPI 3.0, a flag makes the plain bound exclusive.
        let marked = EXCLUSIVE.iter().any(|(mark, plain, _)| *plain == key && place.flag(mark));
        bounds.push(Bound { kind, at: place.at.key(key), value: value.clone(), exclusive: marked });
    }
    for (key, _, kind) in EXCLUSIVE {
        let Some(value) = number(key) else { continue };
        bounds.push(Bound { kind, at: place.at.key(key), value: value.clone(), exclusive: true });
    }
    if place.flag("uniqueItems") {
        bounds.push(Bound {
            kind: BoundKind::UniqueItems,
            at: place.at.key("uniqueItems"),
            value: Number::from(1),
            exclusive: false,
        });
    }
    bounds
}

/// Whether keywords without schemas inside imply a bound.
pub(crate) fn implies(keywords: &Map<String, Value>, key: &str, bound: &Value) -> bool {
    let number = |key: &str| keywords.get(key).and_then(Value::as_number);
    let Some(bound) = bound.as_number() else {
        return key == "uniqueItems" && bound == &Value::Bool(false);
    };
    let at_least = |key: &str| number(key).is_some_and(|own| order(own, bound) != Ordering::Less);
    let at_most = |key: &str| number(key).is_some_and(|own| order(own, bound) != Ordering::Greater);
    let beyond = |key: &str, side| number(key).is_some_and(|own| order(own, bound) == side);
    match key {
        "minimum" => at_least(key) || at_least("exclusiveMinimum"),
        "maximum" => at_most(key) || at_most("exclusiveMaximum"),
        "exclusiveMinimum" => at_least(key) || beyond("minimum", Ordering::Greater),
        "exclusiveMaximum" => at_most(key) || beyond("maximum", Ordering::Less),
        "multipleOf" => number(key).is_some_and(|own| is_multiple(own, bound)),
        "minItems" | "minLength" | "minProperties" => {
            at_least(key) || order(bound, &Number::from(0)) != Ordering::Greater
        }
        "maxItems" | "maxLength" | "maxProperties" => at_most(key),
        _ => false,
    }
}

/// Whether all values of one of several schemas that apply at once are of the types that `type`
/// names.
pub(crate) fn implies_type(parts: &[&Map<String, Value>], named: &[&str]) -> bool {
    let admitted =
        |name: &str| named.contains(&name) || (name == "integer" && named.contains(&"number"));
    parts.iter().any(|part| {
        let names = part.get("type").map(names_of);
        let null = part.get("nullable") != Some(&Value::Bool(true)) || named.contains(&"null");
        let values = match (part.get("const"), part.get("enum").and_then(Value::as_array)) {
            (Some(only), _) => Some(std::slice::from_ref(only)),
            (None, listed) => listed.map(Vec::as_slice),
        };
        names.is_some_and(|names| null && names.into_iter().all(admitted))
            || values.is_some_and(|values| values.iter().all(|value| admitted(name_of(value))))
    })
}

/// Returns the names that `type` lists.
pub(crate) fn names_of(types: &Value) -> Vec<&str> {
    match types {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// For integers, writes an exclusive bound as an inclusive one: above 0 is from 1 on.
fn inclusive<'a>(mut bound: Bound<'a>, types: Option<Types>) -> Bound<'a> {
    let ends = [BoundKind::Minimum, BoundKind::Maximum];
    if types == Some(Types::INTEGER) && bound.exclusive && ends.contains(&bound.kind) {
        let step = if bound.kind.is_lower() { 1 } else { -1 };
        if let Some(value) = bound.value.as_i64().and_then(|value| value.checked_add(step)) {
            bound.value = Number::from(value);
            bound.exclusive = false;
        }
    }
    bound
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
