//! The file of rules.

mod refusal;
mod rule_table;
mod sink_table;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

pub(super) use refusal::Refusal;

use super::rule::Rule;
use super::sink::Sink;
use rule_table::RuleTable;
use sink_table::SinkTable;

/// The rules of the demo mode.
pub(super) const EXAMPLE: &str = include_str!("../../alert.example.toml");

const DEFAULT_OVERLAP: Seconds = Seconds(15 * 60);

/// What the file comes to.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    pub(super) sinks: Vec<Sink>,
    /// How long entries of the log are watched for changes, in seconds.
    pub(super) overlap: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    overlap: Option<Seconds>,
    #[serde(default)]
    notify: Vec<Spanned<SinkTable>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleTable>>,
}

impl Rules {
    pub(super) fn read(path: &Path) -> Result<Self, Refusal> {
        let text = fs::read_to_string(path).map_err(|error| Refusal::whole(error.to_string()))?;
        Self::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let document: Document =
            toml::from_str(text).map_err(|error| Refusal::of_document(&error, text))?;
        if document.rule.is_empty() {
            return Err(Refusal::whole("there is no [[rule]] in it"));
        }
        let (mut names, mut rules, mut sinks) = (BTreeSet::new(), Vec::new(), Vec::new());
        for table in document.rule {
            let at = table.span();
            let rule = Rule::try_from(table.into_inner());
            let rule = rule.map_err(|problem| Refusal::at(text, at.start, problem))?;
            if !names.insert(rule.name.clone()) {
                let problem = format!("there are two rules with the name `{}`", rule.name);
                return Err(Refusal::at(text, at.start, problem));
            }
            rules.push(rule);
        }
        names.clear();
        for table in document.notify {
            let at = table.span();
            let sink = Sink::try_from(table.into_inner());
            let sink = sink.map_err(|problem| Refusal::at(text, at.start, problem))?;
            if !names.insert(sink.name.clone()) {
                let problem = format!("there are two [[notify]] with the name `{}`", sink.name);
                return Err(Refusal::at(text, at.start, problem));
            }
            sinks.push(sink);
        }
        if sinks.is_empty() {
            sinks.push(Sink::stdout());
        }
        Ok(Self { rules, sinks, overlap: document.overlap.unwrap_or(DEFAULT_OVERLAP).0 })
    }

    /// How far back in the log the rules look, in seconds; `None` if none does.
    pub(super) fn reach(&self) -> Option<i64> {
        self.rules.iter().filter_map(|rule| rule.condition.reach()).max()
    }
}

/// A length of time, written such as `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seconds(i64);

const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::custom("not a duration such as \"15m\", from 1s to 31d");
        let duration = humantime::parse_duration(&text).map_err(|_| wrong())?;
        if !(Duration::from_secs(1)..=LONGEST).contains(&duration) {
            return Err(wrong());
        }
        i64::try_from(duration.as_secs()).map(Self).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests;
