//! Sample data for tests.

use sendmux_client::management::types::{EmailLog, Provider, Transaction};
use serde_json::{Value, json};

use super::data::{Metrics, ReportData};
use super::mail::{MailStats, StatusCounts};
use super::period::Period;
use super::reason::ReasonFormat;
use super::spend::Spend;

/// Text that tries to be markup, a script, an attribute and right-to-left.
pub(super) const HOSTILE: &str = "</script></style></svg></title><img src=x onerror=alert(1)>\
    <script>alert(2)</script>\" onload='alert(3)' \u{202e}fdp.exe\u{2066}\u{0}";

pub(super) fn period() -> Period {
    let zone = jiff::tz::TimeZone::UTC;
    let now = "2026-11-03T10:00:00Z".parse().unwrap();
    Period::new("2026-10".parse().unwrap(), zone, now).unwrap()
}

/// Returns a log entry of a day in October 2026, at noon.
pub(super) fn log(day: usize, status: &str, more: Value) -> EmailLog {
    let mut log = json!({
        "id": "dlog_1", "attempts": 1, "status": status,
        "created_at": format!("2026-10-{day:02}T12:00:00Z"),
    });
    for (name, value) in more.as_object().unwrap() {
        log[name] = value.clone();
    }
    serde_json::from_value(log).unwrap()
}

pub(super) fn transaction(at: &str, kind: &str, amount: &str) -> Transaction {
    let json = json!({
        "id": "tx_1", "type": kind, "amount": amount, "created_at": at, "description": "Mail",
    });
    serde_json::from_value(json).unwrap()
}

pub(super) fn provider(id: &str, name: &str, status: &str) -> Provider {
    let allowed = ["activate", "deactivate", "delete", "test", "update", "update_variables"];
    let allowed: serde_json::Map<_, _> =
        allowed.map(|name| (name.to_owned(), json!(true))).into_iter().collect();
    let json = json!({
        "id": id, "name": name, "type": "smtp", "status": status, "is_active": true,
        "is_editable": true, "is_shared": false, "has_refresh_token": false,
        "has_smtp_password": true, "quotas": {}, "allowed_actions": allowed,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    });
    serde_json::from_value(json).unwrap()
}

pub(super) fn mail(logs: &[EmailLog]) -> MailStats {
    let mut mail = MailStats::new(&period(), ReasonFormat::Grouped);
    for log in logs {
        mail.add(log, &period());
    }
    mail
}

pub(super) fn data(
    mail: MailStats,
    transactions: &[Transaction],
    providers: Vec<Provider>,
) -> ReportData {
    let mut spend = Spend::new(&period());
    for transaction in transactions {
        spend.add(transaction, &period());
    }
    let previous = StatusCounts { sent: 10, ..StatusCounts::default() };
    let earlier = Ok(vec![StatusCounts::default(); period().earlier_months().len()]);
    let metrics = Metrics { total: mail.total, previous, days: None, earlier };
    ReportData {
        team: "Example Shop".to_owned(),
        mail: Ok(mail),
        metrics: Ok(metrics),
        providers: Ok(providers),
        spend: Ok(spend),
    }
}
