//! A mail program, rehearsed on the demo account: drafts, replies, attachments and send policies.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use sendmux_client::mailbox::types::{
    Address, DraftAddress, DraftCreate, DraftStatus, DraftUpdate, Message, MessageSend,
    TextOutcome, TextStatus,
};
use sendmux_client::mailbox::{self, DraftState, ExtractedText};
use sendmux_client::management::types::{
    AllowedRecipients, RecipientRules, SendPolicyReplace, SendPolicyScope,
};
use sendmux_client::{
    Clock, Conditional, Error, Kind, Modified, Nullable, RetryPolicy, Timestamp, management, modify,
};
use sendmux_mock::{Builder, DemoAccount, DraftProblem};

/// 2026-05-21T09:12:00Z.
const NOW: i64 = 1_779_354_720;

/// A clock on which every wait ends at once.
struct Impatient;

impl Clock for Impatient {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // A long sleep is a timeout.
        if duration < Duration::from_secs(20) {
            Box::pin(std::future::ready(()))
        } else {
            Box::pin(std::future::pending())
        }
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}

fn account(configure: impl FnOnce(Builder) -> Builder) -> (DemoAccount, mailbox::Client) {
    let account = configure(DemoAccount::builder().now(NOW).emails_per_day(3)).start();
    let builder = mailbox::Client::builder(account.mailbox_key()).base_url(account.base_url());
    let client = builder.retry(RetryPolicy::none()).clock(Impatient).build().unwrap();
    (account, client)
}

fn management(account: &DemoAccount) -> management::Client {
    let builder = management::Client::builder(account.key()).base_url(account.base_url());
    builder.retry(RetryPolicy::none()).clock(Impatient).build().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_mail_program_replies_schedules_cancels_and_sends() -> Result<(), Error> {
    let (account, client) = account(|builder| builder.reads_until_done(2));
    let reply = DraftCreate::reply("msg_demo").text_body("Thanks!");
    let created = client.create_draft(reply).await?;
    assert_eq!(created.status, DraftStatus::Preparing);
    assert!(created.parts().location().is_some_and(|location| location.ends_with(&created.id)));

    let handle = client.draft(&*created.id);
    let to = DraftAddress::new("ada@replies.example");
    let state =
        handle.edit(|draft| Some(DraftUpdate::new(draft.revision).to([to.clone()]))).await?;
    let DraftState::Ready(draft) = state else { panic!("{state:?}") };
    assert_eq!((draft.revision, draft.subject.as_deref()), (2, Some("Re: Last year's orders")));
    let unchanged = handle.edit(|_| None).await?;
    assert_eq!(unchanged.draft(), Some(&*draft));

    let state = handle.send(&draft).await?;
    let DraftState::Queued(sent) = state else { panic!("{state:?}") };
    assert_eq!((sent.revision, account.emails_sent()), (2, 1));
    let thread = client.list_thread_messages("thr_demo").stream().try_collect().await?;
    let senders: Vec<&str> =
        thread.iter().filter_map(|message| Some(&*message.from.as_ref()?.email)).collect();
    assert_eq!(senders.len(), 3, "{senders:?}");
    assert!(senders.contains(&"ada@replies.example"));

    let next = client.create_draft(DraftCreate::new().to([to]).subject("Later")).await?;
    let handle = client.draft(&*next.id);
    let DraftState::Ready(draft) = handle.wait().await? else { panic!("not ready") };
    let state = handle.schedule(&draft, at("2026-05-22T08:00:00.000999999Z")).await?;
    let DraftState::Scheduled(scheduled) = state else { panic!("{state:?}") };
    assert_eq!(scheduled.scheduled_for.unwrap().to_string(), "2026-05-22T08:00:00.000Z");
    let state = handle.reschedule(&scheduled, at("2026-05-23T08:00:00Z")).await?;
    let DraftState::Scheduled(moved) = state else { panic!("{state:?}") };
    assert!(handle.cancel(&scheduled).await.unwrap_err().is_precondition_failed());
    let state = handle.cancel(&moved).await?;
    let DraftState::Ready(canceled) = state else { panic!("{state:?}") };
    assert_eq!(canceled.scheduled_for, None);
    assert!(handle.send(&draft).await.unwrap_err().is_precondition_failed(), "it was seen before");
    let state = handle.send(&canceled).await?;
    assert!(matches!(state, DraftState::Queued(_)), "{state:?}");
    assert_eq!(account.emails_sent(), 2);
    Ok(())
}

#[tokio::test]
async fn drafts_that_fail_or_get_lost_are_told_apart_and_sent_once() -> Result<(), Error> {
    let (account, client) = account(|builder| {
        builder
            .draft_problem(DraftProblem::AnswerLost)
            .draft_problem(DraftProblem::Uncertain)
            .draft_problem(DraftProblem::SendRejected)
            .draft_problem(DraftProblem::PreparationFailed)
    });
    let mut states = Vec::new();
    for _ in 0..3 {
        let body = DraftCreate::new().to([DraftAddress::new("ada@example.org")]);
        let handle = client.draft(&*client.create_draft(body).await?.id);
        let DraftState::Ready(draft) = handle.wait().await? else { panic!("not ready") };
        let state = handle.send(&draft).await?;
        let draft = state.draft().unwrap();
        states
            .push((draft.status.to_string(), draft.failure_code.as_ref().map(ToString::to_string)));
    }
    let rejected = ("failed".to_owned(), Some("send_rejected".to_owned()));
    let queued = ("queued".to_owned(), None);
    assert_eq!(states, [queued.clone(), queued, rejected]);
    assert_eq!(account.emails_sent(), 2);

    let unsaved = client.draft(&*client.create_draft(DraftCreate::new()).await?.id);
    let state = unsaved.wait().await?;
    let DraftState::Failed(failed) = state else { panic!("{state:?}") };
    assert_eq!(failed.failure_code.unwrap().as_str(), "preparation_failed");
    let other = unsaved.edit(|draft| Some(DraftUpdate::new(draft.revision).subject("x"))).await?;
    assert!(matches!(other, DraftState::Ready(_)), "a failed draft can be corrected");
    Ok(())
}

#[tokio::test]
async fn a_draft_has_an_etag_although_the_document_lists_none() -> Result<(), Error> {
    let (_account, client) = account(|builder| builder.reads_until_done(0));
    let created = client.create_draft(DraftCreate::new().subject("Hello")).await?;
    let draft = client.get_draft(&*created.id).await?;
    let tag = draft.parts().etag().unwrap();
    let again = client.get_draft(&*created.id).if_none_match(&tag).await?;
    assert!(again.is_not_modified());
    let update = DraftUpdate::new(draft.revision).subject("Welcome");
    client.update_draft(&*created.id, update).if_match(&tag).await?;
    let again = client.get_draft(&*created.id).if_none_match(&tag).await?;
    assert!(matches!(again, Conditional::Fresh(draft) if draft.revision == 2));
    Ok(())
}

#[tokio::test]
async fn the_text_of_an_attachment_is_read_or_missing_for_a_reason() -> Result<(), Error> {
    let (_account, client) = account(|builder| builder);
    let pending = client.request_attachment_text("msg_demo", "att_notes").await?;
    assert_eq!((pending.parts().status().as_u16(), &pending.text), (202, &None));
    let text = client.read_attachment_text("msg_demo", "att_notes").await?;
    let ExtractedText::Text { text, truncated, .. } = text else { panic!("{text:?}") };
    assert_eq!((text.as_str(), truncated), ("The orders of last year, as discussed.\n", false));
    let complete = client.get_attachment_text("msg_demo", "att_notes").await?;
    assert_eq!(
        (complete.parts().status().as_u16(), &complete.status),
        (200, &TextStatus::Complete)
    );

    let short = client.read_attachment_text("msg_demo", "att_notes").max_bytes(10).await?;
    let ExtractedText::Text { text, truncated, .. } = short else { panic!("{short:?}") };
    assert_eq!((text.as_str(), truncated), ("The orders", true));

    let image = client.upload_attachment("plan.png", &b"x"[..]).await?;
    let attachment = sendmux_client::mailbox::types::DraftAttachment::new(
        &*image.blob_id,
        "plan.png",
        "image/png",
        1,
    );
    let draft = client.create_draft(DraftCreate::new().attachments([attachment])).await?;
    let DraftState::Ready(draft) = client.draft(&*draft.id).wait().await? else { panic!() };
    let message = draft.message_id.unwrap();
    let files = client.get_message(&*message).await?.into_data().attachments.unwrap();
    let none = client.read_attachment_text(&*message, &*files[0].id).await?;
    assert_eq!(none, ExtractedText::NoText(TextOutcome::OcrRequired));
    Ok(())
}

#[tokio::test]
async fn a_send_policy_is_replaced_as_it_was_read_but_for_the_change() -> Result<(), Error> {
    let (account, client) = account(|builder| builder.reads_until_done(0));
    let admin = management(&account);
    let scope = SendPolicyScope::Mailbox;
    let read = || admin.get_mailbox_send_policy(scope.clone(), "mbx_support");
    let replace = |policy| {
        let body = SendPolicyReplace::new(policy);
        admin.replace_mailbox_send_policy(scope.clone(), "mbx_support", body)
    };
    let before = read().await?;
    assert_eq!(before.policy.recipients.as_ref().unwrap().allow, Nullable::Null);
    let unconditional = replace(before.policy.clone()).await.unwrap_err();
    assert_eq!((unconditional.kind(), unconditional.may_have_been_sent()), (Kind::Request, false));

    let outcome = modify(read(), |current| {
        let mut policy = current.policy.clone();
        policy.alternate_from = Some(vec!["shop@example.com".to_owned()]);
        Some(replace(policy))
    });
    let Modified::Written(written) = outcome.await? else { panic!("not written") };
    assert_ne!(written.version, before.version);
    let mut expected = before.policy.clone();
    expected.alternate_from = Some(vec!["shop@example.com".to_owned()]);
    assert_eq!(written.policy, expected, "null is written as null");

    let send = || {
        let to = [DraftAddress::new("ada@example.org")];
        let created = client.create_draft(DraftCreate::new().to(to));
        async {
            let handle = client.draft(&*created.await?.id);
            let DraftState::Ready(draft) = handle.wait().await? else { panic!("not ready") };
            handle.send(&draft).await
        }
    };
    assert!(matches!(send().await?, DraftState::Queued(_)));
    modify(read(), |current| {
        let nobody = RecipientRules::new().allow(AllowedRecipients::new());
        Some(replace(current.policy.clone().recipients(nobody)))
    })
    .await?;
    assert_eq!(send().await.unwrap_err().status().unwrap(), 403);
    assert_eq!(account.emails_sent(), 1);
    Ok(())
}

#[tokio::test]
async fn costs_keep_all_their_decimal_places() -> Result<(), Error> {
    let (account, _client) = account(|builder| builder);
    let (start, end) = (at("2026-05-01T00:00:00.123456789Z"), at("2026-05-20T00:00:00Z"));
    let costs = management(&account).get_mailbox_cost_usage("mbx_support", start, end).await?;
    assert_eq!(costs.start.to_string(), "2026-05-01T00:00:00.123Z");
    assert_eq!(costs.storage.raw_amount.scale(), 18);
    assert_eq!(costs.storage.raw_amount.to_string().split_once('.').unwrap().1.len(), 18);
    assert_eq!(costs.posted_amount.scale(), 6);
    Ok(())
}

#[tokio::test]
async fn a_reply_joins_the_thread_without_a_draft() -> Result<(), Error> {
    let (account, client) = account(|builder| builder);
    let message = client.get_message("msg_demo").await?;
    let reply = MessageSend::reply(&message).text_body("Thanks!");
    let sent = client.send_message(reply).await?;
    assert_eq!(account.emails_sent(), 1);

    let reply = client.get_message(&*sent.message_id).await?;
    assert_eq!(reply.subject.as_deref(), Some("Re: Last year's orders"));
    assert_eq!(reply.to, [message.from.clone().unwrap()]);
    assert_eq!((&reply.thread_id, &reply.in_reply_to), (&message.thread_id, &message.message_id));

    let again = MessageSend::reply(&reply);
    assert_eq!(again.subject, reply.subject);
    let headers = again.custom_headers.unwrap();
    let own = format!("<{}>", reply.message_id[0]);
    assert_eq!(headers["In-Reply-To"], own);
    assert_eq!(headers["References"], format!("<demo@example.org> {own}"));
    Ok(())
}

#[tokio::test]
async fn a_reply_to_all_leaves_out_the_mailbox_and_nobody_twice() -> Result<(), Error> {
    let (_account, client) = account(|builder| builder);
    let mut message: Message = client.get_message("msg_demo").await?.into_data();
    let address = |email: &str| Address::new(email);
    let (reply_to, own) = (address("list@example.org"), address("Shop@example.com"));
    let (ben, cy) = (address("ben@example.org"), address("cy@example.org"));
    message.to = vec![own, ben.clone(), reply_to.clone()];
    message.cc = vec![cy.clone(), address("BEN@example.org")];
    message.reply_to = vec![reply_to.clone()];
    message.subject = Some("RE: a\r\nBcc: x".to_owned());
    message.references = (0..100).map(|number| format!("{number}@example.org")).collect();
    message.message_id = vec!["odd id".to_owned(), "last@example.org".to_owned()];

    let reply = MessageSend::reply_all(&message, "shop@example.com");
    assert_eq!(reply.to, Some(vec![reply_to]));
    assert_eq!(reply.cc, Some(vec![ben, cy]));
    assert_eq!(reply.subject.as_deref(), Some("RE: a  Bcc: x"));
    let headers = reply.custom_headers.unwrap();
    assert_eq!(headers["In-Reply-To"], "<last@example.org>");
    let references = &headers["References"];
    assert!(references.len() <= 998, "{references}");
    assert!(references.starts_with("<0@example.org> "), "{references}");
    assert!(references.ends_with(" <99@example.org> <last@example.org>"), "{references}");
    Ok(())
}
