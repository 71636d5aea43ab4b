//! The mailbox itself: identity, quota, session, sender choices.

use serde_json::{Map, Value, json};

use super::drafts::MAX_SCHEDULE_DAYS;
use super::journal::{Action, Kind};
use super::store::Store;
use super::{ADDRESS, MAILBOX, uploads};
use crate::dataset::{Dataset, MAILBOXES, Mailbox};
use crate::error::ApiError;
use crate::page::paginate;
use crate::policy::Policies;
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

/// Id of the mailbox's quota.
pub(super) const QUOTA: &str = "quota_storage";
const MAX_SIGNATURE: usize = 2047;
const MAX_NAME: usize = 254;

/// What never changes about the mailbox.
pub(super) struct Profile {
    mailbox: Option<&'static Mailbox>,
    created_at: String,
}

impl Profile {
    pub(super) fn new(dataset: &Dataset) -> Self {
        let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == MAILBOX);
        let age = mailbox.map_or(0, |mailbox| mailbox.age);
        Self { mailbox, created_at: time::format(dataset.start - age * DAY) }
    }

    fn quota(&self) -> i64 {
        self.mailbox.map_or(1, |mailbox| mailbox.gigabytes) << 30
    }

    pub(super) fn me(&self, store: &Store) -> Content {
        Content::Resource(json!({
            "id": MAILBOX, "email": ADDRESS, "status": "active", "send_scope": { "type": "all" },
            "display_name": self.mailbox.and_then(|mailbox| mailbox.display_name),
            "created_at": self.created_at, "quota_bytes": self.quota(),
            "quota_used_bytes": store.used_bytes(),
        }))
    }

    pub(super) fn quotas(&self, store: &Store, request: &Request<'_>) -> HandlerResult {
        let quota = json!({
            "id": QUOTA, "name": "Storage", "description": null, "resource_type": "octets",
            "scope": "account", "types": ["Mail"], "used": store.used_bytes(),
            "hard_limit": self.quota(), "soft_limit": null, "warn_limit": null,
        });
        let page = paginate(&request.query(), 50, [&quota], Value::clone)?;
        Ok(page.with_meta(json!({ "query_state": store.state(Kind::Quotas) })))
    }

    pub(super) fn usage(&self, store: &Store) -> Content {
        let (used, limit) = (store.used_bytes(), self.quota());
        let percent = (used.saturating_mul(10_000) / limit.max(1)) as f64 / 100.0;
        Content::Resource(json!({
            "states": { "quota_state": store.state(Kind::Quotas) },
            "resources": [{
                "quota_id": QUOTA, "name": "Storage", "resource_type": "octets",
                "scope": "account", "types": ["Mail"], "used": used, "hard_limit": limit,
                "soft_limit": null, "warn_limit": null, "percent_used": percent,
                "limit_status": "ok",
            }],
        }))
    }
}

pub(super) fn identities(store: &Store, request: &Request<'_>) -> HandlerResult {
    let page = paginate(&request.query(), 50, [&store.identity], Value::clone)?;
    Ok(page.with_meta(json!({ "identity_state": store.state(Kind::Identities) })))
}

pub(super) fn update_identity(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let body: Map<String, Value> = request.json()?;
    for (name, value) in body {
        let (name, max) = match name.as_str() {
            "name" => ("name", MAX_NAME),
            "text_signature" => ("text_signature", MAX_SIGNATURE),
            "html_signature" => ("html_signature", MAX_SIGNATURE),
            _ => return Err(ApiError::InvalidParameter("body")),
        };
        let text = match &value {
            Value::Null => "",
            value => value.as_str().ok_or(ApiError::InvalidParameter(name))?,
        };
        if text.chars().count() > max {
            return Err(ApiError::ValidationFailed(name));
        }
        store.identity[name] = text.into();
    }
    let id = store.identity["id"].as_str().unwrap_or_default();
    store.journal.record(Kind::Identities, Action::Updated, id);
    Ok(Content::Data(store.identity.clone()))
}

pub(super) fn granted(request: &Request<'_>) -> HandlerResult {
    let query = request.query();
    let found = query.get("q").is_none_or(|text| ADDRESS.contains(&text.to_lowercase()));
    let mailbox = json!({ "id": MAILBOX, "email": ADDRESS });
    paginate(&query, 50, found.then_some(&mailbox), Value::clone)
}

pub(super) fn sender_choices(policies: &Policies) -> Content {
    let (from, reply_to) = policies.choices(MAILBOX, ADDRESS);
    let side = |(addresses, domains)| json!({ "addresses": addresses, "domains": domains });
    Content::Resource(json!({
        "origin_address": ADDRESS, "from": side(from), "reply_to": side(reply_to),
    }))
}

pub(super) fn session(store: &Store) -> Content {
    let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == MAILBOX);
    let states = Kind::ALL.map(|kind| (kind.names().0.to_owned(), store.state(kind).into()));
    let types: Vec<&str> = Kind::ALL.iter().map(|kind| kind.names().0).collect();
    Content::Resource(json!({
        "mailbox": {
            "id": MAILBOX, "email": ADDRESS,
            "display_name": mailbox.and_then(|mailbox| mailbox.display_name),
        },
        "states": Map::from_iter(states),
        "limits": {
            "attachment_upload_bytes_max": uploads::MAX_BYTES, "batch_ids_max": 100,
            "body_chars_max": 1_000_000, "changes_limit_max": 500,
            "draft_schedule_days_max": MAX_SCHEDULE_DAYS, "inline_attachment_bytes_max": 5_000_000,
            "keywords_per_update_max": 50, "list_limit_max": 100,
            "message_body_chars_default": 100_000, "outbound_raw_message_bytes_max": 26_214_400,
            "thread_body_chars_default": 25_000,
        },
        "capabilities": {
            "attachments": flags(&["download", "metadata", "range_download",
                "send_with_uploaded_blob", "upload"], &["parsing"]),
            "folders": flags(&["changes", "create", "delete", "detail", "list", "query_changes",
                "update"], &[]),
            "identities": flags(&["changes", "list", "update"], &["create", "delete"]),
            "messages": messages_capabilities(),
            "quotas": flags(&["changes", "list", "usage"], &["update"]),
            "submissions": flags(&["changes", "detail", "list", "send"], &[]),
            "sync": { "typed_changes": true, "types": types,
                "query_changes": ["messages", "folders"] },
            "threads": flags(&["changes", "clean_content", "detail", "list", "messages"], &[]),
        },
        "gated": flags(&["events", "identity_mutation"], &["attachment_parsing", "blob_copy",
            "blob_lookup", "filter_script_writes", "message_copy", "message_import",
            "message_parse", "quota_mutation", "raw_protocol", "vacation_response"]),
        "endpoints": {
            "mailbox": ["/mailbox/me", "/mailbox/session"], "usage": ["/mailbox/usage"],
            "folders": ["/mailbox/folders"], "messages": ["/mailbox/messages"],
            "threads": ["/mailbox/threads"], "submissions": ["/mailbox/submissions"],
            "sync": ["/mailbox/changes", "/mailbox/events"],
        },
    }))
}

fn messages_capabilities() -> Value {
    let mut json = flags(
        &[
            "batch_get",
            "batch_update",
            "changes",
            "clean_content",
            "count",
            "delete",
            "detail",
            "keywords",
            "list",
            "permanent_delete",
            "query_changes",
            "raw_body",
            "search_snippets",
        ],
        &[],
    );
    json["update_fields"] = json!(["seen", "flagged", "keywords"]);
    json
}

fn flags(on: &[&str], off: &[&str]) -> Value {
    let on = on.iter().map(|name| ((*name).to_owned(), Value::from(true)));
    let off = off.iter().map(|name| ((*name).to_owned(), Value::from(false)));
    Value::Object(on.chain(off).collect())
}
