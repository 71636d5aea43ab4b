//! Charts as SVG: stacked columns over the days of a month or the months of a year, and horizontal
//! bars.
//!
//! Widths are in percent and heights in pixels, so that a chart fills the page while its text keeps
//! its size. The style sheet shows the readout of a column on hover; the tables have the same
//! numbers.

use maud::{Markup, html};
use rust_decimal::Decimal;

const TOP: f64 = 22.0;
const BOTTOM: f64 = 20.0;
/// Keeps the smallest value visible.
const MIN_HEIGHT: f64 = 0.8;

/// A chart of stacked columns.
pub(super) struct ColumnChart<'a> {
    /// Unique within the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// Describes the chart to readers who cannot see it.
    pub(super) description: String,
    pub(super) columns: Vec<Column>,
    /// From the bottom up.
    pub(super) series: Vec<Series>,
    /// Formats a tick.
    pub(super) label: fn(Decimal) -> String,
    /// The smallest step between ticks that makes sense, such as one email.
    pub(super) min_step: Decimal,
    /// Height of the columns in pixels.
    pub(super) height: f64,
}

/// A day or a month.
pub(super) struct Column {
    /// Below the column.
    pub(super) label: Option<String>,
    /// Whether the label is left out where there is little space.
    pub(super) label_is_optional: bool,
    /// Whether the background is shaded, as it is for weekends.
    pub(super) shaded: bool,
    /// Shown on hover.
    pub(super) readout: String,
}

/// The values of one color.
pub(super) struct Series {
    /// CSS class that sets the color.
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// By column.
    pub(super) values: Vec<Decimal>,
}

struct Segment {
    class: &'static str,
    y: f64,
    height: f64,
}

impl ColumnChart<'_> {
    pub(super) fn figure(&self) -> Markup {
        html! {
            figure {
                figcaption { h3 { (self.title) } (self.legend()) }
                (self.draw())
            }
        }
    }

    fn draw(&self) -> Markup {
        let scale = Scale::to(self.largest(), self.min_step);
        let (title, description) = (format!("{}-title", self.id), format!("{}-desc", self.id));
        let height = TOP + self.height + BOTTOM;
        html! {
            div.chart {
                svg.axis width="56" height=(height) aria-hidden="true" {
                    @for tick in &scale.ticks {
                        text x="50" y=(px(self.y(&scale, *tick) + 4.0)) text-anchor="end" {
                            ((self.label)(*tick))
                        }
                    }
                }
                svg.plot height=(height) role="img"
                    aria-labelledby=(title) aria-describedby=(description) {
                    title id=(title) { (self.title) }
                    desc id=(description) { (self.description) }
                    @for (index, column) in self.columns.iter().enumerate() {
                        @if column.shaded {
                            rect.weekend x=(self.x(index)) y=(px(TOP)) width=(self.step())
                                height=(px(self.height)) {}
                        }
                    }
                    @for tick in &scale.ticks {
                        @let y = px(self.y(&scale, *tick));
                        line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
                    }
                    @for (index, column) in self.columns.iter().enumerate() {
                        (self.column(&scale, index, &column.readout))
                        @if let Some(label) = &column.label {
                            text.optional[column.label_is_optional] x=(self.middle(index))
                                y=(px(height - 4.0)) text-anchor="middle" { (label) }
                        }
                    }
                }
            }
        }
    }

    /// Renders the legend if there is more than one series, without empty series.
    fn legend(&self) -> Markup {
        html! {
            @if self.series.len() > 1 {
                ul.legend {
                    @for series in self.series.iter().filter(|series| series.is_visible()) {
                        li { (swatch(series.class)) (series.name) }
                    }
                }
            }
        }
    }

    fn column(&self, scale: &Scale, index: usize, readout: &str) -> Markup {
        let gap = 0.12 * self.width();
        let (x, width) = (percent(self.at(index) + gap), percent(self.width() - 2.0 * gap));
        html! {
            g.column {
                title { (readout) }
                rect.hit x=(self.x(index)) y="0" width=(self.step())
                    height=(px(TOP + self.height)) {}
                @for segment in self.stack(scale, index) {
                    rect class=(segment.class) x=(x) width=(width) y=(px(segment.y))
                        height=(px(segment.height)) {}
                }
                text.readout x="0" y="13" { (readout) }
            }
        }
    }

    fn stack(&self, scale: &Scale, index: usize) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut below = Decimal::ZERO;
        for series in &self.series {
            let above = below.saturating_add(series.value(index));
            if above > below {
                let (bottom, y) = (self.y(scale, below), self.y(scale, above));
                let height = (bottom - y).max(MIN_HEIGHT);
                segments.push(Segment { class: series.class, y: bottom - height, height });
            }
            below = above;
        }
        segments
    }

    fn largest(&self) -> Decimal {
        let stack = |column: usize| {
            let values = self.series.iter().map(|series| series.value(column));
            values.fold(Decimal::ZERO, Decimal::saturating_add)
        };
        (0..self.columns.len()).map(stack).max().unwrap_or_default()
    }

    fn y(&self, scale: &Scale, value: Decimal) -> f64 {
        TOP + self.height * (1.0 - scale.height(value))
    }

    /// Returns the width of a column in percent.
    fn width(&self) -> f64 {
        100.0 / self.columns.len().max(1) as f64
    }

    fn at(&self, index: usize) -> f64 {
        self.width() * index as f64
    }

    fn x(&self, index: usize) -> String {
        percent(self.at(index))
    }

    fn middle(&self, index: usize) -> String {
        percent(self.at(index) + self.width() / 2.0)
    }

    fn step(&self) -> String {
        percent(self.width())
    }
}

impl Series {
    fn value(&self, column: usize) -> Decimal {
        self.values.get(column).copied().unwrap_or_default().max(Decimal::ZERO)
    }

    fn is_visible(&self) -> bool {
        self.values.iter().any(|value| *value > Decimal::ZERO)
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn percent(value: f64) -> String {
    format!("{value:.3}%")
}

const MAX_STEPS: i64 = 4;

/// A vertical axis from zero to a round number at or above the largest value.
#[derive(Debug, Clone, PartialEq)]
struct Scale {
    ticks: Vec<Decimal>,
    top: Decimal,
}

impl Scale {
    fn to(largest: Decimal, min_step: Decimal) -> Self {
        let step = steps(min_step)
            .find(|step| step.checked_mul(MAX_STEPS.into()).is_none_or(|top| top >= largest))
            .unwrap_or(min_step);
        let count = (1..MAX_STEPS)
            .find(|count| step.checked_mul((*count).into()).is_none_or(|top| top >= largest))
            .unwrap_or(MAX_STEPS);
        let ticks = (0..=count).filter_map(|n| step.checked_mul(n.into())).collect();
        Self { top: step.saturating_mul(count.into()).max(largest), ticks }
    }

    /// Returns the height of a value from 0 to 1.
    fn height(&self, value: Decimal) -> f64 {
        let share = value.checked_div(self.top).unwrap_or_default();
        f64::try_from(share).unwrap_or_default().clamp(0.0, 1.0)
    }
}

/// Returns 1, 2, 5, 10, 20, 50, … times the smallest step.
fn steps(min_step: Decimal) -> impl Iterator<Item = Decimal> {
    let powers = std::iter::successors(Some(min_step), |power| power.checked_mul(10.into()));
    powers.flat_map(|power| [1, 2, 5].into_iter().filter_map(move |n| power.checked_mul(n.into())))
}

/// Renders parts of a whole side by side, each with the CSS class that sets its color.
pub(super) fn bar(whole: i64, parts: &[(&str, i64)]) -> Markup {
    html! {
        svg.bar height="9" aria-hidden="true" {
            rect.track width="100%" height="9" rx="2" {}
            @for (class, start, width) in layout(whole, parts) {
                rect class=(class) x=(format!("{start:.2}%")) width=(format!("{width:.2}%"))
                    height="9" rx="2" {}
            }
        }
    }
}

/// Renders a square in the color of a CSS class.
pub(super) fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch width="10" height="10" aria-hidden="true" {
            rect class=(class) width="10" height="10" rx="2" {}
        }
    }
}

/// Renders a thick bar, with a readout for each part.
pub(super) fn share_bar(
    label: &str,
    whole: i64,
    parts: &[(&str, i64)],
    readouts: &[String],
) -> Markup {
    let rects = layout(whole, parts);
    html! {
        svg.shares height="26" role="img" aria-label=(label) {
            @for ((class, start, width), readout) in rects.iter().zip(readouts) {
                g {
                    title { (readout) }
                    rect class=(class) x=(format!("{start:.2}%")) width=(format!("{width:.2}%"))
                        height="26" {}
                }
            }
        }
    }
}

/// Returns the class, start and width of each part in percent.
fn layout<'a>(whole: i64, parts: &[(&'a str, i64)]) -> Vec<(&'a str, f64, f64)> {
    let mut start = 0.0;
    let mut list = Vec::new();
    for (class, part) in parts {
        let width = match whole {
            1.. => (100.0 * *part as f64 / whole as f64).clamp(0.0, 100.0 - start),
            _ => 0.0,
        };
        list.push((*class, start, width));
        start += width;
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(largest: &str, min_step: &str) -> Vec<String> {
        let scale = Scale::to(largest.parse().unwrap(), min_step.parse().unwrap());
        scale.ticks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks("0", "1"), ["0", "1"]);
        assert_eq!(ticks("1", "1"), ["0", "1"]);
        assert_eq!(ticks("3", "1"), ["0", "1", "2", "3"]);
        assert_eq!(ticks("437", "1"), ["0", "200", "400", "600"]);
        assert_eq!(ticks("800", "1"), ["0", "200", "400", "600", "800"]);
        assert_eq!(ticks("0.07", "0.0001"), ["0", "0.0200", "0.0400", "0.0600", "0.0800"]);
    }

    #[test]
    fn heights_stay_within_the_chart() {
        for largest in [Decimal::MAX, Decimal::from(i64::MAX), Decimal::ZERO, Decimal::MIN] {
            let scale = Scale::to(largest, Decimal::ONE);
            assert!(!scale.ticks.is_empty());
            for value in [Decimal::MIN, -Decimal::ONE, Decimal::ONE, largest, Decimal::MAX] {
                assert!((0.0..=1.0).contains(&scale.height(value)), "{value} of {largest}");
            }
        }
        assert_eq!(Scale::to(8.into(), Decimal::ONE).height(2.into()), 0.25);
    }

    #[test]
    fn parts_stay_within_the_bar() {
        for (whole, parts) in
            [(4, [1, 2]), (0, [1, 1]), (-3, [2, 2]), (1, [i64::MAX, i64::MAX]), (5, [-4, 9])]
        {
            let list = layout(whole, &[("a", parts[0]), ("b", parts[1])]);
            let end = list.iter().map(|(_, start, width)| start + width).fold(0.0, f64::max);
            assert!(end <= 100.0 && list.iter().all(|(_, _, width)| *width >= 0.0), "{list:?}");
        }
        assert_eq!(layout(4, &[("a", 1), ("b", 2)]), [("a", 0.0, 25.0), ("b", 25.0, 50.0)]);
    }
}
