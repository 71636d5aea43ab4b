//! Who the key belongs to.

use serde_json::json;

use crate::mock::answer::{Answer, Outcome};

/// What the account's key may do unless told otherwise: read everything.
pub(in crate::mock) const PERMISSIONS: [&str; 7] = [
    "analytics.read",
    "billing.read",
    "domain.read",
    "logs.read",
    "mailbox.admin.read",
    "provider.read",
    "webhook.read",
];

pub(in crate::mock) const TEAM: &str = "team_demo";

pub(in crate::mock) fn show(granted: &[&str]) -> Outcome {
    Ok(Answer::Resource(json!({
        "team": {"id": TEAM, "name": "Example Shop"},
        "credential": {"id": "smx_demo", "type": "api_key", "name": "Demo key"},
        "label": "Example Shop", "permissions": granted, "mailboxes": [],
    })))
}
