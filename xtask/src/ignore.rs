//! Findings that maintainers have decided to ignore for a time, as a file lists them.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::diff::{Finding, rules};
use crate::report::{Ignored, Report};

/// An entry of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The id of the finding.
    pub id: String,
    /// The operation that it affects; any if absent.
    pub operation: Option<String>,
    /// JSON pointer to the place, or to one around it; any if absent.
    pub pointer: Option<String>,
    /// The last day on which the entry counts, as `2027-01-31`.
    pub until: String,
    /// Why the finding does not matter.
    pub why: String,
}

/// Reads a file of entries: JSON if its name says so, TOML otherwise.
///
/// # Errors
/// Fails if the file cannot be read, or an entry is incomplete or names an unknown rule.
pub fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    text.and_then(|text| parse(&text, is_json)).map_err(|why| format!("{}: {why}", path.display()))
}

/// Parses the text of such a file.
///
/// # Errors
/// Fails if an entry is incomplete or names an unknown rule.
pub fn parse(text: &str, is_json: bool) -> Result<Vec<Entry>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        ignore: Vec<Entry>,
    }
    let file: File = match is_json {
        true => serde_json::from_str(text).map_err(|error| error.to_string())?,
        false => toml::from_str(text).map_err(|error| error.to_string())?,
    };
    for entry in &file.ignore {
        if !rules::all().iter().any(|rule| rule.id == entry.id) {
            return Err(format!("`{}` is not the id of a finding", entry.id));
        }
        if !is_date(&entry.until) {
            return Err(format!("until `{}` is not a date like 2027-01-31", entry.until));
        }
        if entry.why.trim().is_empty() {
            return Err(format!("the entry for `{}` does not say why", entry.id));
        }
    }
    Ok(file.ignore)
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let leap = year.parse().is_ok_and(|year: u16| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    });
    let last = match *month {
        "01" | "03" | "05" | "07" | "08" | "10" | "12" => "31",
        "04" | "06" | "09" | "11" => "30",
        "02" if leap => "29",
        "02" => "28",
        _ => return false,
    };
    ("01"..=last).contains(day)
}

/// Moves the findings that entries match out of the count, and notes which entries have expired or
/// match nothing. `today` has the form of [`Entry::until`].
pub fn apply(report: &mut Report, entries: &[Entry], today: &str) {
    for entry in entries {
        if entry.until.as_str() < today {
            report.notes.push(format!("{} has expired.", describe(entry)));
            continue;
        }
        let matched: Vec<Finding> =
            report.findings.extract_if(.., |finding| entry.matches(finding)).collect();
        let known = report.ignored.iter().any(|one| entry.matches(&one.finding));
        if matched.is_empty() && !known {
            report.notes.push(format!("{} matches nothing.", describe(entry)));
        }
        report.ignored.extend(matched.into_iter().map(|finding| Ignored {
            finding,
            why: entry.why.clone(),
            until: entry.until.clone(),
        }));
    }
}

impl Entry {
    fn matches(&self, finding: &Finding) -> bool {
        let operation = self.operation.as_ref();
        let inside = |outer: &String| {
            let rest = finding.location.strip_prefix(outer.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        finding.id == self.id
            && operation.is_none_or(|operation| finding.operations.contains(operation))
            && self.pointer.as_ref().is_none_or(inside)
    }
}

fn describe(entry: &Entry) -> String {
    let mut text = format!("The entry that ignores `{}`", entry.id);
    for (word, value) in [("of", &entry.operation), ("at", &entry.pointer)] {
        if let Some(value) = value {
            text.push_str(&format!(" {word} `{value}`"));
        }
    }
    text.push_str(&format!(" until {}", entry.until));
    text
}

/// Returns the present day (UTC), as `2027-01-31`.
pub fn today() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(i64::try_from(elapsed.as_secs() / 86_400).unwrap_or_default())
}

/// Writes a day of the Gregorian calendar, counted from 1970-01-01.
fn date(days: i64) -> String {
    // Years begin in March here, so that a leap day ends one.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (19_782, "2024-02-29"),
            (20_781, "2026-11-24"),
            (47_540, "2100-02-28"),
        ] {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn entries_that_cannot_hold_are_refused() {
        let refused = |text: &str| parse(text, false).unwrap_err();
        let entry = |id: &str, until: &str, why: &str| {
            format!("[[ignore]]\nid = \"{id}\"\nuntil = \"{until}\"\nwhy = \"{why}\"\n")
        };
        assert!(parse(&entry("info-changed", "2027-01-31", "a"), false).is_ok());
        assert!(parse("", false).unwrap().is_empty());
        assert!(refused(&entry("zz", "2027-01-31", "a")).contains("`zz` is not the id"));
        assert!(refused(&entry("info-changed", "soon", "a")).contains("date"));
        for day in ["2027-13-01", "2027-02-29", "2027-04-31", "2027-1-1", "2027-01-00"] {
            assert!(refused(&entry("info-changed", day, "a")).contains("date"), "{day}");
        }
        assert!(parse(&entry("info-changed", "2028-02-29", "a"), false).is_ok());
        assert!(refused(&entry("info-changed", "2027-01-31", " ")).contains("why"));
        assert!(refused("[[ignore]]\nid = \"info-changed\"\n").contains("until"));
        assert!(refused("[[ignored]]\n").contains("ignored"));
        assert!(parse("{\"ignore\": []}", true).unwrap().is_empty());
    }
}
