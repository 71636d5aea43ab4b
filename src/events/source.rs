//! An event stream across its connections.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use sse_core::{MessageEvent, SseDecoder};

use super::connection::{Connection, Read};
use super::event::{Event, EventData, MalformedEvent, StreamEvent, is_heartbeat};
use super::reconnect::{Loss, Next, Reconnect};
use crate::defaults::{MAX_EVENT_BYTES, MAX_EVENT_ID_BYTES, REMEMBERED_EVENTS};
use crate::error::{Error, Kind, one_line};
use crate::http::response_head::ResponseHead;
use crate::observer::WaitReason;
use crate::operation::Operation;
use crate::transport::call::Call;
use crate::transport::outbound_request::BuildResult;
use crate::transport::retry::RetryPolicy;

pub(super) type BuildStream = dyn Fn(Option<&str>) -> BuildResult + Send + Sync;

/// The options that can be changed while the stream is open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StreamOptions {
    pub(super) end_on_close: bool,
    pub(super) max_losses: Option<u32>,
}

pub(super) struct EventSource<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<BuildStream>,
    max_silence: Duration,
    connection: Option<Connection>,
    was_open: bool,
    /// Attempts to open the stream so far.
    attempts: u32,
    /// Head of the response that last opened the stream.
    head: Option<ResponseHead>,
    reconnect: Reconnect,
    /// Wait before the stream is opened again.
    wait: Option<(WaitReason, Duration)>,
    decoder: SseDecoder,
    seen: SeenIds,
    /// The decoder's last id as last observed.
    last_id: Option<Arc<str>>,
    /// The id to resume from.
    resume: Option<Arc<str>>,
    event: PhantomData<fn() -> T>,
}

impl<T: StreamEvent> EventSource<T> {
    pub(super) fn new(
        call: Call,
        operation: &'static Operation,
        start: Option<String>,
        max_silence: Duration,
        build: Arc<BuildStream>,
    ) -> Self {
        let max_event = NonZeroUsize::new(MAX_EVENT_BYTES).unwrap_or(NonZeroUsize::MIN);
        let renewable = call.core.credential.is_renewable();
        let mut seen = SeenIds::default();
        if let Some(start) = &start {
            seen.insert(start);
        }
        Self {
            max_silence,
            connection: None,
            was_open: false,
            attempts: 0,
            head: None,
            reconnect: Reconnect::new(call.retry_policy(), renewable),
            wait: None,
            decoder: SseDecoder::with_limit(max_event),
            seen,
            last_id: None,
            resume: start.map(Arc::from),
            event: PhantomData,
            call,
            operation,
            build,
        }
    }

    pub(super) fn resume(&self) -> Option<&Arc<str>> {
        self.resume.as_ref()
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) fn head(&self) -> Option<&ResponseHead> {
        self.head.as_ref()
    }

    pub(super) async fn next(&mut self, options: StreamOptions) -> Option<Result<Event<T>, Error>> {
        loop {
            let Some(connection) = &mut self.connection else {
                match self.open(options).await {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                }
            };
            let clock = &*self.call.core.clock;
            match connection.read(&mut self.decoder, clock, self.max_silence).await {
                Read::Message(message) => {
                    if let Some(event) = self.event(message) {
                        return Some(Ok(event));
                    }
                }
                Read::TooLarge => {
                    let reason = format!("larger than {MAX_EVENT_BYTES} bytes");
                    let data = EventData::Malformed(MalformedEvent { text: String::new(), reason });
                    self.reconnect.progressed();
                    let (id, name) = (self.resume.clone(), "message".to_owned());
                    return Some(Ok(Event { id, name, data }));
                }
                Read::Retry(time) => self.reconnect.advised(time),
                Read::Ended(error) => {
                    self.update_id();
                    self.connection = None;
                    if error.is_none() && options.end_on_close {
                        return None;
                    }
                    if let Err(error) = self.lose(error, options) {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    /// Opens the stream; returns false if the server reports its end.
    ///
    /// The first time, the transport retries as for any call. Later, it makes one attempt at a
    /// time, and this loop waits between them.
    pub(super) async fn open(&mut self, options: StreamOptions) -> Result<bool, Error> {
        loop {
            if let Some((reason, wait)) = self.wait.take() {
                self.call.core.wait(self.operation, reason, wait, self.attempts).await;
            }
            let mut call = self.call.clone();
            if self.was_open {
                call.options.retry = Some(RetryPolicy::none());
            }
            let request = (self.build)(self.resume.as_deref());
            match Connection::open(&call, self.operation, request).await {
                Ok((attempts, Some(connection))) => {
                    self.was_open = true;
                    self.reconnect.opened();
                    self.decoder.reconnect_with_id(self.resume.clone());
                    self.last_id.clone_from(&self.resume);
                    self.attempts += attempts;
                    let mut head = connection.head().clone();
                    head.attempts = self.attempts;
                    self.head = Some(head);
                    self.connection = Some(connection);
                    return Ok(true);
                }
                Ok((attempts, None)) => {
                    self.attempts += attempts;
                    return Ok(false);
                }
                Err(error) if self.was_open => {
                    let made = error.attempts();
                    let error = error.after_attempts(self.attempts);
                    self.attempts += made;
                    let loss = Loss::failed(&error, self.call.core.clock.wall());
                    self.wait_after(loss, options).ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Decides what follows the end of a connection.
    fn lose(&mut self, error: Option<Error>, options: StreamOptions) -> Result<(), Error> {
        let loss = if error.is_some() { Loss::Broken } else { Loss::Closed };
        self.wait_after(loss, options).ok_or_else(|| {
            let closed = || Error::because(Kind::Connection, "the event stream keeps closing");
            let error = error.unwrap_or_else(closed).with_operation(self.operation).sent();
            match self.head.clone() {
                Some(head) => error.with_head(head),
                None => error,
            }
        })
    }

    fn wait_after(&mut self, loss: Loss, options: StreamOptions) -> Option<()> {
        let random = self.call.core.clock.fraction();
        match self.reconnect.after(loss, options.max_losses, random) {
            Next::Open { after } => {
                let asked = self.reconnect.is_advised() || loss.asks_to_wait();
                let reason = if asked { WaitReason::RetryAfter } else { WaitReason::Backoff };
                self.wait = Some((reason, after));
            }
            Next::Stop => return None,
        }
        Some(())
    }

    /// Turns a message into an event, unless it is a heartbeat or a repetition.
    fn event(&mut self, message: MessageEvent) -> Option<Event<T>> {
        let has_id = self.update_id();
        let MessageEvent { event: name, data: text, last_event_id: id } = message;
        let name = name.into_owned();
        let data = match T::read(&text) {
            Ok(data) if data.requires_sync() => EventData::SyncRequired(data),
            Ok(data) => EventData::Happened(data),
            Err(_) if is_heartbeat::<T>(&name, has_id, &text) => return None,
            Err(failure) => {
                let reason = match failure.path.as_str() {
                    "." => failure.reason,
                    path => format!("{} at `{path}`", failure.reason),
                };
                EventData::Malformed(MalformedEvent { text, reason: one_line(&reason) })
            }
        };
        if has_id && id.as_deref().is_some_and(|id| !self.seen.insert(id)) {
            return None;
        }
        match data {
            EventData::SyncRequired(_) if !has_id => {
                // What follows the old id is lost: resuming from it would only end here again.
                self.resume = None;
            }
            EventData::SyncRequired(_) => {}
            _ => self.reconnect.progressed(),
        }
        Some(Event { id: self.resume.clone(), name, data })
    }

    /// Takes over the decoder's last id; returns true if it belongs to the latest event and is not
    /// inherited from an earlier one.
    fn update_id(&mut self) -> bool {
        let last = self.decoder.last_event_id();
        let same = match (last, &self.last_id) {
            // The decoder allocates an id for each `id` field, even with the same text.
            (Some(last), Some(known)) => Arc::ptr_eq(last, known),
            (last, known) => last.is_none() && known.is_none(),
        };
        if same {
            return false;
        }
        self.last_id = last.cloned();
        if self.last_id.as_deref().is_none_or(can_be_sent) {
            self.resume.clone_from(&self.last_id);
        }
        self.last_id.is_some()
    }
}

/// Returns true if an id can be sent in a header to resume the stream.
fn can_be_sent(id: &str) -> bool {
    id.len() <= MAX_EVENT_ID_BYTES && !id.chars().any(char::is_control)
}

/// The most recent event ids, as hashes, so that long ids take no more memory than short ones.
#[derive(Default)]
struct SeenIds {
    hasher: RandomState,
    order: VecDeque<u64>,
    hashes: HashSet<u64>,
}

impl SeenIds {
    /// Returns false if the id is among the most recent ones.
    fn insert(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        if !self.hashes.insert(hash) {
            return false;
        }
        if self.order.len() == REMEMBERED_EVENTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        self.order.push_back(hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recent_ids_are_remembered() {
        let mut seen = SeenIds::default();
        assert!(seen.insert("a"));
        assert!(!seen.insert("a"));
        for number in 0..REMEMBERED_EVENTS {
            assert!(seen.insert(&number.to_string()));
        }
        assert!(seen.insert("a"));
        assert!(!seen.insert(&(REMEMBERED_EVENTS - 1).to_string()));
        assert_eq!(seen.hashes.len(), REMEMBERED_EVENTS);
        assert_eq!(seen.order.len(), REMEMBERED_EVENTS);
    }
}
