//! Why e-mails failed.

use maud::{Markup, html};

use super::Page;
use super::bar::{bar, swatch};
use crate::report::counts::Counts;
use crate::report::number::{grouped, percentage};
use crate::report::reason::Wording;

const SHOWN: usize = 10;

pub(super) fn draw(page: &Page) -> Markup {
    let Ok(mail) = &page.account.mail else { return html! {} };
    let ranking = mail.reasons.ranking();
    let lost = mail.total.lost();
    let more: Counts =
        ranking.iter().skip(SHOWN).fold(mail.reasons.rest, |sum, (_, counts)| sum.plus(counts));
    let largest = ranking.first().map_or(0, |(_, counts)| counts.total());
    let row = |reason: Markup, counts: &Counts, bar: Markup| {
        html! {
            tr {
                th scope="row" { (reason) }
                td.b { (bar) }
                td.n { (grouped(counts.total())) }
                td.n.optional { (percentage(counts.total(), lost)) }
            }
        }
    };
    html! {
        section.whole {
            h2 { "Why emails failed" }
            @if lost == 0 {
                p.empty { "Nothing failed in " (page.span.month.title()) "." }
            } @else {
                p.lead {
                    "As servers and sending accounts put it"
                    @if page.wording == Wording::Grouped {
                        ", without addresses, hosts and identifiers"
                    }
                    "."
                }
                table {
                    thead { tr {
                        th scope="col" { "Reason" }
                        th.b scope="col" {
                            span.key { (swatch("failed")) "failed" }
                            span.key { (swatch("rejected")) "rejected" }
                        }
                        th.n scope="col" { "Emails" }
                        th.n.optional scope="col" { "Share" }
                    } }
                    tbody {
                        @for (reason, counts) in ranking.iter().take(SHOWN) {
                            (row(html! { bdi { (reason) } }, counts, bar(largest, &[
                                ("failed", counts.failed), ("rejected", counts.rejected),
                            ])))
                        }
                        @if more.total() > 0 {
                            (row(html! { span.muted { "All other reasons" } }, &more, html! {}))
                        }
                    }
                    tfoot { tr {
                        th scope="row" { "Failed or rejected" }
                        td {}
                        td.n { (grouped(lost)) }
                        td.n.optional { (percentage(lost, lost)) }
                    } }
                }
            }
        }
    }
}
