//! Mocks of single requests: what they match, what they reply, and what they report.

use std::collections::BTreeSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use sendmux_client::mailbox::{self, types::MessageUpdate};
use sendmux_client::management::types::{EmailLog, EmailStatus, WebhookCreate};
use sendmux_client::management::{self, Client};
use sendmux_client::mock::{Sample, Server};
use sendmux_client::{Conditional, ETag, RetryPolicy};
use sendmux_mock::DemoAccount;
use serde_json::json;

fn start() -> (Server, Client) {
    let server = Server::start();
    let client = server.client();
    (server, client)
}

fn panic_of(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).unwrap_err();
    panic.downcast::<String>().map(|words| *words).unwrap_or_default()
}

#[tokio::test]
async fn replies_are_used_in_order_and_the_last_one_repeats() {
    let (server, client) = start();
    let balance = server
        .when(client.get_balance())
        .then(|reply| {
            reply.error(429, "rate_limit_exceeded", "Too fast").retry_after(Duration::from_secs(60))
        })
        .then(|reply| reply.rate_limit(600, 598, 1_800_000_000).request_id("req_mine"));
    for _ in 0..2 {
        let response = client.get_balance().await.unwrap();
        assert_eq!(response.parts().request_id(), Some("req_mine"));
        assert_eq!(response.parts().rate_limit().unwrap().remaining, Some(598));
    }
    balance.assert_calls(3);
}

#[tokio::test]
async fn a_mock_matches_all_options_of_its_request() {
    let (server, client) = start();
    let failed = server.when(client.list_email_logs().status(EmailStatus::Failed));
    let any = server.when_any::<management::ListEmailLogs>();
    client.list_email_logs().status(EmailStatus::Failed).limit(3).await.unwrap();
    client.list_email_logs().status(EmailStatus::Sent).await.unwrap();
    client.list_email_logs().await.unwrap();
    failed.assert_calls(1);
    any.assert_calls(2);
    assert_eq!(any.received()[0].query(), [("status".to_owned(), "sent".to_owned())]);
}

#[tokio::test]
async fn pages_follow_their_cursors() {
    let (server, client) = start();
    let log = |id: &str| {
        let mut log = EmailLog::sample();
        log.id = id.to_owned();
        log
    };
    let _first = server
        .when_any::<management::ListEmailLogs>()
        .then(|reply| reply.page([&log("a"), &log("b")]).next_cursor("c+1"));
    let second =
        server.when(client.list_email_logs().cursor("c+1")).then(|reply| reply.page([&log("c")]));
    let logs = client.list_email_logs().stream().try_collect().await.unwrap();
    assert_eq!(logs.iter().map(|log| log.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    second.assert_calls(1);
}

#[tokio::test]
async fn ids_and_bodies_are_part_of_the_match() {
    let (server, client) = start();
    let one = server.when(client.get_domain("a/../b?c"));
    let body = |url: &str| WebhookCreate::new(url, ["message.bounced"]);
    let created = server
        .when(client.create_webhook(body("https://example.com/a")))
        .then(|reply| reply.status(201));
    client.get_domain("a/../b?c").await.unwrap();
    client.create_webhook(body("https://example.com/a")).await.unwrap();
    assert_eq!(created.received()[0].json::<WebhookCreate>(), body("https://example.com/a"));
    assert!(client.get_domain("a").await.is_err());
    assert!(client.create_webhook(body("https://example.com/b")).await.is_err());
    one.assert_calls(1);
    created.assert_calls(1);
    assert_eq!(server.unmatched().len(), 2);
}

#[tokio::test]
async fn a_literal_path_is_not_an_id() {
    let (server, client) = start();
    let any = server.when_any::<management::GetProvider>();
    client.get_provider("dprov_1").await.unwrap();
    assert_eq!(client.get_provider_limits().await.unwrap_err().code().unwrap().as_str(), "no_mock");
    any.assert_calls(1);
}

#[tokio::test]
async fn a_request_without_a_mock_is_reported() {
    let (server, client) = start();
    let mock = server.when(client.get_provider("dprov_1"));
    let error = client.get_domain("d").await.unwrap_err().to_string();
    let panic = panic_of(|| mock.assert_calls(1));
    for words in [error, panic, panic_of(|| server.assert_matched())] {
        assert!(words.contains("GET /domains/d"), "{words}");
        assert!(
            words.contains("GET /providers/dprov_1 (managementGetProvider, 0 calls)"),
            "{words}"
        );
        assert!(!words.contains("smx_"), "{words}");
    }
}

#[test]
fn json_of_another_type_panics_at_once() {
    let (server, client) = start();
    let panic = panic_of(|| {
        let balance = server.when(client.get_balance());
        let _ = balance.then(|reply| reply.ok_json(json!({"balance": "1.0", "currency": 7})));
    });
    assert!(panic.contains("Balance") && panic.contains("`currency`"), "{panic}");
    let panic = panic_of(|| drop(server.when(client.get_domain(".."))));
    assert!(panic.contains("managementGetDomain"), "{panic}");
}

#[tokio::test]
async fn etags_and_errors_are_those_of_the_api() {
    let (server, client) = start();
    let tag = ETag::new("W/\"1\"");
    let _fresh = server.when(client.get_domain("d")).then(|reply| reply.etag(&tag));
    let _known =
        server.when(client.get_domain("d").if_none_match(&tag)).then(|reply| reply.not_modified());
    let response = client.get_domain("d").await.unwrap();
    assert_eq!(response.parts().etag().as_ref(), Some(&tag));
    let again = client.get_domain("d").if_none_match(&tag).await.unwrap();
    assert!(matches!(again, Conditional::NotModified(_)));

    let _rejected = server.when_any::<management::CreateWebhook>().then(|reply| {
        reply
            .error(422, "validation_error", "Not valid")
            .param("url")
            .issue("url", "invalid_url", "No URL")
            .issue("events.0", "invalid", "No event")
    });
    let error = client.create_webhook(WebhookCreate::new("x", ["y"])).await.unwrap_err();
    assert_eq!(error.param(), Some("url"));
    assert_eq!(
        error.issues().iter().map(|issue| issue.field.as_str()).collect::<Vec<_>>(),
        ["url", "events.0"]
    );
}

#[tokio::test]
async fn text_and_mailbox_options_can_be_mocked() {
    let (server, client) = start();
    let _zone =
        server.when_any::<management::GetDomainZoneFile>().then(|reply| reply.text("$ORIGIN"));
    assert_eq!(*client.get_domain_zone_file("d").await.unwrap(), "$ORIGIN");
    let mailbox: mailbox::Client = server.builder().mailbox_id("mbx_1").build().unwrap();
    let other: mailbox::Client = server.client();
    let mock = server.when(mailbox.update_message("m", MessageUpdate::new()));
    assert!(other.update_message("m", MessageUpdate::new()).await.is_err());
    mailbox.update_message("m", MessageUpdate::new()).await.unwrap();
    mock.assert_calls(1);
}

#[tokio::test]
async fn many_servers_run_at_the_same_time() {
    let servers: Vec<Server> = (0..60).map(|_| Server::start()).collect();
    let accounts: Vec<DemoAccount> =
        (0..30).map(|_| DemoAccount::builder().emails_per_day(1).start()).collect();
    for server in &servers {
        let client: Client = server.client();
        let balance = server.when(client.get_balance());
        client.get_balance().await.unwrap();
        balance.assert_calls(1);
    }
    let urls: BTreeSet<&str> = servers.iter().map(Server::base_url).collect();
    assert_eq!((urls.len(), accounts.len()), (60, 30));
}

#[tokio::test]
async fn connections_break_where_a_reply_says_so() {
    let (server, client) = start();
    let balance =
        server.when(client.get_balance()).then(|reply| reply.disconnect()).then(|reply| reply);
    assert_eq!(client.get_balance().await.unwrap().parts().attempts(), 2);
    balance.assert_calls(2);

    let webhook = WebhookCreate::new("https://example.com", ["email.sent"]);
    let created = server.when_any::<management::CreateWebhook>().then(|reply| reply.cut_off());
    let create = client.create_webhook(webhook).retry(RetryPolicy::none());
    let error = create.await.unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    created.assert_calls(1);
}

#[tokio::test]
async fn an_event_stream_stays_open() {
    let server = Server::start();
    let client: mailbox::Client = server.client();
    let event = json!({"event_type": "message.created", "mailbox_id": "mbx_1"});
    let _events = server
        .when_any::<mailbox::StreamEvents>()
        .then(|reply| reply.event("message.created", "1", &event).stay_open());
    let mut events = client.stream_events().stream();
    let first = events.next().await.unwrap().unwrap();
    assert_eq!(first.id.as_deref(), Some("1"));
    let mut next = std::pin::pin!(events.next());
    let idle =
        std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending()));
    assert!(idle.await);
}

#[test]
fn headers_and_statuses_that_http_does_not_know_panic_at_once() {
    let (server, client) = start();
    let header = panic_of(|| {
        let _mock = server.when(client.get_balance()).then(|reply| reply.header("a b", "c"));
    });
    assert_eq!(header, "the header `a b` has a character not allowed in HTTP");
    let status = panic_of(|| {
        let _mock = server.when(client.get_balance()).then(|reply| reply.status(7));
    });
    assert_eq!(status, "7 is not a status of HTTP");
}
