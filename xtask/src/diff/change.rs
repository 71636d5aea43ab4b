//! What a comparison of two objects yields: which entries are paired, and what changed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pointer::{Place, Pointer};
use super::rules::Rule;

/// A finding before the operations that it affects are known.
#[derive(Debug, Clone)]
pub(crate) struct Change<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) old_at: Option<Pointer<'a>>,
    pub(crate) new_at: Option<Pointer<'a>>,
    /// What happened, as the predicate of a sentence: "changed type: string → integer".
    pub(crate) what: String,
    pub(crate) old: Value,
    pub(crate) new: Value,
}

impl<'a> Change<'a> {
    /// Reports something that only NEW has.
    pub(crate) fn added(rule: &'static Rule, at: Pointer<'a>, what: impl Into<String>) -> Self {
        Self {
            rule,
            old_at: None,
            new_at: Some(at),
            what: what.into(),
            old: Value::Null,
            new: Value::Null,
        }
    }

    /// Reports something that only OLD has.
    pub(crate) fn removed(rule: &'static Rule, at: Pointer<'a>, what: impl Into<String>) -> Self {
        Self { old_at: Some(at), new_at: None, ..Self::added(rule, Pointer::root(), what) }
    }

    /// Reports a difference between two places.
    pub(crate) fn changed(
        rule: &'static Rule,
        old: Pointer<'a>,
        new: Pointer<'a>,
        what: impl Into<String>,
    ) -> Self {
        Self { old_at: Some(old), ..Self::added(rule, new, what) }
    }

    /// Reports a value that changed, or that only one side has. `noun` names it in the sentence.
    pub(crate) fn replaced(
        rule: &'static Rule,
        noun: &str,
        old: Option<Place<'a>>,
        new: Option<Place<'a>>,
    ) -> Self {
        let (before, after) = (old.as_ref().map(|it| it.value), new.as_ref().map(|it| it.value));
        let what = match (before, after) {
            (None, Some(after)) => format!("now has the {noun} {}", excerpt(after)),
            (Some(before), None) => format!("no longer has the {noun} {}", excerpt(before)),
            (Some(before), Some(after)) => {
                let (before, after) = contrast(before, after);
                format!("has another {noun}: {before} → {after}")
            }
            (None, None) => String::new(),
        };
        Self {
            rule,
            what,
            old: before.cloned().unwrap_or_default(),
            new: after.cloned().unwrap_or_default(),
            old_at: old.map(|place| place.at),
            new_at: new.map(|place| place.at),
        }
    }

    /// Sets the values that a report shows as `old` and `new`.
    pub(crate) fn values(mut self, old: impl Into<Value>, new: impl Into<Value>) -> Self {
        self.old = old.into();
        self.new = new.into();
        self
    }
}

/// Compares the values that two objects have under the same keys.
pub(crate) fn compare_keys<'a>(
    rule: &'static Rule,
    keys: impl IntoIterator<Item = &'a str>,
    old: &Place<'a>,
    new: &Place<'a>,
) -> Vec<Change<'a>> {
    let changed = keys.into_iter().filter(|key| old.value.get(key) != new.value.get(key));
    changed.map(|key| Change::replaced(rule, key, old.get(key), new.get(key))).collect()
}

/// Entries of two collections, paired by key.
pub(crate) struct Matching<K, T> {
    pub(crate) pairs: Vec<(T, T)>,
    pub(crate) removed: Vec<(K, T)>,
    pub(crate) added: Vec<(K, T)>,
}

impl<K: Ord, T> Matching<K, T> {
    /// Pairs entries that have the same key. The first entry of a key counts.
    pub(crate) fn by_key(
        old: impl IntoIterator<Item = (K, T)>,
        new: impl IntoIterator<Item = (K, T)>,
    ) -> Self {
        let mut before = first_of_each(old);
        let mut matching = Self { pairs: Vec::new(), removed: Vec::new(), added: Vec::new() };
        for (key, value) in first_of_each(new) {
            match before.remove(&key) {
                Some(old) => matching.pairs.push((old, value)),
                None => matching.added.push((key, value)),
            }
        }
        matching.removed = before.into_iter().collect();
        matching
    }
}

fn first_of_each<K: Ord, T>(entries: impl IntoIterator<Item = (K, T)>) -> BTreeMap<K, T> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.entry(key).or_insert(value);
    }
    map
}

/// Longest excerpt in characters.
const LONGEST: usize = 60;

/// Quotes a value on one line, shortened if necessary.
pub(crate) fn excerpt(value: &Value) -> String {
    match value {
        // Writing out a large structure only to cut it off takes longer than comparing it.
        Value::Object(keys) if keys.len() > 8 => format!("an object with {} keys", keys.len()),
        Value::Array(values) if values.len() > 8 => format!("a list of {} values", values.len()),
        Value::String(text) => format!("`{}`", excerpt_text(text)),
        other => format!("`{}`", excerpt_text(&other.to_string())),
    }
}

/// Quotes two values, each from shortly before the first difference on.
fn contrast(old: &Value, new: &Value) -> (String, String) {
    /// How much of what both have in common is shown.
    const BEFORE: usize = 15;
    let text = |value: &Value| match value {
        Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    };
    let large = |value: &Value| match value {
        Value::Object(keys) => keys.len() > 8,
        Value::Array(values) => values.len() > 8,
        _ => false,
    };
    if large(old) || large(new) {
        return (excerpt(old), excerpt(new));
    }
    let (before, after) = (text(old), text(new));
    let shared = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let start = shared.saturating_sub(BEFORE);
    let visible = before.chars().count().max(after.chars().count()) <= LONGEST;
    if visible || start == 0 {
        return (excerpt(old), excerpt(new));
    }
    let cut = |text: &str| {
        let rest: String = text.chars().skip(start).collect();
        format!("`…{}`", excerpt_text(&rest))
    };
    (cut(&before), cut(&after))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'")
}

/// Longest value in a finding, in bytes of JSON.
const LARGEST: usize = 2_000;

/// Returns a value, or what it is instead of a large one.
pub(crate) fn bounded(value: Value) -> Value {
    if size(&value, LARGEST) <= LARGEST {
        return value;
    }
    match &value {
        Value::String(text) => {
            let start: String = text.chars().take(LARGEST / 4).collect();
            Value::String(format!("{start}…"))
        }
        Value::Array(values) => Value::String(format!("a list of {} values", values.len())),
        Value::Object(keys) => Value::String(format!("an object with {} keys", keys.len())),
        _ => value,
    }
}

/// Returns about how long a value is as JSON, counted up to a limit.
fn size(value: &Value, limit: usize) -> usize {
    let mut total = 0;
    let mut open = vec![value];
    while let Some(value) = open.pop().filter(|_| total <= limit) {
        total += 2;
        match value {
            Value::String(text) => total += text.len(),
            Value::Array(values) => open.extend(values.iter().take(limit)),
            Value::Object(keys) => {
                for (key, value) in keys.iter().take(limit) {
                    total += key.len() + 4;
                    open.push(value);
                }
            }
            _ => total += 4,
        }
    }
    total
}

/// Puts a text on one line, shortened if necessary.
pub(crate) fn excerpt_text(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn excerpts_show_the_difference() {
        let long = |end: &str| json!(format!("{}{end}", "The same words again. ".repeat(9)));
        let (before, after) = contrast(&long("One."), &long("Two."));
        assert_eq!(before, "`…e words again. One.`");
        assert_eq!(after, "`…e words again. Two.`");
        let (before, after) = contrast(&json!("a"), &json!("b"));
        assert_eq!((before.as_str(), after.as_str()), ("`a`", "`b`"));
    }

    #[test]
    fn values_in_findings_are_bounded() {
        let text = bounded(json!("x".repeat(100_000)));
        assert!(text.as_str().is_some_and(|text| text.len() < LARGEST));
        let list = (0..5_000).map(Value::from).collect();
        assert_eq!(bounded(list), json!("a list of 5000 values"));
        assert_eq!(bounded(json!({"a": [1, 2]})), json!({"a": [1, 2]}));
    }
}
