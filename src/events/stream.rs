//! A stream of events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};

use super::connection::MEDIA_TYPE;
use super::event::Event;
use super::follow::{Follow, Wishes};
use super::silence;
use super::streamed::Streamed;
use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::call::{Call, Pending};
use crate::error::Error;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Events as they happen, over as many connections as it takes (WHATWG HTML, section 9.2).
///
/// A connection that ends, breaks or falls silent is opened again after a wait, from the last event
/// on, with the credential asked for anew. What the server replays is handed out once. Silence is
/// counted from the last byte, be it an event or a heartbeat of whatever form: two intervals of
/// `ping` and 10 s, or the client's `idle_timeout` where no `ping` was asked for.
///
/// The first connection is tried as often as the call's [`retry`](crate::RetryPolicy) says, and its
/// failure is an error. The call's `timeout` bounds the opening of each connection, not its life.
/// Later on, waits grow from the first bound of that policy's backoff to its cap, and start over
/// with each event; the server's `retry` field and `Retry-After` make them longer. There is no
/// limit to the attempts but [`give_up_after`](Self::give_up_after). What no repeat can better ends
/// the events with an error: a refusal (any 4xx but 429, and 401 only once more if a provider gives
/// the credential), a `Retry-After` beyond the policy's limit, a credential provider that fails. It
/// comes once, and [`last_event_id`](Self::last_event_id) says where to go on. The events just end
/// if the server says that there are no more (204).
///
/// Nothing runs in the background: the connection is read when an event is asked for, and closed
/// when this is dropped. Waiting for an event can be abandoned (as `select!` does) without loss.
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
///         EventData::Unreadable(problem) => eprintln!("{problem}"),
///         _ => {}
///     }
///     save(events.last_event_id());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "events are received when they are asked for"]
pub struct Events<T> {
    operation: &'static Operation,
    wishes: Wishes,
    state: State<T>,
    last_event_id: Option<Arc<str>>,
    request_id: Option<String>,
}

type Step<T> = (Box<Follow<T>>, Option<Result<Event<T>, Error>>);

enum State<T> {
    Idle(Box<Follow<T>>),
    Waiting(Pin<Box<dyn Future<Output = Step<T>> + Send>>),
    Over,
}

impl<T> Events<T> {
    /// Ends the events when the server closes the stream in good order, as it does after
    /// `close_after` seconds. Without this, the stream is opened again then.
    pub fn end_on_close(mut self) -> Self {
        self.wishes.end_on_close = true;
        self
    }

    /// Ends the events with an error after so many losses of the connection without an event
    /// between them. Default: no limit, so that a night without a network is survived.
    pub fn give_up_after(mut self, losses: u32) -> Self {
        self.wishes.patience = Some(losses);
        self
    }

    /// The id to resume from, now or in another run of the program: give it to the request's
    /// `last_event_id`. That of the event handed out last or, after it, of a heartbeat that had
    /// one; before the first event, what the request was given. `None` also after a
    /// [`SyncRequired`](crate::EventData::SyncRequired) without an id, which leaves nothing to
    /// resume.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// Id of the request that the present connection was opened by, to name in a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

#[expect(private_bounds, reason = "types of events are generated")]
impl<T: Streamed + Send + 'static> Events<T> {
    pub(crate) fn new(
        mut call: Call,
        operation: &'static Operation,
        start: Option<String>,
        ping: Option<i64>,
        build: impl Fn(Option<&str>) -> Built + Send + Sync + 'static,
    ) -> Self {
        let headers = &mut call.options.headers;
        // One that stayed here would go out with every connection.
        let own = headers.iter().rposition(|(name, _)| *name == LAST_EVENT_ID);
        let own = own.and_then(|place| headers[place].1.to_str().ok().map(str::to_owned));
        headers.retain(|(name, _)| *name != LAST_EVENT_ID);
        headers.insert(0, (ACCEPT, HeaderValue::from_static(MEDIA_TYPE)));
        let silence = silence::limit(ping, call.core.idle_timeout);
        let follow = Follow::new(call, operation, own.or(start), silence, Arc::new(build));
        let mut events = Self {
            operation,
            wishes: Wishes::default(),
            last_event_id: None,
            request_id: None,
            state: State::Over,
        };
        events.rest(Box::new(follow));
        events
    }

    /// Opens the stream.
    pub(crate) fn open(self) -> Pending<Self> {
        Box::pin(async move {
            let Self { operation, wishes, mut state, last_event_id, request_id } = self;
            let mut follow = match state {
                State::Idle(follow) => follow,
                state @ (State::Waiting(_) | State::Over) => {
                    return Ok(Self { operation, wishes, state, last_event_id, request_id });
                }
            };
            let is_open = follow.open(wishes).await?;
            state = State::Over;
            let mut events = Self { operation, wishes, state, last_event_id, request_id };
            if is_open {
                events.rest(follow);
            }
            Ok(events)
        })
    }

    /// The next event; `None` after the last one.
    ///
    /// # Errors
    /// As the [type](Self) describes; once, and then the events are over.
    pub async fn try_next(&mut self) -> Result<Option<Event<T>>, Error> {
        self.next().await.transpose()
    }

    /// The next event or the error that ended the events; `None` after either.
    pub async fn next(&mut self) -> Option<Result<Event<T>, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn rest(&mut self, follow: Box<Follow<T>>) {
        self.last_event_id = follow.resume().cloned();
        self.request_id = follow.head().and_then(|head| head.request_id()).map(str::to_owned);
        self.state = State::Idle(follow);
    }
}

impl<T: Streamed + Send + 'static> Stream for Events<T> {
    type Item = Result<Event<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut waiting = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => return Poll::Ready(None),
            State::Waiting(waiting) => waiting,
            State::Idle(mut follow) => {
                let wishes = self.wishes;
                Box::pin(async move {
                    let next = follow.next(wishes).await;
                    (follow, next)
                })
            }
        };
        let Poll::Ready((follow, next)) = waiting.as_mut().poll(context) else {
            self.state = State::Waiting(waiting);
            return Poll::Pending;
        };
        self.rest(follow);
        if !matches!(next, Some(Ok(_))) {
            self.state = State::Over;
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
