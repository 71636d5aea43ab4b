//! Limits on values, in one spelling: the tightest of all that hold, with the place that says so.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::parts::Part;
use super::trail::Trail;
use super::types::Types;

/// What a limit is a limit on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    LowestValue,
    HighestValue,
    Step,
    ShortestText,
    LongestText,
    FewestItems,
    MostItems,
    DistinctItems,
    FewestEntries,
    MostEntries,
}

/// One limit.
#[derive(Debug, Clone)]
pub(crate) struct Bound<'a> {
    pub(crate) measure: Measure,
    pub(crate) at: Trail<'a>,
    value: Number,
    exclusive: bool,
}

/// How a limit moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    None,
    Tighter,
    Looser,
}

const PLAIN: [(&str, Measure); 9] = [
    ("multipleOf", Measure::Step),
    ("minLength", Measure::ShortestText),
    ("maxLength", Measure::LongestText),
    ("minItems", Measure::FewestItems),
    ("maxItems", Measure::MostItems),
    ("minProperties", Measure::FewestEntries),
    ("maxProperties", Measure::MostEntries),
    ("minimum", Measure::LowestValue),
    ("maximum", Measure::HighestValue),
];
const EXCLUSIVE: [(&str, &str, Measure); 2] = [
    ("exclusiveMinimum", "minimum", Measure::LowestValue),
    ("exclusiveMaximum", "maximum", Measure::HighestValue),
];

impl Measure {
    fn is_lower(self) -> bool {
        use Measure::{FewestEntries, FewestItems, LowestValue, ShortestText};
        matches!(self, LowestValue | ShortestText | FewestItems | FewestEntries)
    }

    /// The limit in words, before its figure.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Measure::LowestValue => "lowest value",
            Measure::HighestValue => "highest value",
            Measure::Step => "step",
            Measure::ShortestText => "shortest length",
            Measure::LongestText => "longest length",
            Measure::FewestItems => "lowest number of items",
            Measure::MostItems => "highest number of items",
            Measure::DistinctItems => "distinct items",
            Measure::FewestEntries => "lowest number of entries",
            Measure::MostEntries => "highest number of entries",
        }
    }
}

impl Bound<'_> {
    /// The figure in words.
    pub(crate) fn words(&self) -> String {
        match self.measure {
            Measure::DistinctItems => "yes".to_owned(),
            _ if self.exclusive => format!("{} (exclusive)", self.value),
            _ => self.value.to_string(),
        }
    }

    /// The figure as a value.
    pub(crate) fn value(&self) -> Value {
        match self.measure {
            Measure::DistinctItems => Value::Bool(true),
            _ => Value::Number(self.value.clone()),
        }
    }

    /// Whether every value passes.
    fn is_void(&self) -> bool {
        let counts = [Measure::ShortestText, Measure::FewestItems, Measure::FewestEntries];
        counts.contains(&self.measure)
            && compare(&self.value, &Number::from(0)) != Ordering::Greater
    }

    fn against(&self, new: &Self) -> Move {
        if self.measure == Measure::Step {
            return step(&self.value, &new.value);
        }
        let order = compare(&new.value, &self.value);
        let order = if self.measure.is_lower() { order } else { order.reverse() };
        match order.then(new.exclusive.cmp(&self.exclusive)) {
            Ordering::Greater => Move::Tighter,
            Ordering::Less => Move::Looser,
            Ordering::Equal => Move::None,
        }
    }
}

/// A finer step admits more; two steps without a common measure may refuse either's values.
fn step(old: &Number, new: &Number) -> Move {
    let (Some(before), Some(after)) = (old.as_f64(), new.as_f64()) else { return Move::Tighter };
    if before == after {
        Move::None
    } else if after != 0.0 && before % after == 0.0 {
        Move::Looser
    } else {
        Move::Tighter
    }
}

/// How one limit moved between two schemas.
pub(crate) fn moved(old: Option<&Bound<'_>>, new: Option<&Bound<'_>>) -> Move {
    match (old, new) {
        (None, None) => Move::None,
        (None, Some(_)) => Move::Tighter,
        (Some(_), None) => Move::Looser,
        (Some(old), Some(new)) => old.against(new),
    }
}

fn compare(one: &Number, other: &Number) -> Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one
            .as_f64()
            .zip(other.as_f64())
            .and_then(|(one, other)| one.partial_cmp(&other))
            .unwrap_or(Ordering::Equal),
    }
}

/// The limits of a schema, at most one per measure.
pub(crate) fn of<'a>(parts: &[Part<'a>], types: Option<Types>) -> Vec<Bound<'a>> {
    let mut tightest: Vec<Bound<'a>> = Vec::new();
    for part in parts {
        for bound in stated(part) {
            let bound = whole(bound, types);
            if bound.is_void() {
                continue;
            }
            match tightest.iter_mut().find(|known| known.measure == bound.measure) {
                None => tightest.push(bound),
                Some(known) if known.against(&bound) == Move::Tighter => *known = bound,
                Some(_) => {}
            }
        }
    }
    tightest.sort_by_key(|bound| bound.measure);
    tightest
}

fn stated<'a>(part: &Part<'a>) -> Vec<Bound<'a>> {
    let place = &part.place;
    let mut bounds = Vec::new();
    let number = |key: &str| part.keywords.get(key).and_then(Value::as_number);
    for (key, measure) in PLAIN {
        let Some(value) = number(key) else { continue };
        // OpenAPI 3.0 marks the plain limit as exclusive.
        let marked = EXCLUSIVE.iter().any(|(mark, plain, _)| *plain == key && place.flag(mark));
        bounds.push(Bound {
            measure,
            at: place.at.key(key),
            value: value.clone(),
            exclusive: marked,
        });
    }
    for (key, _, measure) in EXCLUSIVE {
        let Some(value) = number(key) else { continue };
        bounds.push(Bound {
            measure,
            at: place.at.key(key),
            value: value.clone(),
            exclusive: true,
        });
    }
    if place.flag("uniqueItems") {
        bounds.push(Bound {
            measure: Measure::DistinctItems,
            at: place.at.key("uniqueItems"),
            value: Number::from(1),
            exclusive: false,
        });
    }
    bounds
}

/// Above 0 and from 1 on are one limit for whole numbers.
fn whole<'a>(mut bound: Bound<'a>, types: Option<Types>) -> Bound<'a> {
    let ends = [Measure::LowestValue, Measure::HighestValue];
    if types == Some(Types::INTEGER) && bound.exclusive && ends.contains(&bound.measure) {
        let step = if bound.measure.is_lower() { 1 } else { -1 };
        if let Some(value) = bound.value.as_i64().and_then(|value| value.checked_add(step)) {
            bound.value = Number::from(value);
            bound.exclusive = false;
        }
    }
    bound
}
