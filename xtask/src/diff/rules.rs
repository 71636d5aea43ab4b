//! The one table of what a change can be and what it means.
//!
//! Each rule names its mirror image: the rule that the same change gives with OLD and NEW
//! swapped. The matrix in `docs/spec-drift.md` is written from here.

macro_rules! rules {
    ($($name:ident = $id:literal <-> $mirror:literal, $level:ident $direction:ident $weight:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $name: Rule = Rule {
                id: $id,
                level: Level::$level,
                direction: Direction::$direction,
                mirror: $mirror,
                meaning: $meaning,
                weight: $weight,
            };
        )*
        /// The rules of this file in order.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

macro_rules! sided_rules {
    (@weight) => { Weight::Fixed };
    (@weight $other:ident) => { Weight::RustDecides(Level::$other) };
    ($($name:ident = $stem:literal <-> $mirror:literal,
        request $request:ident $asked:literal, response $response:ident $told:literal $(unless $other:ident)?;)*) => {
        $(
            #[doc = concat!($asked, " / ", $told)]
            pub static $name: Sided = Sided {
                request: Rule {
                    id: concat!("request-", $stem),
                    level: Level::$request,
                    direction: Direction::Request,
                    mirror: concat!("request-", $mirror),
                    meaning: $asked,
                    weight: Weight::Fixed,
                },
                response: Rule {
                    id: concat!("response-", $stem),
                    level: Level::$response,
                    direction: Direction::Response,
                    mirror: concat!("response-", $mirror),
                    meaning: $told,
                    weight: sided_rules!(@weight $($other)?),
                },
            };
        )*
        /// The rules of this file that come in two directions, in order.
        pub static SIDED: &[&Sided] = &[$(&$name),*];
    };
}

pub mod document;
pub mod operation;
pub mod schema;

use super::finding::{Direction, Level};

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// The level, unless the Rust view says more.
    pub level: Level,
    /// Which way the value travels.
    pub direction: Direction,
    /// The id of the reverse change.
    pub mirror: &'static str,
    /// What changed, and why the level is what it is.
    pub meaning: &'static str,
    /// Whether the Rust view has the last word on the level.
    pub weight: Weight,
}

/// How a rule's level and the Rust view go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The level stands; a changed item can only raise it.
    Fixed,
    /// This level, if the Rust view is known and no item is gone or changed.
    RustDecides(Level),
    /// No finding at all, only a reason for items to change.
    Unlisted,
}

const FIXED: Weight = Weight::Fixed;
const ELSE_DOCS: Weight = Weight::RustDecides(Level::Docs);

/// The two rules for one change of a schema, one for each direction.
#[derive(Debug)]
pub struct Sided {
    /// When the program sends the value.
    pub request: Rule,
    /// When the program reads the value.
    pub response: Rule,
}

impl Sided {
    /// The rule for one direction.
    pub fn toward(&self, direction: Direction) -> &Rule {
        match direction {
            Direction::Request => &self.request,
            Direction::Response | Direction::Both => &self.response,
        }
    }
}

/// Every rule, in the order of the matrix.
pub fn all() -> Vec<&'static Rule> {
    let sided = schema::SIDED.iter().flat_map(|sided| [&sided.request, &sided.response]);
    document::ALL
        .iter()
        .chain(operation::ALL)
        .copied()
        .chain(sided)
        .chain(schema::ALL.iter().copied())
        .collect()
}

/// The matrix as a Markdown table.
pub fn matrix() -> String {
    let mut table = String::from("| id | level | direction | meaning | reverse |\n");
    table.push_str("|---|---|---|---|---|\n");
    for rule in all() {
        let level = match rule.weight {
            Weight::Fixed => rule.level.name().to_owned(),
            Weight::RustDecides(other) => {
                format!("{}, or {other} if no Rust item is gone or changed", rule.level)
            }
            Weight::Unlisted => continue,
        };
        let Rule { id, direction, meaning, mirror, .. } = rule;
        table.push_str(&format!("| `{id}` | {level} | {direction} | {meaning} | `{mirror}` |\n"));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn ids_are_unique_kebab_case_and_mirrored() {
        let by_id: BTreeMap<_, _> = all().into_iter().map(|rule| (rule.id, rule)).collect();
        assert_eq!(by_id.len(), all().len());
        for rule in all() {
            assert!(
                rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{}",
                rule.id
            );
            let mirror = by_id.get(rule.mirror).unwrap_or_else(|| panic!("{}", rule.id));
            assert_eq!(mirror.mirror, rule.id);
            assert_eq!(mirror.direction, rule.direction, "{}", rule.id);
            assert!(!rule.meaning.is_empty() && !rule.meaning.contains('|'), "{}", rule.id);
        }
    }
}
