//! Live events as a stream.

pub(crate) mod connection;
pub(crate) mod event;
mod reconnect;
mod source;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use sync_wrapper::SyncWrapper;

use self::connection::MEDIA_TYPE;
use self::event::{Event, EventType};
use self::source::{EventSource, StreamOptions};
use crate::error::Error;
use crate::operation::Operation;
use crate::transport::call::{Call, Pending};
use crate::transport::outbound_request::BuildResult;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A stream of live events, over as many connections as needed (WHATWG HTML, section 9.2).
///
/// When a connection ends, fails or is silent for too long, the stream is reopened after a backoff,
/// from the last event on and with a fresh credential. Events that the server repeats are returned
/// once. The silence limit is two intervals of `ping` and 10 s, or the client's `idle_timeout`
/// without `ping`; any byte counts, whether it belongs to an event or a heartbeat.
///
/// The first connection is attempted as often as the call's [`retry`](crate::RetryPolicy) policy
/// allows, and its failure is an error. The call's `timeout` limits the opening of each connection,
/// not its lifetime. Later, the backoff grows within the bounds of the policy and starts over with
/// each event; the stream's `retry` field and `Retry-After` extend it. The number of attempts is
/// unlimited unless [`give_up_after`](Self::give_up_after) is set.
///
/// The stream ends with an error when reconnecting cannot help: after a 4xx other than 429 (a 401
/// gets one more attempt if the credential comes from a provider), a `Retry-After` beyond the
/// policy's limit, or a failed credential provider. The error is returned once, and
/// [`last_event_id`](Self::last_event_id) returns the id to resume from. The stream ends without an
/// error if the server reports its end (204).
///
/// Nothing runs in the background: the connection is read when an event is polled, and closed when
/// the stream is dropped. Waiting for an event can be cancelled, as by `select!`, without loss.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
/// # fn save(_: Option<&str>) {}
/// # fn last_run() -> String { String::new() }
/// use sendmux_client::EventData;
///
/// let mut events = client.stream_events().ping(30).last_event_id(last_run()).stream();
/// while let Some(event) = events.try_next().await? {
///     match event.data {
///         EventData::Happened(event) => println!("{} {:?}", event.event_type, event.message_id),
///         EventData::SyncRequired(_) => { /* client.get_changes()….feed() */ }
///         EventData::Malformed(event) => eprintln!("{event}"),
///         _ => {}
///     }
///     save(events.last_event_id());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "events are received when they are polled"]
pub struct Events<T> {
    operation: &'static Operation,
    options: StreamOptions,
    state: StreamState<T>,
    last_event_id: Option<Arc<str>>,
    request_id: Option<String>,
    attempts: u32,
}

type Next<T> = (Box<EventSource<T>>, Option<Result<Event<T>, Error>>);

type Waiting<T> = Pin<Box<dyn Future<Output = Next<T>> + Send>>;

enum StreamState<T> {
    Idle(Box<EventSource<T>>),
    Waiting(SyncWrapper<Waiting<T>>),
    Done,
}

impl<T> Events<T> {
    /// Ends the stream when the server closes it in good order, as it does after `close_after`
    /// seconds. By default, the stream is then reopened.
    pub fn end_on_close(mut self) -> Self {
        self.options.end_on_close = true;
        self
    }

    /// Sets the number of consecutive disconnects, without an event in between, after which the
    /// stream ends with an error. Default: unlimited, so that the stream survives a night without
    /// a network.
    pub fn give_up_after(mut self, losses: u32) -> Self {
        self.options.max_losses = Some(losses);
        self
    }

    /// Returns the id to resume from, now or in a later run of the program: pass it to the
    /// request's `last_event_id`. It is the id of the event returned last, or of a later heartbeat
    /// that had one; before the first event, the id passed to the request. `None` also after a
    /// [`SyncRequired`](crate::EventData::SyncRequired) without an id, which leaves nothing to
    /// resume. An id of more than 1 KiB, or with control characters, is not kept.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// Returns the id of the request that opened the current connection, to quote in a support
    /// case.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns the number of attempts made over the whole stream: those to open it, and those to open
    /// it again.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

impl<T: EventType + Send + 'static> Events<T> {
    pub(crate) fn new(
        mut call: Call,
        operation: &'static Operation,
        start: Option<String>,
        ping: Option<i64>,
        build: impl Fn(Option<&str>) -> BuildResult + Send + Sync + 'static,
    ) -> Self {
        let headers = &mut call.options.headers;
        // A header set on the call would be sent with every connection.
        let last_id = headers.iter().rposition(|(name, _)| *name == LAST_EVENT_ID);
        let last_id = last_id.and_then(|index| headers[index].1.to_str().ok().map(str::to_owned));
        headers.retain(|(name, _)| *name != LAST_EVENT_ID);
        headers.insert(0, (ACCEPT, HeaderValue::from_static(MEDIA_TYPE)));
        let max_silence = reconnect::max_silence(ping, call.core.idle_timeout);
        let start = last_id.or(start);
        let source = EventSource::new(call, operation, start, max_silence, Arc::new(build));
        let mut events = Self {
            operation,
            options: StreamOptions::default(),
            last_event_id: None,
            request_id: None,
            attempts: 0,
            state: StreamState::Done,
        };
        events.rest(Box::new(source));
        events
    }

    /// Opens the stream.
    pub(crate) fn open(self) -> Pending<Self> {
        Box::pin(async move {
            let mut events = self;
            let mut source = match std::mem::replace(&mut events.state, StreamState::Done) {
                StreamState::Idle(source) => source,
                state @ (StreamState::Waiting(_) | StreamState::Done) => {
                    events.state = state;
                    return Ok(events);
                }
            };
            let is_open = source.open(events.options).await?;
            events.rest(source);
            if !is_open {
                events.state = StreamState::Done;
            }
            Ok(events)
        })
    }

    /// Returns the next event; `None` after the last one.
    ///
    /// # Errors
    /// As described for the [type](Self). An error is returned once and ends the stream.
    pub async fn try_next(&mut self) -> Result<Option<Event<T>>, Error> {
        self.next().await.transpose()
    }

    /// Returns the next event, or the error that ends the stream; `None` after either.
    pub async fn next(&mut self) -> Option<Result<Event<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn rest(&mut self, source: Box<EventSource<T>>) {
        self.last_event_id = source.resume().cloned();
        self.request_id = source.head().and_then(|head| head.request_id()).map(str::to_owned);
        self.attempts = source.attempts();
        self.state = StreamState::Idle(source);
    }
}

impl<T: EventType + Send + 'static> Stream for Events<T> {
    type Item = Result<Event<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut waiting = match std::mem::replace(&mut self.state, StreamState::Done) {
            StreamState::Done => return Poll::Ready(None),
            StreamState::Waiting(waiting) => waiting,
            StreamState::Idle(mut source) => {
                let options = self.options;
                let waiting: Waiting<T> = Box::pin(async move {
                    let next = source.next(options).await;
                    (source, next)
                });
                SyncWrapper::new(waiting)
            }
        };
        let Poll::Ready((source, next)) = waiting.get_mut().as_mut().poll(context) else {
            self.state = StreamState::Waiting(waiting);
            return Poll::Pending;
        };
        self.rest(source);
        if !matches!(next, Some(Ok(_))) {
            self.state = StreamState::Done;
        }
        Poll::Ready(next)
    }
}

impl<T> Unpin for Events<T> {}

impl<T> fmt::Debug for Events<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
