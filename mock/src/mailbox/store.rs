//! What the mailbox holds, and how it changes.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::draft::Draft;
use super::extraction::Extraction;
use super::journal::{Action, Journal, Kind};
use super::message::{File, Message};
use super::uploads::{self, Upload};
use super::{Background, MAILBOX};
use crate::dataset::Dataset;
use crate::error::ApiError;
use crate::idempotency::Answers;

const MESSAGES: usize = 14;
/// Messages that have not arrived when the account starts.
const FUTURE_MESSAGES: usize = 8;
const FOLDERS: [(&str, &str); 6] = [
    ("inbox", "Inbox"),
    ("drafts", "Drafts"),
    ("sent", "Sent"),
    ("archive", "Archive"),
    ("junk", "Junk"),
    ("trash", "Trash"),
];

pub(super) struct Folder {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: Option<&'static str>,
    pub(super) parent_id: Value,
    pub(super) sort_order: Value,
}

pub(super) struct Store {
    /// In the order of their arrival.
    pub(super) messages: Vec<Message>,
    /// Messages still to come.
    pub(super) incoming: VecDeque<Message>,
    /// Data of the events so far.
    pub(super) events: Vec<Value>,
    pub(super) folders: Vec<Folder>,
    pub(super) drafts: Vec<Draft>,
    pub(super) submissions: Vec<Value>,
    pub(super) uploads: Vec<Upload>,
    pub(super) extractions: Vec<Extraction>,
    pub(super) identity: Value,
    pub(super) journal: Journal,
    pub(super) answers: Answers,
    pub(super) background: Background,
    /// The present time.
    pub(super) now: i64,
    numbers: usize,
}

impl Store {
    pub(super) fn new(dataset: &Dataset, background: Background) -> Self {
        let received = dataset.received.iter().filter(|message| message.mailbox == MAILBOX);
        let mut incoming: VecDeque<_> = received.take(MESSAGES).map(Message::received).collect();
        incoming.make_contiguous().reverse();
        let folders = FOLDERS.into_iter().enumerate().map(|(index, (role, name))| Folder {
            id: role.to_owned(),
            name: name.to_owned(),
            role: Some(role),
            parent_id: Value::Null,
            sort_order: (index + 1).into(),
        });
        let identity = json!({
            "id": "idn_support", "name": "Support", "email": super::ADDRESS, "bcc": [],
            "reply_to": [], "text_signature": "", "html_signature": "", "may_delete": false,
        });
        let mut store = Self {
            messages: vec![uploads::message()],
            events: Vec::new(),
            folders: folders.collect(),
            drafts: Vec::new(),
            submissions: Vec::new(),
            uploads: Vec::new(),
            extractions: Vec::new(),
            identity,
            journal: Journal::default(),
            answers: Answers::default(),
            background,
            now: dataset.now,
            numbers: 0,
            incoming,
        };
        for _ in FUTURE_MESSAGES..store.incoming.len() {
            store.arrive();
        }
        store
    }

    /// Returns a new id.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.numbers += 1;
        format!("{prefix}_demo{:06}", self.numbers)
    }

    pub(super) fn message(&self, id: &str) -> Result<&Message, ApiError> {
        self.messages.iter().find(|message| message.id() == id).ok_or(ApiError::NotFound)
    }

    /// Returns the message with one of these `Message-ID`s.
    pub(super) fn message_by_header(&self, ids: &[String]) -> Option<&Message> {
        let has = |message: &&Message| message.message_ids().iter().any(|id| ids.contains(id));
        self.messages.iter().rev().find(has)
    }

    pub(super) fn file(&self, message: &str, id: &str) -> Result<&File, ApiError> {
        let mut files = self.message(message)?.files.iter();
        files.find(|file| file.id == id).ok_or(ApiError::NotFound)
    }

    /// Lets the next message arrive.
    pub(super) fn arrive(&mut self) {
        if let Some(message) = self.incoming.pop_front() {
            self.receive(message);
        }
    }

    /// Adds a message that the mailbox receives, and its event.
    pub(super) fn receive(&mut self, message: Message) {
        self.events.push(message.event());
        self.add(message);
    }

    pub(super) fn add(&mut self, message: Message) {
        let action = match self.thread(message.thread_id()).next() {
            Some(_) => Action::Updated,
            None => Action::Created,
        };
        self.journal.record(Kind::Messages, Action::Created, message.id());
        self.journal.record(Kind::Threads, action, message.thread_id());
        self.journal.record(Kind::Folders, Action::Updated, message.folder());
        self.journal.record(Kind::Quotas, Action::Updated, super::settings::QUOTA);
        self.messages.push(message);
    }

    /// Changes a message.
    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut Message)) {
        let Some(message) = self.messages.iter_mut().find(|message| message.id() == id) else {
            return;
        };
        let before = message.folder().to_owned();
        change(message);
        let folders = BTreeSet::from([before, message.folder().to_owned()]);
        self.journal.record(Kind::Messages, Action::Updated, id);
        self.journal.record(Kind::Threads, Action::Updated, message.thread_id());
        for folder in folders {
            self.journal.record(Kind::Folders, Action::Updated, &folder);
        }
    }

    pub(super) fn remove(&mut self, id: &str) {
        let Some(index) = self.messages.iter().position(|message| message.id() == id) else {
            return;
        };
        let message = self.messages.remove(index);
        let action = match self.thread(message.thread_id()).next() {
            Some(_) => Action::Updated,
            None => Action::Destroyed,
        };
        self.journal.record(Kind::Messages, Action::Destroyed, id);
        self.journal.record(Kind::Threads, action, message.thread_id());
        self.journal.record(Kind::Folders, Action::Updated, message.folder());
        self.journal.record(Kind::Quotas, Action::Updated, super::settings::QUOTA);
    }

    /// Returns the messages of a thread, oldest first.
    pub(super) fn thread(&self, id: &str) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.thread_id() == id)
    }

    pub(super) fn state(&self, kind: Kind) -> String {
        self.journal.state(kind)
    }

    pub(super) fn used_bytes(&self) -> i64 {
        self.messages.iter().filter_map(|message| message.get("size_bytes").as_i64()).sum()
    }
}
