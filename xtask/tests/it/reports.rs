//! Reports of few and of many findings.

use serde_json::{Value, json};
use xtask::report::{Bump, Report, annotations, json as as_json, markdown, text};

use crate::support::{diff, returns};

fn report(fields: usize) -> Report {
    let schema = |count: usize| -> Value {
        let all: serde_json::Map<String, Value> =
            (0..count).map(|index| (format!("field_{index}"), json!({"type": "string"}))).collect();
        returns(json!({"type": "object", "properties": all}))
    };
    Report::new(diff(&schema(fields), &schema(0)))
}

#[test]
fn a_long_report_fits_into_a_pull_request_and_counts_what_it_leaves_out() {
    let text = markdown(&report(2_000), "cargo xtask update-spec");
    assert!(text.chars().count() < 65_536);
    assert!(
        text.contains("| 2000 | 0 | 0 | **major** |") && text.contains("more; `--format json`")
    );
    assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
}

#[test]
fn a_short_report_is_unfolded_and_complete() {
    let text = markdown(&report(3), "");
    assert!(text.contains("<details open>") && !text.contains("Next:"));
    for index in 0..3 {
        assert!(text.contains(&format!("field_{index}")));
    }
}

#[test]
fn text_from_documents_is_escaped() {
    let said = |word: &str| {
        let mut document = returns(json!({"type": "string"}));
        document["paths"]["/things"]["post"]["operationId"] = json!(word);
        document
    };
    let report = Report::new(diff(&said("a"), &said("<img> @everyone ::error::x\n%0A")));
    let text = markdown(&report, "");
    assert!(!text.contains("<img>") || text.contains("`<img>"), "{text}");
    assert!(!text.contains("**<img>") && !text.contains("**@everyone"));
    let lines = annotations(&report, "a,b:c.json");
    assert!(lines.lines().all(|line| line.starts_with("::")), "{lines}");
    assert!(lines.contains("file=a%2Cb%3Ac.json"), "{lines}");
}

#[test]
fn github_gets_ten_annotations_of_each_kind() {
    let lines = annotations(&report(500), "openapi.json");
    assert_eq!(lines.matches("::error ").count(), 10);
    assert!(lines.contains("500 breaking"));
}

#[test]
fn every_format_reports_no_change() {
    let report = Report::default();
    assert_eq!(text(&report, ""), "No change.\n");
    assert!(markdown(&report, "").contains("No change."));
    let form: Value = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(form["summary"]["bump"], "none");
    assert_eq!(report.summary().bump, Bump::None);
}
