//! The life of a draft: saved, edited, scheduled and sent, and never sent twice.

mod state;

use std::fmt;
use std::sync::Arc;

pub use self::state::DraftState;
use self::state::{is_under_way, tells_outcome};

use super::Client;
use super::types::{
    Draft, DraftAction, DraftCreate, DraftScheduleUpdate, DraftSend, DraftSource, DraftUpdate,
};
use crate::clock::Polling;
use crate::defaults::{BACKGROUND_TIMEOUT, MODIFY_ROUNDS};
use crate::error::{Error, Kind};
use crate::transport::call::{CallOptions, RequestBuilder, call_options};
use crate::transport::retry::{self, RetryPolicy};
use crate::values::timestamp::Timestamp;

/// A draft of the mailbox, by its id, with the steps of its life.
///
/// Returned by [`Client::draft`]. The API saves and sends drafts in the background; the methods wait
/// for that, with reads that become rarer, and return where the draft stands. Nothing is sent
/// before a returned future is polled, and dropping it ends the waiting, not the work.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
/// use sendmux_client::mailbox::DraftState;
/// use sendmux_client::mailbox::types::{DraftCreate, DraftUpdate};
///
/// let created = client.create_draft(DraftCreate::reply("msg_1").text_body("Thanks!")).await?;
/// let draft = client.draft(&*created.id);
/// let edited = draft.edit(|current| {
///     let is_empty = current.subject.as_deref().unwrap_or_default().is_empty();
///     is_empty.then(|| DraftUpdate::new(current.revision).subject("Your question"))
/// });
/// let DraftState::Ready(reviewed) = edited.await? else { return Ok(()) };
/// match draft.send(&reviewed).await? {
///     DraftState::Queued(sent) => println!("accepted as {:?}", sent.message_id),
///     DraftState::Failed(failed) => println!("not sent: {:?}", failed.failure_code),
///     DraftState::Uncertain { .. } => println!("to be read again later, not sent again"),
///     other => println!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DraftHandle {
    client: Client,
    id: String,
    mailbox_id: Option<String>,
    options: CallOptions,
}

impl DraftCreate {
    /// Creates a reply to the sender of a message, or to its `Reply-To`.
    #[must_use]
    pub fn reply(message_id: impl Into<String>) -> Self {
        Self::from_message(message_id, DraftAction::Reply)
    }

    /// Creates a reply to the sender and all visible recipients of a message.
    #[must_use]
    pub fn reply_all(message_id: impl Into<String>) -> Self {
        Self::from_message(message_id, DraftAction::ReplyAll)
    }

    /// Creates a copy of a message with its files, without recipients.
    #[must_use]
    pub fn forward(message_id: impl Into<String>) -> Self {
        Self::from_message(message_id, DraftAction::Forward)
    }

    /// Turns an existing draft message into a saved draft.
    ///
    /// The API requires an `Idempotency-Key` for this. Each call has a random one unless it is set;
    /// to adopt a message once even after a crash, save a key and set it.
    #[must_use]
    pub fn adopt(message_id: impl Into<String>) -> Self {
        Self::from_message(message_id, DraftAction::Adopt)
    }

    fn from_message(message_id: impl Into<String>, action: DraftAction) -> Self {
        Self::new().source(DraftSource::new(message_id, action))
    }
}

impl Client {
    /// Returns a handle of the draft with this id, to edit, schedule and send it.
    ///
    /// [`create_draft`](Client::create_draft) creates a draft. It is not known whether every server
    /// has drafts yet: one that has none responds with 404.
    pub fn draft(&self, id: impl Into<String>) -> DraftHandle {
        let (client, id, options) = (self.clone(), id.into(), CallOptions::default());
        DraftHandle { client, id, mailbox_id: None, options }
    }
}

call_options! {
    impl [] DraftHandle, |handle| handle.options;
    timeout: "The deadline applies to each request, and to the waits between reads together, for \
              which the default is 60 s.";
    retry: "The policy applies to each request. Whatever it says, a draft is not sent again once \
            the request may have reached the API.";
}

impl DraftHandle {
    /// Sets the public id of the mailbox to act on, for credentials that cover several.
    #[must_use]
    pub fn mailbox_id(mut self, mailbox_id: impl Into<String>) -> Self {
        self.mailbox_id = Some(mailbox_id.into());
        self
    }

    /// Returns the id of the draft.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads the draft until it is neither being saved nor being sent. Also tells the outcome of an
    /// earlier send.
    ///
    /// # Errors
    /// See [`Error`]. If the work is not done within the timeout, the result is
    /// [`DraftState::Uncertain`].
    pub async fn wait(&self) -> Result<DraftState, Error> {
        let draft = self.read().await?;
        self.settle(draft).await
    }

    /// Edits the last revision of the draft, and waits until it is saved.
    ///
    /// Passes the draft to `change` and sends the update it returns, whose `expected_revision` is set
    /// to that revision. If someone else edited the draft in between, starts over with the new
    /// revision: up to five times, after short random waits. `change` returns `None` to leave the
    /// draft as it is. It is called for a ready or failed draft only; any other state is returned at
    /// once, since the API does not edit such a draft.
    ///
    /// # Errors
    /// See [`Error`]. If the draft was changed each time, the last rejection, for which
    /// [`Error::is_precondition_failed`] returns true. After a lost response the update is not
    /// repeated; it may have been made.
    pub async fn edit(
        &self,
        mut change: impl FnMut(&Draft) -> Option<DraftUpdate>,
    ) -> Result<DraftState, Error> {
        let mut round = 1;
        loop {
            let state = self.wait().await?;
            let (DraftState::Ready(draft) | DraftState::Failed(draft)) = &state else {
                return Ok(state);
            };
            let Some(mut update) = change(draft) else { return Ok(state) };
            update.expected_revision = draft.revision;
            let mut request = self.with_options(self.client.update_draft(&*self.id, update));
            request.mailbox_id = self.mailbox_or(request.mailbox_id);
            match request.await {
                Ok(edited) => return self.settle(edited.into_data()).await,
                Err(error) if error.is_precondition_failed() && round < MODIFY_ROUNDS => {}
                Err(error) => return Err(error),
            }
            let clock = &*self.client.core.clock;
            clock.sleep(retry::backoff(&RetryPolicy::default(), round, clock.fraction())).await;
            round += 1;
        }
    }

    /// Sends exactly this revision of the draft, once, and waits for the outcome.
    ///
    /// The request is never repeated once it may have reached the API. If its response is lost, or
    /// the outcome is `uncertain`, the draft is read until the outcome is known; if it stays unknown,
    /// the result is [`DraftState::Uncertain`].
    ///
    /// # Errors
    /// If the draft was certainly not sent: the API rejected the request, or nothing reached it. If
    /// the draft has another revision or another schedule by now,
    /// [`Error::is_precondition_failed`] returns true.
    pub async fn send(&self, draft: &Draft) -> Result<DraftState, Error> {
        self.submit(draft, None).await
    }

    /// Schedules exactly this revision of the draft, to be sent not before `at`.
    ///
    /// The API accepts times up to 30 days ahead; fractions of a millisecond are cut off. A lost
    /// response is handled as by [`send`](Self::send).
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn schedule(
        &self,
        draft: &Draft,
        at: impl Into<Timestamp>,
    ) -> Result<DraftState, Error> {
        self.submit(draft, Some(at.into())).await
    }

    /// Moves the schedule of a draft to another time.
    ///
    /// # Errors
    /// See [`Error`]. If the draft is being sent, or its schedule has changed,
    /// [`Error::is_precondition_failed`] returns true. After a lost response, repeating the call with
    /// the same draft is safe.
    pub async fn reschedule(
        &self,
        draft: &Draft,
        at: impl Into<Timestamp>,
    ) -> Result<DraftState, Error> {
        self.control(draft, Some(at.into())).await
    }

    /// Cancels the schedule of a draft, which is then ready to be edited or sent.
    ///
    /// # Errors
    /// As for [`reschedule`](Self::reschedule).
    pub async fn cancel(&self, draft: &Draft) -> Result<DraftState, Error> {
        self.control(draft, None).await
    }

    async fn read(&self) -> Result<Draft, Error> {
        let mut request = self.with_options(self.client.get_draft(&*self.id));
        request.mailbox_id = self.mailbox_or(request.mailbox_id);
        Ok(request.await?.into_data())
    }

    /// Waits until no work on the draft is under way.
    async fn settle(&self, mut draft: Draft) -> Result<DraftState, Error> {
        let mut polling = self.polling();
        while is_under_way(&draft) && polling.pause().await {
            draft = self.read().await?;
        }
        Ok(DraftState::of(draft))
    }

    async fn submit(&self, seen: &Draft, at: Option<Timestamp>) -> Result<DraftState, Error> {
        let operation = super::SendDraft::OPERATION;
        self.check(seen).map_err(|error| error.with_operation(operation))?;
        // The version of the schedule is required after a canceled one.
        let version = seen.schedule_version;
        let mut body = DraftSend::new(seen.revision).expected_schedule_version(version);
        body.scheduled_for = at;
        let mut request = self.with_options(self.client.send_draft(&*self.id, body));
        request.mailbox_id = self.mailbox_or(request.mailbox_id);
        match request.await {
            Ok(response) => Ok(self.read_back(seen, Some(response.into_data()), None).await),
            Err(error) if leaves_open(&error) => Ok(self.read_back(seen, None, Some(error)).await),
            Err(error) => Err(error),
        }
    }

    /// Reads a draft until the outcome of sending it is known, or no time is left.
    async fn read_back(
        &self,
        seen: &Draft,
        answered: Option<Draft>,
        mut error: Option<Error>,
    ) -> DraftState {
        let lost = error.is_some();
        let mut polling = self.polling();
        let mut last = answered;
        let mut read = last.is_some();
        loop {
            if !read {
                match self.read().await {
                    Ok(draft) => last = Some(draft),
                    Err(failed) => {
                        let ends = !failed.is_retryable();
                        error = error.or(Some(failed));
                        if ends {
                            break;
                        }
                    }
                }
            }
            if let Some(draft) = last.take_if(|draft| tells_outcome(seen, draft, lost)) {
                return DraftState::of(draft);
            }
            let changed = last.as_ref().is_some_and(|draft| draft.revision != seen.revision);
            if changed || !polling.pause().await {
                break;
            }
            read = false;
        }
        DraftState::Uncertain { draft: last.map(Box::new), error }
    }

    async fn control(&self, seen: &Draft, at: Option<Timestamp>) -> Result<DraftState, Error> {
        let operation = super::UpdateDraftSchedule::OPERATION;
        self.check(seen).map_err(|error| error.with_operation(operation))?;
        let body = DraftScheduleUpdate::new(seen.revision, seen.schedule_version, at);
        let mut request = self.with_options(self.client.update_draft_schedule(&*self.id, body));
        request.mailbox_id = self.mailbox_or(request.mailbox_id);
        let error = match request.await {
            Ok(response) => return Ok(DraftState::of(response.into_data())),
            Err(error) if leaves_open(&error) => error,
            Err(error) => return Err(error),
        };
        let millis = |at: Option<Timestamp>| at.map(Timestamp::unix_millis);
        match self.read().await {
            Ok(draft)
                if draft.schedule_version == seen.schedule_version.saturating_add(1)
                    && millis(draft.scheduled_for) == millis(at) =>
            {
                Ok(DraftState::of(draft))
            }
            _ => Err(error),
        }
    }

    /// Checks that a draft which the caller has seen is this one.
    fn check(&self, seen: &Draft) -> Result<(), Error> {
        if seen.id == self.id {
            return Ok(());
        }
        Err(Error::because(Kind::Request, "the draft has another id than its handle"))
    }

    fn with_options<R: RequestBuilder>(&self, mut request: R) -> R {
        request.call_mut().options = self.options.clone();
        request
    }

    /// Returns the mailbox to act on: the handle's, or else the client's.
    fn mailbox_or(&self, default: Option<String>) -> Option<String> {
        self.mailbox_id.clone().or(default)
    }

    fn polling(&self) -> Polling {
        let limit = self.options.timeout.unwrap_or(BACKGROUND_TIMEOUT);
        Polling::new(Arc::clone(&self.client.core.clock), limit)
    }
}

impl fmt::Debug for DraftHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DraftHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Returns true if a failed request may have taken effect.
fn leaves_open(error: &Error) -> bool {
    let by_status = |status: reqwest::StatusCode| {
        status.is_success()
            || status.is_server_error()
            || status == reqwest::StatusCode::REQUEST_TIMEOUT
    };
    error.may_have_been_sent() && error.status().is_none_or(by_status)
}
