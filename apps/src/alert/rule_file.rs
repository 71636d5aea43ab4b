//! The file that defines rules and receivers, in TOML.

mod receivers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use sendmux_client::Decimal;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::receiver::{HttpEndpoint, Receiver};
use super::rule::{Condition, ProviderFilter, Rule, SELF_RULE, Severity, Threshold};
use crate::text::parse_duration;
use receivers::{EndpointKeys, ReceiverTable};

/// The rule file of the demo mode.
pub(super) const EXAMPLE: &str = include_str!("../../alert.example.toml");

const DEFAULT_OVERLAP: Seconds = Seconds(15 * 60);
const DEFAULT_BLIND_AFTER: Seconds = Seconds(10 * 60);
const DEFAULT_BASELINE: Seconds = Seconds(24 * 3600);
const DEFAULT_MINIMUM: u64 = 20;
const DEFAULT_FACTOR: f64 = 3.0;

/// The validated content of a rule file.
#[derive(Debug)]
pub(super) struct RuleFile {
    pub(super) rules: Vec<Rule>,
    pub(super) receivers: Vec<Receiver>,
    /// How long log entries are watched for status changes, in seconds: the longest of the rules.
    pub(super) overlap: i64,
    /// How long something may be unknown before that is an alert, in seconds.
    pub(super) blind_after: i64,
    /// Requested after each good round.
    pub(super) heartbeat: Option<HttpEndpoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    overlap: Option<Seconds>,
    blind_after: Option<Seconds>,
    heartbeat: Option<EndpointKeys>,
    #[serde(default)]
    notify: Vec<Spanned<ReceiverTable>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleTable>>,
}

impl RuleFile {
    pub(super) fn read(path: &Path) -> Result<Self, RuleFileError> {
        let text =
            fs::read_to_string(path).map_err(|error| RuleFileError::file(error.to_string()))?;
        Self::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, RuleFileError> {
        let document: FileTable =
            toml::from_str(text).map_err(|error| RuleFileError::from_toml(&error, text))?;
        if document.rule.is_empty() {
            return Err(RuleFileError::file("it has no [[rule]]"));
        }
        let (mut names, mut rules, mut receivers) = (BTreeSet::new(), Vec::new(), Vec::new());
        for table in document.rule {
            let at = table.span();
            let rule = Rule::try_from(table.into_inner());
            let rule = rule.map_err(|problem| RuleFileError::at(text, at.start, problem))?;
            if !names.insert(rule.name.clone()) {
                let problem = format!("two rules have the name `{}`", rule.name);
                return Err(RuleFileError::at(text, at.start, problem));
            }
            rules.push(rule);
        }
        names.clear();
        for table in document.notify {
            let at = table.span();
            let receiver = Receiver::try_from(table.into_inner());
            let receiver =
                receiver.map_err(|problem| RuleFileError::at(text, at.start, problem))?;
            if !names.insert(receiver.name.clone()) {
                let problem = format!("two [[notify]] have the name `{}`", receiver.name);
                return Err(RuleFileError::at(text, at.start, problem));
            }
            receivers.push(receiver);
        }
        if receivers.is_empty() {
            receivers.push(Receiver::stdout());
        }
        let heartbeat = document.heartbeat.map(EndpointKeys::read).transpose();
        let heartbeat =
            heartbeat.map_err(|problem| RuleFileError::file(format!("heartbeat: {problem}")))?;
        let Seconds(overlap) = document.overlap.unwrap_or(DEFAULT_OVERLAP);
        let of_rules = rules.iter().filter(|rule| rule.condition.lookback().is_some());
        let overlap = of_rules.map(|rule| rule.overlap.unwrap_or(overlap)).max().unwrap_or(overlap);
        let Seconds(blind_after) = document.blind_after.unwrap_or(DEFAULT_BLIND_AFTER);
        Ok(Self { rules, receivers, overlap, blind_after, heartbeat })
    }

    /// Returns how far back in the log the rules look, in seconds; `None` if no rule needs the log.
    pub(super) fn lookback(&self) -> Option<i64> {
        self.rules.iter().filter_map(|rule| rule.condition.lookback()).max()
    }
}

/// A duration such as `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seconds(i64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let duration = parse_duration(&text, "31d").map_err(de::Error::custom)?;
        i64::try_from(duration.as_secs()).map(Self).map_err(de::Error::custom)
    }
}

/// A `[[rule]]` table, with the keys of every kind: a tagged enum would lose the line of an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    name: String,
    kind: RuleKind,
    #[serde(default)]
    severity: Severity,
    #[serde(rename = "for")]
    hold_duration: Option<Seconds>,
    repeat: Option<Seconds>,
    window: Option<Seconds>,
    baseline: Option<Seconds>,
    above: Option<f64>,
    below: Option<Decimal>,
    factor: Option<f64>,
    minimum: Option<u64>,
    provider: Option<String>,
    except: Option<Vec<String>>,
    per_account: Option<bool>,
    accounts: Option<BTreeMap<String, f64>>,
    overlap: Option<Seconds>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RuleKind {
    FailureRate,
    BounceSurge,
    NoMail,
    ProviderDown,
    ProviderQuota,
    BalanceBelow,
    HourlyFailureRate,
    DomainUnverified,
    WebhookFailing,
}

impl RuleKind {
    /// Returns the keys that are specific to the kind.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::FailureRate => &[
                "window",
                "above",
                "minimum",
                "provider",
                "except",
                "per_account",
                "accounts",
                "overlap",
            ],
            Self::HourlyFailureRate => &["window", "above", "minimum"],
            Self::BounceSurge => {
                &["window", "baseline", "factor", "minimum", "provider", "except", "overlap"]
            }
            Self::NoMail => &["window", "provider", "except", "overlap"],
            Self::ProviderDown => &["provider", "except"],
            Self::ProviderQuota => &["above", "provider", "except", "accounts"],
            Self::BalanceBelow => &["below"],
            Self::DomainUnverified | Self::WebhookFailing => &["except"],
        }
    }
}

impl RuleTable {
    /// Returns the first key that does not apply to the kind.
    fn unexpected_key(&self) -> Option<&'static str> {
        let set = [
            ("window", self.window.is_some()),
            ("baseline", self.baseline.is_some()),
            ("above", self.above.is_some()),
            ("below", self.below.is_some()),
            ("factor", self.factor.is_some()),
            ("minimum", self.minimum.is_some()),
            ("provider", self.provider.is_some()),
            ("except", self.except.is_some()),
            ("per_account", self.per_account.is_some()),
            ("accounts", self.accounts.is_some()),
            ("overlap", self.overlap.is_some()),
        ];
        let keys = self.kind.keys();
        set.into_iter().find(|(key, set)| *set && !keys.contains(key)).map(|(key, _)| key)
    }

    fn condition(self) -> Result<Condition, String> {
        let window = || required("window", self.window).map(|Seconds(window)| window);
        let share = |share: f64| match (0.0..=1.0).contains(&share) {
            true => Ok(share),
            false => Err("`above` must be a share from 0 to 1, such as 0.05 for 5%".to_owned()),
        };
        let above = || required("above", self.above).and_then(share);
        let by_account = self.accounts.clone().unwrap_or_default();
        let threshold = || -> Result<Threshold, String> {
            by_account.values().try_for_each(|value| share(*value).map(drop))?;
            Ok(Threshold { default: above()?, by_account: by_account.clone() })
        };
        let per_account = self.per_account.unwrap_or(!by_account.is_empty());
        if !per_account && !by_account.is_empty() && self.kind == RuleKind::FailureRate {
            return Err("`accounts` needs `per_account = true`".to_owned());
        }
        let except = self.except.clone().unwrap_or_default();
        let minimum = self.minimum.unwrap_or(DEFAULT_MINIMUM);
        let factor = self.factor.unwrap_or(DEFAULT_FACTOR);
        let providers = ProviderFilter { only: self.provider.clone(), except: except.clone() };
        Ok(match self.kind {
            RuleKind::FailureRate => {
                let (window, above) = (window()?, threshold()?);
                Condition::FailureRate { window, above, minimum, providers, per_account }
            }
            RuleKind::HourlyFailureRate => match window()? {
                window if window % 3600 == 0 && window <= 24 * 3600 => {
                    Condition::HourlyFailureRate { window, above: above()?, minimum }
                }
                _ => return Err("`window` must be whole hours, up to 24h".to_owned()),
            },
            RuleKind::BounceSurge if !(factor.is_finite() && factor >= 1.0) => {
                return Err("`factor` must be a number of at least 1".to_owned());
            }
            RuleKind::BounceSurge => {
                let Seconds(baseline) = self.baseline.unwrap_or(DEFAULT_BASELINE);
                Condition::BounceSurge { window: window()?, baseline, factor, minimum, providers }
            }
            RuleKind::NoMail => Condition::NoMail { window: window()?, providers },
            RuleKind::ProviderDown => Condition::ProviderDown { providers },
            RuleKind::ProviderQuota => Condition::ProviderQuota { above: threshold()?, providers },
            RuleKind::BalanceBelow => {
                Condition::BalanceBelow { below: required("below", self.below)? }
            }
            RuleKind::DomainUnverified => Condition::DomainUnverified { except },
            RuleKind::WebhookFailing => Condition::WebhookFailing { except },
        })
    }
}

fn required<T>(key: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("`{key}` is missing"))
}

impl TryFrom<RuleTable> for Rule {
    type Error = String;

    fn try_from(table: RuleTable) -> Result<Self, String> {
        let name = table.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
            return Err("`name` must be a line of 1 to 80 characters".to_owned());
        }
        if let Some(key) = table.unexpected_key() {
            return Err(format!("rule `{name}`: `{key}` does not apply to rules of this kind"));
        }
        if name == SELF_RULE {
            return Err(format!("the name `{name}` is reserved"));
        }
        let (severity, hold_duration, repeat) = (table.severity, table.hold_duration, table.repeat);
        let overlap = table.overlap.map(|Seconds(overlap)| overlap);
        let condition = table.condition().map_err(|problem| format!("rule `{name}`: {problem}"))?;
        Ok(Self {
            name,
            severity,
            condition,
            hold_duration: hold_duration.map_or(0, |Seconds(hold)| hold),
            repeat_interval: repeat.map(|Seconds(repeat)| repeat),
            overlap,
        })
    }
}

/// Why a rule file is not valid. Quotes only the key of a line, since the value may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleFileError {
    line: Option<usize>,
    problem: String,
}

impl RuleFileError {
    fn file(problem: impl Into<String>) -> Self {
        Self { line: None, problem: problem.into() }
    }

    fn at(text: &str, offset: usize, problem: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self { line: Some(before.matches('\n').count() + 1), problem: problem.into() }
    }

    fn from_toml(error: &toml::de::Error, text: &str) -> Self {
        let message = error.message();
        // Messages quote values of the wrong type.
        let quotes = message.contains("://") || message.contains("string \"");
        let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
        let problem = match (quotes, expected) {
            (false, _) => suggestion(message).unwrap_or_else(|| message.to_owned()),
            (true, Some("f64" | "u64")) => {
                "this must be a number, without quotation marks".to_owned()
            }
            (true, Some("a boolean")) => "this must be true or false".to_owned(),
            (true, _) => "this value is not allowed here".to_owned(),
        };
        let Some(span) = error.span() else { return Self::file(problem) };
        let mut located = Self::at(text, span.start, problem);
        let line = located.line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
        if let Some((key, _)) = line.split_once('=')
            && key.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        {
            located.problem = format!("`{}`: {}", key.trim(), located.problem);
        }
        located
    }
}

/// Adds the name that was probably meant to a message such as ``unknown field `windows`, expected
/// one of `window`, `above```.
fn suggestion(message: &str) -> Option<String> {
    const SIMILAR: f64 = 0.7;
    let (problem, expected) = message.split_once(", expected ")?;
    let unknown = problem.split('`').nth(1)?;
    let names = expected.split('`').skip(1).step_by(2);
    let similarity = |name: &str| strsim::jaro_winkler(unknown, name);
    let nearest = names.max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(nearest) >= SIMILAR)
        .then(|| format!("{problem}; did you mean `{nearest}`? Expected {expected}"))
}

impl fmt::Display for RuleFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

#[cfg(test)]
mod tests;
