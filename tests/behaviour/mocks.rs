//! Mocks of single requests: what they match, what they reply, and what they report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use sendmux_client::mailbox::{self, types::MessageUpdate};
use sendmux_client::management::types::{EmailLog, EmailStatus, WebhookCreate};
use sendmux_client::management::{self, Client};
use sendmux_client::mock::{Sample, Server};
use sendmux_client::{Conditional, ETag};
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
