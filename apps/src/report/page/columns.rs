//! Columns over the days of a month, as SVG.
//!
//! Widths are in per cent and heights in pixels, so that a chart fills the page while its text keeps
//! its size. What is shown on pointing at a day is made by the style sheet; all of it is in the
//! table of days as well.

use jiff::civil::{Date, Weekday};
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::bar::swatch;
use super::scale::Scale;

const TOP: f64 = 22.0;
const BOTTOM: f64 = 20.0;
/// What is not nothing can be seen.
const LEAST: f64 = 0.8;

/// A chart of stacked columns.
pub(super) struct Columns<'a> {
    /// Names the chart within the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What a person would say who looks at it.
    pub(super) description: String,
    pub(super) days: &'a [Date],
    /// From the bottom up.
    pub(super) series: Vec<Series>,
    /// What is said of each day.
    pub(super) readouts: Vec<String>,
    pub(super) label: fn(Decimal) -> String,
    pub(super) finest: Decimal,
    /// Of the area of the columns, in pixels.
    pub(super) height: f64,
}

pub(super) struct Series {
    /// Colours the series.
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// One for each day.
    pub(super) values: Vec<Decimal>,
}

struct Block {
    class: &'static str,
    y: f64,
    height: f64,
}

impl Columns<'_> {
    pub(super) fn figure(&self) -> Markup {
        html! {
            figure {
                figcaption { h3 { (self.title) } (self.legend()) }
                (self.draw())
            }
        }
    }

    fn draw(&self) -> Markup {
        let scale = Scale::to(self.largest(), self.finest);
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
                    @for (index, day) in self.days.iter().enumerate() {
                        @if is_weekend(*day) {
                            rect.weekend x=(self.x(index)) y=(px(TOP)) width=(self.step())
                                height=(px(self.height)) {}
                        }
                    }
                    @for tick in &scale.ticks {
                        @let y = px(self.y(&scale, *tick));
                        line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
                    }
                    @for (index, day) in self.days.iter().enumerate() {
                        (self.column(&scale, index))
                        @if index % 7 == 0 {
                            text.day-label x=(self.middle(index)) y=(px(height - 4.0))
                                text-anchor="middle" { (day.day()) }
                        }
                    }
                }
            }
        }
    }

    /// The series that have anything to show, where there is more than one.
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

    fn column(&self, scale: &Scale, index: usize) -> Markup {
        let readout = self.readouts.get(index).map(String::as_str).unwrap_or_default();
        let gap = 0.12 * self.width();
        let (x, width) = (percent(self.at(index) + gap), percent(self.width() - 2.0 * gap));
        html! {
            g.day {
                title { (readout) }
                rect.hit x=(self.x(index)) y="0" width=(self.step())
                    height=(px(TOP + self.height)) {}
                @for block in self.stack(scale, index) {
                    rect class=(block.class) x=(x) width=(width) y=(px(block.y))
                        height=(px(block.height)) {}
                }
                text.readout x="0" y="13" { (readout) }
            }
        }
    }

    fn stack(&self, scale: &Scale, index: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut below = Decimal::ZERO;
        for series in &self.series {
            let above = below.saturating_add(series.value(index));
            if above > below {
                let (bottom, y) = (self.y(scale, below), self.y(scale, above));
                let height = (bottom - y).max(LEAST);
                blocks.push(Block { class: series.class, y: bottom - height, height });
            }
            below = above;
        }
        blocks
    }

    fn largest(&self) -> Decimal {
        let stack = |day: usize| {
            let values = self.series.iter().map(|series| series.value(day));
            values.fold(Decimal::ZERO, Decimal::saturating_add)
        };
        (0..self.days.len()).map(stack).max().unwrap_or_default()
    }

    fn y(&self, scale: &Scale, value: Decimal) -> f64 {
        TOP + self.height * (1.0 - scale.height(value))
    }

    /// Width of a day in per cent.
    fn width(&self) -> f64 {
        100.0 / self.days.len().max(1) as f64
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
    fn value(&self, day: usize) -> Decimal {
        self.values.get(day).copied().unwrap_or_default().max(Decimal::ZERO)
    }

    fn is_visible(&self) -> bool {
        self.values.iter().any(|value| *value > Decimal::ZERO)
    }
}

pub(super) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn percent(value: f64) -> String {
    format!("{value:.3}%")
}
