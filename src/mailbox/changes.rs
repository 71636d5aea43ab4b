//! The changes of several resource types at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use sync_wrapper::SyncWrapper;

use super::types::{Changes, ChangesByType, TypedChanges};
use super::{Client, GetChanges};
use crate::defaults::MAX_EMPTY_CHANGE_SETS;
use crate::error::{Error, Kind};
use crate::paging::LoopGuard;
use crate::paging::feed::{ChangeSet, Feed, endless, rejects_state};
use crate::response::Response;
use crate::transport::call::Pending;

/// A type of resource whose changes the mailbox surface reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceType {
    /// Folders.
    Folders,
    /// Sender identities.
    Identities,
    /// Messages.
    Messages,
    /// Quotas.
    Quotas,
    /// Messages submitted for sending.
    Submissions,
    /// Threads.
    Threads,
}

impl ResourceType {
    /// All resource types.
    pub const ALL: [ResourceType; 6] = [
        Self::Folders,
        Self::Identities,
        Self::Messages,
        Self::Quotas,
        Self::Submissions,
        Self::Threads,
    ];

    /// Returns the name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Folders => "folders",
            Self::Identities => "identities",
            Self::Messages => "messages",
            Self::Quotas => "quotas",
            Self::Submissions => "submissions",
            Self::Threads => "threads",
        }
    }

    fn take(self, changes: &mut ChangesByType) -> Option<Changes> {
        match self {
            Self::Folders => changes.folders.take(),
            Self::Identities => changes.identities.take(),
            Self::Messages => changes.messages.take(),
            Self::Quotas => changes.quotas.take(),
            Self::Submissions => changes.submissions.take(),
            Self::Threads => changes.threads.take(),
        }
    }

    fn since(self, request: GetChanges, state: &str) -> GetChanges {
        match self {
            Self::Folders => request.folders_since_state(state),
            Self::Identities => request.identities_since_state(state),
            Self::Messages => request.messages_since_state(state),
            Self::Quotas => request.quotas_since_state(state),
            Self::Submissions => request.submissions_since_state(state),
            Self::Threads => request.threads_since_state(state),
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The state of each resource type, to save between runs of a program.
pub type SyncStates = BTreeMap<ResourceType, String>;

/// An item of a [`ChangeStream`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceChange {
    /// The changes between two states. Apply them, then save [`ChangeStream::states`].
    Changed(ResourceType, Box<Changes>),
    /// The API cannot list the changes since the state. Discard the local copy of this type and read
    /// it again.
    SyncRequired(ResourceType),
}

/// A stream of the changes of several resource types, up to the current state of each.
///
/// Returned by [`Client::follow`]. This is a [`Stream`], and also has its own [`next`](Self::next)
/// and [`try_next`](Self::try_next).
#[must_use = "changes are fetched when they are polled"]
pub struct ChangeStream {
    client: Client,
    open: BTreeSet<ResourceType>,
    states: SyncStates,
    fetching: Option<SyncWrapper<Pending<Response<TypedChanges>>>>,
    ready: VecDeque<(Option<String>, ResourceChange)>,
    seen: LoopGuard,
    /// Responses without a change since the last one.
    empty: u32,
}

impl GetChanges {
    /// Returns a stream of the changes of messages since the state, up to the current state.
    ///
    /// For other resource types, and for several at once, see [`Client::follow`]; parameters set for
    /// those are not sent.
    pub fn feed(mut self) -> Feed<Changes> {
        self.types = None;
        for resource in ResourceType::ALL {
            self.forget(resource);
        }
        let (call, start) = (self.call.clone(), self.since_state.clone());
        Feed::new(call, Self::OPERATION, start, move |state| {
            let mut next = self.clone();
            next.since_state = state.map(str::to_owned);
            next.request()
        })
    }

    fn forget(&mut self, resource: ResourceType) {
        match resource {
            ResourceType::Folders => self.folders_since_state = None,
            ResourceType::Identities => self.identities_since_state = None,
            ResourceType::Messages => self.messages_since_state = None,
            ResourceType::Quotas => self.quotas_since_state = None,
            ResourceType::Submissions => self.submissions_since_state = None,
            ResourceType::Threads => self.threads_since_state = None,
        }
    }
}

impl Client {
    /// Returns a stream of the changes of these resource types since the saved states, up to the
    /// current ones (`GET /mailbox/changes` with `types`).
    ///
    /// A type without a saved state gets the current one, and no changes.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
    /// # fn load() -> sendmux_client::mailbox::SyncStates { Default::default() }
    /// # fn save(_: &sendmux_client::mailbox::SyncStates) {}
    /// use sendmux_client::mailbox::{ResourceType, ResourceChange};
    ///
    /// let mut changes = client.follow([ResourceType::Messages, ResourceType::Folders], load());
    /// while let Some(change) = changes.try_next().await? {
    ///     match change {
    ///         ResourceChange::Changed(resource, changes) => {
    ///             println!("{resource}: {:?}", changes.created);
    ///         }
    ///         ResourceChange::SyncRequired(resource) => println!("read all {resource} again"),
    ///         _ => {}
    ///     }
    ///     save(changes.states());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(
        &self,
        resources: impl IntoIterator<Item = ResourceType>,
        states: SyncStates,
    ) -> ChangeStream {
        let open: BTreeSet<ResourceType> = resources.into_iter().collect();
        let (client, ready, seen) = (self.clone(), VecDeque::new(), LoopGuard::default());
        let mut following =
            ChangeStream { client, open, states, fetching: None, ready, seen, empty: 0 };
        for (resource, state) in &following.states {
            following.seen.insert(&format!("{resource} {state}"));
        }
        following
    }
}

impl ChangeStream {
    /// Returns the next changes; `None` once every type is at its current state. `SyncRequired` is
    /// returned once for a type, which is not followed any further.
    ///
    /// # Errors
    /// See [`Error`]. An error is returned once and ends the stream; [`states`](Self::states) returns
    /// the states to resume from.
    pub async fn try_next(&mut self) -> Result<Option<ResourceChange>, Error> {
        self.next().await.transpose()
    }

    /// Returns the next changes, or the error that ends the stream; `None` after either.
    pub async fn next(&mut self) -> Option<Result<ResourceChange, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the states to save once the returned changes have been applied. A type that requires a
    /// sync has none, or the one to follow it from once it has been read again.
    pub fn states(&self) -> &SyncStates {
        &self.states
    }

    fn yield_change(&mut self) -> Option<ResourceChange> {
        let (state, change) = self.ready.pop_front()?;
        let (ResourceChange::Changed(resource, _) | ResourceChange::SyncRequired(resource)) =
            &change;
        match state {
            Some(state) => self.states.insert(*resource, state),
            None => self.states.remove(resource),
        };
        Some(change)
    }

    fn fetch(&self) -> Pending<Response<TypedChanges>> {
        let types: Vec<&str> = self.open.iter().map(|resource| resource.as_str()).collect();
        let mut request = self.client.get_changes().types(types.join(","));
        for resource in &self.open {
            if let Some(state) = self.states.get(resource) {
                request = resource.since(request, state);
            }
        }
        let built = request.request();
        request.call.enveloped(GetChanges::OPERATION, built)
    }

    fn accept(&mut self, fetched: Result<Response<TypedChanges>, Error>) -> Result<(), Error> {
        match fetched {
            Ok(response) => self.read(response.into_data().types),
            Err(error) if rejects_state(&error) => self.rejected(error),
            Err(error) => Err(error),
        }
    }

    fn read(&mut self, mut changes: ChangesByType) -> Result<(), Error> {
        self.empty += 1;
        for resource in std::mem::take(&mut self.open) {
            let Some(changes) = resource.take(&mut changes) else {
                return Err(not_advancing(&format!("the changes do not include {resource}")));
            };
            let state = Some(changes.new_state.clone()).filter(|state| !state.is_empty());
            if changes.sync_required() {
                self.ready.push_back((state, ResourceChange::SyncRequired(resource)));
                continue;
            }
            let Some(state) = state else {
                return Err(not_advancing(&format!("the changes of {resource} have no new state")));
            };
            if changes.has_more() {
                if !self.seen.insert(&format!("{resource} {state}")) {
                    return Err(not_advancing(&format!(
                        "the changes of {resource} lead back to an earlier state"
                    )));
                }
                self.open.insert(resource);
            }
            if !changes.is_empty() {
                self.empty = 0;
            }
            let change = ResourceChange::Changed(resource, Box::new(changes));
            self.ready.push_back((Some(state), change));
        }
        if !self.open.is_empty() && self.empty >= MAX_EMPTY_CHANGE_SETS {
            return Err(not_advancing(&endless()));
        }
        Ok(())
    }

    /// Handles the rejection of the state that the API names, or of every state sent if it names
    /// none.
    fn rejected(&mut self, error: Error) -> Result<(), Error> {
        let sent: Vec<ResourceType> = self
            .open
            .iter()
            .copied()
            .filter(|resource| self.states.contains_key(resource))
            .collect();
        let named = |resource: &&ResourceType| {
            let name = format!("{resource}_since_state");
            error.param().is_none_or(|param| param == name)
        };
        let rejected: Vec<ResourceType> = sent.iter().filter(named).copied().collect();
        if rejected.is_empty() {
            return Err(error);
        }
        for resource in rejected {
            self.open.remove(&resource);
            self.ready.push_back((None, ResourceChange::SyncRequired(resource)));
        }
        Ok(())
    }
}

fn not_advancing(message: &str) -> Error {
    Error::because(Kind::Pagination, message).with_operation(GetChanges::OPERATION).sent()
}

impl Stream for ChangeStream {
    type Item = Result<ResourceChange, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(change) = self.yield_change() {
                return Poll::Ready(Some(Ok(change)));
            }
            if self.open.is_empty() {
                return Poll::Ready(None);
            }
            let fetching = self.fetching.take();
            let mut fetching = fetching.unwrap_or_else(|| SyncWrapper::new(self.fetch()));
            let Poll::Ready(fetched) = fetching.get_mut().as_mut().poll(context) else {
                self.fetching = Some(fetching);
                return Poll::Pending;
            };
            if let Err(error) = self.accept(fetched) {
                self.open.clear();
                self.ready.clear();
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl fmt::Debug for ChangeStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeStream").field("open", &self.open).finish_non_exhaustive()
    }
}
