//! The log of sent e-mails, folded into figures.

use std::collections::BTreeMap;

use sendmux_client::management::types::EmailLog;

use super::counts::Counts;
use super::reason::Wording;
use super::span::Span;
use super::tally::Tally;
use super::text::tidy;

/// Distinct reasons and sending accounts that are counted one by one.
const ROOM: usize = 2000;
pub(crate) const NAME_LENGTH: usize = 80;

/// What a month's log comes to.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) total: Counts,
    /// One for each day of the month.
    pub(crate) days: Vec<Counts>,
    /// Failed and rejected e-mails by reason.
    pub(crate) reasons: Tally<String>,
    /// By the id of the sending account; `None` where the log names none.
    pub(crate) senders: Tally<Option<String>>,
    /// Sending accounts as the log calls them, by id.
    pub(crate) names: BTreeMap<String, String>,
    wording: Wording,
}

impl Mail {
    pub(crate) fn new(span: &Span, wording: Wording) -> Self {
        Self {
            total: Counts::default(),
            days: vec![Counts::default(); span.days.len()],
            reasons: Tally::new(ROOM),
            senders: Tally::new(ROOM),
            names: BTreeMap::new(),
            wording,
        }
    }

    /// Counts an e-mail, if it is of the span.
    pub(crate) fn add(&mut self, log: &EmailLog, span: &Span) {
        let Some(day) = span.day_of(log.created_at) else { return };
        self.total.add(&log.status);
        self.days[day].add(&log.status);
        let mut one = Counts::default();
        one.add(&log.status);
        if one.lost() > 0 {
            let reason = self.wording.of(log.status_reason.as_deref());
            self.reasons.at(reason).add(&log.status);
        }
        let name = log.provider_name.as_deref();
        let id = log.provider_id.as_deref().or(name).map(|id| tidy(id, NAME_LENGTH));
        if let (Some(id), Some(name)) = (&id, name)
            && self.names.len() < ROOM
            && !self.names.contains_key(id)
        {
            self.names.insert(id.clone(), tidy(name, NAME_LENGTH));
        }
        self.senders.at(id).add(&log.status);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{log, mail as folded};
    use super::*;

    #[test]
    fn figures_add_up() {
        let main = json!({"provider_id": "dprov_1", "provider_name": "Main"});
        let full = |to: &str| json!({"status_reason": format!("552 mailbox of {to} is full")});
        let mail = folded(&[
            log(1, "sent", main.clone()),
            log(1, "failed", full("a@example.com")),
            log(31, "rejected", full("b@example.org")),
            log(31, "failed", json!({})),
            log(31, "held", main),
            log(30, "sent", json!({"created_at": "2026-11-01T00:00:00Z"})),
        ]);
        assert_eq!(mail.total.total(), 5);
        assert_eq!((mail.days[0].total(), mail.days[30].total()), (2, 3));
        let reasons: Vec<_> =
            mail.reasons.ranking().iter().map(|(name, n)| (name.as_str(), n.total())).collect();
        assert_eq!(reasons, [("552 mailbox of <address> is full", 2), ("No reason given", 1)]);
        let senders: Vec<_> =
            mail.senders.ranking().iter().map(|(id, n)| (id.as_deref(), n.total())).collect();
        assert_eq!(senders, [(None, 3), (Some("dprov_1"), 2)]);
        assert_eq!(mail.names["dprov_1"], "Main");
    }

    #[test]
    fn memory_has_a_bound() {
        let logs: Vec<_> = (0..3 * ROOM)
            .map(|n| {
                let word: String = n.to_string().chars().map(|c| (c as u8 + 49) as char).collect();
                log(
                    1,
                    "failed",
                    json!({
                        "status_reason": format!("refused {word}"), "provider_id": word,
                        "provider_name": word,
                    }),
                )
            })
            .collect();
        let mail = folded(&logs);
        assert_eq!(mail.reasons.ranking().len(), ROOM);
        assert_eq!(mail.reasons.rest.total(), i64::try_from(2 * ROOM).unwrap());
        assert_eq!((mail.senders.ranking().len(), mail.names.len()), (ROOM, ROOM));
    }
}
