//! No formatted value shows a secret.

use std::fmt::Write;

use httpmock::MockServer;
use sendmux_client::management::Client;
use sendmux_client::management::types::{MailboxCredential, ProviderCreate, WebhookWithSecret};
use sendmux_client::sending::types::AttachmentUpload;
use sendmux_client::{Credential, RetryPolicy, Secret, mailbox, sending};
use serde_json::{from_value, json};

const WORD: &str = "hush-hush-5f2b";

#[test]
fn values_do_not_show_it() {
    let client = Client::builder(WORD).base_url("http://127.0.0.1:9").build().unwrap();
    let provider = ProviderCreate::new("n", "h", 587, "tls", "u", WORD);
    let webhook: WebhookWithSecret = from_value(json!({
        "id": "w", "name": null, "url": "https://example.com", "enabled": true, "failing": false,
        "event_types": [], "filters": {"mailbox_ids": []}, "secret": WORD,
        "created_at": "2026-03-01", "updated_at": "2026-03-01"}))
    .unwrap();
    let credential: MailboxCredential = from_value(json!({
        "secret": WORD, "imap_port": 1, "smtp_port": 1, "key_prefix": "p", "key_suffix": "s",
        "public_id": "i", "server": "s", "username": "u"}))
    .unwrap();
    let upload: AttachmentUpload = from_value(json!({
        "upload_id": "u", "upload_url": format!("https://example.com/?token={WORD}"),
        "method": "PUT", "max_size_bytes": 1, "expires_at": "2026-03-01T10:00:00Z",
        "headers": {"X-Sendmux-Upload-Token": WORD}}))
    .unwrap();
    let mut text = String::new();
    let sending = sending::Client::new(WORD).unwrap();
    write!(text, "{client:?} {:?}", Client::builder(WORD)).unwrap();
    write!(text, "{:?} {:?}", Credential::from(WORD), Secret::new(WORD)).unwrap();
    write!(text, "{provider:?} {webhook:?} {credential:?} {upload:?}").unwrap();
    write!(text, "{:?}", client.create_provider(provider.clone())).unwrap();
    write!(text, "{:?}", sending.complete_attachment_upload("upl_1", WORD, WORD)).unwrap();
    let mailbox = mailbox::Client::new(WORD).unwrap();
    write!(text, "{:?}", mailbox.get_message_attachment("m", "a").download_token(WORD)).unwrap();
    write!(text, "{:?} {:?}", client.list_domains().pages(), client.list_domains().stream())
        .unwrap();
    assert!(text.len() > 500);
    assert!(!text.contains(WORD), "{text}");
}

#[tokio::test]
async fn errors_do_not_show_it() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path_includes("/attachments/echo");
        then.status(500).body(format!("<html>{WORD}</html>"));
    });
    server.mock(|when, then| {
        when.path_includes("/attachments/gone");
        then.status(302).header("location", format!("http://127.0.0.1:9/{WORD}"));
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}/{WORD}", listener.local_addr().unwrap());
    drop(listener);
    for base in [server.base_url(), closed] {
        let builder = mailbox::Client::builder(WORD).base_url(base).retry(RetryPolicy::none());
        let client = builder.build().unwrap();
        for id in ["echo", "gone", "none", ".."] {
            let request = client.get_message_attachment("m", id).download_token(WORD);
            let error = request.header("x-more", WORD).await.unwrap_err();
            let mut text = format!("{error} {error:?} {error:#?}");
            let mut source = std::error::Error::source(&error);
            while let Some(inner) = source {
                write!(text, " {inner} {inner:?}").unwrap();
                source = inner.source();
            }
            assert!(!text.contains(WORD), "{id}: {text}");
        }
    }
    for credential in [format!("{WORD}\n"), format!("{WORD} x")] {
        let error = Client::new(credential).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(WORD));
    }
}
