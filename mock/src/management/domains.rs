//! Domains and their DNS records.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::dataset::{DOMAINS, Dataset, Domain, MAILBOXES};
use crate::error::ApiError;
use crate::page::paginate;
use crate::request::Query;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

const SPF: &str = "v=spf1 include:amazonses.com ~all";
const MX: &str = "inbound.mail.example";
const FEEDBACK: &str = "feedback.mail.example";

pub(super) fn list(dataset: &Dataset, query: &Query) -> HandlerResult {
    paginate(query, 50, &DOMAINS, |domain| item(dataset, domain))
}

pub(super) fn get(dataset: &Dataset, id: &str) -> HandlerResult {
    Ok(Content::Resource(item(dataset, find(id)?)))
}

/// Returns the filters of a domain, which has none.
pub(super) fn filters(id: &str) -> HandlerResult {
    find(id)?;
    Ok(no_filters())
}

pub(super) fn no_filters() -> Content {
    Content::Resource(json!({ "mode": "off", "rules": [] }))
}

pub(super) fn zone_file(id: &str) -> HandlerResult {
    let domain = find(id)?;
    let mut text = format!("$ORIGIN {}.\n", domain.name);
    for record in Records::of(domain).all() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}. 3600 IN {} {}", record.name, record.kind, record.quoted());
    }
    Ok(Content::Text { text, file_name: format!("{}.zone", domain.name) })
}

fn find(id: &str) -> Result<&'static Domain, ApiError> {
    DOMAINS.iter().find(|domain| domain.id == id).ok_or(ApiError::NotFound)
}

fn item(dataset: &Dataset, domain: &Domain) -> Value {
    let created_at = dataset.start - domain.age * DAY;
    let checked_at = created_at + 3600;
    let state = if domain.verified { "success" } else { "pending" };
    let mailboxes = MAILBOXES.iter().filter(|mailbox| {
        mailbox.status == "active" && mailbox.email.ends_with(&format!("@{}", domain.name))
    });
    let mode = if domain.receives { "send_receive" } else { "send_only" };
    json!({
        "id": domain.id, "domain": domain.name, "mode": mode, "created_at": time::format(created_at),
        "verified_at": domain.verified.then(|| time::format(checked_at)),
        "verification_status": if domain.verified { "verified" } else { "pending" },
        "mailbox_count": mailboxes.count(),
        "ses_dkim_signing_enabled": domain.verified, "ses_dkim_status": state,
        "ses_identity_checked_at": time::format(checked_at), "ses_identity_verification_status": state,
        "ses_mail_from_status": state, "ses_verified_for_sending": domain.verified,
        "dns_records": Records::of(domain).to_json(),
    })
}

struct Record {
    kind: &'static str,
    name: String,
    value: String,
    priority: Option<i64>,
}

impl Record {
    fn new(kind: &'static str, name: String, value: impl Into<String>) -> Self {
        let priority = (kind == "MX").then_some(10);
        Self { kind, name, value: value.into(), priority }
    }

    fn to_json(&self) -> Value {
        match self.priority {
            Some(priority) => {
                json!({"name": self.name, "priority": priority, "target": self.value})
            }
            None => json!({"name": self.name, "value": self.value}),
        }
    }

    fn quoted(&self) -> String {
        match (self.kind, self.priority) {
            ("TXT", _) => format!("\"{}\"", self.value),
            (_, Some(priority)) => format!("{priority} {}.", self.value),
            _ => format!("{}.", self.value),
        }
    }
}

struct Records {
    mx: Option<Record>,
    mail_from: [Record; 2],
    spf: Record,
    dmarc: Record,
    verification: Record,
    dkim: [Record; 3],
}

impl Records {
    fn of(domain: &Domain) -> Self {
        let name = domain.name;
        Self {
            mx: domain.receives.then(|| Record::new("MX", name.to_owned(), MX)),
            mail_from: [
                Record::new("MX", format!("bounce.{name}"), FEEDBACK),
                Record::new("TXT", format!("bounce.{name}"), SPF),
            ],
            spf: Record::new("TXT", name.to_owned(), SPF),
            dmarc: Record::new("TXT", format!("_dmarc.{name}"), "v=DMARC1; p=quarantine"),
            verification: Record::new("TXT", format!("_sendmux.{name}"), domain.id),
            dkim: ["one", "two", "three"].map(|key| {
                Record::new(
                    "CNAME",
                    format!("{key}._domainkey.{name}"),
                    format!("{key}.dkim.example"),
                )
            }),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Record> {
        let single = [&self.spf, &self.dmarc, &self.verification];
        self.mx.iter().chain(&self.mail_from).chain(single).chain(&self.dkim)
    }

    fn to_json(&self) -> Value {
        let list = |records: &[Record]| records.iter().map(Record::to_json).collect::<Vec<_>>();
        let mx = self.mx.as_ref().map(|mx| json!({"priority": mx.priority, "target": mx.value}));
        json!({
            "mx": Vec::from_iter(mx),
            "mail_from": {"mx": self.mail_from[0].to_json(), "spf": self.mail_from[1].to_json()},
            "spf": self.spf.to_json(), "dmarc": self.dmarc.to_json(),
            "verification": self.verification.to_json(), "dkim": list(&self.dkim),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, data};
    use super::*;
    use crate::time::NOW;

    #[test]
    fn the_zone_file_has_every_record() {
        let Ok(Content::Text { text, file_name }) = zone_file("mdom_example") else {
            panic!("no text");
        };
        assert_eq!(file_name, "example.com.zone");
        assert_eq!(text.lines().count(), 10);
        assert!(text.contains("\nexample.com. 3600 IN MX 10 inbound.mail.example.\n"), "{text}");
        assert!(text.contains("\n_dmarc.example.com. 3600 IN TXT \"v=DMARC1; p=quarantine\"\n"));
    }

    #[test]
    fn domains_are_newest_first_and_count_their_active_mailboxes() {
        let dataset = Dataset::generate(1, NOW, 5);
        let list = all(|query| list(&dataset, query), "");
        assert!(list.is_sorted_by(|a, b| a["created_at"].as_str() >= b["created_at"].as_str()));
        let example = data(get(&dataset, "mdom_example"));
        assert_eq!(example["mailbox_count"], 2);
        assert!(list.contains(&example));
        assert_eq!(data(get(&dataset, "mdom_news"))["verified_at"], Value::Null);
    }
}
