//! The report for people at a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Bump, Report, groups};
use crate::diff::{Finding, Level};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

fn style(level: Level) -> Style {
    let color = match level {
        Level::Breaking => AnsiColor::Red,
        Level::Compatible => AnsiColor::Green,
        Level::Docs => AnsiColor::Blue,
    };
    Style::new().bold().fg_color(Some(color.into()))
}

/// The report as text, with colours; whoever prints it takes them out where they do not belong.
pub fn text(report: &Report, next: &str) -> String {
    let mut text = String::new();
    for group in groups::of(&report.findings) {
        line(&mut text, &format!("{BOLD}{}{BOLD:#}", group.heading));
        for finding in group.findings {
            one(&mut text, finding);
        }
        line(&mut text, "");
    }
    for note in &report.notes {
        line(&mut text, note);
    }
    let summary = report.summary();
    if summary.bump == Bump::None {
        line(&mut text, "No change.");
    } else {
        let bump = summary.bump.name();
        line(&mut text, &format!("{}. Version bump: {BOLD}{bump}{BOLD:#}.", summary.words()));
    }
    if !next.is_empty() {
        line(&mut text, &format!("Next: {next}"));
    }
    text
}

fn one(text: &mut String, finding: &Finding) {
    let style = style(finding.level);
    let Finding { level, id, direction, message, location, .. } = finding;
    line(text, &format!("  {style}{level:<10}{style:#}  {message}"));
    line(text, &format!("              {DIM}{id} · {direction} · {location}{DIM:#}"));
    if !finding.rust.is_empty() {
        line(text, &format!("              {}", items(&finding.rust)));
    }
}

/// The items of a finding on one line.
fn items(rust: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = rust.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match rust.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
