//! From a request to its response: rate limit, failures, authentication.

mod failures;
mod rate_limit;

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

pub(crate) use failures::Failures;

use crate::dataset::{CREDENTIAL_ID, Dataset, TEAM_ID, TEAM_NAME};
use crate::error::{ApiError, ErrorFormat};
use crate::mailbox::{self, Background, MailboxService};
use crate::management::Management;
use crate::policy::Policies;
use crate::request::Request;
use crate::response::{Content, HandlerResult, Response};
use crate::sending::Outbox;
use rate_limit::{RateLimit, RateLimiter};

pub(crate) const ROOT_KEY: &str = "smx_root_demo_account";
pub(crate) const MAILBOX_KEY: &str = "smx_mbx_demo_account";

pub(crate) struct Config {
    pub(crate) dataset: Dataset,
    /// Permissions of the root key.
    pub(crate) permissions: Vec<&'static str>,
    pub(crate) error_format: ErrorFormat,
    pub(crate) failures: Failures,
    pub(crate) requests_per_minute: u32,
    pub(crate) background: Background,
    /// Unix seconds.
    pub(crate) clock: fn() -> i64,
    /// Whether the account's time stands still.
    pub(crate) frozen: bool,
}

/// The API of one account, independent of how it is served.
pub(crate) struct Service {
    management: Management,
    error_format: ErrorFormat,
    clock: fn() -> i64,
    /// The account's time minus that of the clock; `None` if it stands still.
    offset: Option<i64>,
    start: i64,
    mailbox: MailboxService,
    outbox: Outbox,
    policies: Policies,
    state: Mutex<State>,
}

struct State {
    requests: u64,
    failures: Failures,
    rate_limiter: RateLimiter,
}

impl Service {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            mailbox: MailboxService::new(&config.dataset, config.background),
            start: config.dataset.now,
            offset: (!config.frozen).then(|| config.dataset.now.saturating_sub((config.clock)())),
            management: Management::new(config.dataset, config.permissions),
            error_format: config.error_format,
            clock: config.clock,
            outbox: Outbox::default(),
            policies: Policies::default(),
            state: Mutex::new(State {
                requests: 0,
                failures: config.failures,
                rate_limiter: RateLimiter::new(config.requests_per_minute),
            }),
        }
    }

    pub(crate) fn call(&self, request: &Request<'_>) -> Response {
        let (number, rate_limit, failure) = self.admit(request);
        let result = match failure {
            Some(error) => Err(error),
            None => self.handle(request),
        };
        let request_id = format!("req_demo{number:08}");
        let mut response =
            Response::new(result, request_id, self.error_format, request.if_none_match);
        response.headers.extend([
            ("x-ratelimit-limit", rate_limit.limit.to_string()),
            ("x-ratelimit-remaining", rate_limit.remaining.to_string()),
            ("x-ratelimit-reset", rate_limit.reset.to_string()),
        ]);
        response
    }

    /// Counts a request. Returns its number, the rate limit after it, and the error it fails with
    /// whatever it asks for.
    fn admit(&self, request: &Request<'_>) -> (u64, RateLimit, Option<ApiError>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests += 1;
        let number = state.requests;
        let rate_limit = state.rate_limiter.acquire((self.clock)());
        let failure = match rate_limit.retry_after {
            Some(seconds) => Some(ApiError::RateLimited(seconds)),
            None => state.failures.take(request.path, number).map(ApiError::Injected),
        };
        (number, rate_limit, failure)
    }

    fn handle(&self, request: &Request<'_>) -> HandlerResult {
        let connection = match (request.method, request.path) {
            ("GET", "/me") => true,
            ("GET", "/mailbox/connection") => request.token() == Some(MAILBOX_KEY),
            ("GET", "/openapi.json") => return Ok(openapi()),
            _ => false,
        };
        match request.token() {
            Some(ROOT_KEY) if connection => {
                Ok(self::connection(self.management.permissions(), &json!([])))
            }
            Some(ROOT_KEY) => self.management.handle(&self.policies, request),
            Some(MAILBOX_KEY) if connection => {
                let mailboxes = json!([{ "id": mailbox::MAILBOX, "email": mailbox::ADDRESS }]);
                Ok(self::connection(&mailbox::PERMISSIONS, &mailboxes))
            }
            Some(MAILBOX_KEY) if request.path.starts_with("/mailbox/") => {
                self.mailbox.handle(&self.policies, request, self.now())
            }
            Some(MAILBOX_KEY) => {
                let result = self.outbox.handle(request, self.now());
                for email in self.outbox.take_accepted() {
                    self.mailbox.receive(&email, self.now());
                }
                result
            }
            Some(_) => Err(ApiError::Unauthorized),
            None if request.upload_token.is_some() => self.outbox.handle_signed(request),
            None => self.mailbox.handle_signed(request),
        }
    }

    /// Returns the account's present time.
    fn now(&self) -> i64 {
        let elapsed = self.offset.map(|offset| (self.clock)().saturating_add(offset));
        elapsed.map_or(self.start, |now| now.max(self.start))
    }

    pub(crate) fn emails_sent(&self) -> u64 {
        let messages = u64::try_from(self.mailbox.messages_sent()).unwrap_or(u64::MAX);
        self.outbox.emails_sent().saturating_add(messages)
    }
}

fn connection(permissions: &[&str], mailboxes: &Value) -> Content {
    Content::Resource(json!({
        "team": {"id": TEAM_ID, "name": TEAM_NAME},
        "credential": {"id": CREDENTIAL_ID, "type": "api_key", "name": "Demo key"},
        "label": TEAM_NAME, "permissions": permissions, "mailboxes": mailboxes,
    }))
}

/// The demo account describes itself in name only.
fn openapi() -> Content {
    let info = json!({"title": "Sendmux demo account", "version": env!("CARGO_PKG_VERSION")});
    Content::Document(json!({"openapi": "3.1.0", "info": info, "paths": {}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Builder;
    use crate::time::NOW;

    fn service(configure: impl FnOnce(Builder) -> Builder) -> Service {
        configure(Builder::new().now(NOW).emails_per_day(3)).service(|| 1000)
    }

    fn get(service: &Service, path: &str) -> Response {
        let authorization = Some("Bearer smx_root_demo_account");
        service.call(&Request { method: "GET", path, authorization, ..Request::default() })
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers.iter().find(|(key, _)| *key == name).unwrap().1.as_str()
    }

    fn body(response: &Response) -> Value {
        serde_json::from_slice(&response.body).unwrap()
    }

    #[test]
    fn unknown_credentials_are_challenged() {
        let service = service(|builder| builder);
        for authorization in
            [None, Some("Bearer smx_root_other"), Some("smx_root_demo_account"), Some("")]
        {
            let request =
                Request { method: "GET", path: "/me", authorization, ..Request::default() };
            let response = service.call(&request);
            assert_eq!(response.status, 401, "{authorization:?}");
            assert!(header(&response, "www-authenticate").starts_with("Bearer "));
            assert_eq!(body(&response)["error"]["code"], "authentication_required");
        }
    }

    #[test]
    fn an_email_to_the_mailbox_of_the_account_arrives_there_with_its_attachment() {
        let service = service(|builder| builder);
        let call = |method: &'static str, path: &str, content: &Value| {
            let authorization = format!("Bearer {MAILBOX_KEY}");
            let content = content.to_string();
            service.call(&Request {
                method,
                path,
                authorization: Some(&authorization),
                content_type: Some("application/json"),
                idempotency_key: (method == "POST").then_some("once"),
                body: content.as_bytes(),
                ..Request::default()
            })
        };
        let email = json!({
            "from": { "email": "a@example.com" }, "to": { "email": mailbox::ADDRESS },
            "subject": "Report", "html_body": "<p>Here it is", "text_body": "Here it is",
            "attachments": [{ "filename": "a.html", "type": "text/html", "content": "PHA+" }],
        });
        for _ in 0..2 {
            assert_eq!(call("POST", "/emails/send", &email).status, 200);
        }
        let messages = body(&call("GET", "/mailbox/messages", &Value::Null));
        let found = messages["data"].as_array().unwrap().iter();
        let found: Vec<_> = found.filter(|message| message["subject"] == "Report").collect();
        assert_eq!(found.len(), 1, "{messages}");
        assert_eq!(
            (&found[0]["folder_ids"][0], &found[0]["has_attachments"]),
            (&json!("inbox"), &json!(true))
        );
    }

    #[test]
    fn every_response_has_its_request_id_and_the_rate_limit() {
        let service = service(|builder| builder.requests_per_minute(4));
        for (path, remaining) in
            ["/me", "/nothing", "", "/billing/balance"].into_iter().zip(["3", "2", "1", "0"])
        {
            let response = get(&service, path);
            assert_eq!(body(&response)["meta"]["request_id"], header(&response, "x-request-id"));
            assert_eq!(header(&response, "x-ratelimit-limit"), "4");
            assert_eq!(header(&response, "x-ratelimit-remaining"), remaining, "{path}");
            assert_eq!(header(&response, "x-ratelimit-reset"), "1060");
        }
        let refused = get(&service, "/me");
        assert_eq!((refused.status, header(&refused, "retry-after")), (429, "60"));
        assert_eq!(body(&refused)["error"]["code"], "rate_limit_exceeded");
    }

    #[test]
    fn failures_of_the_next_requests_come_in_order() {
        let service = service(|builder| builder.fail_next(503).fail_next(404));
        let statuses: Vec<_> = (0..3).map(|_| get(&service, "/me").status).collect();
        assert_eq!(statuses, [503, 404, 200]);
    }

    #[test]
    fn a_revoked_permission_is_not_listed() {
        let service = service(|builder| builder.without_permission("billing.read"));
        let permissions = &body(&get(&service, "/me"))["data"]["permissions"];
        assert_eq!(permissions.as_array().unwrap().len(), crate::management::PERMISSIONS.len() - 1);
        let refused = get(&service, "/billing/balance");
        assert_eq!(refused.status, 403);
        assert!(String::from_utf8_lossy(&refused.body).contains("billing.read"));
    }

    #[test]
    fn a_key_without_permissions_can_read_its_connection() {
        let without = |builder: Builder| {
            crate::management::PERMISSIONS.into_iter().fold(builder, Builder::without_permission)
        };
        assert_eq!(get(&service(without), "/me").status, 200);
    }

    #[test]
    fn errors_can_have_the_legacy_format() {
        let retryable =
            |service: Service| body(&get(&service, "/nothing"))["error"]["retryable"].clone();
        assert_eq!(retryable(service(|builder| builder)), false);
        assert_eq!(retryable(service(Builder::legacy_errors)), Value::Null);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        for path in ["/emails/logs", "/emails/metrics", "/billing/transactions"] {
            let bytes = |seed| get(&service(|builder| builder.seed(seed)), path).body;
            assert_eq!(bytes(1), bytes(1));
            assert_ne!(bytes(1), bytes(2));
        }
    }
}
