//! The mocks of a server, and the handle that a test has of each.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sendmux_mock::loopback::{Body, Response};

use super::matcher::{Matcher, Mockable};
use super::received::ReceivedRequest;
use super::reply::{Reply, Template};

/// A mock on a [`Server`](super::Server): sets the replies and counts the requests.
///
/// A mock without a reply answers with a [sample](super::Sample).
#[must_use = "a mock counts its requests; bind it to a variable to check them"]
pub struct Mock<R> {
    registry: SharedRegistry,
    index: usize,
    request: PhantomData<fn() -> R>,
}

impl<R: Mockable> Mock<R> {
    /// Adds a reply. Requests get the replies in order, and the last one from then on.
    pub fn then(self, reply: impl FnOnce(Reply<R::Format>) -> Reply<R::Format>) -> Self {
        let Reply { template, .. } = reply(Reply::sample());
        self.registry.lock().entries[self.index].replies.push(template);
        self
    }

    /// Adds a condition: the mock matches only requests for which it returns true.
    pub fn only_if(
        self,
        condition: impl Fn(&ReceivedRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.registry.lock().entries[self.index].conditions.push(Box::new(condition));
        self
    }

    /// Returns the number of requests answered, including retries.
    pub fn calls(&self) -> usize {
        self.registry.lock().entries[self.index].received.len()
    }

    /// Returns the requests answered, oldest first.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.registry.lock().entries[self.index].received.clone()
    }

    /// Asserts the number of requests answered, including retries.
    ///
    /// # Panics
    /// If the number differs. The message lists the unmatched requests and all mocks.
    #[track_caller]
    pub fn assert_calls(&self, expected: usize) {
        let calls = self.calls();
        let report = {
            let registry = self.registry.lock();
            format!("{}\n{}", registry.entries[self.index].matcher, registry.report())
        };
        assert!(calls == expected, "expected {expected} calls, got {calls}: {report}");
    }
}

impl<R> fmt::Debug for Mock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mock").field(&self.registry.lock().entries[self.index].matcher).finish()
    }
}

/// The registry that a server shares with the handles of its mocks.
#[derive(Clone, Default)]
pub(super) struct SharedRegistry(Arc<Mutex<Registry>>);

impl SharedRegistry {
    pub(super) fn add<R: Mockable>(&self, matcher: Matcher) -> Mock<R> {
        let Reply { template: sample, .. } = Reply::<R::Format>::sample();
        let (conditions, replies, received) = Default::default();
        let mut registry = self.lock();
        registry.entries.push(Entry { matcher, conditions, replies, received, sample });
        let index = registry.entries.len() - 1;
        Mock { registry: self.clone(), index, request: PhantomData }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mocks, and the requests received.
#[derive(Default)]
pub(super) struct Registry {
    entries: Vec<Entry>,
    requests: usize,
    pub(super) unmatched: Vec<ReceivedRequest>,
}

type Condition = Box<dyn Fn(&ReceivedRequest) -> bool + Send + Sync>;

struct Entry {
    matcher: Matcher,
    conditions: Vec<Condition>,
    replies: Vec<Template>,
    received: Vec<ReceivedRequest>,
    /// The reply if none is set.
    sample: Template,
}

impl Entry {
    fn matches(&self, request: &ReceivedRequest) -> bool {
        self.matcher.matches(request) && self.conditions.iter().all(|holds| holds(request))
    }

    fn specificity(&self) -> usize {
        self.matcher.specificity() + self.conditions.len()
    }
}

impl Registry {
    pub(super) fn respond(&mut self, request: ReceivedRequest) -> Option<Response<Body>> {
        self.requests += 1;
        let number = self.requests;
        let entries = self.entries.iter_mut().filter(|entry| entry.matches(&request));
        if let Some(entry) = entries.max_by_key(|entry| entry.specificity()) {
            let last = entry.replies.len().saturating_sub(1);
            let reply = entry.replies.get(entry.received.len().min(last)).unwrap_or(&entry.sample);
            let response = reply.to_response(number);
            entry.received.push(request);
            return response;
        }
        let message = format!("no mock matches {request}; {}", self.mocks());
        self.unmatched.push(request);
        Template::unmatched(&message).to_response(number)
    }

    /// Lists the unmatched requests and all mocks.
    pub(super) fn report(&self) -> String {
        let unmatched: Vec<String> = self.unmatched.iter().map(ToString::to_string).collect();
        let unmatched = if unmatched.is_empty() { "none".to_owned() } else { unmatched.join("; ") };
        format!("unmatched requests: {unmatched}\n{}", self.mocks())
    }

    fn mocks(&self) -> String {
        if self.entries.is_empty() {
            return "mocks: none".to_owned();
        }
        let mocks = self.entries.iter().map(|entry| {
            let id = entry.matcher.operation().id;
            format!("{} ({id}, {} calls)", entry.matcher, entry.received.len())
        });
        format!("mocks: {}", mocks.collect::<Vec<_>>().join("; "))
    }
}
