//! Drafts, replies and send policies, as a mail program sees them.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod http;

use sendmux_mock::{Builder, DemoAccount, DraftProblem};
use serde_json::{Value, json};

use http::{Answer, call};

/// 2026-05-21T09:12:00Z.
const NOW: i64 = 1_779_354_720;
const POLICY: &str = "/mailbox-send-policies/mailbox/mbx_support";

struct Program(DemoAccount);

impl Program {
    fn new(configure: impl FnOnce(Builder) -> Builder) -> Self {
        Self(configure(DemoAccount::builder().now(NOW).emails_per_day(40)).start())
    }

    fn call(&self, method: &str, path: &str, headers: &[(&str, String)], body: Value) -> Answer {
        call(&self.0, method, path, self.0.mailbox_key(), headers, &body)
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, &[], Value::Null);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()["data"].clone()
    }

    fn status(&self, method: &str, path: &str, body: Value) -> u16 {
        self.call(method, path, &[], body).status
    }

    fn create(&self, body: Value) -> String {
        let answer = self.call("POST", "/mailbox/drafts", &[], body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        let id = answer.json()["data"]["id"].as_str().unwrap().to_owned();
        let path = format!("/mailbox/drafts/{id}");
        assert_eq!(answer.header("location"), Some(format!("/api/v1{path}").as_str()));
        path
    }

    /// Creates a draft and reads it until it is saved.
    fn ready(&self, body: Value) -> String {
        let path = self.create(body);
        let statuses: Vec<Value> = (0..2).map(|_| self.get(&path)["status"].clone()).collect();
        assert_eq!(statuses, ["preparing", "ready"]);
        path
    }

    fn send(&self, draft: &str, revision: u64) -> Answer {
        let body = json!({ "expected_revision": revision });
        self.call("POST", &format!("{draft}/send"), &[], body)
    }

    fn in_folder(&self, folder: &str) -> Vec<Value> {
        let list = self.get(&format!("/mailbox/messages?folder_id={folder}"));
        list.as_array().unwrap().clone()
    }
}

fn to(email: &str) -> Value {
    json!([{ "email": email }])
}

#[test]
fn a_draft_is_saved_edited_and_sent_once() {
    let program = Program::new(|builder| builder);
    let draft = program.create(json!({ "to": to("ada@example.org"), "subject": "Hello" }));
    assert_eq!(program.send(&draft, 1).status, 409, "it is still being saved");
    assert_eq!(program.get(&draft)["message_id"], Value::Null);
    assert_eq!(program.get(&draft)["status"], "ready");
    assert_eq!(program.in_folder("drafts")[0]["subject"], "Hello");

    let stale = json!({ "expected_revision": 2, "subject": "Other" });
    assert_eq!(program.status("PATCH", &draft, stale), 409);
    let etag = program.call("GET", &draft, &[], Value::Null).header("etag").unwrap().to_owned();
    let known = [("If-None-Match", etag.clone())];
    assert_eq!(program.call("GET", &draft, &known, Value::Null).status, 304);
    let edit = json!({ "expected_revision": 1, "subject": "Welcome" });
    let edited = program.call("PATCH", &draft, &[("If-Match", etag.clone())], edit);
    assert_eq!(edited.json()["data"]["revision"], 2);
    assert_eq!(edited.json()["data"]["to"], to("ada@example.org"));
    assert_eq!(program.get(&draft)["status"], "preparing");
    let edit = json!({ "expected_revision": 2, "subject": "Third" });
    let lost = program.call("PATCH", &draft, &[("If-Match", etag)], edit);
    assert_eq!(lost.status, 409);
    assert!(lost.header("etag").is_some(), "the present tag is told");

    assert_eq!(program.get(&draft)["status"], "ready");
    let sent = program.send(&draft, 2);
    assert_eq!((sent.status, &sent.json()["data"]["status"]), (200, &json!("sending")));
    assert_eq!(program.send(&draft, 2).status, 200, "a repeat is answered");
    assert_eq!(program.get(&draft)["status"], "sending");
    assert_eq!(program.get(&draft)["status"], "queued");
    assert_eq!(program.0.emails_sent(), 1);
    assert!(program.in_folder("drafts").is_empty());
    assert_eq!(program.in_folder("sent")[0]["subject"], "Welcome");
    assert_eq!(program.status("DELETE", &draft, Value::Null), 409);
}

#[test]
fn an_idempotency_key_creates_one_draft() {
    let program = Program::new(|builder| builder);
    let create = |subject: &str| {
        let key = [("Idempotency-Key", "k1".to_owned())];
        program.call("POST", "/mailbox/drafts", &key, json!({ "subject": subject }))
    };
    let first = create("a").json()["data"].clone();
    assert_eq!(create("a").json()["data"], first);
    let other = create("b");
    assert_eq!(other.status, 409);
    assert_eq!(other.json()["error"]["code"], "idempotency_conflict");
    assert_eq!(program.get("/mailbox/drafts").as_array().unwrap().len(), 1);
}

#[test]
fn a_schedule_is_made_moved_and_cancelled() {
    let program = Program::new(|builder| builder);
    let draft = program.ready(json!({ "to": to("ada@example.org") }));
    let send = |version: Option<u64>, at: &str| {
        let mut body = json!({ "expected_revision": 1, "scheduled_for": at });
        if let Some(version) = version {
            body["expected_schedule_version"] = version.into();
        }
        program.call("POST", &format!("{draft}/send"), &[], body)
    };
    let time = "2026-05-22T09:00:00.000Z";
    assert_eq!(send(None, time).status, 422);
    assert_eq!(send(Some(1), time).status, 409);
    for refused in ["2026-05-21T09:00:00Z", "2026-06-30T09:00:00Z", "2026-05-22T09:00:00.0001Z"] {
        assert_eq!(send(Some(0), refused).status, 422, "{refused}");
    }
    assert_eq!(send(Some(0), time).json()["data"]["status"], "scheduled");
    let edit = json!({ "expected_revision": 1, "subject": "Late" });
    assert_eq!(program.status("PATCH", &draft, edit), 409);
    let control = |version: u64, at: Value| {
        let body = json!({ "expected_revision": 1, "expected_schedule_version": version,
            "scheduled_for": at });
        program.call("PATCH", &format!("{draft}/schedule"), &[], body)
    };
    let moved = control(1, "2026-05-23T09:00:00Z".into());
    assert_eq!(moved.json()["data"]["schedule_version"], 2);
    assert_eq!(control(1, "2026-05-23T09:00:00Z".into()).json()["data"]["schedule_version"], 2);
    assert_eq!(control(1, Value::Null).status, 409);
    let without = json!({ "expected_revision": 1, "expected_schedule_version": 2 });
    assert_eq!(program.status("PATCH", &format!("{draft}/schedule"), without), 400);
    let cancelled = control(2, Value::Null).json()["data"].clone();
    assert_eq!(
        (&cancelled["status"], &cancelled["scheduled_for"]),
        (&json!("ready"), &Value::Null)
    );
    assert_eq!(program.send(&draft, 1).status, 422, "the version of the schedule is needed");
    let body = json!({ "expected_revision": 1, "expected_schedule_version": 3 });
    assert_eq!(program.status("POST", &format!("{draft}/send"), body), 200);
    assert_eq!(program.0.emails_sent(), 1);
}

#[test]
fn a_lost_answer_and_an_uncertain_outcome_are_read_back() {
    let program = Program::new(|builder| {
        builder.draft_problem(DraftProblem::AnswerLost).draft_problem(DraftProblem::Uncertain)
    });
    let lost = program.ready(json!({ "to": to("ada@example.org") }));
    assert_eq!(program.send(&lost, 1).status, 503);
    assert_eq!(program.get(&lost)["status"], "sending");
    let uncertain = program.ready(json!({ "to": to("ada@example.org") }));
    assert_eq!(program.send(&uncertain, 1).json()["data"]["status"], "uncertain");
    assert_eq!(program.send(&uncertain, 1).status, 200);
    assert_eq!(program.get(&uncertain)["status"], "uncertain");
    assert_eq!(program.get(&uncertain)["status"], "queued");
    assert_eq!(program.0.emails_sent(), 2);
}

#[test]
fn a_failed_draft_is_corrected_and_sent_again() {
    let program = Program::new(|builder| {
        builder
            .reads_until_done(0)
            .draft_problem(DraftProblem::PreparationFailed)
            .draft_problem(DraftProblem::AuthorisationRevoked)
    });
    let unsaved = program.create(json!({ "to": to("ada@example.org") }));
    assert_eq!(program.get(&unsaved)["failure_code"], "preparation_failed");
    let edit = json!({ "expected_revision": 1, "subject": "Again" });
    assert_eq!(program.status("PATCH", &unsaved, edit), 200);
    assert_eq!(program.get(&unsaved)["status"], "ready");

    let revoked = program.create(json!({ "to": to("ada@example.org") }));
    let failed = program.send(&revoked, 1).json()["data"].clone();
    assert_eq!(failed["failure_code"], "authorisation_revoked");
    assert_eq!(program.send(&revoked, 1).json()["data"]["status"], "queued");

    let rejected = program.create(json!({ "to": to("a@refused.example") }));
    assert_eq!(program.send(&rejected, 1).json()["data"]["failure_code"], "send_rejected");
    let edit = json!({ "expected_revision": 1, "to": [] });
    assert_eq!(program.status("PATCH", &rejected, edit), 200);
    assert_eq!(program.send(&rejected, 2).status, 422, "a message needs a recipient");
    assert_eq!(program.status("DELETE", &rejected, Value::Null), 200);
    assert_eq!(program.status("GET", &rejected, Value::Null), 404);
    assert_eq!(program.0.emails_sent(), 1);
}

#[test]
fn a_deletion_is_recorded_first_and_then_done() {
    let program = Program::new(|builder| builder);
    let draft = program.ready(json!({ "to": to("ada@example.org") }));
    assert_eq!(program.status("DELETE", &draft, Value::Null), 200);
    assert!(program.get("/mailbox/drafts").as_array().unwrap().is_empty());
    assert_eq!(program.send(&draft, 1).status, 404);
    let other = program.ready(json!({ "to": to("ada@example.org"), "subject": "Kept" }));
    let message = program.get(&other)["message_id"].as_str().unwrap().to_owned();
    let message = format!("/mailbox/messages/{message}?permanent=true");
    assert_eq!(program.status("DELETE", &message, Value::Null), 200);
    assert_eq!(program.send(&other, 1).status, 200, "the message is saved again");
    assert_eq!(program.in_folder("sent")[0]["subject"], "Kept");
}

#[test]
fn a_draft_is_not_adopted_twice() {
    let program = Program::new(|builder| builder);
    let draft = program.ready(json!({ "subject": "Hello" }));
    let message = program.get(&draft)["message_id"].clone();
    let adopt = |headers: &[(&str, String)], message: &Value| {
        let source = json!({ "message_id": message, "action": "adopt" });
        program.call("POST", "/mailbox/drafts", headers, json!({ "source": source })).status
    };
    assert_eq!(adopt(&[], &message), 400, "an idempotency key is needed");
    let key = [("Idempotency-Key", "k1".to_owned())];
    assert_eq!(adopt(&key, &message), 409);
    let key = [("Idempotency-Key", "k2".to_owned())];
    assert_eq!(adopt(&key, &json!("msg_demo")), 422, "only drafts are adopted");
    let key = [("Idempotency-Key", "k3".to_owned())];
    assert_eq!(adopt(&key, &json!("msg_none")), 404);
}

#[test]
fn a_reply_joins_its_thread() {
    let program = Program::new(|builder| builder.reads_until_done(0));
    let before = program.get("/mailbox/changes")["new_state"].as_str().unwrap().to_owned();
    let source = json!({ "message_id": "msg_demo", "action": "reply_all" });
    let body = json!({ "source": source, "text_body": "Thanks!\n" });
    let draft = program.create(body);
    let saved = program.get(&draft);
    assert_eq!(saved["subject"], "Re: Last year's orders");
    assert_eq!(saved["to"][0]["email"], "ada@example.org");
    assert_eq!(saved["cc"][0]["email"], "shop@example.com");
    assert_eq!(saved["in_reply_to"], json!(["demo@example.org"]));
    assert_eq!(program.send(&draft, 1).status, 200);

    let sent = program.get(&format!("/mailbox/messages/{}", saved["message_id"].as_str().unwrap()));
    assert_eq!(sent["folder_ids"], json!(["sent"]));
    assert_eq!(sent["in_reply_to"], json!(["demo@example.org"]));
    assert_eq!(program.get("/mailbox/threads/thr_demo")["message_count"], 2);
    assert_eq!(program.get("/mailbox/messages/msg_demo")["flags"]["answered"], true);
    let changes = program.get(&format!("/mailbox/changes?since_state={before}"));
    assert_eq!(changes["created"], json!([sent["id"]]));
    assert_eq!(changes["updated"], json!(["msg_demo"]));
    assert_eq!(program.get("/mailbox/submissions")[0]["email_id"], sent["id"]);

    let raw = format!("/mailbox/messages/{}/raw", sent["id"].as_str().unwrap());
    let raw = program.call("GET", &raw, &[], Value::Null);
    assert_eq!(raw.header("content-type"), Some("message/rfc822"));
    assert!(raw.text().contains("\r\nIn-Reply-To: <demo@example.org>\r\n"), "{}", raw.text());
    assert!(raw.text().ends_with("\r\n\r\nThanks!\r\n"));
}

#[test]
fn a_reply_arrives_in_the_thread() {
    let program = Program::new(|builder| builder.reads_until_done(0));
    let draft = program.create(json!({ "to": to("ada@replies.example"), "subject": "Hello" }));
    assert_eq!(program.send(&draft, 1).status, 200);
    let reply = program.in_folder("inbox")[0].clone();
    assert_eq!((&reply["subject"], &reply["flags"]["seen"]), (&json!("Re: Hello"), &json!(false)));
    let sent = program.in_folder("sent")[0].clone();
    assert_eq!(reply["thread_id"], sent["thread_id"]);
    let reply = program.get(&format!("/mailbox/messages/{}", reply["id"].as_str().unwrap()));
    let sent = program.get(&format!("/mailbox/messages/{}", sent["id"].as_str().unwrap()));
    assert_eq!(reply["in_reply_to"], sent["message_id"]);
    assert_eq!(reply["from"]["email"], "ada@replies.example");
}

#[test]
fn a_message_to_the_mailbox_itself_arrives() {
    let program = Program::new(|builder| builder);
    let body = json!({ "to": to("support@example.com"), "subject": "Note" });
    let key = [("Idempotency-Key", "k1".to_owned())];
    let send = || program.call("POST", "/mailbox/messages/send", &key, body.clone()).json();
    let sent = send()["data"]["message_id"].clone();
    assert_eq!(send()["data"]["message_id"], sent);
    assert_eq!(program.in_folder("sent")[0]["id"], sent);
    let received = &program.in_folder("inbox")[0];
    assert_eq!((&received["subject"], &received["flags"]["seen"]), (&json!("Note"), &json!(false)));
    assert_eq!(received["thread_id"], program.in_folder("sent")[0]["thread_id"]);
    let last = [("Last-Event-ID", "evt_6".to_owned())];
    let events = program.call("GET", "/mailbox/events", &last, Value::Null).text();
    assert!(events.starts_with("id: evt_7\n"), "{events}");
    assert!(events.contains(received["id"].as_str().unwrap()));
    assert_eq!(program.0.emails_sent(), 1);
}

#[test]
fn a_send_policy_limits_the_recipients() {
    let program = Program::new(|builder| builder.reads_until_done(0));
    let account = &program.0;
    let policy = |method: &str, headers: &[(&str, String)], body: Value| {
        call(account, method, POLICY, account.key(), headers, &body)
    };
    let send = |email: &str| {
        let body = json!({ "to": to(email), "text_body": "x" });
        program.call("POST", "/mailbox/messages/send", &[], body)
    };
    assert_eq!(send("ada@example.org").status, 200);
    let etag = || policy("GET", &[], Value::Null).header("etag").unwrap().to_owned();
    let first = etag();
    let replace = |etag: String, recipients: Value| {
        let body = json!({ "policy": { "recipients": recipients } });
        policy("PUT", &[("If-Match", etag)], body)
    };
    let nobody = json!({ "policy": { "recipients": { "allow": {} } } });
    assert_eq!(policy("PUT", &[], nobody).status, 400, "If-Match is required");
    let replaced = replace(first.clone(), json!({ "allow": {} }));
    assert_eq!((replaced.status, replaced.header("etag")), (200, Some(etag().as_str())));
    assert_eq!(replace(first, json!({})).status, 409);
    let refused = send("ada@example.org");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["error"]["code"], "insufficient_permissions");
    let draft = program.create(json!({ "to": to("ada@example.org") }));
    assert_eq!(program.send(&draft, 1).status, 403);
    assert_eq!(replace(etag(), json!({ "allow": { "domains": ["example.org"] } })).status, 200);
    assert_eq!(program.send(&draft, 1).status, 200);
    assert_eq!(send("ada@example.net").status, 403);
    assert_eq!(replace(etag(), json!({ "allow": null })).status, 200);
    assert_eq!(send("ada@example.net").status, 200);
    let from = json!({ "from": { "email": "other@example.com", "name": null },
        "to": to("ada@example.org") });
    assert_eq!(program.status("POST", "/mailbox/messages/send", from), 403);
    assert_eq!(
        program.get("/mailbox/sender-choices")["from"]["addresses"],
        json!(["support@example.com"])
    );
}

#[test]
fn an_uploaded_file_is_attached_and_its_text_extracted() {
    let program = Program::new(|builder| builder);
    let file = json!({ "filename": "a.md", "content_type": "text/markdown", "size_bytes": 7 });
    let upload = program.call("POST", "/mailbox/attachment-uploads", &[], file).json();
    let (_, path) = upload["data"]["upload_url"].as_str().unwrap().split_once("/api/v1").unwrap();
    let put = |body: &str| call(&program.0, "PUT", path, "", &[], &body.into());
    assert_eq!(put("# Short").status, 200);
    assert_eq!(put("too long").status, 413);
    let attachment = json!({ "blob_id": upload["data"]["upload_id"], "filename": "a.md",
        "content_type": "text/markdown", "size_bytes": 7 });
    let wrong = json!({ "attachments": [{ "blob_id": "none", "filename": "a", "size_bytes": 7,
        "content_type": "text/markdown" }] });
    assert_eq!(program.status("POST", "/mailbox/drafts", wrong), 422);
    let draft = program.ready(json!({ "attachments": [attachment] }));
    let message = program.get(&draft)["message_id"].as_str().unwrap().to_owned();
    let message = program.get(&format!("/mailbox/messages/{message}"));
    let (id, file) = (message["id"].as_str().unwrap(), &message["attachments"][0]);
    let text = format!("/mailbox/messages/{id}/attachments/{}/text", file["id"].as_str().unwrap());
    let statuses: Vec<u16> = ["GET", "POST", "GET", "GET", "POST"]
        .iter()
        .map(|method| program.status(method, &text, Value::Null))
        .collect();
    assert_eq!(statuses, [404, 202, 202, 200, 200]);
    let short = program.get(&format!("{text}?max_bytes=3"));
    assert_eq!((&short["text"], &short["truncated"]), (&json!("# S"), &json!(true)));
}
