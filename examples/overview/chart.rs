//! Bars over time, one column a day.

use sendmux_client::management::types::MetricsPoint;

use crate::style::Style;

const HEIGHT: i64 = 6;
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Volume as bars, and below them the failure rate of each day.
pub(crate) fn render(points: &[MetricsPoint], style: &Style) -> String {
    let highest = points.iter().map(|point| point.total).max().unwrap_or_default();
    if highest == 0 {
        return "  no e-mail in this period\n".to_owned();
    }
    let scale = highest.to_string().len();
    let mut text = String::new();
    for row in (0..HEIGHT).rev() {
        let label = match row {
            row if row == HEIGHT - 1 => highest.to_string(),
            0 => "0".to_owned(),
            _ => String::new(),
        };
        text.push_str(&format!("  {label:>scale$} "));
        for point in points {
            let bar = bar(point.total, highest, row);
            text.push_str(&style.good(bar));
            text.push_str(&style.good(bar));
        }
        text.push('\n');
    }
    let marks: String = points.iter().map(|point| rate_mark(point)).collect();
    text.push_str(&format!("  {:>scale$} {}  ", "", style.bad(&marks)));
    text.push_str(&style.faint("failure rate: · 1 %  + 5 %  # 10 % or more"));
    text.push('\n');
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        let (first, last) = (day(first), day(last));
        let gap = (points.len() * 2).saturating_sub(first.len() + last.len()).max(1);
        text.push_str(&style.faint(&format!("  {:>scale$} {first}{:gap$}{last}", "", "")));
        text.push('\n');
    }
    text
}

/// The part of a column that stands in one row, in eighths.
fn bar(value: i64, highest: i64, row: i64) -> &'static str {
    let eighths = value.max(0) * HEIGHT * 8 / highest;
    let visible = if value > 0 { eighths.max(1) } else { 0 };
    let here = (visible - row * 8).clamp(0, 8);
    EIGHTHS[usize::try_from(here).unwrap_or_default()]
}

fn rate_mark(point: &MetricsPoint) -> &'static str {
    let failed = point.failed + point.rejected;
    match (point.total > 0).then(|| failed * 100 / point.total) {
        Some(10..) => "##",
        Some(5..) => "++",
        Some(1..) => "··",
        _ => "  ",
    }
}

fn day(point: &MetricsPoint) -> String {
    point.timestamp.to_string().chars().take(10).collect()
}
