//! Sending accounts and what went through them.

use std::collections::BTreeSet;

use sendmux_client::management::types::{Provider, ProviderStatus};

use super::counts::Counts;
use super::mail::{Mail, NAME_LENGTH};
use super::text::tidy;

/// A sending account in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    /// Empty where the log names none.
    pub(crate) id: String,
    pub(crate) name: String,
    /// As of the report's making; `None` if the account is not listed (any more).
    pub(crate) status: Option<ProviderStatus>,
    pub(crate) counts: Counts,
}

/// Largest first, those without mail last.
pub(crate) fn senders(mail: &Mail, providers: &[Provider]) -> Vec<Sender> {
    let mut idle: BTreeSet<String> = BTreeSet::new();
    let listed = |id: &str| providers.iter().find(|provider| tidy(&provider.id, NAME_LENGTH) == id);
    let mut senders: Vec<Sender> = Vec::new();
    for (id, counts) in mail.senders.ranking() {
        let provider = id.as_deref().and_then(listed);
        senders.push(Sender {
            id: id.clone().unwrap_or_default(),
            name: match (provider, id) {
                (Some(provider), _) => tidy(&provider.name, NAME_LENGTH),
                (None, Some(id)) => mail.names.get(id).unwrap_or(id).clone(),
                (None, None) => "No sending account named".to_owned(),
            },
            status: provider.map(|provider| provider.status.clone()),
            counts: *counts,
        });
    }
    let seen: BTreeSet<String> = senders.iter().map(|sender| sender.id.clone()).collect();
    for provider in providers {
        let id = tidy(&provider.id, NAME_LENGTH);
        if !seen.contains(&id) && idle.insert(id.clone()) {
            senders.push(Sender {
                id,
                name: tidy(&provider.name, NAME_LENGTH),
                status: Some(provider.status.clone()),
                counts: Counts::default(),
            });
        }
    }
    senders
}
