//! Which answer belongs to which request.

use super::answer::{Outcome, Refusal};
use super::page::Query;
use super::resources::{
    billing, connection, domains, emails, inboxes, mailboxes, providers, webhooks,
};
use super::world::World;

/// Answers a request of a key that was granted these permissions. The path is relative to the
/// base.
pub(super) fn answer(
    world: &World,
    granted: &[&str],
    method: &str,
    path: &str,
    query: &str,
) -> Outcome {
    let segments: Vec<String> = path.trim_start_matches('/').split('/').map(decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let permission = permission(&segments);
    if let Some(missing) = permission.filter(|permission| !granted.contains(permission)) {
        return Err(Refusal::Forbidden(missing));
    }
    if method != "GET" {
        return Err(permission.map_or(Refusal::NotFound, |_| Refusal::ReadOnly));
    }
    let query = Query::parse(path, query);
    match segments[..] {
        ["me"] => connection::show(granted),
        ["billing", "balance"] => billing::balance(world),
        ["billing", "summary"] => billing::summary(world, &query),
        ["billing", "transactions"] => billing::transactions(world, &query),
        ["emails", "metrics"] => emails::metrics(world, &query),
        ["emails", "logs"] => emails::list(world, &query),
        ["emails", "logs", id] => emails::show(world, id),
        ["inboxes", "logs"] => inboxes::list(world, &query),
        ["inboxes", "logs", id] => inboxes::show(world, id),
        ["providers"] => providers::list(world, &query),
        ["providers", "stats"] => providers::stats(world),
        ["providers", "usage"] => providers::usage(world),
        ["providers", "limits"] => providers::limits(world),
        ["providers", "shared-amazon-ses-limit-request"] => providers::shared_limit(world),
        ["providers", id] => providers::show(world, id),
        ["domains"] => domains::list(world, &query),
        ["domains", id] => domains::show(world, id),
        ["domains", id, "zone-file"] => domains::zone_file(id),
        ["mailboxes"] => mailboxes::list(world, &query),
        ["mailboxes", id] => mailboxes::show(world, id),
        ["webhooks"] => webhooks::list(world, &query),
        ["webhooks", id] => webhooks::show(world, id),
        ["webhooks", id, "deliveries"] => webhooks::deliveries(world, id, &query),
        ["webhooks", id, "deliveries", delivery, "payload"] => {
            webhooks::payload(world, id, delivery)
        }
        _ => Err(Refusal::NotFound),
    }
}

fn permission(segments: &[&str]) -> Option<&'static str> {
    Some(match segments {
        ["billing", ..] => "billing.read",
        ["emails", "metrics"] => "analytics.read",
        ["emails" | "inboxes", ..] => "logs.read",
        ["providers", ..] => "provider.read",
        ["domains" | "mailboxes", _, "filters"] => "mailbox.admin.manage",
        ["mailboxes", "availability"] => "mailbox.admin.create",
        ["domains", ..] => "domain.read",
        ["mailboxes", ..] => "mailbox.admin.read",
        ["webhooks", ..] => "webhook.read",
        ["mailbox", ..] => "mailbox.read",
        _ => return None,
    })
}

/// Undoes percent-encoding; a broken one stands for itself.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| byte == b'%');
        let escaped = escape
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::resources::connection::PERMISSIONS;
    use super::*;

    fn status(granted: &[&str], method: &str, path: &str) -> u16 {
        let world = World::generate(1, 1_779_354_720, 5);
        answer(&world, granted, method, path, "").map_or_else(Refusal::status, |_| 200)
    }

    #[test]
    fn each_group_needs_its_permission() {
        let paths = [
            ("/billing/balance", "billing.read"),
            ("/emails/metrics", "analytics.read"),
            ("/emails/logs", "logs.read"),
            ("/inboxes/logs", "logs.read"),
            ("/providers/usage", "provider.read"),
            ("/domains", "domain.read"),
            ("/mailboxes", "mailbox.admin.read"),
            ("/webhooks", "webhook.read"),
        ];
        for (path, permission) in paths {
            assert_eq!(status(&PERMISSIONS, "GET", path), 200, "{path}");
            assert_eq!(status(&[permission], "GET", path), 200, "{path}");
            assert_eq!(status(&[], "GET", path), 403, "{path}");
        }
        assert_eq!(status(&[], "GET", "/me"), 200);
        for path in
            ["/mailbox/messages", "/domains/mdom_example/filters", "/mailboxes/availability"]
        {
            assert_eq!(status(&PERMISSIONS, "GET", path), 403, "{path}");
        }
    }

    #[test]
    fn nothing_is_written() {
        assert_eq!(status(&PERMISSIONS, "DELETE", "/providers/dprov_main"), 403);
        assert_eq!(status(&PERMISSIONS, "POST", "/webhooks"), 403);
        assert_eq!(status(&PERMISSIONS, "POST", "/nothing"), 404);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for path in [
            "",
            "/",
            "/nothing",
            "/emails",
            "/emails/logs/dlog_none",
            "/inboxes/logs/ilog_none",
            "/providers/dprov_none",
            "/providers/dprov_main/",
            "/domains/mdom_none",
            "/domains/mdom_none/zone-file",
            "/mailboxes/mbx_none",
            "/webhooks/whk_none",
            "/webhooks/whk_none/deliveries",
            "/webhooks/whk_demo/deliveries/whda_none/payload",
            "/providers/dprov_main%2F..",
        ] {
            assert_eq!(status(&PERMISSIONS, "GET", path), 404, "{path}");
        }
    }

    #[test]
    fn identifiers_may_be_percent_encoded() {
        assert_eq!(status(&PERMISSIONS, "GET", "/providers/dprov%5Fmain"), 200);
        assert_eq!(decode("a%2Fb%zz%4"), "a/b%zz%4");
    }
}
