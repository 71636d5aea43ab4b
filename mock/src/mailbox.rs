//! The mailbox: messages, drafts, their changes and events.
//!
//! Messages keep arriving: each event stream delivers two of those still to come, and then ends.

mod content;
mod draft;
mod drafts;
mod extraction;
mod folders;
mod journal;
mod message;
mod messages;
mod outgoing;
mod search;
mod settings;
mod source;
mod store;
mod sync;
mod uploads;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

pub use draft::DraftProblem;

use crate::dataset::Dataset;
use crate::error::ApiError;
use crate::page::paginate;
use crate::policy::Policies;
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use journal::Kind;
use message::DOWNLOAD_TOKEN;
use settings::Profile;
use store::Store;

/// The mailbox that the key belongs to.
pub(crate) const MAILBOX: &str = "mbx_support";
pub(crate) const ADDRESS: &str = "support@example.com";

/// Permissions of the mailbox's key.
pub(crate) const PERMISSIONS: [&str; 4] =
    ["email.send", "mailbox.drafts.write", "mailbox.read", "mailbox.settings.update"];

/// How work in the background goes.
#[derive(Debug, Clone)]
pub(crate) struct Background {
    /// How many reads still find it unfinished.
    pub(crate) reads: u32,
    /// Problems of the next drafts.
    pub(crate) problems: VecDeque<DraftProblem>,
}

impl Default for Background {
    fn default() -> Self {
        Self { reads: 1, problems: VecDeque::new() }
    }
}

/// The API of one mailbox.
pub(crate) struct MailboxService {
    profile: Profile,
    store: Mutex<Store>,
}

impl MailboxService {
    pub(crate) fn new(dataset: &Dataset, background: Background) -> Self {
        let store = Mutex::new(Store::new(dataset, background));
        Self { profile: Profile::new(dataset), store }
    }

    /// Returns the number of messages sent.
    pub(crate) fn messages_sent(&self) -> usize {
        self.lock().submissions.len()
    }

    /// Receives an email of the sending API, if it is for this mailbox.
    pub(crate) fn receive(&self, email: &Value, now: i64) {
        if email["to"]["email"] == ADDRESS {
            let store = &mut *self.lock();
            store.now = now;
            outgoing::receive(store, email);
        }
    }

    pub(crate) fn handle(
        &self,
        policies: &Policies,
        request: &Request<'_>,
        now: i64,
    ) -> HandlerResult {
        let query = request.query();
        if query.get("mailbox_id").is_some_and(|id| id != MAILBOX) {
            return Err(ApiError::MissingPermission("mailbox.read"));
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["mailbox", path @ ..] = &segments[..] else { return Err(ApiError::NotFound) };
        let store = &mut *self.lock();
        store.now = now;
        drafts::send_due(store, policies);
        match (request.method, path) {
            ("GET", path) => self.read(store, policies, path, request),
            (_, ["drafts", path @ ..]) => write_draft(store, policies, path, request),
            ("POST", ["messages", "send"]) => outgoing::send(store, policies, request),
            ("PATCH", ["messages", id]) => messages::update(store, id, request),
            ("DELETE", ["messages", id]) => messages::delete(store, id, request),
            ("POST", ["messages:batch-get"]) => messages::batch_get(store, request),
            ("POST", ["messages:batch-update"]) => messages::batch_update(store, request),
            ("POST", ["messages:batch-delete"]) => messages::batch_delete(store, request),
            ("POST", ["messages", message, "attachments", file, "text"]) => {
                extraction::start(store, message, file, request)
            }
            ("POST", ["attachments:upload"]) => uploads::upload(store, request),
            ("POST", ["attachment-uploads"]) => uploads::create(store, request),
            ("PUT", ["attachment-uploads", id]) => uploads::complete(store, id, request),
            ("POST", ["folders"]) => folders::create(store, request),
            ("PATCH", ["folders", id]) => folders::update(store, id, request),
            ("DELETE", ["folders", id]) => folders::delete(store, id, request),
            ("PATCH", ["identity"]) => settings::update_identity(store, request),
            _ => Err(ApiError::NotFound),
        }
    }

    /// Handles a GET request.
    fn read(
        &self,
        store: &mut Store,
        policies: &Policies,
        path: &[&str],
        request: &Request<'_>,
    ) -> HandlerResult {
        let query = &request.query();
        match path {
            ["events"] => {
                let last = request.last_event_id.or_else(|| query.get("last_event_id"));
                Ok(sync::events(store, last))
            }
            ["changes"] => sync::changes(store, query),
            ["folders", "changes"] => sync::feed(store, Kind::Folders, query),
            ["folders", "query-changes"] => sync::folder_query(store, query),
            ["quotas", "changes"] => sync::feed(store, Kind::Quotas, query),
            ["submissions", "changes"] => sync::feed(store, Kind::Submissions, query),
            ["messages", "query-changes"] => sync::message_query(store, query),
            ["messages"] => search::list(store, query),
            ["messages", "count"] => search::count(store, query),
            ["messages", "search-snippets"] => search::snippets(store, query),
            ["messages", id] => Ok(Content::Resource(store.message(id)?.detail())),
            ["messages", id, "body"] => content::message_body(store, id, query),
            ["messages", id, "content"] => content::message_content(store, id, query),
            ["messages", id, "raw"] => {
                let bytes = store.message(id)?.raw();
                Ok(Content::Raw { bytes, file_name: format!("{id}.eml") })
            }
            ["messages", id, "attachments", file] => {
                uploads::download(store.file(id, file)?, request)
            }
            ["messages", id, "attachments", file, "text"] => {
                extraction::read(store, id, file, request)
            }
            ["threads"] => content::threads(store, query),
            ["threads", id] => content::get_thread(store, id),
            ["threads", id, "messages"] => content::thread_messages(store, id, query),
            ["threads", id, "content"] => content::thread_content(store, id, query),
            ["drafts"] => drafts::list(store, request),
            ["drafts", id] => drafts::get(store, id),
            ["folders"] => folders::list(store, request),
            ["folders", id] => folders::get(store, id),
            ["submissions"] => {
                let page = paginate(query, 50, store.submissions.iter().rev(), Value::clone)?;
                Ok(page.with_meta(json!({ "query_state": store.state(Kind::Submissions) })))
            }
            ["submissions", id] => {
                let found = store.submissions.iter().find(|submission| submission["id"] == *id);
                found.cloned().map(Content::Resource).ok_or(ApiError::NotFound)
            }
            ["identities"] => settings::identities(store, request),
            ["identity"] => Ok(Content::Data(store.identity.clone())),
            ["mailboxes"] => settings::granted(request),
            ["me"] => Ok(self.profile.me(store)),
            ["quotas"] => self.profile.quotas(store, request),
            ["usage"] => Ok(self.profile.usage(store)),
            ["session"] => Ok(settings::session(store)),
            ["sender-choices"] => Ok(settings::sender_choices(policies)),
            _ => Err(ApiError::NotFound),
        }
    }

    /// Handles a request without a key, which only the signed URLs of files allow.
    pub(crate) fn handle_signed(&self, request: &Request<'_>) -> HandlerResult {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let store = &mut *self.lock();
        match (request.method, &segments[..]) {
            ("GET", ["mailbox", "messages", message, "attachments", file])
                if request.query().get("download_token") == Some(DOWNLOAD_TOKEN) =>
            {
                uploads::download(store.file(message, file)?, request)
            }
            ("PUT", ["mailbox", "attachment-uploads", id]) => uploads::complete(store, id, request),
            _ => Err(ApiError::Unauthorized),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_draft(
    store: &mut Store,
    policies: &Policies,
    path: &[&str],
    request: &Request<'_>,
) -> HandlerResult {
    match (request.method, path) {
        ("POST", []) => drafts::create(store, request),
        ("PATCH", [id]) => drafts::update(store, id, request),
        ("DELETE", [id]) => drafts::delete(store, id, request),
        ("POST", [id, "send"]) => drafts::send(store, policies, id, request),
        ("PATCH", [id, "schedule"]) => drafts::schedule(store, id, request),
        _ => Err(ApiError::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NOW;

    fn mailbox() -> MailboxService {
        MailboxService::new(&Dataset::generate(1, NOW, 40), Background::default())
    }

    fn get<'a>(path: &'a str, query: &'a str) -> Request<'a> {
        Request { method: "GET", path, query, ..Request::default() }
    }

    fn handle(mailbox: &MailboxService, request: &Request<'_>) -> HandlerResult {
        mailbox.handle(&Policies::default(), request, NOW)
    }

    fn event_ids(mailbox: &MailboxService, last_event_id: Option<&str>) -> Vec<String> {
        let request = Request { last_event_id, ..get("/mailbox/events", "") };
        let Ok(Content::Events(text)) = handle(mailbox, &request) else { panic!("no events") };
        text.lines().filter_map(|line| line.strip_prefix("id: evt_")).map(str::to_owned).collect()
    }

    fn changes(mailbox: &MailboxService, query: &str) -> Result<Value, ApiError> {
        match handle(mailbox, &get("/mailbox/changes", query))? {
            Content::Data(data) => Ok(data),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn retained_events_are_replayed() {
        let mailbox = mailbox();
        assert_eq!(event_ids(&mailbox, None), ["7", "8"]);
        assert_eq!(event_ids(&mailbox, Some("evt_7")), ["8", "9", "10"]);
        let lost = event_ids(&mailbox, Some("evt_2"));
        assert_eq!(lost, ["10", "11", "12"], "the first one requires a sync");
        assert_eq!(event_ids(&mailbox, Some("no such id")), ["12", "13", "14"]);
        assert_eq!(event_ids(&mailbox, Some("evt_99")), [""; 0]);
        assert_eq!(event_ids(&mailbox, Some(&format!("evt_{}", usize::MAX))), [""; 0]);
        assert_eq!(event_ids(&mailbox, None), [""; 0]);
    }

    #[test]
    fn changes_lead_to_the_present() {
        let mailbox = mailbox();
        let present = changes(&mailbox, "").unwrap();
        assert_eq!(present["new_state"], "state_6");
        assert_eq!(present["created"], json!([]));
        let first = changes(&mailbox, "since_state=state_1&limit=3").unwrap();
        assert_eq!((&first["new_state"], &first["has_more"]), (&json!("state_4"), &json!(true)));
        let id = first["created"][0].as_str().unwrap();
        assert!(handle(&mailbox, &get(&format!("/mailbox/messages/{id}"), "")).is_ok());
        for refused in ["since_state=state_99", "since_state=x", "limit=0", "types=planets"] {
            assert_eq!(changes(&mailbox, refused).unwrap_err().status(), 400, "{refused}");
        }
    }

    #[test]
    fn an_account_without_emails_has_only_the_message_with_attachments() {
        let dataset = Dataset::generate(1, NOW, 0);
        let mailbox = MailboxService::new(&dataset, Background::default());
        assert!(event_ids(&mailbox, None).is_empty());
        let list = handle(&mailbox, &get("/mailbox/messages", ""));
        let Ok(Content::WithMeta(page, _)) = list else { panic!("{list:?}") };
        let Content::Page { items, .. } = *page else { panic!("{page:?}") };
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["id"], "msg_demo");
    }

    fn request<'a>(method: &'a str, path: &'a str, body: &'a str) -> Request<'a> {
        Request { method, path, body: body.as_bytes(), ..Request::default() }
    }

    fn data(result: HandlerResult) -> Value {
        match result.unwrap() {
            Content::Data(data) | Content::Resource(data) | Content::Created { data, .. } => data,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_scheduled_draft_is_sent_when_its_time_has_come() {
        let mailbox = MailboxService::new(
            &Dataset::generate(1, NOW, 5),
            Background { reads: 0, ..Background::default() },
        );
        let policies = Policies::default();
        let at = |now, request: Request<'_>| data(mailbox.handle(&policies, &request, now));
        let to = r#"{"to":[{"email":"ada@example.org"}]}"#;
        let draft = at(NOW, request("POST", "/mailbox/drafts", to));
        let path = format!("/mailbox/drafts/{}", draft["id"].as_str().unwrap());
        let send = r#"{"expected_revision":1,"expected_schedule_version":0,
            "scheduled_for":"2026-05-21T10:12:00.500Z"}"#;
        let send_path = format!("{path}/send");
        let scheduled = at(NOW, request("POST", &send_path, send));
        assert_eq!(
            (&scheduled["status"], &scheduled["schedule_version"]),
            (&"scheduled".into(), &1.into())
        );
        assert_eq!(
            at(NOW, request("POST", &send_path, send)),
            scheduled,
            "a repeat changes nothing"
        );
        assert_eq!(at(NOW + 3600, get(&path, ""))["status"], "scheduled");
        assert_eq!(mailbox.messages_sent(), 0);
        let sent = at(NOW + 3601, get(&path, ""));
        assert_eq!(sent["status"], "queued");
        assert_eq!(sent["scheduled_for"], "2026-05-21T10:12:00.500Z");
        assert_eq!(mailbox.messages_sent(), 1);
    }

    #[test]
    fn an_extracted_text_expires_after_a_day() {
        let mailbox = mailbox();
        let policies = Policies::default();
        let path = "/mailbox/messages/msg_demo/attachments/att_notes/text";
        let at = |now, method| mailbox.handle(&policies, &request(method, path, ""), now);
        assert_eq!(at(NOW, "GET").unwrap_err(), ApiError::NotFound);
        assert!(
            matches!(at(NOW, "POST"), Ok(Content::Accepted(text)) if text["status"] == "pending")
        );
        assert!(
            matches!(at(NOW, "GET"), Ok(Content::Accepted(text)) if text["status"] == "running")
        );
        assert!(data(at(NOW, "GET"))["text"].as_str().unwrap().starts_with("The orders"));
        assert_eq!(data(at(NOW, "POST"))["outcome"], "ready", "the text is still there");
        assert_eq!(at(NOW + 86_400, "GET").unwrap_err(), ApiError::NotFound);
    }

    #[test]
    fn only_a_signed_url_works_without_a_key() {
        let mailbox = mailbox();
        let attachment = "/mailbox/messages/msg_demo/attachments/att_notes";
        let message = "/mailbox/messages/msg_demo";
        let status = |path, query| {
            mailbox.handle_signed(&get(path, query)).map_or_else(ApiError::status, |_| 200)
        };
        assert_eq!(status(attachment, "download_token=demo_download_token"), 200);
        assert_eq!(status(attachment, "download_token=other"), 401);
        assert_eq!(status(attachment, ""), 401);
        assert_eq!(status(message, "download_token=demo_download_token"), 401);
    }
}
