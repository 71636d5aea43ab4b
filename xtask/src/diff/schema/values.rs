//! Compares which values fit: listed ones, limits, patterns, formats, defaults.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Compared, Pair};
use crate::diff::bounds::{self, Bound, Move};
use crate::diff::draft::Draft;
use crate::diff::excerpt;
use crate::diff::finding::Direction;
use crate::diff::rules::{Sided, schema as rules};
use crate::diff::shape::{self, Listed, Shape};
use crate::diff::trail::Trail;
use crate::diff::types::Types;

impl<'a> Pair<'_, 'a> {
    pub(super) fn values(&self, found: &mut Compared<'a>) {
        let list = |values: &[Listed<'a>]| -> Value {
            values.iter().take(20).map(|one| one.value.clone()).collect()
        };
        match (&self.old.values, &self.new.values) {
            (None, None) => {}
            (None, Some(new)) => {
                let what = format!("is limited to {}", excerpt::value(&list(new)));
                let draft = self.changed(&rules::ENUM_INTRODUCED, what);
                found.drafts.push(draft.values(Value::Null, list(new)));
            }
            (Some(old), None) => {
                let what = format!("is not limited to {} any more", excerpt::value(&list(old)));
                let draft = self.changed(&rules::ENUM_DROPPED, what);
                found.drafts.push(draft.values(list(old), Value::Null));
            }
            (Some(old), Some(new)) => {
                let toward = self.sides.direction;
                let words = |one: &Listed<'a>| one.value.to_string();
                let before: BTreeSet<String> = old.iter().map(words).collect();
                let after: BTreeSet<String> = new.iter().map(words).collect();
                for gone in old.iter().filter(|one| !after.contains(&words(one))) {
                    let what = format!("loses the value {}", excerpt::value(gone.value));
                    let rule = rules::ENUM_VALUE_REMOVED.toward(toward);
                    let draft = Draft::removed(rule, gone.at.clone(), what);
                    found.drafts.push(draft.values(gone.value.clone(), Value::Null));
                }
                for fresh in new.iter().filter(|one| !before.contains(&words(one))) {
                    let what = format!("gains the value {}", excerpt::value(fresh.value));
                    let rule = rules::ENUM_VALUE_ADDED.toward(toward);
                    let draft = Draft::added(rule, fresh.at.clone(), what);
                    found.drafts.push(draft.values(Value::Null, fresh.value.clone()));
                }
            }
        }
    }

    pub(super) fn bounds(&self, found: &mut Compared<'a>) {
        let measures: BTreeSet<_> =
            self.old.bounds.iter().chain(&self.new.bounds).map(|bound| bound.measure).collect();
        for measure in measures {
            let of = |shape: &Shape<'a>| {
                shape.bounds.iter().find(|bound| bound.measure == measure).cloned()
            };
            let (old, new) = (of(self.old), of(self.new));
            let (rule, way) = match bounds::moved(old.as_ref(), new.as_ref()) {
                Move::None => continue,
                Move::Tighter => (&rules::BOUND_TIGHTENED, "a tighter"),
                Move::Looser => (&rules::BOUND_LOOSENED, "a looser"),
            };
            let words =
                |bound: Option<&Bound<'_>>| bound.map_or_else(|| "none".to_owned(), Bound::words);
            let what = format!(
                "has {way} limit ({}): {} → {}",
                measure.words(),
                words(old.as_ref()),
                words(new.as_ref()),
            );
            let value = |bound: Option<&Bound<'_>>| bound.map(Bound::value).unwrap_or_default();
            let (before, after) = (value(old.as_ref()), value(new.as_ref()));
            found.drafts.push(Draft {
                rule: rule.toward(self.sides.direction),
                old_at: old.map(|bound| bound.at),
                new_at: new.map(|bound| bound.at),
                what,
                old: before,
                new: after,
            });
        }
    }

    pub(super) fn text(&self, found: &mut Compared<'a>) {
        let gone: Vec<_> = self
            .old
            .patterns
            .iter()
            .filter(|(text, _)| !self.new.patterns.contains_key(*text))
            .collect();
        let fresh: Vec<_> = self
            .new
            .patterns
            .iter()
            .filter(|(text, _)| !self.old.patterns.contains_key(*text))
            .collect();
        let last = |list: &[(&&'a str, &Trail<'a>)]| {
            list.last().map(|(text, at)| (Value::from(**text), (*at).clone()))
        };
        let set = Settings {
            noun: "pattern",
            added: &rules::PATTERN_ADDED,
            removed: &rules::PATTERN_REMOVED,
            changed: &rules::PATTERN_CHANGED,
        };
        found.drafts.extend(set.compare(self.sides.direction, last(&gone), last(&fresh)));
    }

    pub(super) fn keywords(&self, found: &mut Compared<'a>) {
        let toward = self.sides.direction;
        let of = |shape: &Shape<'a>, key: &str| {
            shape.keywords.get(key).map(|place| (place.value.clone(), place.at.clone()))
        };
        let (old, new) = (of(self.old, "format"), of(self.new, "format"));
        let is_moment = |side: &Option<(Value, Trail<'a>)>| {
            side.as_ref().is_some_and(|(format, _)| format == "date-time")
        };
        let moment = is_moment(&old) != is_moment(&new)
            && self.new.types.is_none_or(|types| types.admits(Types::STRING));
        let format = if moment { Settings::MOMENT } else { Settings::FORMAT };
        found.drafts.extend(format.compare(toward, old, new));
        let (old, new) = (of(self.old, "default"), of(self.new, "default"));
        found.drafts.extend(Settings::DEFAULT.compare(toward, old, new));
        self.access(found);
        let keys: BTreeSet<&str> =
            self.old.keywords.keys().chain(self.new.keywords.keys()).copied().collect();
        for key in keys {
            let known = ["format", "default", "readOnly", "writeOnly", "summary", "links"];
            if known.contains(&key) || shape::is_word(key) {
                continue;
            }
            let (old, new) = (of(self.old, key), of(self.new, key));
            let noun = Settings { noun: key, ..Settings::CONSTRAINT };
            found.drafts.extend(noun.compare(toward, old, new));
        }
    }

    pub(super) fn access(&self, found: &mut Compared<'a>) {
        let (key, on, off) = match self.sides.direction {
            Direction::Request => ("readOnly", &rules::READ_ONLY, &rules::NOT_READ_ONLY),
            _ => ("writeOnly", &rules::WRITE_ONLY, &rules::NOT_WRITE_ONLY),
        };
        let of = |shape: &Shape<'a>| {
            let place = shape.keywords.get(key)?;
            (place.value == &Value::Bool(true)).then(|| place.at.clone())
        };
        match (of(self.old), of(self.new)) {
            (None, Some(at)) => {
                let draft = Draft::added(on, at, format!("is now marked `{key}`"));
                found.drafts.push(draft.values(false, true));
            }
            (Some(at), None) => {
                let draft = Draft::removed(off, at, format!("is not marked `{key}` any more"));
                found.drafts.push(draft.values(true, false));
            }
            _ => {}
        }
    }
}

/// The rules for a keyword that is there or not, and has a value.
struct Settings<'n> {
    noun: &'n str,
    added: &'static Sided,
    removed: &'static Sided,
    changed: &'static Sided,
}

impl Settings<'static> {
    const MOMENT: Self = Self::all("format", &rules::MOMENT_CHANGED);
    const CONSTRAINT: Self = Self::all("constraint", &rules::CONSTRAINT_CHANGED);
    const FORMAT: Self = Self {
        noun: "format",
        added: &rules::FORMAT_ADDED,
        removed: &rules::FORMAT_REMOVED,
        changed: &rules::FORMAT_CHANGED,
    };
    const DEFAULT: Self = Self {
        noun: "default",
        added: &rules::DEFAULT_ADDED,
        removed: &rules::DEFAULT_REMOVED,
        changed: &rules::DEFAULT_CHANGED,
    };

    const fn all(noun: &'static str, rule: &'static Sided) -> Self {
        Self { noun, added: rule, removed: rule, changed: rule }
    }
}

impl Settings<'_> {
    fn compare<'a>(
        &self,
        toward: Direction,
        old: Option<(Value, Trail<'a>)>,
        new: Option<(Value, Trail<'a>)>,
    ) -> Option<Draft<'a>> {
        let rule = match (&old, &new) {
            (Some((old, _)), Some((new, _))) if old == new => return None,
            (Some(_), Some(_)) => self.changed,
            (Some(_), None) => self.removed,
            (None, Some(_)) => self.added,
            (None, None) => return None,
        };
        let (before, after) = (old.as_ref().map(|one| &one.0), new.as_ref().map(|one| &one.0));
        let what = format!("has another {}: {}", self.noun, excerpt::change(before, after));
        let (before, after) = (before.cloned(), after.cloned());
        Some(Draft {
            rule: rule.toward(toward),
            old_at: old.map(|(_, at)| at),
            new_at: new.map(|(_, at)| at),
            what,
            old: before.unwrap_or_default(),
            new: after.unwrap_or_default(),
        })
    }
}
