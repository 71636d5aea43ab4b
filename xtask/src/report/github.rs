//! The report on GitHub: Markdown for pull requests and step summaries, annotations on runs.

use super::{Bump, Group, Ignored, Report, Summary, grouped};
use crate::diff::{Finding, Level};

/// GitHub limits the body of a pull request to 65,536 characters.
const MAX_LENGTH: usize = 60_000;
/// Sections with up to this many findings are not folded.
const MAX_UNFOLDED: usize = 10;

/// Writes the report as Markdown: counts first, details folded.
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
    ignored(&mut text, report);
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
    let open =
        if level == Level::Breaking && findings.len() <= MAX_UNFOLDED { " open" } else { "" };
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
    for group in grouped(findings) {
        let entry = entry(&group);
        if text.chars().count() + entry.chars().count() > MAX_LENGTH {
            text.push_str(&format!("… and {left} more; `--format json` lists them all.\n\n"));
            break;
        }
        left -= group.findings.len();
        text.push_str(&entry);
    }
    text.push_str("</details>\n");
}

fn ignored(text: &mut String, report: &Report) {
    const LISTED: usize = 50;
    if report.ignored.is_empty() {
        return;
    }
    let count = report.ignored.len();
    text.push_str(&format!("\n<details>\n<summary>Ignored: {count}</summary>\n\n"));
    for Ignored { finding, why, until } in report.ignored.iter().take(LISTED) {
        let (message, why) = (escaped(&finding.message), escaped(why));
        text.push_str(&format!("- {message} (`{}`), until {until}: {why}\n", finding.id));
    }
    text.push_str("</details>\n");
}

fn entry(group: &Group<'_>) -> String {
    let mut text = format!("**{}**\n\n", escaped(&group.heading));
    for finding in &group.findings {
        text.push_str(&format!("- {} (`{}`)\n", escaped(&finding.message), finding.id));
        text.push_str(&format!("  <br>at `{}`\n", finding.location.replace('`', "'")));
        if !finding.rust.is_empty() {
            const LISTED: usize = 10;
            let items: Vec<String> =
                finding.rust.iter().take(LISTED).map(|item| format!("`{item}`")).collect();
            let more = finding.rust.len().saturating_sub(LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!("  <br>Rust: {}{more}\n", items.join(", ")));
        }
    }
    text.push('\n');
    text
}

/// Escapes markup and mentions outside of code.
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

/// GitHub shows ten annotations of each kind per step.
const MAX_ANNOTATIONS: usize = 10;

/// Writes workflow commands for the worst findings, and one for the counts.
pub fn annotations(report: &Report, file: &str) -> String {
    let mut lines = String::new();
    for (level, command) in [(Level::Breaking, "error"), (Level::Compatible, "warning")] {
        let findings = report.findings.iter().filter(|finding| finding.level == level);
        for finding in findings.take(MAX_ANNOTATIONS) {
            let file = property(finding.document.unwrap_or(file));
            let Finding { id, message, .. } = finding;
            lines.push_str(&format!("::{command} file={file},title={id}::{}\n", data(message)));
        }
    }
    let summary = report.summary();
    if summary.bump != Bump::None {
        let counts = format!("{}. Version bump: {}.", summary.describe(), summary.bump.name());
        lines.push_str(&format!("::notice title=API drift::{}\n", data(&counts)));
    }
    lines
}

/// Writes the annotation for a task that failed.
pub fn failure(message: &str) -> String {
    format!("::error title=API drift::{}\n", data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
