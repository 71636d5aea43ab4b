//! The report for pull requests and step summaries.

use super::groups::{self, Group};
use super::{Bump, Report, Summary};
use crate::diff::{Finding, Level};

/// A pull request takes 65,536 characters; what goes beyond is counted only.
const LONGEST: usize = 60_000;
/// Up to this many findings a section is not worth folding.
const SHORT: usize = 10;

/// The report as Markdown: counts first, details folded.
pub fn markdown(report: &Report, next: &str) -> String {
    let summary = report.summary();
    let mut text = String::from("## API drift\n\n");
    if summary.bump == Bump::None {
        text.push_str("No change.\n");
    } else {
        text.push_str(&table(summary));
    }
    for note in &report.notes {
        text.push_str(&format!("\n> {}\n", escaped(note)));
    }
    for level in [Level::Breaking, Level::Compatible, Level::Docs] {
        section(&mut text, report, level);
    }
    if !next.is_empty() {
        text.push_str(&format!("\nNext: `{}`\n", next.replace('`', "'")));
    }
    text
}

fn table(summary: Summary) -> String {
    format!(
        "| breaking | compatible | docs | version bump |\n|---:|---:|---:|---|\n| {} | {} | {} | **{}** |\n",
        summary.breaking,
        summary.compatible,
        summary.docs,
        summary.bump.name()
    )
}

fn section(text: &mut String, report: &Report, level: Level) {
    let findings: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.level == level).collect();
    if findings.is_empty() {
        return;
    }
    let open = if level == Level::Breaking && findings.len() <= SHORT { " open" } else { "" };
    let title = match level {
        Level::Breaking => "Breaking",
        Level::Compatible => "Compatible",
        Level::Docs => "Docs",
    };
    text.push_str(&format!(
        "\n<details{open}>\n<summary>{title}: {}</summary>\n\n",
        findings.len()
    ));
    let mut left = findings.len();
    for group in groups::of(findings) {
        let entry = entry(&group);
        if text.chars().count() + entry.chars().count() > LONGEST {
            text.push_str(&format!("… and {left} more; the JSON report has them all.\n\n"));
            break;
        }
        left -= group.findings.len();
        text.push_str(&entry);
    }
    text.push_str("</details>\n");
}

fn entry(group: &Group<'_>) -> String {
    let mut text = format!("**{}**\n\n", escaped(&group.heading));
    for finding in &group.findings {
        text.push_str(&format!("- {} (`{}`)\n", escaped(&finding.message), finding.id));
        text.push_str(&format!("  <br>at `{}`\n", finding.location.replace('`', "'")));
        if !finding.rust.is_empty() {
            let items: Vec<String> =
                finding.rust.iter().take(SHORT).map(|item| format!("`{item}`")).collect();
            let more = finding.rust.len().saturating_sub(SHORT);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!("  <br>Rust: {}{more}\n", items.join(", ")));
        }
    }
    text.push('\n');
    text
}

/// Takes the meaning out of markup and mentions outside of code.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        in_code ^= character == '`';
        match character {
            '<' if !in_code => escaped.push_str("&lt;"),
            '@' if !in_code => escaped.push_str("&#64;"),
            '*' | '_' | '[' | '#' if !in_code => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}
