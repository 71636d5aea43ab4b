//! The report where GitHub Actions shows it: annotations on the run.

use super::{Bump, Report};
use crate::diff::{Finding, Level};

/// GitHub shows ten annotations of a kind per step.
const SHOWN: usize = 10;

/// Workflow commands for the worst findings, and one for the counts.
pub fn annotations(report: &Report, file: &str) -> String {
    let mut lines = String::new();
    for (level, command) in [(Level::Breaking, "error"), (Level::Compatible, "warning")] {
        let findings = report.findings.iter().filter(|finding| finding.level == level);
        for finding in findings.take(SHOWN) {
            let file = property(finding.document.unwrap_or(file));
            let Finding { id, message, .. } = finding;
            lines.push_str(&format!("::{command} file={file},title={id}::{}\n", data(message)));
        }
    }
    let summary = report.summary();
    if summary.bump != Bump::None {
        let words = format!("{}. Version bump: {}.", summary.words(), summary.bump.name());
        lines.push_str(&format!("::notice title=API drift::{}\n", data(&words)));
    }
    lines
}

/// The annotation for a task that could not do its work.
pub fn failure(why: &str) -> String {
    format!("::error title=API drift::{}\n", data(why))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
