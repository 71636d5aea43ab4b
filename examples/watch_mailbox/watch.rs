//! Messages, each shown once: from the events as they come, and from the changes what no event told.

use std::collections::HashSet;

use sendmux_client::mailbox::Client;
use sendmux_client::mailbox::types::{Address, RealtimeEvent};
use sendmux_client::{Change, Error, EventData};

use crate::Failure;
use crate::kept::Kept;

pub(crate) struct Watch {
    client: Client,
    kept: Kept,
    /// Messages that events or changes told of, and the other has yet to tell of.
    half_told: HashSet<String>,
    shown: usize,
}

impl Watch {
    pub(crate) fn new(client: Client, kept: Kept) -> Self {
        Self { client, kept, half_told: HashSet::new(), shown: 0 }
    }

    /// Follows the mailbox until it fails, or until so many events have come.
    pub(crate) async fn follow(&mut self, limit: Option<usize>) -> Result<(), Failure> {
        self.catch_up().await?;
        let mut request = self.client.stream_events().ping(30);
        if let Some(id) = &self.kept.last_event_id {
            request = request.last_event_id(id.as_str());
        }
        let mut events = request.stream();
        let mut came = 0;
        while limit.is_none_or(|limit| came < limit) {
            let Some(event) = events.try_next().await? else { break };
            match event.data {
                EventData::Happened(event) => {
                    came += 1;
                    self.tell(&event);
                }
                EventData::SyncRequired(_) => println!("  (events were lost; asking for changes)"),
                EventData::Malformed(problem) => println!("  ({problem}; asking for changes)"),
                _ => {}
            }
            self.catch_up().await?;
            self.kept.last_event_id = events.last_event_id().map(str::to_owned);
            self.kept.save()?;
        }
        Ok(())
    }

    pub(crate) fn shown(&self) -> usize {
        self.shown
    }

    fn tell(&mut self, event: &RealtimeEvent) {
        let Some(message) = &event.message else { return };
        let Some(id) = message.id.as_deref().or(event.message_id.as_deref()) else { return };
        if self.is_new(id) {
            self.show("event", message.from.as_ref(), message.subject.as_deref());
        }
    }

    /// Whether this is the first of two times that a message is told of.
    fn is_new(&mut self, id: &str) -> bool {
        !self.half_told.remove(id) && self.half_told.insert(id.to_owned())
    }

    fn show(&mut self, source: &str, from: Option<&Address>, subject: Option<&str>) {
        self.shown += 1;
        let from = from.map_or("(nobody)", |from| from.email.as_str());
        println!("{source:8} {from:32} {}", subject.unwrap_or("(no subject)"));
    }

    /// Shows what came since the state that was kept, and keeps the present one.
    async fn catch_up(&mut self) -> Result<(), Failure> {
        let mut request = self.client.get_changes();
        if let Some(state) = &self.kept.state {
            request = request.since_state(state.as_str());
        }
        let mut feed = request.feed();
        while let Some(change) = feed.try_next().await? {
            match change {
                Change::Changed(changes) => {
                    for id in &changes.created {
                        self.changed(id).await?;
                    }
                }
                _ => {
                    self.kept.state = match feed.state() {
                        Some(state) => Some(state.to_owned()),
                        None => self.present().await?,
                    };
                    return self.read_all().await;
                }
            }
            self.kept.state = feed.state().map(str::to_owned);
            self.kept.save()?;
        }
        Ok(())
    }

    async fn changed(&mut self, id: &str) -> Result<(), Error> {
        if !self.is_new(id) {
            return Ok(());
        }
        match self.client.get_message(id).await {
            Ok(message) => {
                self.show("change", message.from.as_ref(), message.subject.as_deref());
                Ok(())
            }
            // It has been deleted since.
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The present state, asked for before the list is read, so that nothing falls between them.
    async fn present(&self) -> Result<Option<String>, Error> {
        let mut feed = self.client.get_changes().feed();
        while feed.try_next().await?.is_some() {}
        Ok(feed.state().map(str::to_owned))
    }

    async fn read_all(&mut self) -> Result<(), Failure> {
        let mut messages = self.client.list_messages().stream();
        let mut count = 0;
        while messages.try_next().await?.is_some() {
            count += 1;
        }
        println!("  (too much has changed to be told; the mailbox has {count} messages)");
        self.half_told.clear();
        self.kept.save()?;
        Ok(())
    }
}
