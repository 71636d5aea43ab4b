//! Bars in tables, as SVG.

use maud::{Markup, html};

/// Parts of a whole, each with the class that colours it, side by side over the width of a cell.
pub(super) fn bar(whole: i64, parts: &[(&str, i64)]) -> Markup {
    html! {
        svg.bar height="9" aria-hidden="true" {
            rect.track width="100%" height="9" rx="2" {}
            @for (class, start, width) in laid_out(whole, parts) {
                rect class=(class) x=(format!("{start:.2}%")) width=(format!("{width:.2}%"))
                    height="9" rx="2" {}
            }
        }
    }
}

/// A square in the colour of a class.
pub(super) fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch width="10" height="10" aria-hidden="true" {
            rect class=(class) width="10" height="10" rx="2" {}
        }
    }
}

/// One strip for the whole, each part with what is said of it.
pub(super) fn strip(label: &str, whole: i64, parts: &[(&str, i64)], readouts: &[String]) -> Markup {
    let laid_out = laid_out(whole, parts);
    html! {
        svg.shares height="26" role="img" aria-label=(label) {
            @for ((class, start, width), readout) in laid_out.iter().zip(readouts) {
                g {
                    title { (readout) }
                    rect class=(class) x=(format!("{start:.2}%")) width=(format!("{width:.2}%"))
                        height="26" {}
                }
            }
        }
    }
}

/// Class, start and width in per cent.
fn laid_out<'a>(whole: i64, parts: &[(&'a str, i64)]) -> Vec<(&'a str, f64, f64)> {
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

    #[test]
    fn parts_stay_within_the_whole() {
        for (whole, parts) in
            [(4, [1, 2]), (0, [1, 1]), (-3, [2, 2]), (1, [i64::MAX, i64::MAX]), (5, [-4, 9])]
        {
            let list = laid_out(whole, &[("a", parts[0]), ("b", parts[1])]);
            let end = list.iter().map(|(_, start, width)| start + width).fold(0.0, f64::max);
            assert!(end <= 100.0 && list.iter().all(|(_, _, width)| *width >= 0.0), "{list:?}");
        }
        assert_eq!(laid_out(4, &[("a", 1), ("b", 2)]), [("a", 0.0, 25.0), ("b", 25.0, 50.0)]);
    }
}
