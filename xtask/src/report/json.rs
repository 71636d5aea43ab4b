//! The report for tools.

use serde::Serialize;

use super::{Report, Summary};
use crate::diff::Finding;

/// Raised when a consumer of the old form would misread the new one.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Form<'r> {
    schema_version: u32,
    findings: &'r [Finding],
    summary: Summary,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'r [String],
}

/// The report as JSON.
pub fn json(report: &Report) -> String {
    let form = Form {
        schema_version: SCHEMA_VERSION,
        findings: &report.findings,
        summary: report.summary(),
        notes: &report.notes,
    };
    // Strings, numbers and values only: nothing in it can fail to be written.
    let mut text = serde_json::to_string_pretty(&form).unwrap_or_default();
    text.push('\n');
    text
}
