//! From a request to its reply.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::faults::Faults;
use super::window::{Allowance, Window};
use super::{KEY, MAILBOX_KEY, PATH};
use crate::mock::answer::{ErrorShape, Outcome, Refusal, Reply};
use crate::mock::attachments::{self, Wanted};
use crate::mock::inbox::Inbox;
use crate::mock::outbox::Outbox;
use crate::mock::routes;
use crate::mock::world::World;

/// What is read of a request.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) authorization: Option<&'a str>,
    pub(super) if_none_match: Option<&'a str>,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) last_event_id: Option<&'a str>,
    pub(super) wanted: Wanted<'a>,
    pub(super) body: &'a [u8],
}

pub(super) struct Settings {
    pub(super) world: World,
    pub(super) granted: Vec<&'static str>,
    pub(super) shape: ErrorShape,
    /// Statuses to fail with before anything is answered.
    pub(super) failures: VecDeque<u16>,
    pub(super) faults: Faults,
    pub(super) requests_per_minute: u32,
    /// Seconds since 1970, for the rate limit.
    pub(super) clock: fn() -> i64,
}

pub(super) struct Service {
    world: World,
    granted: Vec<&'static str>,
    shape: ErrorShape,
    faults: Faults,
    clock: fn() -> i64,
    outbox: Outbox,
    inbox: Inbox,
    state: Mutex<State>,
}

struct State {
    requests: u64,
    failures: VecDeque<u16>,
    window: Window,
}

impl Service {
    pub(super) fn new(settings: Settings) -> Self {
        let window = Window::new(settings.requests_per_minute);
        Self {
            inbox: Inbox::new(&settings.world),
            world: settings.world,
            granted: settings.granted,
            shape: settings.shape,
            faults: settings.faults,
            clock: settings.clock,
            outbox: Outbox::default(),
            state: Mutex::new(State { requests: 0, failures: settings.failures, window }),
        }
    }

    pub(super) fn reply(&self, request: &Request<'_>) -> Reply {
        let (number, allowance, failure) = self.count();
        let path = request.path.strip_prefix(PATH).unwrap_or_default();
        let failure = failure.or_else(|| self.faults.strike(path, number));
        let outcome = match (allowance.wait, failure) {
            (Some(seconds), _) => Err(Refusal::Limited(seconds)),
            (None, Some(status)) => Err(Refusal::Requested(status)),
            (None, None) => self.outcome(request),
        };
        let request_id = format!("req_demo{number:08}");
        let mut reply = Reply::new(outcome, request_id, self.shape, request.if_none_match);
        reply.headers.extend([
            ("x-ratelimit-limit", allowance.limit.to_string()),
            ("x-ratelimit-remaining", allowance.remaining.to_string()),
            ("x-ratelimit-reset", allowance.reset.to_string()),
        ]);
        reply
    }

    /// The request's number, what is left after it, and the failure that is due, if it may come
    /// that far.
    fn count(&self) -> (u64, Allowance, Option<u16>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests += 1;
        let allowance = state.window.take((self.clock)());
        let failure = if allowance.wait.is_none() { state.failures.pop_front() } else { None };
        (state.requests, allowance, failure)
    }

    fn outcome(&self, request: &Request<'_>) -> Outcome {
        let token = request.authorization.and_then(|value| value.strip_prefix("Bearer "));
        let path = request.path.strip_prefix(PATH).ok_or(Refusal::NotFound);
        match token {
            Some(KEY) => {
                let (world, granted) = (&self.world, &self.granted);
                routes::answer(world, granted, request.method, path?, request.query)
            }
            Some(MAILBOX_KEY) => {
                let path = path?;
                if path.starts_with("/mailbox/") {
                    let (query, last) = (request.query, request.last_event_id);
                    let answered = self.inbox.answer(request.method, path, query, last);
                    let file = || attachments::answer(request.method, path, request.wanted);
                    return answered.unwrap_or_else(file);
                }
                let (key, body) = (request.idempotency_key, request.body);
                self.outbox.answer(request.method, path, key, body)
            }
            None => {
                let path = path.map_err(|_| Refusal::Unauthorized)?;
                attachments::signed(request.method, path, request.query, request.wanted)
            }
            _ => Err(Refusal::Unauthorized),
        }
    }

    pub(super) fn emails_sent(&self) -> u64 {
        self.outbox.sent()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Builder;
    use super::*;

    fn service(settings: impl FnOnce(Builder) -> Builder) -> Service {
        settings(Builder::new().now(1_779_354_720).emails_per_day(3)).service(|| 1000)
    }

    fn get<'a>(path: &'a str, authorization: Option<&'a str>) -> Request<'a> {
        let (if_none_match, idempotency_key) = (None, None);
        Request {
            method: "GET",
            path,
            query: "",
            authorization,
            if_none_match,
            idempotency_key,
            last_event_id: None,
            wanted: Wanted::default(),
            body: &[],
        }
    }

    fn ask(service: &Service, path: &str) -> Reply {
        service.reply(&get(path, Some("Bearer smx_root_demo_account")))
    }

    fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
        reply.headers.iter().find(|(key, _)| *key == name).unwrap().1.as_str()
    }

    fn body(reply: &Reply) -> Value {
        serde_json::from_str(&reply.body).unwrap()
    }

    #[test]
    fn a_stranger_is_challenged() {
        let service = service(|settings| settings);
        for wrong in [None, Some("Bearer smx_root_other"), Some("smx_root_demo_account"), Some("")]
        {
            let reply = service.reply(&get("/api/v1/me", wrong));
            assert_eq!(reply.status, 401, "{wrong:?}");
            assert!(header(&reply, "www-authenticate").starts_with("Bearer "));
            assert_eq!(body(&reply)["error"]["code"], "authentication_required");
        }
    }

    #[test]
    fn every_reply_names_its_request_and_what_is_left() {
        let service = service(|settings| settings.requests_per_minute(4));
        let paths = ["/api/v1/me", "/api/v1/nothing", "/elsewhere", "/api/v1/billing/balance"];
        for (path, left) in paths.into_iter().zip(["3", "2", "1", "0"]) {
            let reply = ask(&service, path);
            assert_eq!(body(&reply)["meta"]["request_id"], header(&reply, "x-request-id"));
            assert_eq!(header(&reply, "x-ratelimit-limit"), "4");
            assert_eq!(header(&reply, "x-ratelimit-remaining"), left, "{path}");
            assert_eq!(header(&reply, "x-ratelimit-reset"), "1060");
        }
        let refused = ask(&service, "/api/v1/me");
        assert_eq!((refused.status, header(&refused, "retry-after")), (429, "60"));
        assert_eq!(body(&refused)["error"]["code"], "rate_limit_exceeded");
    }

    #[test]
    fn failures_come_in_order_and_then_no_more() {
        let service = service(|settings| settings.fail_next(503).fail_next(404));
        let statuses: Vec<_> = (0..3).map(|_| ask(&service, "/api/v1/me").status).collect();
        assert_eq!(statuses, [503, 404, 200]);
    }

    #[test]
    fn a_permission_that_was_taken_is_not_listed() {
        let service = service(|settings| settings.without_permission("billing.read"));
        let permissions = &body(&ask(&service, "/api/v1/me"))["data"]["permissions"];
        assert_eq!(permissions.as_array().unwrap().len(), 6);
        let refused = ask(&service, "/api/v1/billing/balance");
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("billing.read"));
    }

    #[test]
    fn the_older_shape_can_be_asked_for() {
        let retryable =
            |service: Service| body(&ask(&service, "/nothing"))["error"]["retryable"].clone();
        assert_eq!(retryable(service(|settings| settings)), false);
        assert_eq!(retryable(service(Builder::legacy_errors)), Value::Null);
    }

    #[test]
    fn the_same_settings_give_the_same_bytes() {
        let paths =
            ["/api/v1/emails/logs", "/api/v1/emails/metrics", "/api/v1/billing/transactions"];
        for path in paths {
            let bytes = |seed| ask(&service(|settings| settings.seed(seed)), path).body;
            assert_eq!(bytes(1), bytes(1));
            assert_ne!(bytes(1), bytes(2));
        }
    }
}
