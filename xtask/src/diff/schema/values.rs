//! Compares which values are valid: enums, bounds, patterns, formats, defaults.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Comparison, SchemaDiff, keywords};
use crate::diff::annotations::{self, is_annotation};
use crate::diff::change::{Change, excerpt};
use crate::diff::constraints::{self, Bound, BoundChange, Types};
use crate::diff::finding::Direction;
use crate::diff::pattern;
use crate::diff::pointer::Place;
use crate::diff::rules::{self, RulePair};
use crate::diff::shape::{self, EnumValue, Shape};

impl<'a> Comparison<'_, 'a> {
    pub(super) fn enum_values(&self, diff: &mut SchemaDiff<'a>) {
        const LONGEST: usize = 20;
        let list = |values: &[EnumValue<'a>]| -> Value {
            values.iter().take(LONGEST).map(|one| one.value.clone()).collect()
        };
        match (&self.old.values, &self.new.values) {
            (None, None) => {}
            (None, Some(new)) => {
                let what = format!("is now limited to {}", excerpt(&list(new)));
                let change = self.changed(&rules::ENUM_INTRODUCED, what);
                diff.changes.push(change.values(Value::Null, list(new)));
            }
            (Some(old), None) => {
                let what = format!("is no longer limited to {}", excerpt(&list(old)));
                let change = self.changed(&rules::ENUM_DROPPED, what);
                diff.changes.push(change.values(list(old), Value::Null));
            }
            (Some(old), Some(new)) => {
                let direction = self.context.direction;
                let text = |one: &EnumValue<'a>| shape::canonical(one.value);
                for old in old {
                    let Some(before) = &old.schema else { continue };
                    let same = new.iter().find(|one| shape::is_same(one.value, old.value));
                    if let Some(after) = same.and_then(|one| one.schema.as_ref()) {
                        diff.changes.extend(annotations::compare(before, after));
                    }
                }
                let before: BTreeSet<String> = old.iter().map(text).collect();
                let after: BTreeSet<String> = new.iter().map(text).collect();
                for removed in old.iter().filter(|one| !after.contains(&text(one))) {
                    let what = format!("no longer has the value {}", excerpt(removed.value));
                    let rule = rules::ENUM_VALUE_REMOVED.for_direction(direction);
                    let change = Change::removed(rule, removed.at.clone(), what);
                    diff.changes.push(change.values(removed.value.clone(), Value::Null));
                }
                for added in new.iter().filter(|one| !before.contains(&text(one))) {
                    let what = format!("gained the value {}", excerpt(added.value));
                    let rule = rules::ENUM_VALUE_ADDED.for_direction(direction);
                    let change = Change::added(rule, added.at.clone(), what);
                    diff.changes.push(change.values(Value::Null, added.value.clone()));
                }
            }
        }
    }

    pub(super) fn bounds(&self, diff: &mut SchemaDiff<'a>) {
        let kinds: BTreeSet<_> =
            self.old.bounds.iter().chain(&self.new.bounds).map(|bound| bound.kind).collect();
        for kind in kinds {
            let find =
                |shape: &Shape<'a>| shape.bounds.iter().find(|bound| bound.kind == kind).cloned();
            let (old, new) = (find(self.old), find(self.new));
            let (rules, adjective) = match constraints::compare_bounds(old.as_ref(), new.as_ref()) {
                BoundChange::None => continue,
                BoundChange::Tightened => (&rules::BOUND_TIGHTENED, "tighter"),
                BoundChange::Loosened => (&rules::BOUND_LOOSENED, "looser"),
            };
            let text = |bound: &Option<Bound<'_>>| {
                bound.as_ref().map_or_else(|| "none".to_owned(), Bound::describe)
            };
            let name = kind.name();
            let what = format!("has a {adjective} bound ({name}): {} → {}", text(&old), text(&new));
            let value =
                |bound: &Option<Bound<'_>>| bound.as_ref().map(Bound::value).unwrap_or_default();
            diff.changes.push(Change {
                rule: rules.for_direction(self.context.direction),
                what,
                old: value(&old),
                new: value(&new),
                old_at: old.map(|bound| bound.at),
                new_at: new.map(|bound| bound.at),
            });
        }
    }

    pub(super) fn patterns(&self, diff: &mut SchemaDiff<'a>) {
        // Where a schema has several patterns, the last one that the other side lacks counts.
        let is_equal =
            |one: &str, other: &str| pattern::admits(one, other) && pattern::admits(other, one);
        let only_in = |one: &Shape<'a>, other: &Shape<'a>| {
            let known = |text: &str| other.patterns.keys().any(|known| is_equal(known, text));
            let mut patterns = one.patterns.iter().rev();
            let found = patterns.find(|(text, _)| !known(text));
            found.map(|(text, place)| (*text, place.clone()))
        };
        let (old, new) = (only_in(self.old, self.new), only_in(self.new, self.old));
        let keyword = match (&old, &new) {
            (Some((old, _)), Some((new, _))) if pattern::admits(old, new) => Keyword::TIGHTENED,
            (Some((old, _)), Some((new, _))) if pattern::admits(new, old) => Keyword::LOOSENED,
            _ => Keyword::PATTERN,
        };
        let place = |side: Option<(&'a str, Place<'a>)>| side.map(|(_, place)| place);
        diff.changes.extend(keyword.compare(self.context.direction, place(old), place(new)));
    }

    pub(super) fn keywords(&self, diff: &mut SchemaDiff<'a>) {
        // These have rules of their own, or are compared as annotations.
        const KNOWN: [&str; 6] = ["format", "default", "readOnly", "writeOnly", "summary", "links"];
        let direction = self.context.direction;
        let of = |shape: &Shape<'a>, key: &str| shape.keywords.get(key).cloned();
        let (old, new) = (of(self.old, "format"), of(self.new, "format"));
        let is_date_time = |side: &Option<Place<'a>>| {
            side.as_ref().is_some_and(|format| format.value == "date-time")
        };
        let date_time = is_date_time(&old) != is_date_time(&new)
            && self.new.types.is_none_or(|types| types.admits(Types::STRING));
        let name = |side: &Option<Place<'a>>| side.as_ref().and_then(|place| place.value.as_str());
        let widens = |one: &str, other: &str| {
            matches!((one, other), ("int32", "int64") | ("float", "double"))
        };
        let format = match (name(&old), name(&new)) {
            _ if date_time => Keyword::DATE_TIME,
            (Some(old), Some(new)) if widens(old, new) => Keyword::WIDENED,
            (Some(old), Some(new)) if widens(new, old) => Keyword::NARROWED,
            _ => Keyword::FORMAT,
        };
        diff.changes.extend(format.compare(direction, old, new));
        let (old, new) = (of(self.old, "default"), of(self.new, "default"));
        diff.changes.extend(Keyword::DEFAULT.compare(direction, old, new));
        diff.changes.extend(self.read_or_write_only());
        let keys: BTreeSet<&str> =
            self.old.keywords.keys().chain(self.new.keywords.keys()).copied().collect();
        let named =
            |key: &&str| KNOWN.contains(key) || is_annotation(key) || keywords::is_constraint(key);
        // A validator ignores what it does not know.
        for key in keys.into_iter().filter(|key| !named(key)) {
            let (old, new) = (of(self.old, key), of(self.new, key));
            if old.as_ref().map(|place| place.value) != new.as_ref().map(|place| place.value) {
                diff.changes.push(Change::replaced(&rules::ANNOTATION_CHANGED, key, old, new));
            }
        }
        diff.changes.extend(keywords::compare(self.context, self.old, self.new));
    }

    fn read_or_write_only(&self) -> Option<Change<'a>> {
        let (key, on, off) = match self.context.direction {
            Direction::Request => ("readOnly", &rules::READ_ONLY, &rules::NOT_READ_ONLY),
            _ => ("writeOnly", &rules::WRITE_ONLY, &rules::NOT_WRITE_ONLY),
        };
        let marked = |shape: &Shape<'a>| {
            let place = shape.keywords.get(key)?;
            (place.value == &Value::Bool(true)).then(|| place.at.clone())
        };
        match (marked(self.old), marked(self.new)) {
            (None, Some(at)) => {
                let change = Change::added(on, at, format!("is now marked `{key}`"));
                Some(change.values(false, true))
            }
            (Some(at), None) => {
                let change = Change::removed(off, at, format!("is no longer marked `{key}`"));
                Some(change.values(true, false))
            }
            _ => None,
        }
    }
}

/// A keyword that has a value or is missing, and the rules for its changes.
struct Keyword<'n> {
    name: &'n str,
    added: &'static RulePair,
    removed: &'static RulePair,
    changed: &'static RulePair,
}

impl Keyword<'static> {
    const PATTERN: Self = Self {
        name: "pattern",
        added: &rules::PATTERN_ADDED,
        removed: &rules::PATTERN_REMOVED,
        changed: &rules::PATTERN_CHANGED,
    };
    const TIGHTENED: Self = Self::with_one_rule("pattern", &rules::PATTERN_TIGHTENED);
    const LOOSENED: Self = Self::with_one_rule("pattern", &rules::PATTERN_LOOSENED);
    const DATE_TIME: Self = Self::with_one_rule("format", &rules::DATE_TIME_CHANGED);
    const WIDENED: Self = Self::with_one_rule("format", &rules::FORMAT_WIDENED);
    const NARROWED: Self = Self::with_one_rule("format", &rules::FORMAT_NARROWED);
    const FORMAT: Self = Self {
        name: "format",
        added: &rules::FORMAT_ADDED,
        removed: &rules::FORMAT_REMOVED,
        changed: &rules::FORMAT_CHANGED,
    };
    const DEFAULT: Self = Self {
        name: "default",
        added: &rules::DEFAULT_ADDED,
        removed: &rules::DEFAULT_REMOVED,
        changed: &rules::DEFAULT_CHANGED,
    };
}

impl<'n> Keyword<'n> {
    const fn with_one_rule(name: &'n str, rules: &'static RulePair) -> Self {
        Self { name, added: rules, removed: rules, changed: rules }
    }

    fn compare<'a>(
        &self,
        direction: Direction,
        old: Option<Place<'a>>,
        new: Option<Place<'a>>,
    ) -> Option<Change<'a>> {
        let rules = match (&old, &new) {
            (None, None) => return None,
            (Some(old), Some(new)) if shape::is_same(old.value, new.value) => return None,
            (Some(_), Some(_)) => self.changed,
            (Some(_), None) => self.removed,
            (None, Some(_)) => self.added,
        };
        Some(Change::replaced(rules.for_direction(direction), self.name, old, new))
    }
}
