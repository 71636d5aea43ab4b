//! What lowering changed in a document, one entry per change.

use serde_json::Value;

use crate::error::Pointer;

/// One change that a lowering step made to the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Name of the step.
    pub step: &'static str,
    /// JSON pointer to the changed place, in the document before the step.
    pub pointer: String,
    /// The change, as `key: old → new`.
    pub what: String,
}

const EXCERPT: usize = 60;

/// Returns the differences between a document before and after a step.
pub(crate) fn between(step: &'static str, before: &Value, after: &Value) -> Vec<Repair> {
    let mut repairs = Vec::new();
    compare(step, &Pointer::root(), before, after, &mut repairs);
    repairs
}

fn compare(
    step: &'static str,
    at: &Pointer,
    before: &Value,
    after: &Value,
    repairs: &mut Vec<Repair>,
) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(now) => compare(step, &at.child(key), value, now, repairs),
                    None => repairs.push(line(step, at, key, Some(value), None)),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                repairs.push(line(step, at, key, None, Some(value)));
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (value, now)) in old.iter().zip(new).enumerate() {
                compare(step, &at.child(index), value, now, repairs);
            }
        }
        _ => repairs.push(Repair {
            step,
            pointer: at.to_string(),
            what: format!("{} → {}", excerpt(before), excerpt(after)),
        }),
    }
}

fn line(
    step: &'static str,
    at: &Pointer,
    key: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Repair {
    let show = |value: Option<&Value>| value.map_or_else(|| "(none)".to_owned(), excerpt);
    Repair {
        step, pointer: at.to_string(), what: format!("{key}: {} → {}", show(old), show(new))
    }
}

fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_changed_key_is_one_line() {
        let before = json!({"a": {"type": ["string", "null"], "gone": false}});
        let after = json!({"a": {"type": "string", "nullable": true}});
        let lines: Vec<_> = between("null", &before, &after)
            .into_iter()
            .map(|repair| format!("{} {}", repair.pointer, repair.what))
            .collect();
        assert_eq!(
            lines,
            [
                "/a gone: false → (none)",
                "/a/type [\"string\",\"null\"] → \"string\"",
                "/a nullable: (none) → true",
            ]
        );
    }
}
