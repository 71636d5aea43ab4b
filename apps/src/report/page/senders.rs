//! Which sending account the mail went through.

use maud::{Markup, html};
use sendmux_client::management::types::ProviderStatus;

use super::Page;
use super::bar::{bar, strip, swatch};
use crate::report::counts::Counts;
use crate::report::number::{grouped, percentage};
use crate::report::sender::{Sender, senders};
use crate::report::text::tidy;

const IN_STRIP: usize = 5;
const IN_TABLE: usize = 50;
const CLASSES: [&str; IN_STRIP + 1] =
    ["share-1", "share-2", "share-3", "share-4", "share-5", "share-rest"];

pub(super) fn draw(page: &Page) -> Markup {
    let Ok(mail) = &page.account.mail else { return html! {} };
    let providers = page.account.providers.as_deref().unwrap_or_default();
    let senders = senders(mail, providers);
    let total = mail.total.total();
    let largest = senders.first().map_or(0, |sender| sender.counts.total());
    let (shown, hidden) = senders.split_at(senders.len().min(IN_TABLE));
    let more: Counts =
        hidden.iter().fold(mail.senders.rest, |sum, sender| sum.plus(&sender.counts));
    html! {
        section {
            h2 { "Sending accounts" }
            @if senders.is_empty() {
                p.empty { "No sending accounts, and no mail through any." }
            } @else {
                p.lead { (summary(&senders, total)) }
                (shares(&senders, total))
                table {
                    thead { tr {
                        th scope="col" { "Account" }
                        td.b {}
                        th.n scope="col" { "Emails" }
                        th.n scope="col" { "Share" }
                        th.n.optional scope="col" { "Failed" }
                        th.n scope="col" { "Rate" }
                    } }
                    tbody {
                        @for (index, sender) in shown.iter().enumerate() {
                            (row(name(page, sender, index), &sender.counts, total, largest, index))
                        }
                        @if !hidden.is_empty() || more.total() > 0 {
                            (row(html! { span.muted { "All other accounts" } }, &more, total,
                                largest, IN_TABLE))
                        }
                    }
                }
            }
        }
    }
}

fn name(page: &Page, sender: &Sender, index: usize) -> Markup {
    let state = match &sender.status {
        None if sender.id.is_empty() || page.account.providers.is_err() => None,
        None => Some("not listed".to_owned()),
        Some(ProviderStatus::Active) => None,
        Some(status) => Some(tidy(status.as_str(), 20)),
    };
    html! {
        @if sender.counts.total() > 0 && index < IN_STRIP {
            (swatch(CLASSES[index]))
        }
        bdi { (sender.name) }
        @if let Some(state) = state { " " span.state { (state) } }
    }
}

fn row(name: Markup, counts: &Counts, total: i64, largest: i64, index: usize) -> Markup {
    let class = CLASSES[index.min(IN_STRIP)];
    html! {
        tr.none[counts.total() == 0] {
            th scope="row" { (name) }
            td.b { (bar(largest, &[(class, counts.total())])) }
            td.n { (grouped(counts.total())) }
            td.n { (percentage(counts.total(), total)) }
            td.n.optional { (grouped(counts.lost())) }
            td.n { (percentage(counts.lost(), counts.total())) }
        }
    }
}

/// One strip for all the mail, with as many parts as can be told apart.
fn shares(senders: &[Sender], total: i64) -> Markup {
    if senders.iter().filter(|sender| sender.counts.total() > 0).count() < 2 {
        return html! {};
    }
    let mut rest = total;
    let mut parts: Vec<(&str, i64)> = Vec::new();
    for sender in senders.iter().take(IN_STRIP) {
        parts.push((&sender.name, sender.counts.total()));
        rest = rest.saturating_sub(sender.counts.total());
    }
    parts.push(("all others", rest));
    parts.retain(|(_, count)| *count > 0);
    let readouts: Vec<String> = parts
        .iter()
        .map(|(name, count)| format!("{name}: {}", percentage(*count, total)))
        .collect();
    for (part, class) in parts.iter_mut().zip(CLASSES) {
        part.0 = class;
    }
    strip(&format!("Share of each account. {}", readouts.join("; ")), total, &parts, &readouts)
}

fn summary(senders: &[Sender], total: i64) -> Markup {
    let mut used = senders.iter().filter(|sender| sender.counts.total() > 0);
    match (used.clone().count(), used.next()) {
        (0, _) | (_, None) => html! { "No mail went through any of them." },
        (1, _) => html! { "All mail went through one account." },
        (count, Some(first)) => html! {
            "Mail went through " (count) " accounts; " bdi { (first.name) } " carried "
            (percentage(first.counts.total(), total)) " of it."
        },
    }
}
