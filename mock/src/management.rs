//! The management API: routes and their permissions.

mod billing;
mod domains;
mod emails;
mod mailboxes;
mod providers;
mod webhooks;

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::dataset::Dataset;
use crate::error::ApiError;
use crate::idempotency::Answers;
use crate::policy::{self, Policies};
use crate::request::Request;
use crate::response::{Content, HandlerResult};

/// All permissions of the root key: it can read everything, and replace send policies.
pub(crate) const PERMISSIONS: [&str; 12] = [
    "analytics.read",
    "billing.read",
    "domain.read",
    "key.read",
    "key.update",
    "logs.read",
    "mailbox.admin.manage",
    "mailbox.admin.read",
    "provider.read",
    "team.read",
    "team.update",
    "webhook.read",
];

/// The API of the account's administration.
pub(crate) struct Management {
    dataset: Dataset,
    permissions: Vec<&'static str>,
    answers: Mutex<Answers>,
}

impl Management {
    /// Creates the API for a key that has these permissions.
    pub(crate) fn new(dataset: Dataset, permissions: Vec<&'static str>) -> Self {
        Self { dataset, permissions, answers: Mutex::default() }
    }

    /// Returns the permissions of the key.
    pub(crate) fn permissions(&self) -> &[&'static str] {
        &self.permissions
    }

    pub(crate) fn handle(&self, policies: &Policies, request: &Request<'_>) -> HandlerResult {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let required = required_permission(request.method, &segments);
        if let Some(missing) = required.filter(|name| !self.permissions.contains(name)) {
            return Err(ApiError::MissingPermission(missing));
        }
        match (request.method, &segments[..]) {
            ("GET", path) => read(&self.dataset, policies, path, request),
            ("PUT", ["mailbox-send-policies", scope, id]) => {
                self.replace_policy(policies, scope, id, request)
            }
            _ => Err(required.map_or(ApiError::NotFound, |_| ApiError::ReadOnly)),
        }
    }

    fn replace_policy(
        &self,
        policies: &Policies,
        scope: &str,
        id: &str,
        request: &Request<'_>,
    ) -> HandlerResult {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.find(request) {
            return answer.map(tagged);
        }
        let replaced = policies.replace(scope, id, request.if_match, &request.json()?);
        if replaced.is_ok() {
            answers.insert(request, &replaced);
        }
        replaced.map(tagged)
    }
}

/// A policy's version is its entity tag.
fn tagged(snapshot: Value) -> Content {
    let etag = policy::etag(&snapshot);
    Content::Tagged { data: snapshot, etag }
}

/// Handles a GET request.
fn read(
    dataset: &Dataset,
    policies: &Policies,
    path: &[&str],
    request: &Request<'_>,
) -> HandlerResult {
    let query = request.query();
    match *path {
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
        ["domains", id, "filters"] => domains::filters(id),
        ["domains", id, "zone-file"] => domains::zone_file(id),
        ["mailboxes"] => mailboxes::list(dataset, &query),
        ["mailboxes", id] => mailboxes::get(dataset, id),
        ["mailboxes", id, "filters"] => mailboxes::filters(id),
        ["mailboxes", id, "usage"] => mailboxes::usage(dataset, id, &query),
        ["mailbox-send-policies", scope, id] => policies.get(scope, id).map(tagged),
        ["webhooks"] => webhooks::list(dataset, &query),
        ["webhooks", id] => webhooks::get(dataset, id),
        ["webhooks", id, "deliveries"] => webhooks::deliveries(dataset, id, &query),
        ["webhooks", id, "deliveries", delivery, "payload"] => {
            webhooks::payload(dataset, id, delivery)
        }
        _ => Err(ApiError::NotFound),
    }
}

fn required_permission(method: &str, segments: &[&str]) -> Option<&'static str> {
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
        ["mailbox-send-policies", "team", _] if method == "GET" => "team.read",
        ["mailbox-send-policies", "team", _] => "team.update",
        ["mailbox-send-policies", "mailbox", _] if method == "GET" => "mailbox.admin.read",
        ["mailbox-send-policies", "mailbox", _] => "mailbox.admin.manage",
        ["mailbox-send-policies", ..] if method == "GET" => "key.read",
        ["mailbox-send-policies", ..] => "key.update",
        ["mailbox", "connection"] => return None,
        ["mailbox", ..] => "mailbox.read",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Query;
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
        let permissions =
            PERMISSIONS.into_iter().filter(|name| permissions.contains(name)).collect();
        let management = Management::new(Dataset::generate(1, NOW, 5), permissions);
        let request = Request { method, path, ..Request::default() };
        management.handle(&Policies::default(), &request).map_or_else(ApiError::status, |_| 200)
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
            ("/domains/mdom_example/filters", "mailbox.admin.manage"),
            ("/mailbox-send-policies/team/team_demo", "team.read"),
            ("/mailbox-send-policies/mailbox/mbx_support", "mailbox.admin.read"),
            ("/mailbox-send-policies/api_key/smx_demo", "key.read"),
            ("/webhooks", "webhook.read"),
        ];
        for (path, permission) in paths {
            assert_eq!(status(&PERMISSIONS, "GET", path), 200, "{path}");
            assert_eq!(status(&[permission], "GET", path), 200, "{path}");
            assert_eq!(status(&[], "GET", path), 403, "{path}");
        }
        for path in ["/mailbox/messages", "/mailboxes/availability"] {
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
