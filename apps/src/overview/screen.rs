//! The overview as styled text for a terminal.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, presets,
};
use sendmux_client::Decimal;
use sendmux_client::management::types::{
    Balance, Connection, EmailMetrics, MetricsPoint, Provider, ProviderStatus, ProviderUsage,
    SpendSummary,
};
use unicode_width::UnicodeWidthStr;

use super::data::{FailedEmails, Overview};
use crate::account::Problem;
use crate::failure_rate::completed;
use crate::text::{fit, percentage, sanitize, with_separators};

const BOLD: Style = Style::new().bold();
const DIMMED: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// Returns the width of the terminal in columns, or `None` if standard output is not a terminal.
pub(super) fn terminal_width() -> Option<u16> {
    std::io::stdout().is_terminal().then(|| Table::new().width()).flatten()
}

/// Renders the overview, wrapped to `width` columns, with ANSI escape codes.
pub(super) fn render(overview: &Overview, width: Option<u16>) -> String {
    let mut text = identity(&overview.connection, width);
    section(&mut text, width, "Sending accounts", &overview.providers, |(list, usage)| {
        providers(list, usage, width)
    });
    section(&mut text, width, "Email in the last 30 days", &overview.metrics, |metrics| {
        volume(metrics, width)
    });
    section(&mut text, width, "Failures in the last 30 days", &overview.failures, |failed| {
        failures(failed, width)
    });
    section(&mut text, width, "Balance and spend", &overview.billing, |(balance, spend)| {
        billing(balance, spend, width)
    });
    text
}

fn section<T>(
    text: &mut String,
    width: Option<u16>,
    title: &str,
    content: &Result<T, Problem>,
    render: impl FnOnce(&T) -> String,
) {
    text.push_str(&format!("\n{}\n", paint(BOLD, title)));
    match content {
        Ok(content) => text.push_str(&render(content)),
        Err(problem) => {
            let mut table = table(width);
            table.add_row([Cell::new(format!("Not available: {problem}.")).fg(Color::Red)]);
            text.push_str(&lines(&table));
        }
    }
}

fn identity(connection: &Connection, width: Option<u16>) -> String {
    let credential = &connection.credential;
    let name = credential.name.as_deref().unwrap_or(&connection.label);
    let columns = width.map_or(usize::MAX, usize::from);
    let team = fit(&clean(&connection.team.name), columns);
    let credential = fit(
        &format!(
            "({} “{}”, {} permissions)",
            clean(credential.type_.as_str()),
            clean(name),
            connection.permissions.len()
        ),
        columns,
    );
    let on_one_line = team.width() + 1 + credential.width() <= columns;
    let separator = if on_one_line { ' ' } else { '\n' };
    format!("{}{separator}{}\n", paint(BOLD, &team), paint(DIMMED, &credential))
}

fn providers(list: &[Provider], usage: &ProviderUsage, width: Option<u16>) -> String {
    const TYPE: usize = 1;
    const STATUS: usize = 2;
    const TODAY: usize = 3;
    const SHARE: usize = 6;

    if list.is_empty() {
        return " None.\n".to_owned();
    }
    let mut table = table(width);
    table.set_header(header(&[
        "Name", "Type", "Status", "Today", "7 days", "Failed", "Share", "Note",
    ]));
    for provider in list {
        let usage = usage.providers.iter().find(|item| item.provider_id == provider.id);
        let count = |value: Option<i64>| value.map_or_else(dash, with_separators);
        let status = Cell::new(clean(provider.status.as_str()));
        table.add_row([
            Cell::new(clean(&provider.name)),
            Cell::new(clean(provider.type_.as_str())),
            match provider.status {
                ProviderStatus::Active => status.fg(Color::Green),
                ProviderStatus::Error => status.fg(Color::Red),
                _ => status.add_attribute(Attribute::Dim),
            },
            Cell::new(count(usage.map(|item| item.sent_today))),
            Cell::new(count(usage.map(|item| item.sent_7d))),
            Cell::new(count(usage.map(|item| item.failed_7d.saturating_add(item.rejected_7d)))),
            Cell::new(provider.percentage.map_or_else(dash, |share| format!("{share}%"))),
            Cell::new(clean(provider.status_reason.as_deref().unwrap_or_default())),
        ]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        match index {
            TYPE | SHARE if width.is_some_and(|width| width < 80) => {
                column.set_constraint(ColumnConstraint::Hidden);
            }
            STATUS => _ = column.set_constraint(ColumnConstraint::ContentWidth),
            TODAY..=SHARE => {
                column.set_constraint(ColumnConstraint::ContentWidth);
                column.set_cell_alignment(CellAlignment::Right);
            }
            _ => {}
        }
    }
    lines(&table)
}

fn volume(metrics: &EmailMetrics, width: Option<u16>) -> String {
    let summary = &metrics.summary;
    let failed = summary.failed.saturating_add(summary.rejected);
    format!(
        " {} emails ({:+.1}% on the previous period)\n {} sent, {} failed or rejected ({})\n\n{}",
        with_separators(summary.total),
        metrics.comparison.change_pct.total,
        with_separators(summary.sent),
        with_separators(failed),
        percentage(failed, completed(summary.sent, summary.failed, summary.rejected)),
        chart(&metrics.timeseries, width)
    )
}

fn failures(failures: &FailedEmails, width: Option<u16>) -> String {
    if failures.total == 0 {
        return " None.\n".to_owned();
    }
    let mut latest = table(width);
    latest.set_header(header(&["Time (UTC)", "To", "Sending account", "Reason"]));
    for log in &failures.latest {
        latest.add_row([
            Cell::new(
                log.created_at.to_string().chars().take(16).collect::<String>().replace('T', " "),
            ),
            Cell::new(log.to_email.as_deref().map_or_else(dash, clean)),
            Cell::new(log.provider_name.as_deref().map_or_else(dash, clean)),
            Cell::new(log.status_reason.as_deref().map_or("no reason given".to_owned(), clean)),
        ]);
    }
    if let Some(time) = latest.column_mut(0) {
        time.set_constraint(ColumnConstraint::ContentWidth);
    }
    let mut reasons = table(width);
    reasons.set_header(header(&["Emails", "Most frequent reasons"]));
    for (reason, count) in failures.reasons.iter().take(5) {
        let count = Cell::new(count).set_alignment(CellAlignment::Right);
        reasons.add_row([count, Cell::new(clean(reason))]);
    }
    let total = paint(DIMMED, &format!("{} failures in total", failures.total));
    format!("{}\n{} {total}\n", lines(&latest), lines(&reasons))
}

fn billing(balance: &Balance, spend: &SpendSummary, width: Option<u16>) -> String {
    let money = |amount: Decimal| format!("{amount:.2} {}", clean(balance.currency.as_str()));
    let topup = &balance.auto_topup;
    let topup = match (topup.enabled, topup.amount, topup.threshold) {
        (true, Some(amount), Some(threshold)) => {
            format!("{} when the balance falls below {}", money(amount), money(threshold))
        }
        (true, ..) => "on".to_owned(),
        (false, ..) => "off".to_owned(),
    };
    let mut table = table(width);
    table.add_rows([
        ["Balance".to_owned(), money(balance.balance)],
        [format!("Spent in {} days", spend.period_days), money(spend.total_consumed)],
        [format!("Purchased in {} days", spend.period_days), money(spend.total_purchased)],
        ["Automatic top-up".to_owned(), topup],
    ]);
    lines(&table)
}

const CHART_ROWS: i64 = 6;
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws the volume of each day as a bar, with a mark for its failure rate below.
fn chart(days: &[MetricsPoint], width: Option<u16>) -> String {
    let highest = days.iter().map(|day| day.total).max().unwrap_or_default();
    if highest <= 0 {
        return " No email in this period.\n".to_owned();
    }
    let axis = highest.to_string().len();
    let fits = |columns: usize| {
        width.is_none_or(|width| axis + 2 + columns * days.len() <= usize::from(width))
    };
    let columns = if fits(2) { 2 } else { 1 };
    let mut text = String::new();
    for row in (0..CHART_ROWS).rev() {
        let label = match row {
            0 => "0".to_owned(),
            row if row == CHART_ROWS - 1 => highest.to_string(),
            _ => String::new(),
        };
        let bars: String =
            days.iter().map(|day| bar(day.total, highest, row).repeat(columns)).collect();
        text.push_str(&format!(" {label:>axis$} {}\n", paint(GREEN, &bars)));
    }
    let marks: String = days.iter().map(|day| failure_mark(day).repeat(columns)).collect();
    text.push_str(&format!(" {:>axis$} {}\n", "", paint(RED, &marks)));
    let date = |day: &MetricsPoint| day.timestamp.to_string().chars().take(10).collect::<String>();
    if let (Some(first), Some(last)) = (days.first().map(date), days.last().map(date)) {
        let gap = (days.len() * columns).saturating_sub(first.len() + last.len()).max(1);
        text.push_str(&paint(DIMMED, &format!(" {:>axis$} {first}{:gap$}{last}", "", "")));
    }
    let legend = paint(DIMMED, " Failure rate: · from 1%, + from 5%, # from 10%");
    format!("{text}\n{legend}\n")
}

/// Returns the part of a bar that falls into one row.
fn bar(value: i64, highest: i64, row: i64) -> &'static str {
    let eighths = i128::from(value.max(0)) * i128::from(CHART_ROWS) * 8 / i128::from(highest);
    let visible = if value > 0 { eighths.max(1) } else { 0 };
    let here = (visible - i128::from(row) * 8).clamp(0, 8);
    EIGHTHS[usize::try_from(here).unwrap_or_default()]
}

fn failure_mark(day: &MetricsPoint) -> &'static str {
    let failed = day.failed.saturating_add(day.rejected);
    let completed = completed(day.sent, day.failed, day.rejected);
    match (completed > 0).then(|| failed.saturating_mul(100) / completed) {
        Some(10..) => "#",
        Some(5..) => "+",
        Some(1..) => "·",
        _ => " ",
    }
}

fn table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    // Styles are removed where the text is printed, if need be.
    table.force_no_tty().enforce_styling().load_style(presets::NOTHING).style_text_only();
    if let Some(width) = width {
        table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

fn header(titles: &[&str]) -> Vec<Cell> {
    titles.iter().map(|title| Cell::new(title).add_attribute(Attribute::Dim)).collect()
}

fn lines(table: &Table) -> String {
    format!("{}\n", table.trim_fmt())
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Text from the API must not control the terminal.
fn clean(text: &str) -> String {
    sanitize(text, 200)
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use sendmux_client::management::Client;
    use sendmux_mock::DemoAccount;

    use super::*;

    #[tokio::test]
    async fn no_line_is_wider_than_the_terminal() {
        let account = DemoAccount::builder().without_permission("billing.read").start();
        let client = Client::builder(account.key()).base_url(account.base_url()).build().unwrap();
        let mut overview = Overview::read(&client).await.unwrap();
        let wide = "配信アカウント".repeat(6);
        overview.connection.team.name = wide.clone();
        overview.connection.credential.name = Some(wide.clone());
        overview.providers.as_mut().unwrap().0[0].name = wide.clone();
        overview.failures.as_mut().unwrap().latest[0].status_reason = Some(wide.clone());
        overview.failures.as_mut().unwrap().reasons[0].0 = wide;
        for width in [60, 80, 200] {
            let text = anstream::adapter::strip_str(&render(&overview, Some(width))).to_string();
            for line in text.lines() {
                assert!(line.width() <= usize::from(width), "{width}: {line}");
            }
        }
    }
}
