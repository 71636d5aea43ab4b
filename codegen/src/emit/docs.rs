//! Doc comments from the document's prose.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;

use super::Source;

/// Width of a line of prose.
const WIDTH: usize = 90;

/// Returns doc attributes for the document's description of something, or for a stand-in.
pub(super) fn describe(description: Option<&str>, stand_in: &str) -> TokenStream {
    let text = description.map(clean).filter(|text| !text.is_empty());
    attributes(text.as_deref().unwrap_or(stand_in))
}

/// Returns doc attributes for a type: its description, or a stand-in, and where it is used.
pub(super) fn of_type(
    source: &Source<'_>,
    name: &str,
    schema: &Value,
    stand_in: &str,
) -> TokenStream {
    let docs = describe(description(schema), stand_in);
    match source.uses.describe(name) {
        uses if uses.is_empty() => docs,
        uses => {
            let uses = attributes(&format!("\n{uses}"));
            quote! { #docs #uses }
        }
    }
}

/// Returns doc attributes that say what a setter sets, and how the document describes it.
pub(super) fn setter(name: &Ident, description: Option<&str>) -> TokenStream {
    let text = format!("Sets `{name}`.\n\n{}", description.map(clean).unwrap_or_default());
    attributes(text.trim_end())
}

/// Returns one doc attribute per line, like `///` comments, with long lines of prose wrapped.
pub(super) fn attributes(text: &str) -> TokenStream {
    let mut attributes = TokenStream::new();
    let mut fenced = false;
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        fenced ^= is_fence;
        let lines = if fenced || is_fence { vec![line] } else { wrapped(line) };
        // The rest of a list item is indented like its text.
        let indent = if line.starts_with("- ") { "  " } else { "" };
        for (index, line) in lines.into_iter().enumerate() {
            let indent = if index == 0 { "" } else { indent };
            let line = if line.is_empty() { String::new() } else { format!(" {indent}{line}") };
            attributes.extend(quote! { #[doc = #line] });
        }
    }
    attributes
}

/// Breaks a line between words. A word that Markdown could read as the start of a list, a heading or
/// a quotation stays on the line.
fn wrapped(line: &str) -> Vec<&str> {
    let (mut lines, mut start, mut end) = (Vec::new(), 0, 0);
    for (space, _) in line.match_indices(' ').chain([(line.len(), "")]) {
        let next_line = line.get(end + 1..).unwrap_or_default();
        let is_plain = next_line.starts_with(|c: char| c.is_alphabetic() || "`([\"".contains(c));
        if space - start > WIDTH && end > start && is_plain {
            lines.push(&line[start..end]);
            start = end + 1;
        }
        end = space;
    }
    lines.push(&line[start..]);
    lines
}

pub(super) fn description(schema: &Value) -> Option<&str> {
    schema.get("description")?.as_str()
}

/// Returns CommonMark that rustdoc shows as plain text: nothing is taken for Rust code, for HTML or
/// for a link to an item.
pub(super) fn clean(text: &str) -> String {
    let mut lines = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let line = line.trim_end();
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            lines.push(if fenced { "```" } else { "```text" }.to_owned());
            fenced = !fenced;
        } else if fenced {
            lines.push(line.to_owned());
        } else {
            let indent = (line.len() - trimmed.len()).min(3);
            lines.push(format!("{}{}", &"   "[..indent], escape(trimmed)));
        }
    }
    if fenced {
        lines.push("```".to_owned());
    }
    lines.join("\n").trim().to_owned()
}

/// Escapes what rustdoc would read as markup, outside code spans.
fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let even = line.matches('`').count().is_multiple_of(2);
    for (index, part) in line.split('`').enumerate() {
        if index > 0 {
            out.push_str(if even { "`" } else { "\\`" });
        }
        if index % 2 == 1 && even {
            out.push_str(part);
            continue;
        }
        for word in part.split_inclusive(' ') {
            let core = word.trim_end();
            if core.starts_with("http://") || core.starts_with("https://") {
                out.push_str(&format!("`{core}`{}", &word[core.len()..]));
                continue;
            }
            for character in word.chars() {
                if matches!(character, '<' | '>' | '[' | ']' | '\\' | '*' | '_') {
                    out.push('\\');
                }
                out.push(character);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_prose_is_wrapped_without_starting_a_list() {
        let words = "word ".repeat(30);
        let line = format!("{words}- 1. # > {words}end");
        let lines = wrapped(&line);
        assert_eq!(lines.join(" "), line);
        assert!(lines.len() > 2 && lines.iter().all(|line| line.starts_with("word")), "{lines:?}");
        assert_eq!(wrapped(&"x".repeat(200)).len(), 1);
    }

    #[test]
    fn nothing_is_taken_for_code_or_links() {
        assert_eq!(clean("a <b> [c] `d<e>`"), "a \\<b\\> \\[c\\] `d<e>`");
        assert_eq!(clean("see https://x.example/a_b now"), "see `https://x.example/a_b` now");
        assert_eq!(clean("```\nlet x;\n"), "```text\nlet x;\n```");
        assert_eq!(clean("one\n        indented"), "one\n   indented");
        assert_eq!(clean("a ` b"), "a \\` b");
    }
}
