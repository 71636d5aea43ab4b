//! Values in a sentence.

use serde_json::Value;

const LONGEST: usize = 60;

/// The value on one line, cut where it gets long.
pub(crate) fn value(value: &Value) -> String {
    match value {
        // Writing out a large structure only to cut it off takes longer than comparing it.
        Value::Object(keys) if keys.len() > 8 => format!("an object of {} keys", keys.len()),
        Value::Array(values) if values.len() > 8 => format!("a list of {}", values.len()),
        Value::String(words) => format!("`{}`", text(words)),
        other => format!("`{}`", text(&other.to_string())),
    }
}

/// The text on one line, cut where it gets long.
pub(crate) fn text(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// `old → new`, where either may be missing.
pub(crate) fn change(old: Option<&Value>, new: Option<&Value>) -> String {
    let side = |side: Option<&Value>| side.map_or_else(|| "nothing".to_owned(), value);
    format!("{} → {}", side(old), side(new))
}
