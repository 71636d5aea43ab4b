//! Following a stream over its connections.

use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use sse_core::{MessageEvent, SseDecoder};

use super::connection::{Connection, Read};
use super::event::{Event, EventData, Unreadable};
use super::reconnect::{Loss, Next, Reconnect};
use super::replay::Replays;
use super::streamed::{Streamed, is_heartbeat};
use crate::answer::head::Head;
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::defaults::{MAX_EVENT_BYTES, MAX_EVENT_ID_BYTES};
use crate::error::{Error, Kind};
use crate::transport::retry::RetryPolicy;

pub(super) type Build = dyn Fn(Option<&str>) -> Built + Send + Sync;

/// What the caller can say at any time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    pub(super) end_on_close: bool,
    pub(super) patience: Option<u32>,
}

pub(super) struct Follow<T> {
    call: Call,
    operation: &'static Operation,
    build: Arc<Build>,
    silence: Duration,
    connection: Option<Connection>,
    was_open: bool,
    /// Head of the answer that opened the stream last.
    head: Option<Head>,
    reconnect: Reconnect,
    /// To be waited before the stream is opened again.
    wait: Option<Duration>,
    decoder: SseDecoder,
    replays: Replays,
    /// The decoder's last id, as it was seen last.
    known: Option<Arc<str>>,
    /// The id to resume from.
    resume: Option<Arc<str>>,
    event: PhantomData<fn() -> T>,
}

impl<T: Streamed> Follow<T> {
    pub(super) fn new(
        call: Call,
        operation: &'static Operation,
        start: Option<String>,
        silence: Duration,
        build: Arc<Build>,
    ) -> Self {
        let limit = NonZeroUsize::new(MAX_EVENT_BYTES).unwrap_or(NonZeroUsize::MIN);
        let policy = call.options.retry.unwrap_or(call.core.retry);
        let mut replays = Replays::default();
        if let Some(start) = &start {
            replays.insert(start);
        }
        Self {
            silence,
            connection: None,
            was_open: false,
            head: None,
            reconnect: Reconnect::new(policy, call.core.credential.is_renewable()),
            wait: None,
            decoder: SseDecoder::with_limit(limit),
            replays,
            known: None,
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

    pub(super) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    pub(super) async fn next(&mut self, wishes: Wishes) -> Option<Result<Event<T>, Error>> {
        loop {
            let Some(connection) = &mut self.connection else {
                match self.open(wishes).await {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                }
            };
            let clock = &*self.call.core.clock;
            match connection.read(&mut self.decoder, clock, self.silence).await {
                Read::Message(message) => {
                    if let Some(event) = self.event(message) {
                        return Some(Ok(event));
                    }
                }
                Read::TooLarge => {
                    let problem = format!("it has more than {MAX_EVENT_BYTES} bytes");
                    let data = EventData::Unreadable(Unreadable { text: String::new(), problem });
                    self.reconnect.progressed();
                    let (id, name) = (self.resume.clone(), "message".to_owned());
                    return Some(Ok(Event { id, name, data }));
                }
                Read::Retry(time) => self.reconnect.advised(time),
                Read::Over(error) => {
                    self.learn_id();
                    self.connection = None;
                    if error.is_none() && wishes.end_on_close {
                        return None;
                    }
                    if let Err(error) = self.lose(error, wishes) {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    /// Opens the stream; false if the server says that there is no more.
    ///
    /// The first time, the transport repeats what fails as it does for any call. Later on it makes
    /// one attempt, and all the waiting is done here.
    pub(super) async fn open(&mut self, wishes: Wishes) -> Result<bool, Error> {
        loop {
            if let Some(wait) = self.wait.take() {
                self.call.core.clock.sleep(wait).await;
            }
            let mut call = self.call.clone();
            if self.was_open {
                call.options.retry = Some(RetryPolicy::none());
            }
            let request = (self.build)(self.resume.as_deref());
            match Connection::open(&call, self.operation, request).await {
                Ok(Some(connection)) => {
                    self.was_open = true;
                    self.reconnect.opened();
                    self.decoder.reconnect_with_id(self.resume.clone());
                    self.known.clone_from(&self.resume);
                    self.head = Some(connection.head().clone());
                    self.connection = Some(connection);
                    return Ok(true);
                }
                Ok(None) => return Ok(false),
                Err(error) if self.was_open => {
                    let loss = Loss::failed(&error, self.call.core.clock.wall());
                    self.wait_after(loss, wishes).ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Decides what follows the end of a connection.
    fn lose(&mut self, error: Option<Error>, wishes: Wishes) -> Result<(), Error> {
        let loss = if error.is_some() { Loss::Broken } else { Loss::Closed };
        self.wait_after(loss, wishes).ok_or_else(|| {
            let closed = || Error::because(Kind::Interrupted, "the event stream keeps closing");
            let error = error.unwrap_or_else(closed).with_operation(self.operation).sent();
            match self.head.clone() {
                Some(head) => error.with_head(head),
                None => error,
            }
        })
    }

    fn wait_after(&mut self, loss: Loss, wishes: Wishes) -> Option<()> {
        let random = self.call.core.clock.fraction();
        match self.reconnect.after(loss, wishes.patience, random) {
            Next::Open { after } => self.wait = Some(after),
            Next::Stop => return None,
        }
        Some(())
    }

    /// What a message of the stream is to the caller, unless it is a heartbeat or was there before.
    fn event(&mut self, message: MessageEvent) -> Option<Event<T>> {
        let own_id = self.learn_id();
        let MessageEvent { event: name, data: text, last_event_id: id } = message;
        let name = name.into_owned();
        let data = match T::read(&text) {
            Ok(data) if data.requires_sync() => EventData::SyncRequired(data),
            Ok(data) => EventData::Happened(data),
            Err(_) if is_heartbeat::<T>(&name, own_id, &text) => return None,
            Err(misfit) => {
                let problem = match misfit.field.as_str() {
                    "." => misfit.what,
                    field => format!("{} at `{field}`", misfit.what),
                };
                EventData::Unreadable(Unreadable { text, problem })
            }
        };
        if own_id && id.as_deref().is_some_and(|id| !self.replays.insert(id)) {
            return None;
        }
        match data {
            EventData::SyncRequired(_) if !own_id => {
                // What follows the old id is lost already: asking for it would only end here again.
                self.resume = None;
            }
            EventData::SyncRequired(_) => {}
            _ => self.reconnect.progressed(),
        }
        Some(Event { id: self.resume.clone(), name, data })
    }

    /// Takes over the decoder's last id; true if it is new, and not that of an earlier event, which
    /// an event without an id has too.
    fn learn_id(&mut self) -> bool {
        let last = self.decoder.last_event_id();
        let same = match (last, &self.known) {
            // The decoder makes a new one for each `id` field, even with the same text.
            (Some(last), Some(known)) => Arc::ptr_eq(last, known),
            (last, known) => last.is_none() && known.is_none(),
        };
        if same {
            return false;
        }
        self.known = last.cloned();
        if self.known.as_deref().is_none_or(can_be_sent) {
            self.resume.clone_from(&self.known);
        }
        self.known.is_some()
    }
}

/// Whether a header can carry an id, so that the stream can be resumed by it.
fn can_be_sent(id: &str) -> bool {
    id.len() <= MAX_EVENT_ID_BYTES && !id.chars().any(char::is_control)
}
