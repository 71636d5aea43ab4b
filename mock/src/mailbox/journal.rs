//! The changes to the mailbox, from which its states and change feeds follow.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::ApiError;

/// What changes. Each kind has states of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Messages,
    Folders,
    Threads,
    Submissions,
    Identities,
    Quotas,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Messages,
        Self::Folders,
        Self::Threads,
        Self::Submissions,
        Self::Identities,
        Self::Quotas,
    ];

    /// Returns the name and the parameter with the state to start from.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Messages => ("messages", "messages_since_state"),
            Self::Folders => ("folders", "folders_since_state"),
            Self::Threads => ("threads", "threads_since_state"),
            Self::Submissions => ("submissions", "submissions_since_state"),
            Self::Identities => ("identities", "identities_since_state"),
            Self::Quotas => ("quotas", "quotas_since_state"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Created,
    Updated,
    Destroyed,
}

/// A span of changes, each resource counted once.
pub(super) struct Changes {
    old_state: String,
    new_state: String,
    has_more: bool,
    pub(super) created: Vec<String>,
    pub(super) updated: Vec<String>,
    pub(super) destroyed: Vec<String>,
}

impl Changes {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "old_state": self.old_state, "new_state": self.new_state, "has_more": self.has_more,
            "created": self.created, "updated": self.updated, "destroyed": self.destroyed,
        })
    }
}

/// All changes, oldest first.
#[derive(Debug, Default)]
pub(super) struct Journal(BTreeMap<Kind, Vec<(Action, String)>>);

impl Journal {
    pub(super) fn record(&mut self, kind: Kind, action: Action, id: &str) {
        self.0.entry(kind).or_default().push((action, id.to_owned()));
    }

    pub(super) fn state(&self, kind: Kind) -> String {
        format!("state_{}", self.entries(kind).len())
    }

    /// Returns at most `limit` changes since a state; without one, none since the present.
    pub(super) fn since(
        &self,
        kind: Kind,
        state: Option<&str>,
        limit: usize,
        parameter: &'static str,
    ) -> Result<Changes, ApiError> {
        let entries = self.entries(kind);
        let start = match state.map(|state| state.strip_prefix("state_")) {
            None => entries.len(),
            Some(state) => state
                .and_then(|number| number.parse().ok())
                .filter(|number| *number <= entries.len())
                .ok_or(ApiError::InvalidParameter(parameter))?,
        };
        let end = start.saturating_add(limit).min(entries.len());
        let mut changes = Changes {
            old_state: format!("state_{start}"),
            new_state: format!("state_{end}"),
            has_more: end < entries.len(),
            created: Vec::new(),
            updated: Vec::new(),
            destroyed: Vec::new(),
        };
        for (action, id) in &entries[start..end] {
            let list = match action {
                Action::Created => &mut changes.created,
                Action::Updated if changes.created.contains(id) => continue,
                Action::Updated => &mut changes.updated,
                Action::Destroyed => {
                    changes.updated.retain(|other| other != id);
                    let known = changes.created.len();
                    changes.created.retain(|other| other != id);
                    if changes.created.len() < known {
                        continue;
                    }
                    &mut changes.destroyed
                }
            };
            if !list.contains(id) {
                list.push(id.clone());
            }
        }
        Ok(changes)
    }

    fn entries(&self, kind: Kind) -> &[(Action, String)] {
        self.0.get(&kind).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_counts_once() {
        let mut journal = Journal::default();
        let changes = [
            (Action::Created, "a"),
            (Action::Created, "b"),
            (Action::Updated, "a"),
            (Action::Updated, "c"),
            (Action::Updated, "c"),
            (Action::Destroyed, "b"),
            (Action::Destroyed, "d"),
        ];
        for (action, id) in changes {
            journal.record(Kind::Messages, action, id);
        }
        let since = |state, limit| journal.since(Kind::Messages, state, limit, "since_state");
        let all = since(Some("state_0"), 50).unwrap();
        assert_eq!((&all.created, &all.updated), (&vec!["a".into()], &vec!["c".into()]));
        assert_eq!(all.destroyed, ["d"]);
        let first = since(Some("state_0"), 2).unwrap();
        assert_eq!(first.created, ["a", "b"]);
        assert!(first.has_more);
        assert_eq!(since(None, 50).unwrap().to_json()["old_state"], "state_7");
        assert!(since(Some("state_8"), 50).is_err());
        assert_eq!(journal.state(Kind::Folders), "state_0");
    }
}
