//! The management API: routes and their permissions.

mod billing;
mod domains;
mod emails;
mod mailboxes;
mod providers;
mod webhooks;

use crate::dataset::Dataset;
use crate::error::ApiError;
use crate::request::Request;
use crate::response::HandlerResult;

/// All permissions of the root key: it can read everything.
pub(crate) const PERMISSIONS: [&str; 7] = [
    "analytics.read",
    "billing.read",
    "domain.read",
    "logs.read",
    "mailbox.admin.read",
    "provider.read",
    "webhook.read",
];

/// Handles a request of a key that has these permissions.
pub(crate) fn handle(
    dataset: &Dataset,
    permissions: &[&str],
    request: &Request<'_>,
) -> HandlerResult {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let required = required_permission(&segments);
    if let Some(missing) = required.filter(|permission| !permissions.contains(permission)) {
        return Err(ApiError::MissingPermission(missing));
    }
    if request.method != "GET" {
        return Err(required.map_or(ApiError::NotFound, |_| ApiError::ReadOnly));
    }
    let query = request.query();
    match segments[..] {
        ["billing", "balance"] => billing::balance(dataset),
        ["billing", "summary"] => billing::summary(dataset, &query),
        ["billing", "transactions"] => billing::transactions(dataset, &query),
        ["emails", "metrics"] => emails::metrics(dataset, &query),
        ["emails", "logs"] => emails::list(dataset, &query),
        ["emails", "logs", id] => emails::get(dataset, id),
        ["inboxes", "logs"] => mailboxes::logs(dataset, &query),
        ["inboxes", "logs", id] => mailboxes::log(dataset, id),
        ["providers"] => providers::list(dataset, &query),
        ["providers", "stats"] => providers::stats(dataset),
        ["providers", "usage"] => providers::usage(dataset),
        ["providers", "limits"] => providers::limits(dataset),
        ["providers", "shared-amazon-ses-limit-request"] => providers::shared_limit(dataset),
        ["providers", id] => providers::get(dataset, id),
        ["domains"] => domains::list(dataset, &query),
        ["domains", id] => domains::get(dataset, id),
        ["domains", id, "zone-file"] => domains::zone_file(id),
        ["mailboxes"] => mailboxes::list(dataset, &query),
        ["mailboxes", id] => mailboxes::get(dataset, id),
        ["webhooks"] => webhooks::list(dataset, &query),
        ["webhooks", id] => webhooks::get(dataset, id),
        ["webhooks", id, "deliveries"] => webhooks::deliveries(dataset, id, &query),
        ["webhooks", id, "deliveries", delivery, "payload"] => {
            webhooks::payload(dataset, id, delivery)
        }
        _ => Err(ApiError::NotFound),
    }
}

fn required_permission(segments: &[&str]) -> Option<&'static str> {
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::request::Query;
    use crate::response::Content;
    use crate::time::NOW;

    pub(super) fn data(result: HandlerResult) -> Value {
        match result.unwrap() {
            Content::Data(data) | Content::Resource(data) => data,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the items of a list, from all of its pages.
    pub(super) fn all(list: impl Fn(&Query) -> HandlerResult, filters: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut query = format!("{filters}&limit=100");
        loop {
            let Content::Page { items, next_cursor } = list(&Query::parse("/", &query)).unwrap()
            else {
                panic!("no page");
            };
            all.extend(items);
            let Some(cursor) = next_cursor else { return all };
            query = format!("{filters}&limit=100&cursor={cursor}");
        }
    }

    fn status(permissions: &[&str], method: &str, path: &str) -> u16 {
        let dataset = Dataset::generate(1, NOW, 5);
        let request = Request { method, path, ..Request::default() };
        handle(&dataset, permissions, &request).map_or_else(ApiError::status, |_| 200)
    }

    #[test]
    fn each_resource_needs_its_permission() {
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
        for path in
            ["/mailbox/messages", "/domains/mdom_example/filters", "/mailboxes/availability"]
        {
            assert_eq!(status(&PERMISSIONS, "GET", path), 403, "{path}");
        }
    }

    #[test]
    fn writes_are_refused() {
        assert_eq!(status(&PERMISSIONS, "DELETE", "/providers/dprov_main"), 403);
        assert_eq!(status(&PERMISSIONS, "POST", "/webhooks"), 403);
        assert_eq!(status(&PERMISSIONS, "POST", "/nothing"), 404);
    }

    #[test]
    fn unknown_resources_are_not_found() {
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
    fn ids_can_be_percent_encoded() {
        assert_eq!(status(&PERMISSIONS, "GET", "/providers/dprov%5Fmain"), 200);
    }
}
