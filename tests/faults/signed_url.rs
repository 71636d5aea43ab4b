//! Signed URLs: requests without the credential, and errors that do not show the URL.

use sendmux_client::sending::types::AttachmentUpload;
use sendmux_client::{ByteRange, Error, Kind, Secret, Upload};
use test_case::test_case;

use crate::class::{mailbox, sending, success};
use crate::clock::FakeClock;
use crate::fault::response;
use crate::server::{Received, Reply, Server};
use crate::upload::BLOB;

const SECRET: &str = "hushhush";
const LENGTH: &str = r#"{"Content-Length":"5"}"#;

fn assert_redacted(error: &Error) {
    let shown = format!("{error} {error:?} {:?}", std::error::Error::source(error));
    assert!(!shown.contains(SECRET), "{shown}");
}

fn assert_without_credential(request: &Received) {
    assert_eq!(request.header("authorization"), None);
    assert!(request.header("user-agent").is_some());
}

/// Returns the target of a signed upload of five bytes.
fn target(url: &str, headers: &str) -> String {
    format!(
        r#"{{"upload_id":"upl_1","upload_url":"{url}","method":"PUT","expires_at":"2026-03-01T00:00:00Z","max_size_bytes":100,"headers":{headers}}}"#
    )
}

#[tokio::test]
async fn an_upload_to_another_origin_omits_the_credential() {
    let clock = FakeClock::new();
    let store = Server::start(&clock, [success(BLOB)]);
    let url = format!("{}/put?token={SECRET}", store.url());
    let headers = r#"{"Content-Type":"text/x-note","Content-Length":"5"}"#;
    let api = Server::start(&clock, [success(&target(&url, headers))]);
    let client = mailbox(&api, &clock);
    let uploaded = client.upload_signed("a.txt", "bytes").mailbox_id("mbx_1").await.unwrap();
    assert_eq!(uploaded.blob_id, "b1");

    let create = &api.received()[0];
    assert!(create.header("authorization").is_some());
    assert_eq!(create.target, "/api/v1/mailbox/attachment-uploads?mailbox_id=mbx_1");
    let body: serde_json::Value = serde_json::from_slice(&create.body).unwrap();
    let expected =
        serde_json::json!({"content_type": "text/plain", "filename": "a.txt", "size_bytes": 5});
    assert_eq!(body, expected);

    let put = &store.received()[0];
    assert_without_credential(put);
    assert_eq!((&*put.method, &*put.target), ("PUT", &*format!("/api/v1/put?token={SECRET}")));
    assert_eq!(put.header("content-type"), Some("text/x-note"));
    assert_eq!((put.header("content-length"), &*put.body), (Some("5"), &b"bytes"[..]));
}

#[tokio::test]
async fn a_signed_put_sends_the_upload_token_and_is_retried() {
    let clock = FakeClock::new();
    let stored = r#"{"attachment_id":"att_1","filename":"a.txt","content_type":"text/plain","size_bytes":5,"expires_at":"2026-03-01T00:00:00Z"}"#;
    let store = Server::start(&clock, [Reply::new("").then_reset(), success(stored)]);
    let url = format!("{}/emails/attachment-uploads/upl_1", store.url());
    let headers = format!(
        r#"{{"Content-Type":"text/plain","Content-Length":"5","X-Sendmux-Upload-Token":"{SECRET}"}}"#
    );
    let api = Server::start(&clock, [success(&target(&url, &headers))]);
    let request = sending(&api, &clock).upload_signed("a.txt", "bytes").idempotency_key("k1");
    assert!(!format!("{request:?}").contains(SECRET));
    let uploaded = request.await.unwrap();
    assert_eq!((&*uploaded.attachment_id, uploaded.parts().attempts()), ("att_1", 2));
    assert_eq!(api.received()[0].header("idempotency-key"), Some("k1"));
    for put in store.received() {
        assert_without_credential(&put);
        assert_eq!(put.header("x-sendmux-upload-token"), Some(SECRET));
        assert_eq!(put.header("idempotency-key"), None);
    }
    assert_eq!(store.received().len(), 2);
}

#[test_case("http://store.example/hushhush", LENGTH, "plain http" ; "plain http")]
#[test_case("ftp://store.example/hushhush", LENGTH, "neither https nor http" ; "ftp")]
#[test_case("http://hushhush:x@127.0.0.1/", LENGTH, "user name or password" ; "user name")]
#[test_case("//store.example/hushhush", LENGTH, "is not absolute" ; "url without a scheme")]
#[test_case("hushhush", LENGTH, "is not absolute" ; "relative path")]
#[test_case("/x", r#"{"Content-Length":"6"}"#, "not the announced length" ; "another length")]
#[test_case("/x", r#"{"content-length":"five"}"#, "not the announced length" ; "malformed length")]
#[test_case("/x", r#"{"Host":"hushhush"}"#, "requires the header `host`" ; "host")]
#[test_case("/x", r#"{"authorization":"hushhush"}"#, "requires the header `authorization`" ; "authorization")]
#[test_case("/x", r#"{"Transfer-Encoding":"chunked"}"#, "requires the header `transfer-encoding`" ; "transfer encoding")]
#[test_case("/x", r#"{"Proxy-Connection":"hushhush"}"#, "requires the header `proxy-connection`" ; "proxy connection")]
#[test_case("/x", r#"{"a b":"hushhush"}"#, "requires the invalid header `a b`" ; "invalid header name")]
#[test_case("/x", r#"{"X-Y":"hushhush\r\nHost: z"}"#, "requires the invalid header `X-Y`" ; "invalid header value")]
#[tokio::test]
async fn an_unsafe_upload_target_is_rejected_before_sending(
    url: &str,
    headers: &str,
    reason: &str,
) {
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let target: AttachmentUpload = serde_json::from_str(&target(url, headers)).unwrap();
    let error = sending(&server, &clock).put_signed(&target, "bytes").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Request, "{error}");
    assert!(error.to_string().contains(reason), "{error}");
    assert_redacted(&error);
    assert_eq!(server.received(), []);
}

#[tokio::test]
async fn an_upload_larger_than_its_target_is_rejected_before_sending() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, []);
    let target: AttachmentUpload = serde_json::from_str(&target("/x", "{}")).unwrap();
    let large = Upload::new(vec![0; 101]);
    let error = sending(&server, &clock).put_signed(&target, large).await.unwrap_err();
    assert!(error.to_string().contains("101 bytes; at most 100 are allowed"), "{error}");
}

#[tokio::test]
async fn a_download_url_is_fetched_without_the_credential() {
    let clock = FakeClock::new();
    let other = Server::start(&clock, [response("200 OK", "", "bytes")]);
    let api = Server::start(&clock, [response("200 OK", "", "bytes")]);
    let client = mailbox(&api, &clock);
    let path = format!("/files/1?token={SECRET}");
    let origin = api.url().replace("/api/v1", "");
    for (server, url) in [(&api, path.clone()), (&other, format!("{}{path}", other.url()))] {
        let request = client.fetch_url(Secret::new(url)).range(ByteRange::new(0..).unwrap());
        assert!(!format!("{request:?}").contains(SECRET));
        let download = request.await.unwrap();
        assert!(!format!("{download:?}").contains(SECRET));
        assert_eq!(download.bytes().await.unwrap(), "bytes");
        let request = &server.received()[0];
        assert_without_credential(request);
        assert_eq!(request.header("range"), Some("bytes=0-"));
        assert!(request.target.ends_with(&path), "{} at {origin}", request.target);
    }
    for url in ["http://store.example/hushhush", "file:///hushhush", "", "//h/hushhush", "hushhush"]
    {
        let error = client.fetch_url(url).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Request, "{url}");
        assert_redacted(&error);
    }
}

#[tokio::test]
async fn redirects_of_a_signed_url_are_followed_up_to_a_limit() {
    let clock = FakeClock::new();
    let other = Server::start(&clock, [response("200 OK", "", "bytes")]);
    let lead = |to: &str| response("302 Found", &format!("Location: {to}\r\n"), "");
    let api = Server::start(&clock, [lead("/b"), lead(&format!("{}/c", other.url()))]);
    let download = mailbox(&api, &clock).fetch_url("/a").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), "bytes");
    api.received().iter().chain(&other.received()).for_each(assert_without_credential);
    assert_eq!((api.received().len(), other.received().len()), (2, 1));

    for to in ["http://store.example/hushhush", "ftp://127.0.0.1/hushhush"] {
        let api = Server::start(&clock, [lead(to)]);
        let error = mailbox(&api, &clock).fetch_url("/a").await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 302);
        assert_redacted(&error);
    }
    let api = Server::start(&clock, (0..9).map(|_| lead("/again")));
    let error = mailbox(&api, &clock).fetch_url("/a").await.unwrap_err();
    assert!(error.to_string().contains("redirects more than 5 times"), "{error}");
    assert_eq!(api.received().len(), 6);
}

#[tokio::test]
async fn a_fetch_is_resumed_without_the_credential() {
    let clock = FakeClock::new();
    let begun =
        Reply::new("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 5\r\n\r\nby").then_close();
    let rest = "HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes 2-4/5\r\nContent-Length: 3\r\n\r\ntes";
    let server = Server::start(&clock, [begun, Reply::new(rest)]);
    let download = mailbox(&server, &clock).fetch_url("/a").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), "bytes");
    server.received().iter().for_each(assert_without_credential);
    assert_eq!(server.received()[1].header("range"), Some("bytes=2-"));
}
