//! Several kinds of resource followed at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::{Deserialize, Serialize};

use super::types::{Changes, ChangesByType, TypedChanges};
use super::{Client, GetChanges};
use crate::error::{Error, Kind};
use crate::list::feed::{Advance, refuses_state};
use crate::list::seen::Seen;
use crate::{Feed, Pending, Response};

/// A kind of resource that the mailbox surface tells changes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// Folders.
    Folders,
    /// Sender identities.
    Identities,
    /// Messages.
    Messages,
    /// Quotas.
    Quotas,
    /// Messages on their way out.
    Submissions,
    /// Threads.
    Threads,
}

impl Resource {
    /// Every kind.
    pub const ALL: [Resource; 6] = [
        Self::Folders,
        Self::Identities,
        Self::Messages,
        Self::Quotas,
        Self::Submissions,
        Self::Threads,
    ];

    /// Name in the API.
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

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far each kind of resource was followed: what a program keeps between two runs.
pub type States = BTreeMap<Resource, String>;

/// What changed in one kind of resource.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ResourceChange {
    /// What changed between two states. Apply it, then keep [`Following::states`].
    Changed(Resource, Box<Changes>),
    /// The API cannot say what changed since the state. Drop what was read of this kind and read it
    /// whole.
    SyncRequired(Resource),
}

/// What changed in several kinds of resource, up to the present state of each; made by
/// [`Client::follow`]. It is a [`Stream`], and has [`next`](Self::next) and
/// [`try_next`](Self::try_next) of its own.
#[must_use = "changes are fetched when they are asked for"]
pub struct Following {
    client: Client,
    open: BTreeSet<Resource>,
    states: States,
    fetching: Option<Pending<Response<TypedChanges>>>,
    ready: VecDeque<(Option<String>, ResourceChange)>,
    seen: Seen,
}

impl GetChanges {
    /// What changed in messages since the state, answer after answer, up to the present state.
    ///
    /// For other kinds of resource, and for several at once, see [`Client::follow`]; what was set for
    /// those is not sent.
    pub fn feed(mut self) -> Feed<Changes> {
        self.types = None;
        for resource in Resource::ALL {
            self.forget(resource);
        }
        let (call, start) = (self.call.clone(), self.since_state.clone());
        Feed::new(call, Self::OPERATION, start, move |state| {
            let mut next = self.clone();
            next.since_state = state.map(str::to_owned);
            next.request()
        })
    }

    fn forget(&mut self, resource: Resource) {
        match resource {
            Resource::Folders => self.folders_since_state = None,
            Resource::Identities => self.identities_since_state = None,
            Resource::Messages => self.messages_since_state = None,
            Resource::Quotas => self.quotas_since_state = None,
            Resource::Submissions => self.submissions_since_state = None,
            Resource::Threads => self.threads_since_state = None,
        }
    }
}

impl Client {
    /// What changed in these kinds of resource since the states that were kept of them, up to the
    /// present states (`GET /mailbox/changes` with `types`).
    ///
    /// A kind without a state gets the present one, and no changes.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
    /// # fn load() -> sendmux_client::mailbox::States { Default::default() }
    /// # fn save(_: &sendmux_client::mailbox::States) {}
    /// use sendmux_client::mailbox::{Resource, ResourceChange};
    ///
    /// let mut changes = client.follow([Resource::Messages, Resource::Folders], load());
    /// while let Some(change) = changes.try_next().await? {
    ///     match change {
    ///         ResourceChange::Changed(kind, what) => println!("{kind}: {:?}", what.created),
    ///         ResourceChange::SyncRequired(kind) => println!("read all {kind} again"),
    ///         _ => {}
    ///     }
    ///     save(changes.states());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(
        &self,
        resources: impl IntoIterator<Item = Resource>,
        states: States,
    ) -> Following {
        let open: BTreeSet<Resource> = resources.into_iter().collect();
        let (client, ready, seen) = (self.clone(), VecDeque::new(), Seen::default());
        let mut following = Following { client, open, states, fetching: None, ready, seen };
        for (resource, state) in &following.states {
            following.seen.insert(&format!("{resource} {state}"));
        }
        following
    }
}

impl Following {
    /// What changed next; `None` once all are at their present state. `SyncRequired` comes once for
    /// a kind, which is not followed any further.
    ///
    /// # Errors
    /// As [`Error`] describes; once, and then it is over. [`states`](Self::states) is where to go on.
    pub async fn try_next(&mut self) -> Result<Option<ResourceChange>, Error> {
        self.next().await.transpose()
    }

    /// What changed next or the error that ended it; `None` after either.
    pub async fn next(&mut self) -> Option<Result<ResourceChange, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The states to keep once what was handed out has been applied. A kind that the API refused to
    /// follow has none, or the one to follow it from once it has been read whole.
    pub fn states(&self) -> &States {
        &self.states
    }

    fn hand_out(&mut self) -> Option<ResourceChange> {
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

    fn take_in(&mut self, fetched: Result<Response<TypedChanges>, Error>) -> Result<(), Error> {
        match fetched {
            Ok(answer) => self.read(answer.into_data().types),
            Err(error) if refuses_state(&error) => self.refused(error),
            Err(error) => Err(error),
        }
    }

    fn read(&mut self, mut changes: ChangesByType) -> Result<(), Error> {
        for resource in std::mem::take(&mut self.open) {
            let Some(changes) = resource.take(&mut changes) else {
                return Err(stuck(&format!("the changes say nothing of {resource}")));
            };
            let state = Some(changes.new_state.clone()).filter(|state| !state.is_empty());
            if changes.sync_required() {
                self.ready.push_back((state, ResourceChange::SyncRequired(resource)));
                continue;
            }
            let Some(state) = state else {
                return Err(stuck(&format!("the changes of {resource} lead to no state")));
            };
            if changes.has_more() {
                if !self.seen.insert(&format!("{resource} {state}")) {
                    return Err(stuck(&format!(
                        "the changes of {resource} lead back to a state that was left before"
                    )));
                }
                self.open.insert(resource);
            }
            let change = ResourceChange::Changed(resource, Box::new(changes));
            self.ready.push_back((Some(state), change));
        }
        Ok(())
    }

    /// The state that the API named, or each that was sent if it named none: which of several it
    /// means cannot be told then.
    fn refused(&mut self, error: Error) -> Result<(), Error> {
        let sent: Vec<Resource> = self
            .open
            .iter()
            .copied()
            .filter(|resource| self.states.contains_key(resource))
            .collect();
        let named = |resource: &&Resource| {
            let name = format!("{resource}_since_state");
            error.param().is_none_or(|param| param == name)
        };
        let refused: Vec<Resource> = sent.iter().filter(named).copied().collect();
        if refused.is_empty() {
            return Err(error);
        }
        for resource in refused {
            self.open.remove(&resource);
            self.ready.push_back((None, ResourceChange::SyncRequired(resource)));
        }
        Ok(())
    }
}

fn stuck(what: &str) -> Error {
    Error::because(Kind::Pagination, what).with_operation(GetChanges::OPERATION).sent()
}

impl Stream for Following {
    type Item = Result<ResourceChange, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(change) = self.hand_out() {
                return Poll::Ready(Some(Ok(change)));
            }
            if self.open.is_empty() {
                return Poll::Ready(None);
            }
            let mut fetching = self.fetching.take().unwrap_or_else(|| self.fetch());
            let Poll::Ready(fetched) = fetching.as_mut().poll(context) else {
                self.fetching = Some(fetching);
                return Poll::Pending;
            };
            if let Err(error) = self.take_in(fetched) {
                self.open.clear();
                self.ready.clear();
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("open", &self.open).finish_non_exhaustive()
    }
}
