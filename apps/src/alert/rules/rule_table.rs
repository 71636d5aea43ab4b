//! A `[[rule]]`, as it is written.

use sendmux_client::Decimal;
use serde::Deserialize;

use super::Seconds;
use crate::alert::rule::{Choice, Condition, Rule, Severity};

const DEFAULT_BASELINE: Seconds = Seconds(24 * 3600);
const DEFAULT_MINIMUM: u64 = 20;
const DEFAULT_FACTOR: f64 = 3.0;

/// Every key of every kind: a tagged enum would not know the line of a wrong one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    name: String,
    kind: Kind,
    #[serde(default)]
    severity: Severity,
    #[serde(rename = "for")]
    hold: Option<Seconds>,
    repeat: Option<Seconds>,
    window: Option<Seconds>,
    baseline: Option<Seconds>,
    above: Option<f64>,
    below: Option<Decimal>,
    factor: Option<f64>,
    minimum: Option<u64>,
    provider: Option<String>,
    except: Option<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    FailureRate,
    BounceSurge,
    NoMail,
    ProviderDown,
    ProviderQuota,
    BalanceBelow,
}

impl Kind {
    /// Keys that it understands, beside those that every kind does.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::FailureRate => &["window", "above", "minimum", "provider", "except"],
            Self::BounceSurge => &["window", "baseline", "factor", "minimum", "provider", "except"],
            Self::NoMail => &["window", "provider", "except"],
            Self::ProviderDown => &["provider", "except"],
            Self::ProviderQuota => &["above", "provider", "except"],
            Self::BalanceBelow => &["below"],
        }
    }
}

impl RuleTable {
    /// The first key that is set and means nothing for the kind.
    fn stray(&self) -> Option<&'static str> {
        let set = [
            ("window", self.window.is_some()),
            ("baseline", self.baseline.is_some()),
            ("above", self.above.is_some()),
            ("below", self.below.is_some()),
            ("factor", self.factor.is_some()),
            ("minimum", self.minimum.is_some()),
            ("provider", self.provider.is_some()),
            ("except", self.except.is_some()),
        ];
        let keys = self.kind.keys();
        set.into_iter().find(|(key, set)| *set && !keys.contains(key)).map(|(key, _)| key)
    }

    fn condition(self) -> Result<Condition, String> {
        let window = || need("window", self.window).map(|Seconds(window)| window);
        let above = || match need("above", self.above)? {
            share if (0.0..=1.0).contains(&share) => Ok(share),
            _ => Err("`above` is a share from 0 to 1, such as 0.05 for 5 %".to_owned()),
        };
        let minimum = self.minimum.unwrap_or(DEFAULT_MINIMUM);
        let factor = self.factor.unwrap_or(DEFAULT_FACTOR);
        let of = Choice { only: self.provider, except: self.except.unwrap_or_default() };
        Ok(match self.kind {
            Kind::FailureRate => {
                Condition::FailureRate { window: window()?, above: above()?, minimum, of }
            }
            Kind::BounceSurge if !(factor.is_finite() && factor >= 1.0) => {
                return Err("`factor` is a number from 1 on".to_owned());
            }
            Kind::BounceSurge => {
                let Seconds(baseline) = self.baseline.unwrap_or(DEFAULT_BASELINE);
                Condition::BounceSurge { window: window()?, baseline, factor, minimum, of }
            }
            Kind::NoMail => Condition::NoMail { window: window()?, of },
            Kind::ProviderDown => Condition::ProviderDown { of },
            Kind::ProviderQuota => Condition::ProviderQuota { above: above()?, of },
            Kind::BalanceBelow => Condition::BalanceBelow { below: need("below", self.below)? },
        })
    }
}

fn need<T>(key: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("`{key}` is missing"))
}

impl TryFrom<RuleTable> for Rule {
    type Error = String;

    fn try_from(table: RuleTable) -> Result<Self, String> {
        let name = table.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
            return Err("`name` is a line of 1 to 80 characters".to_owned());
        }
        if let Some(key) = table.stray() {
            return Err(format!("rule `{name}`: `{key}` means nothing for a rule of this kind"));
        }
        let (severity, hold, repeat) = (table.severity, table.hold, table.repeat);
        let condition = table.condition().map_err(|problem| format!("rule `{name}`: {problem}"))?;
        Ok(Self {
            name,
            severity,
            condition,
            hold: hold.map_or(0, |Seconds(hold)| hold),
            repeat: repeat.map(|Seconds(repeat)| repeat),
        })
    }
}
