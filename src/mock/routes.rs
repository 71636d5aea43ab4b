//! Which answer belongs to which request.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::Answer;
use super::figures;
use super::page::{Query, page};
use super::resources;
use super::world::{Email, World};

pub(super) fn answer(
    world: &World,
    now: i64,
    refused: &BTreeSet<String>,
    method: &str,
    path: &str,
    query: &str,
) -> Answer {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let permission = permission(&segments);
    if let Some(permission) = permission.filter(|permission| refused.contains(*permission)) {
        return Answer::forbidden(permission);
    }
    if method != "GET" {
        return Answer::read_only();
    }
    let query = Query::parse(query);
    found(world, now, &segments, &query).unwrap_or_else(Answer::not_found)
}

fn permission(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["billing", ..] => Some("billing.read"),
        ["emails", "metrics"] => Some("analytics.read"),
        ["emails" | "inboxes", ..] => Some("logs.read"),
        ["providers", ..] => Some("provider.read"),
        ["domains", ..] => Some("domain.read"),
        ["mailboxes", ..] => Some("mailbox.admin.read"),
        ["webhooks", ..] => Some("webhook.read"),
        _ => None,
    }
}

fn found(world: &World, now: i64, segments: &[&str], query: &Query) -> Option<Answer> {
    let figure = |figure: Result<Value, &'static str>| match figure {
        Ok(data) => Answer::data(data),
        Err(param) => Answer::invalid(param),
    };
    Some(match segments {
        ["me"] => Answer::resource(resources::connection()),
        ["billing", "balance"] => Answer::data(figures::balance(world)),
        ["billing", "summary"] => figure(figures::spend(world, query, now)),
        ["billing", "transactions"] => transactions(world, query),
        ["emails", "metrics"] => figure(figures::metrics(world, query, now)),
        ["emails", "logs"] => emails(world, query, now),
        ["emails", "logs", id] => {
            let email = world.emails.iter().find(|email| email.id == *id)?;
            Answer::resource(resources::email_detail(world, email))
        }
        ["inboxes", "logs"] => inbox(world, query, now),
        ["inboxes", "logs", id] => {
            let mail = world.received.iter().find(|mail| mail.id == *id)?;
            Answer::data(resources::received(mail))
        }
        ["providers"] => providers(world, query),
        ["providers", "stats"] => Answer::data(figures::stats(world)),
        ["providers", "usage"] => Answer::data(figures::usage(world, now)),
        ["providers", "limits"] => Answer::data(figures::limits(world, now)),
        ["providers", "shared-amazon-ses-limit-request"] => Answer::data(
            json!({"limit": figures::shared_limit(world, now), "pending_request": null}),
        ),
        ["providers", id] => {
            let provider = world.providers.iter().find(|provider| provider.id == *id)?;
            Answer::resource(resources::provider_detail(world, provider))
        }
        ["domains"] => page(query, 50, vec![resources::domain(world)]),
        ["domains", "mdom_example"] => Answer::resource(resources::domain(world)),
        ["domains", "mdom_example", "zone-file"] => {
            Answer::Text { text: resources::zone_file(), file_name: "example.com.zone".to_owned() }
        }
        ["mailboxes"] => page(query, 50, vec![resources::mailbox(world)]),
        ["mailboxes", "mbx_support"] => Answer::resource(resources::mailbox(world)),
        ["webhooks"] => page(query, 50, vec![resources::webhook(world)]),
        ["webhooks", "whk_demo"] => Answer::resource(resources::webhook(world)),
        ["webhooks", "whk_demo", "deliveries"] => page(query, 25, Vec::new()),
        _ => return None,
    })
}

fn emails(world: &World, query: &Query, now: i64) -> Answer {
    let (from, to) = match figures::period(query, world.start, now) {
        Ok(period) => period,
        Err(param) => return Answer::invalid(param),
    };
    let status = query.get("status");
    if status.is_some_and(|status| !["pending", "sent", "failed", "rejected"].contains(&status)) {
        return Answer::invalid("status");
    }
    let provider = query.get("provider_id");
    let search = query.get("search").map(str::to_lowercase);
    let matches = |email: &&Email| {
        status.is_none_or(|status| status == email.status)
            && provider.is_none_or(|id| id == world.providers[email.provider].id)
            && search.as_ref().is_none_or(|text| {
                email.subject.to_lowercase().contains(text) || email.to.contains(text)
            })
    };
    let found = world.emails_between(from, to).filter(matches);
    page(query, 25, found.map(|email| resources::email(world, email)).collect())
}

fn inbox(world: &World, query: &Query, now: i64) -> Answer {
    let (from, to) = match figures::period(query, world.start, now) {
        Ok(period) => period,
        Err(param) => return Answer::invalid(param),
    };
    let spam = match query.get("event_type") {
        None => None,
        Some("message.received") => Some(false),
        Some("message.received.spam") => Some(true),
        Some(_) => return Answer::invalid("event_type"),
    };
    let found = world
        .received
        .iter()
        .filter(|mail| (from..to).contains(&mail.at) && spam.is_none_or(|spam| spam == mail.spam));
    page(query, 25, found.map(resources::received).collect())
}

fn transactions(world: &World, query: &Query) -> Answer {
    let kind = query.get("type");
    let known = ["PURCHASE", "USAGE", "AUTO_TOPUP", "REFUND", "ADJUSTMENT"];
    if kind.is_some_and(|kind| !known.contains(&kind)) {
        return Answer::invalid("type");
    }
    let found = world.transactions.iter().filter(|item| kind.is_none_or(|kind| kind == item.kind));
    page(query, 25, found.map(resources::transaction).collect())
}

fn providers(world: &World, query: &Query) -> Answer {
    let found = world.providers.iter().filter(|provider| {
        query.get("status").is_none_or(|status| status == provider.status)
            && query.get("type").is_none_or(|kind| kind == provider.kind)
    });
    page(query, 50, found.map(|provider| resources::provider(world, provider)).collect())
}
