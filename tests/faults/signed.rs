//! URLs that are secrets: nothing goes along, and nothing shows them.

use sendmux_client::sending::types::AttachmentUpload;
use sendmux_client::{ByteRange, Error, Kind, Secret, Upload};

use crate::class::{mailbox, sending, success};
use crate::clock::Fake;
use crate::fault::answer;
use crate::server::{Reply, Seen, Server};
use crate::upload::BLOB;

const WORD: &str = "hushhush";

fn silent(error: &Error) {
    let shown = format!("{error} {error:?} {:?}", std::error::Error::source(error));
    assert!(!shown.contains(WORD), "{shown}");
}

fn bare(seen: &Seen) {
    assert_eq!(seen.header("authorization"), None);
    assert!(seen.header("user-agent").is_some());
}

/// What the API says of an upload of five bytes to come.
fn target(url: &str, headers: &str) -> String {
    format!(
        r#"{{"upload_id":"upl_1","upload_url":"{url}","method":"PUT","expires_at":"2026-03-01T00:00:00Z","max_size_bytes":100,"headers":{headers}}}"#
    )
}

#[tokio::test]
async fn the_bytes_go_to_another_origin_without_the_key() {
    let clock = Fake::new();
    let store = Server::start(&clock, [success(BLOB)]);
    let url = format!("{}/put?token={WORD}", store.url());
    let headers = r#"{"Content-Type":"text/x-note","Content-Length":"5"}"#;
    let api = Server::start(&clock, [success(&target(&url, headers))]);
    let client = mailbox(&api, &clock);
    let answer = client.upload_signed("a.txt", "bytes").mailbox_id("mbx_1").await.unwrap();
    assert_eq!(answer.blob_id, "b1");

    let create = &api.log()[0];
    assert!(create.header("authorization").is_some());
    assert_eq!(create.target, "/api/v1/mailbox/attachment-uploads?mailbox_id=mbx_1");
    let body: serde_json::Value = serde_json::from_slice(&create.body).unwrap();
    let expected =
        serde_json::json!({"content_type": "text/plain", "filename": "a.txt", "size_bytes": 5});
    assert_eq!(body, expected);

    let put = &store.log()[0];
    bare(put);
    assert_eq!((&*put.method, &*put.target), ("PUT", &*format!("/api/v1/put?token={WORD}")));
    assert_eq!(put.header("content-type"), Some("text/x-note"));
    assert_eq!((put.header("content-length"), &*put.body), (Some("5"), &b"bytes"[..]));
}

#[tokio::test]
async fn the_token_of_the_sending_host_goes_along_and_the_put_is_repeated() {
    let clock = Fake::new();
    let stored = r#"{"attachment_id":"att_1","filename":"a.txt","content_type":"text/plain","size_bytes":5,"expires_at":"2026-03-01T00:00:00Z"}"#;
    let store = Server::start(&clock, [Reply::new("").then_reset(), success(stored)]);
    let url = format!("{}/emails/attachment-uploads/upl_1", store.url());
    let headers = format!(
        r#"{{"Content-Type":"text/plain","Content-Length":"5","X-Sendmux-Upload-Token":"{WORD}"}}"#
    );
    let api = Server::start(&clock, [success(&target(&url, &headers))]);
    let request = sending(&api, &clock).upload_signed("a.txt", "bytes").idempotency_key("k1");
    assert!(!format!("{request:?}").contains(WORD));
    let answer = request.await.unwrap();
    assert_eq!((&*answer.attachment_id, answer.attempts()), ("att_1", 2));
    assert_eq!(api.log()[0].header("idempotency-key"), Some("k1"));
    for put in store.log() {
        bare(&put);
        assert_eq!(put.header("x-sendmux-upload-token"), Some(WORD));
        assert_eq!(put.header("idempotency-key"), None);
    }
    assert_eq!(store.log().len(), 2);
}

#[tokio::test]
async fn a_target_that_asks_for_too_much_is_refused_before_anything_is_sent() {
    let plain = r#"{"Content-Length":"5"}"#;
    for (url, headers, why) in [
        ("http://store.example/hushhush", plain, "plain http"),
        ("ftp://store.example/hushhush", plain, "neither https nor http"),
        ("http://hushhush:x@127.0.0.1/", plain, "user name or password"),
        ("//store.example/hushhush", plain, "no absolute URL"),
        ("hushhush", plain, "no absolute URL"),
        ("/x", r#"{"Content-Length":"6"}"#, "not what was announced"),
        ("/x", r#"{"content-length":"five"}"#, "not what was announced"),
        ("/x", r#"{"Host":"hushhush"}"#, "asks for the header `host`"),
        ("/x", r#"{"authorization":"hushhush"}"#, "asks for the header `authorization`"),
        ("/x", r#"{"Transfer-Encoding":"chunked"}"#, "asks for the header `transfer-encoding`"),
        ("/x", r#"{"Proxy-Connection":"hushhush"}"#, "asks for the header `proxy-connection`"),
        ("/x", r#"{"a b":"hushhush"}"#, "unusable header `a b`"),
        ("/x", r#"{"X-Y":"hushhush\r\nHost: z"}"#, "unusable header `X-Y`"),
    ] {
        let clock = Fake::new();
        let server = Server::start(&clock, []);
        let target: AttachmentUpload = serde_json::from_str(&target(url, headers)).unwrap();
        let error = sending(&server, &clock).put_signed(&target, "bytes").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Request, "{url} {headers}: {error}");
        assert!(error.to_string().contains(why), "{url} {headers}: {error}");
        silent(&error);
        assert_eq!(server.log(), []);
    }
    let clock = Fake::new();
    let server = Server::start(&clock, []);
    let target: AttachmentUpload = serde_json::from_str(&target("/x", "{}")).unwrap();
    let large = Upload::new(vec![0; 101]);
    let error = sending(&server, &clock).put_signed(&target, large).await.unwrap_err();
    assert!(error.to_string().contains("101 bytes; 100 are allowed"), "{error}");
}

#[tokio::test]
async fn a_download_url_is_fetched_without_the_key_wherever_it_leads() {
    let clock = Fake::new();
    let other = Server::start(&clock, [answer("200 OK", "", "bytes")]);
    let api = Server::start(&clock, [answer("200 OK", "", "bytes")]);
    let client = mailbox(&api, &clock);
    let path = format!("/files/1?token={WORD}");
    let origin = api.url().replace("/api/v1", "");
    for (server, url) in [(&api, path.clone()), (&other, format!("{}{path}", other.url()))] {
        let request = client.fetch_url(Secret::new(url)).range(ByteRange::new(0..).unwrap());
        assert!(!format!("{request:?}").contains(WORD));
        let download = request.await.unwrap();
        assert!(!format!("{download:?}").contains(WORD));
        assert_eq!(download.bytes().await.unwrap(), "bytes");
        let seen = &server.log()[0];
        bare(seen);
        assert_eq!(seen.header("range"), Some("bytes=0-"));
        assert!(seen.target.ends_with(&path), "{} at {origin}", seen.target);
    }
    for url in ["http://store.example/hushhush", "file:///hushhush", "", "//h/hushhush", "hushhush"]
    {
        let error = client.fetch_url(url).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Request, "{url}");
        silent(&error);
    }
}

#[tokio::test]
async fn redirects_are_followed_without_the_key_and_not_for_ever() {
    let clock = Fake::new();
    let other = Server::start(&clock, [answer("200 OK", "", "bytes")]);
    let lead = |to: &str| answer("302 Found", &format!("Location: {to}\r\n"), "");
    let api = Server::start(&clock, [lead("/b"), lead(&format!("{}/c", other.url()))]);
    let download = mailbox(&api, &clock).fetch_url("/a").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), "bytes");
    api.log().iter().chain(&other.log()).for_each(bare);
    assert_eq!((api.log().len(), other.log().len()), (2, 1));

    for to in ["http://store.example/hushhush", "ftp://127.0.0.1/hushhush"] {
        let api = Server::start(&clock, [lead(to)]);
        let error = mailbox(&api, &clock).fetch_url("/a").await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 302);
        silent(&error);
    }
    let api = Server::start(&clock, (0..9).map(|_| lead("/again")));
    let error = mailbox(&api, &clock).fetch_url("/a").await.unwrap_err();
    assert!(error.to_string().contains("leads on more than 5 times"), "{error}");
    assert_eq!(api.log().len(), 6);
}

#[tokio::test]
async fn a_broken_fetch_goes_on_without_the_key() {
    let clock = Fake::new();
    let begun = Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nby").then_close();
    let rest = "HTTP/1.1 206 P\r\nContent-Range: bytes 2-4/5\r\nContent-Length: 3\r\n\r\ntes";
    let server = Server::start(&clock, [begun, Reply::new(rest)]);
    let download = mailbox(&server, &clock).fetch_url("/a").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), "bytes");
    server.log().iter().for_each(bare);
    assert_eq!(server.log()[1].header("range"), Some("bytes=2-"));
}
