//! The overview as text.

use sendmux_client::Decimal;
use sendmux_client::management::types::{
    Balance, Connection, EmailMetrics, Provider, ProviderStatus, ProviderUsage, SpendSummary,
};

use crate::account::{Account, Failures, Group};
use crate::style::Style;
use crate::table::{self, Align, Cell};
use crate::{chart, problem::Problem};

pub(crate) fn draw(account: &Account, style: &Style) -> String {
    let mut text = who(&account.connection, style);
    section(&mut text, style, "Sending accounts", &account.providers, |(list, usage)| {
        providers(list, usage, style)
    });
    section(&mut text, style, "E-mail of the last 30 days", &account.metrics, |metrics| {
        volume(metrics, style)
    });
    section(&mut text, style, "Failures of the last 30 days", &account.failures, |failures| {
        latest(failures, style)
    });
    section(&mut text, style, "Balance and spending", &account.billing, |(balance, spend)| {
        billing(balance, spend)
    });
    text
}

fn section<T>(
    text: &mut String,
    style: &Style,
    title: &str,
    group: &Group<T>,
    draw: impl FnOnce(&T) -> String,
) {
    text.push_str(&format!("\n{}\n", style.heading(title)));
    match group {
        Ok(value) => text.push_str(&draw(value)),
        Err(problem) => text.push_str(&missing(problem, style)),
    }
}

fn missing(problem: &Problem, style: &Style) -> String {
    format!("  {}\n", style.bad(&format!("Not shown. {problem}")))
}

fn who(connection: &Connection, style: &Style) -> String {
    let credential = &connection.credential;
    let name = credential.name.as_deref().unwrap_or(&connection.label);
    format!(
        "{} {}\n",
        style.heading(&connection.team.name),
        style.faint(&format!(
            "({} “{name}”, {} permissions)",
            credential.type_,
            connection.permissions.len()
        ))
    )
}

fn providers(list: &[Provider], usage: &ProviderUsage, style: &Style) -> String {
    let rows = list.iter().map(|provider| {
        let use_of = usage.providers.iter().find(|item| item.provider_id == provider.id);
        let figure = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), grouped);
        let status = provider.status.to_string();
        let painted = match provider.status {
            ProviderStatus::Active => style.good(&status),
            ProviderStatus::Error => style.bad(&status),
            _ => style.faint(&status),
        };
        [
            Cell::from(provider.name.as_str()),
            Cell::from(provider.type_.to_string()),
            Cell::painted(status, painted),
            Cell::from(figure(use_of.map(|item| item.sent_today))),
            Cell::from(figure(use_of.map(|item| item.sent_7d))),
            Cell::from(figure(use_of.map(|item| item.failed_7d + item.rejected_7d))),
            Cell::from(
                provider.percentage.map_or_else(|| "–".to_owned(), |share| format!("{share} %")),
            ),
            Cell::from(provider.status_reason.as_deref().unwrap_or_default()),
        ]
    });
    let (left, right) = (Align::Left, Align::Right);
    let header = [
        ("name", left),
        ("type", left),
        ("status", left),
        ("today", right),
        ("7 days", right),
        ("failed", right),
        ("share", right),
        ("note", left),
    ];
    table::render(header, rows.collect())
}

fn volume(metrics: &EmailMetrics, style: &Style) -> String {
    let summary = &metrics.summary;
    let failed = summary.failed + summary.rejected;
    let change = metrics.comparison.change_pct.total;
    format!(
        "  {} in all ({change:+.1} % on the period before), {} sent, {} failed or rejected ({})\n\n{}",
        grouped(summary.total),
        grouped(summary.sent),
        grouped(failed),
        percentage(failed, summary.total),
        chart::render(&metrics.timeseries, style)
    )
}

fn latest(failures: &Failures, style: &Style) -> String {
    if failures.total == 0 {
        return "  none\n".to_owned();
    }
    let rows = failures.latest.iter().map(|log| {
        [
            Cell::from(log.created_at.to_string()),
            Cell::from(log.to_email.as_deref().unwrap_or("–")),
            Cell::from(log.provider_name.as_deref().unwrap_or("–")),
            Cell::from(log.status_reason.as_deref().unwrap_or("no reason given")),
        ]
    });
    let left = Align::Left;
    let header = [("when", left), ("to", left), ("through", left), ("reason", left)];
    let reasons = failures.reasons.iter().take(5).map(|(reason, count)| {
        [
            Cell::from(grouped(i64::try_from(*count).unwrap_or(i64::MAX))),
            Cell::from(reason.as_str()),
        ]
    });
    format!(
        "{}\n{}",
        table::render(header, rows.collect()),
        table::render(
            [("count", Align::Right), ("most frequent reasons", left)],
            reasons.collect()
        )
    ) + &style.faint(&format!("  {} failures in all\n", failures.total))
}

fn billing(balance: &Balance, spend: &SpendSummary) -> String {
    let money = |amount: Decimal| format!("{:.2} {}", amount, balance.currency);
    let topup = &balance.auto_topup;
    let topup = match (topup.enabled, topup.amount, topup.threshold) {
        (true, Some(amount), Some(threshold)) => {
            format!("{} whenever the balance falls below {}", money(amount), money(threshold))
        }
        (true, ..) => "on".to_owned(),
        (false, ..) => "off".to_owned(),
    };
    let rows = vec![
        [Cell::from("balance"), Cell::from(money(balance.balance))],
        [
            Cell::from(format!("spent in {} days", spend.period_days)),
            Cell::from(money(spend.total_consumed)),
        ],
        [
            Cell::from(format!("bought in {} days", spend.period_days)),
            Cell::from(money(spend.total_purchased)),
        ],
        [Cell::from("automatic top-up"), Cell::from(topup)],
    ];
    table::render([("", Align::Left), ("", Align::Left)], rows).trim_start_matches('\n').to_owned()
}

fn percentage(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = part * 1000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Figures in groups of three.
fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}
