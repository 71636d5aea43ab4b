//! The page: one HTML file that needs nothing else.
//!
//! No script, no request to anywhere: the policy allows the one style sheet and nothing more.

mod bar;
mod columns;
mod days;
mod failures;
mod headline;
mod money;
mod notes;
mod scale;
mod senders;
mod volume;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::account::Account;
use super::reason::Wording;
use super::span::Span;
use super::text::tidy;

const STYLE: &str = include_str!("page/style.css");

/// What a page is made of.
pub(crate) struct Page<'a> {
    pub(crate) account: &'a Account,
    pub(crate) span: &'a Span,
    pub(crate) wording: Wording,
    /// Whether the account is made up.
    pub(crate) demo: bool,
    pub(crate) made: Timestamp,
}

impl Page<'_> {
    /// The file's text. The same figures make the same text.
    pub(crate) fn render(&self) -> String {
        let title = format!("Email report, {}", self.span.month.title());
        let team = tidy(&self.account.team, 120);
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    meta name="referrer" content="no-referrer";
                    title { (title) " – " (team) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        header {
                            p.eyebrow { "Email report · " bdi { (team) } }
                            h1 { (self.span.month.title()) }
                            p.muted { (self.subtitle()) }
                        }
                        (self.missing())
                        (notes::warning(self))
                        (headline::draw(self))
                        (volume::draw(self))
                        (failures::draw(self))
                        (senders::draw(self))
                        (money::draw(self))
                        (days::draw(self))
                        (notes::draw(self))
                    }
                }
            }
        };
        document.into_string()
    }

    fn subtitle(&self) -> String {
        let zone = match self.span.is_utc() {
            true => "Days are in UTC, as the API's own.".to_owned(),
            false => format!("Days are those of {}; the API's own are in UTC.", self.zone()),
        };
        match self.span.is_over() {
            true => zone,
            false => format!("The month still runs: figures up to {}. {zone}", self.moment()),
        }
    }

    fn zone(&self) -> &str {
        self.span.zone.iana_name().unwrap_or("another time zone")
    }

    /// When the figures end.
    fn moment(&self) -> String {
        let end = self.span.end.to_zoned_datetime(self.span.zone.clone());
        end.strftime("%-d %B, %H:%M").to_string()
    }

    /// What the month is compared with.
    fn before(&self) -> String {
        let name = self.span.month.previous().name();
        if self.span.is_over() { name } else { format!("the same time of {name}") }
    }

    fn missing(&self) -> Markup {
        let missing = self.account.missing();
        html! {
            @if !missing.is_empty() {
                div.notice role="note" {
                    strong { "This report is not complete." }
                    ul { @for (what, problem) in missing {
                        li { "Missing: " (what) " – " (problem) "." }
                    } }
                }
            }
        }
    }
}

/// Nothing but this style sheet: no script, no image, no font, no frame, no form.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests;
