//! Items of the world as the API writes them.

use serde_json::{Value, json};

use super::world::{DAY, Email, Micros, Provider, Received, Transaction, World, received_price};
use crate::Timestamp;

/// What the account's key may do: read everything.
const PERMISSIONS: [&str; 8] = [
    "analytics.read",
    "billing.read",
    "domain.read",
    "logs.read",
    "mailbox.admin.read",
    "provider.read",
    "team.read",
    "webhook.read",
];

pub(super) fn time(at: i64) -> String {
    Timestamp::from_unix_seconds(at).map(|time| time.to_string()).unwrap_or_default()
}

/// Six places, as DECIMAL(19,6) has.
pub(super) fn money(amount: Micros) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

pub(super) fn email(world: &World, email: &Email) -> Value {
    let provider = &world.providers[email.provider];
    let sent = email.status == "sent";
    let accepted = i64::from(sent);
    json!({
        "id": email.id, "status": email.status, "status_reason": email.reason,
        "attempts": email.attempts, "created_at": time(email.at),
        "sent_at": sent.then(|| time(email.at + 2)),
        "from_email": "shop@example.com", "sent_from_email": sent.then_some("shop@example.com"),
        "to_email": email.to, "subject": email.subject,
        "message_id": sent.then(|| format!("<{}@example.com>", email.id)),
        "size_bytes": email.size, "provider_id": provider.id, "provider_name": provider.name,
        "recipient_count": 1, "accepted_recipient_count": accepted,
        "rejected_recipient_count": 1 - accepted, "delivery_group": null,
    })
}

pub(super) fn email_detail(world: &World, log: &Email) -> Value {
    let mut detail = email(world, log);
    let status = if log.status == "sent" { "accepted" } else { "rejected" };
    detail["recipients"] = json!([
        {"email": log.to, "status": status, "reason": log.reason, "type": "to"}
    ]);
    detail
}

pub(super) fn received(mail: &Received) -> Value {
    let event_type = if mail.spam { "message.received.spam" } else { "message.received" };
    json!({
        "id": mail.id, "event_type": event_type, "is_spam": mail.spam,
        "received_at": time(mail.at), "billing_bucket_start": time(mail.at - mail.at.rem_euclid(DAY)),
        "from_email": mail.from, "to_emails": ["support@example.com"], "subject": mail.subject,
        "mailbox_id": "mbx_support", "mailbox_email": "support@example.com",
        "message_id": format!("<{}@mail.example>", mail.id), "message_id_kind": "rfc5322",
        "size_bytes": mail.size, "amount": money(received_price()),
        "unit_amount": money(received_price()),
    })
}

pub(super) fn transaction(item: &Transaction) -> Value {
    json!({
        "id": item.id, "type": item.kind, "amount": money(item.amount),
        "quantity": item.quantity, "description": item.description,
        "balance_before": money(item.before), "balance_after": money(item.after),
        "created_at": time(item.at),
    })
}

pub(super) fn provider(world: &World, item: &Provider) -> Value {
    let index = world.providers.iter().position(|other| other.id == item.id);
    let last = world.emails.iter().find(|email| Some(email.provider) == index);
    let editable = !item.shared;
    let smtp = item.kind == "smtp";
    let host = smtp.then_some("smtp.relay.example");
    let range = item.per_day.map(|max| json!({"min": max, "max": max}));
    json!({
        "id": item.id, "name": item.name, "type": item.kind, "status": item.status,
        "status_reason": item.reason, "is_active": item.status == "active",
        "is_editable": editable, "is_shared": item.shared, "percentage": item.percentage,
        "quotas": {"per_second": null, "per_minute": null, "per_hour": null, "per_day": range},
        "smtp_host": host, "smtp_port": smtp.then_some(587), "smtp_protocol": smtp.then_some("starttls"),
        "smtp_username": smtp.then_some("relay-user"), "has_smtp_password": smtp,
        "has_refresh_token": item.kind == "gmail_api",
        "oauth_email": (item.kind == "gmail_api").then_some("support@example.com"),
        "from_email": "shop@example.com", "from_name": "Example Shop",
        "reply_to_email": null, "reply_to_name": null, "tracking_domain": null,
        "allowed_actions": {
            "activate": editable && item.status != "active", "deactivate": editable && item.status == "active",
            "delete": editable, "test": editable, "update": editable, "update_variables": editable,
        },
        "created_at": time(world.start), "updated_at": time(world.start + DAY),
        "last_tested_at": smtp.then(|| time(world.start + DAY)),
        "last_used_at": last.map(|email| time(email.at)),
    })
}

pub(super) fn provider_detail(world: &World, item: &Provider) -> Value {
    let mut detail = provider(world, item);
    detail["variables"] = json!({});
    detail
}

pub(super) fn connection() -> Value {
    json!({
        "team": {"id": "team_demo", "name": "Example Shop"},
        "credential": {"id": "smx_demo", "type": "api_key", "name": "Demo key"},
        "label": "Example Shop", "permissions": PERMISSIONS, "mailboxes": [],
    })
}

pub(super) fn domain(world: &World) -> Value {
    let record = |name: &str, value: &str| json!({"name": name, "value": value});
    json!({
        "id": "mdom_example", "domain": "example.com", "mode": "send_receive",
        "created_at": time(world.start), "verified_at": time(world.start + 3600),
        "verification_status": "verified", "mailbox_count": 1,
        "ses_dkim_signing_enabled": true, "ses_dkim_status": "SUCCESS",
        "ses_identity_checked_at": time(world.start + 3600),
        "ses_identity_verification_status": "SUCCESS", "ses_mail_from_status": "SUCCESS",
        "ses_verified_for_sending": true,
        "dns_records": {
            "dkim": [record("s1._domainkey.example.com", "s1.dkim.example")],
            "dmarc": record("_dmarc.example.com", "v=DMARC1; p=none"),
            "spf": record("example.com", "v=spf1 include:spf.example ~all"),
            "verification": record("_sendmux.example.com", "demo"),
            "mx": [{"priority": 10, "target": "mx.example"}],
            "mail_from": {
                "mx": {"name": "bounce.example.com", "priority": 10, "target": "feedback.example"},
                "spf": record("bounce.example.com", "v=spf1 include:spf.example ~all"),
            },
        },
    })
}

/// The domain's records as a zone file.
pub(super) fn zone_file() -> String {
    "$ORIGIN example.com.\n@ 3600 IN MX 10 mx.example.\n@ 3600 IN TXT \"v=spf1 include:spf.example ~all\"\n".to_owned()
}

pub(super) fn mailbox(world: &World) -> Value {
    json!({
        "id": "mbx_support", "email": "support@example.com", "display_name": "Support",
        "status": "active", "quota_bytes": 1_073_741_824, "send_scope": {"type": "all"},
        "created_at": time(world.start),
    })
}

pub(super) fn webhook(world: &World) -> Value {
    json!({
        "id": "whk_demo", "name": "ops", "url": "https://hooks.example.com/sendmux",
        "enabled": true, "failing": false, "event_types": ["message.bounced", "message.complained"],
        "filters": {"mailbox_ids": []}, "created_at": time(world.start),
        "updated_at": time(world.start + DAY),
    })
}
