//! Secrets are redacted wherever values and errors are formatted.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use sendmux_client::mailbox::types::{Address, MessageSend};
use sendmux_client::management::Client;
use sendmux_client::management::types::{MailboxCredential, ProviderCreate, WebhookWithSecret};
use sendmux_client::sending::types::AttachmentUpload;
use sendmux_client::{Credential, Error, RetryPolicy, Secret, Upload, mailbox, sending};
use serde_json::{from_value, json};

const SECRET: &str = "hush-hush-5f2b";

#[test]
fn values_redact_secrets() {
    let client = Client::builder(SECRET).base_url("http://127.0.0.1:9").build().unwrap();
    let provider = ProviderCreate::new("n", "h", 587, "tls", "u", SECRET);
    let webhook: WebhookWithSecret = from_value(json!({
        "id": "w", "name": null, "url": "https://example.com", "enabled": true, "failing": false,
        "event_types": [], "filters": {"mailbox_ids": []}, "secret": SECRET,
        "created_at": "2026-03-01", "updated_at": "2026-03-01"}))
    .unwrap();
    let credential: MailboxCredential = from_value(json!({
        "secret": SECRET, "imap_port": 1, "smtp_port": 1, "key_prefix": "p", "key_suffix": "s",
        "public_id": "i", "server": "s", "username": "u"}))
    .unwrap();
    let upload: AttachmentUpload = from_value(json!({
        "upload_id": "u", "upload_url": format!("https://example.com/?token={SECRET}"),
        "method": "PUT", "max_size_bytes": 1, "expires_at": "2026-03-01T10:00:00Z",
        "headers": {"X-Sendmux-Upload-Token": SECRET}}))
    .unwrap();
    let mut text = String::new();
    let sending = sending::Client::new(SECRET).unwrap();
    write!(text, "{client:?} {:?}", Client::builder(SECRET)).unwrap();
    write!(text, "{:?} {:?}", Credential::from(SECRET), Secret::new(SECRET)).unwrap();
    write!(text, "{provider:?} {webhook:?} {credential:?} {upload:?}").unwrap();
    write!(text, "{:?}", client.create_provider(provider.clone())).unwrap();
    write!(text, "{:?}", Upload::new(SECRET)).unwrap();
    write!(text, "{:?}", sending.complete_attachment_upload("upl_1", SECRET, SECRET)).unwrap();
    let mailbox = mailbox::Client::new(SECRET).unwrap();
    write!(text, "{:?}", mailbox.get_message_attachment("m", "a").download_token(SECRET)).unwrap();
    write!(text, "{:?} {:?}", client.list_domains().pages(), client.list_domains().stream())
        .unwrap();
    assert!(text.len() > 500);
    assert!(!text.contains(SECRET), "{text}");
}

/// Starts a server that sends these bytes to every request.
fn broken(response: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/{SECRET}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
            // The client may have disconnected.
            let _ = (&stream).write_all(response);
        }
    });
    base_url
}

/// Formats an error in every way, with all its sources.
fn formatted(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        write!(text, " {inner} {inner:?}").unwrap();
        source = inner.source();
    }
    text
}

/// Returns the errors of calls with a secret in the path, query, header or body.
async fn errors(base_url: &str) -> Vec<Error> {
    let builder = mailbox::Client::builder(SECRET).base_url(base_url).retry(RetryPolicy::none());
    let mailbox = builder.build().unwrap();
    let builder = sending::Client::builder(SECRET).base_url(base_url).retry(RetryPolicy::none());
    let sending = builder.build().unwrap();
    let download = mailbox.get_message_attachment(SECRET, "a").download_token(SECRET);
    let download = match download.header("x-more", SECRET).await {
        Ok(download) => download.bytes().await.err(),
        Err(error) => Some(error),
    };
    let body = MessageSend::new([Address::new(SECRET)], SECRET);
    let token = sending.complete_attachment_upload(SECRET, SECRET, SECRET);
    let errors = [
        download,
        mailbox.list_messages().q(SECRET).await.err(),
        mailbox.list_messages().q(SECRET).stream().try_next().await.err(),
        mailbox.send_message(body).idempotency_key(SECRET).await.err(),
        mailbox.get_message("..").header("x-more", format!("{SECRET}\n")).await.err(),
        mailbox.get_me().timeout(Duration::ZERO).await.err(),
        token.await.err(),
    ];
    errors.into_iter().flatten().collect()
}

#[tokio::test]
async fn errors_redact_secrets() {
    // Bound but not listening: connections are refused, and the port stays taken.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = format!("http://{}/{SECRET}", socket.local_addr().unwrap());
    let faults = [
        closed,
        broken(b""),
        broken(b"hush-hush-5f2b\r\n\r\n"),
        broken(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhush-hush-5f2b"),
        broken(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhush-hush-5f2b\r\n"),
        broken(b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n\"hush-hush-5f2b\""),
        broken(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/hush-hush-5f2b\r\n\r\n"),
        broken(b"HTTP/1.1 500 No\r\ncontent-length: 14\r\n\r\nhush-hush-5f2b"),
        broken(b"HTTP/1.1 400 No\r\ncontent-length: 26\r\n\r\n{\"error\":\"hush-hush-5f2b\"}"),
    ];
    for fault in &faults {
        let errors = errors(fault).await;
        assert!(errors.len() >= 6);
        for error in errors {
            let text = formatted(&error);
            assert!(!text.contains(SECRET), "{text}");
        }
    }
    for credential in [format!("{SECRET}\n"), format!("{SECRET} x")] {
        assert!(!formatted(&Client::new(credential).unwrap_err()).contains(SECRET));
    }
    for url in
        [format!("ftp://{SECRET}"), format!("https://{SECRET}@localhost/"), SECRET.to_owned()]
    {
        assert!(
            !formatted(&Client::builder("k").base_url(url).build().unwrap_err()).contains(SECRET)
        );
    }
}
