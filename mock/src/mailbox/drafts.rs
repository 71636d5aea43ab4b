//! Saving, editing, scheduling and sending drafts.

use serde_json::{Map, Value, json};

use super::draft::{Draft, DraftProblem, Status};
use super::message::Message;
use super::outgoing::{self, Refusal};
use super::source::{self, Source};
use super::store::Store;
use crate::error::ApiError;
use crate::page::paginate;
use crate::policy::Policies;
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use crate::time::{self, DAY};

/// How far ahead a draft can be scheduled.
pub(super) const MAX_SCHEDULE_DAYS: i64 = 30;

const CONTENT: [&str; 10] = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply_to",
    "subject",
    "text_body",
    "html_body",
    "custom_headers",
    "attachments",
];
const RESERVED_HEADERS: [&str; 3] =
    ["x-ses-tenant", "x-ses-configuration-set", "x-ses-message-tags"];

pub(super) fn list(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let indexes: Vec<usize> = (0..store.drafts.len()).rev().collect();
    for index in &indexes {
        settle(store, *index);
    }
    let listed: Vec<&Draft> = indexes.iter().map(|index| &store.drafts[*index]).collect();
    let listed = listed.into_iter().filter(|draft| draft.status != Status::Deleted);
    let page = paginate(&request.query(), 50, listed, Draft::to_json)?;
    for draft in &mut store.drafts {
        draft.reads = draft.reads.saturating_sub(1);
    }
    Ok(page)
}

pub(super) fn create(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let answer = match store.answers.find(request) {
        Some(answer) => answer,
        None => {
            let answer = create_once(store, request);
            store.answers.insert(request, &answer);
            answer
        }
    };
    let data = answer?;
    let id = data["id"].as_str().unwrap_or_default();
    let location = Some(format!("/mailbox/drafts/{id}"));
    Ok(Content::Created { data, location })
}

fn create_once(store: &mut Store, request: &Request<'_>) -> Result<Value, ApiError> {
    let mut body = request.json()?;
    let source = body.remove("source");
    let reply_to_message = body.remove("reply_to_message_id");
    check_content(store, &body)?;
    let mut prepared = match source {
        Some(source) => source::prepare(store, &source, request.idempotency_key)?,
        None => Source::default(),
    };
    if let Some(id) = reply_to_message {
        let id = id.as_str().ok_or(ApiError::InvalidParameter("reply_to_message_id"))?;
        prepared.reply = store.message(id)?.reply_headers();
        prepared.reply_to_message_id = Some(id.to_owned());
    }
    prepared.content.extend(body);
    let id = store.new_id("drf");
    let problem = store.background.problems.pop_front();
    store.drafts.push(Draft {
        id,
        revision: 1,
        status: Status::Preparing,
        content: prepared.content,
        reply: prepared.reply,
        reply_to_message_id: prepared.reply_to_message_id,
        message_id: prepared.message_id,
        scheduled_for: None,
        schedule_version: 0,
        failure: None,
        reads: store.background.reads,
        problem,
        schedule_request: None,
    });
    let index = store.drafts.len() - 1;
    settle(store, index);
    Ok(store.drafts[index].to_json())
}

pub(super) fn get(store: &mut Store, id: &str) -> HandlerResult {
    let index = position(store, id)?;
    let draft = &mut store.drafts[index];
    let data = draft.to_json();
    draft.reads = draft.reads.saturating_sub(1);
    Ok(Content::Resource(data))
}

pub(super) fn update(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let index = find(store, id)?;
    request.check_if_match(&store.drafts[index].to_json())?;
    let mut body = request.json()?;
    store.drafts[index].check_revision(&body)?;
    store.drafts[index].check_editable()?;
    body.remove("expected_revision");
    let mut content = store.drafts[index].content.clone();
    content.extend(body);
    check_content(store, &content)?;
    let reads = store.background.reads;
    let draft = &mut store.drafts[index];
    if draft.content != content {
        draft.content = content;
        draft.revision += 1;
        draft.status = Status::Preparing;
        draft.failure = None;
        draft.reads = reads;
    }
    settle(store, index);
    Ok(Content::Data(store.drafts[index].to_json()))
}

pub(super) fn delete(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let index = find(store, id)?;
    request.check_if_match(&store.drafts[index].to_json())?;
    let reads = store.background.reads;
    let draft = &mut store.drafts[index];
    if draft.status.is_sent() {
        return Err(ApiError::Conflict("The draft is already being sent"));
    }
    draft.status = Status::Deleted;
    draft.reads = reads;
    if let Some(message) = draft.message_id.clone() {
        store.remove(&message);
    }
    Ok(Content::Data(json!({ "deleted": true, "id": id })))
}

pub(super) fn send(
    store: &mut Store,
    policies: &Policies,
    id: &str,
    request: &Request<'_>,
) -> HandlerResult {
    let now = store.now;
    let index = find(store, id)?;
    let body = request.json()?;
    closed(&body, &["expected_revision", "expected_schedule_version", "scheduled_for"])?;
    let draft = &store.drafts[index];
    draft.check_revision(&body)?;
    // The draft and its revision identify the send, which a repeated request does not repeat.
    let repeated = draft.schedule_request.as_ref() == Some(&body);
    if draft.status.is_sent() || (draft.status == Status::Scheduled && repeated) {
        return Ok(Content::Data(draft.to_json()));
    }
    request.check_if_match(&draft.to_json())?;
    draft.check_editable()?;
    let scheduled_for =
        body.get("scheduled_for").map(|value| scheduled_for(value, now)).transpose()?;
    draft.check_schedule_version(&body, scheduled_for.is_some() || draft.schedule_version > 0)?;
    let Some(scheduled_for) = scheduled_for else {
        start(store, policies, index)?;
        return Ok(Content::Data(store.drafts[index].to_json()));
    };
    if let Err(Refusal::Invalid(error)) = outgoing::check(policies, &draft.content) {
        return Err(error);
    }
    let draft = &mut store.drafts[index];
    draft.status = Status::Scheduled;
    draft.scheduled_for = Some(scheduled_for);
    draft.schedule_version += 1;
    draft.failure = None;
    draft.schedule_request = Some(body);
    Ok(Content::Data(draft.to_json()))
}

pub(super) fn schedule(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let now = store.now;
    let index = find(store, id)?;
    let body = request.json()?;
    closed(&body, &["expected_revision", "expected_schedule_version", "scheduled_for"])?;
    let draft = &mut store.drafts[index];
    if draft.schedule_request.as_ref() == Some(&body) {
        return Ok(Content::Data(draft.to_json()));
    }
    request.check_if_match(&draft.to_json())?;
    draft.check_revision(&body)?;
    draft.check_schedule_version(&body, true)?;
    let value = body.get("scheduled_for").ok_or(ApiError::MissingParameter("scheduled_for"))?;
    let scheduled_for = match value {
        Value::Null => None,
        value => Some(self::scheduled_for(value, now)?),
    };
    if draft.status != Status::Scheduled {
        return Err(ApiError::Conflict("The draft is not scheduled"));
    }
    if scheduled_for.is_none() {
        draft.status = Status::Ready;
    }
    draft.scheduled_for = scheduled_for;
    draft.schedule_version += 1;
    draft.schedule_request = Some(body);
    Ok(Content::Data(draft.to_json()))
}

/// Sends the scheduled drafts whose time has come.
pub(super) fn send_due(store: &mut Store, policies: &Policies) {
    let now = store.now;
    for index in 0..store.drafts.len() {
        let draft = &store.drafts[index];
        let due = draft.scheduled_for.as_deref().and_then(time::parse_moment);
        if draft.status != Status::Scheduled || due.is_none_or(|due| due > now.saturating_mul(1000))
        {
            continue;
        }
        if start(store, policies, index).is_err() && !store.drafts[index].status.is_sent() {
            store.drafts[index].fail("authorisation_revoked");
        }
    }
}

/// Sends a draft.
fn start(store: &mut Store, policies: &Policies, index: usize) -> Result<(), ApiError> {
    let reads = store.background.reads;
    let draft = &mut store.drafts[index];
    match outgoing::check(policies, &draft.content) {
        Err(Refusal::Invalid(error)) => return Err(error),
        Err(Refusal::Rejected) => {
            draft.fail("send_rejected");
            return Ok(());
        }
        Ok(()) => {}
    }
    if draft.take_problem(DraftProblem::SendRejected) {
        draft.fail("send_rejected");
        return Ok(());
    }
    if draft.take_problem(DraftProblem::AuthorisationRevoked) {
        draft.fail("authorisation_revoked");
        return Ok(());
    }
    let saved = store.drafts[index].message_id.as_deref();
    if saved.is_none_or(|id| store.message(id).is_err()) {
        save(store, index)?;
    }
    let draft = &mut store.drafts[index];
    draft.failure = None;
    draft.status = Status::Sending;
    draft.reads = reads;
    if draft.take_problem(DraftProblem::Uncertain) {
        draft.status = Status::Uncertain;
        draft.reads = reads.max(1);
    }
    let lost = draft.take_problem(DraftProblem::AnswerLost);
    if let Some(message) = store.drafts[index].message_id.clone() {
        outgoing::deliver(store, &message);
    }
    settle(store, index);
    if lost { Err(ApiError::Injected(503)) } else { Ok(()) }
}

/// Finds a draft to change, with its finished work settled.
fn find(store: &mut Store, id: &str) -> Result<usize, ApiError> {
    let index = position(store, id)?;
    let deleted = store.drafts[index].status == Status::Deleted;
    if deleted { Err(ApiError::NotFound) } else { Ok(index) }
}

/// Finds a draft, which may be one whose deletion is not done yet.
fn position(store: &mut Store, id: &str) -> Result<usize, ApiError> {
    let index = store.drafts.iter().position(|draft| draft.id == id).ok_or(ApiError::NotFound)?;
    settle(store, index);
    let draft = &store.drafts[index];
    let gone = draft.status == Status::Deleted && draft.reads == 0;
    if gone { Err(ApiError::NotFound) } else { Ok(index) }
}

/// Finishes the work on a draft, once enough reads have found it unfinished.
fn settle(store: &mut Store, index: usize) {
    let draft = &mut store.drafts[index];
    if draft.reads > 0 {
        return;
    }
    match draft.status {
        Status::Preparing => {
            if draft.take_problem(DraftProblem::PreparationFailed) {
                return draft.fail("preparation_failed");
            }
            draft.status = Status::Ready;
            if save(store, index).is_err() {
                store.drafts[index].fail("preparation_failed");
            }
        }
        Status::Sending | Status::Uncertain => draft.status = Status::Queued,
        _ => {}
    }
}

/// Saves the message of a draft.
fn save(store: &mut Store, index: usize) -> Result<(), ApiError> {
    let draft = &store.drafts[index];
    let (content, reply) = (draft.content.clone(), draft.reply.clone());
    // Somebody may have deleted the message.
    let saved = draft.message_id.clone().filter(|id| store.message(id).is_ok());
    let files = outgoing::files(store, &content)?;
    let now = store.now;
    if let Some(id) = saved {
        let thread = store.message(&id)?.thread_id().to_owned();
        let message = Message::compose(&id, &thread, &content, &reply, files, now);
        store.change(&id, |saved| *saved = message);
        return Ok(());
    }
    let thread = outgoing::thread_of(store, &reply);
    let id = store.new_id("msg");
    store.add(Message::compose(&id, &thread, &content, &reply, files, now));
    store.drafts[index].message_id = Some(id);
    Ok(())
}

/// Checks the content of a draft.
fn check_content(store: &mut Store, content: &Map<String, Value>) -> Result<(), ApiError> {
    closed(content, &CONTENT)?;
    outgoing::validate(content)?;
    let headers = content.get("custom_headers").and_then(Value::as_object);
    let reserved = |name: &String| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("x-") || name.len() == 2 || RESERVED_HEADERS.contains(&name.as_str())
    };
    if headers.is_some_and(|headers| headers.keys().any(reserved)) {
        return Err(ApiError::ValidationFailed("custom_headers"));
    }
    let attachments = content.get("attachments").and_then(Value::as_array);
    let stored = |file: &Value| file["blob_id"].is_string() && file["size_bytes"].is_u64();
    if !attachments.into_iter().flatten().all(stored) {
        return Err(ApiError::ValidationFailed("attachments"));
    }
    outgoing::files(store, content).map(drop)
}

fn closed(body: &Map<String, Value>, known: &[&str]) -> Result<(), ApiError> {
    let known = body.keys().all(|name| known.contains(&name.as_str()));
    if known { Ok(()) } else { Err(ApiError::InvalidParameter("body")) }
}

/// Returns a time to send at, as it was given.
fn scheduled_for(value: &Value, now: i64) -> Result<String, ApiError> {
    const NAME: &str = "scheduled_for";
    let text = value.as_str().ok_or(ApiError::InvalidParameter(NAME))?;
    let at = time::parse_moment(text).ok_or(ApiError::ValidationFailed(NAME))?;
    let now = now.saturating_mul(1000);
    let latest = now.saturating_add(MAX_SCHEDULE_DAYS * DAY * 1000);
    let future = at > now && at <= latest;
    if future { Ok(text.to_owned()) } else { Err(ApiError::ValidationFailed(NAME)) }
}
