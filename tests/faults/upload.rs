//! Uploads from memory, files and streams.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use sendmux_client::{Kind, Upload};

use crate::class::{mailbox, sending, success};
use crate::clock::FakeClock;
use crate::fault::unavailable;
use crate::server::Server;

pub(crate) const BLOB: &str =
    r#"{"blob_id":"b1","filename":"a.txt","content_type":"text/plain","size_bytes":5}"#;
const STORED: &str = r#"{"attachment_id":"att_1","filename":"a.txt","content_type":"text/plain","size_bytes":5,"expires_at":"2026-03-01T00:00:00Z"}"#;

/// A stream of chunks in memory.
struct Chunks(std::vec::IntoIter<io::Result<&'static str>>);

impl Stream for Chunks {
    type Item = io::Result<&'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

fn chunks(chunks: &[&'static str]) -> Chunks {
    Chunks(chunks.iter().copied().map(Ok).collect::<Vec<_>>().into_iter())
}

fn file(name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let name = format!("sendmux-upload-{}-{name}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test]
async fn each_kind_of_source_is_sent_with_its_exact_length_and_type() {
    let path = file("a.pdf", b"bytes");
    let stream = || chunks(&["by", "", "tes"]);
    for (name, upload, media_type) in [
        ("a b&c.txt", Upload::new("bytes"), "text/plain"),
        ("a.bin", Upload::new("bytes"), "application/octet-stream"),
        ("a.txt", Upload::new("bytes").content_type("image/png").unwrap(), "image/png"),
        ("a.png", Upload::new("bytes").on_progress(|_| ()), "image/png"),
        ("a.txt", Upload::file(&path).await.unwrap(), "application/pdf"),
        ("a.CSV", Upload::stream(5, stream()), "text/csv"),
        ("a.txt", Upload::from_stream_fn(5, stream), "text/plain"),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [success(BLOB)]);
        let uploaded = mailbox(&server, &clock).upload_attachment(name, upload).await.unwrap();
        assert_eq!(uploaded.blob_id, "b1");
        let request = &server.received()[0];
        assert_eq!(request.body, b"bytes", "{name}");
        assert_eq!(request.header("content-length"), Some("5"));
        assert_eq!(request.header("transfer-encoding"), None);
        assert_eq!(request.header("content-type"), Some(media_type), "{name}");
    }
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn an_upload_of_another_length_than_announced_never_completes() {
    let path = file("shrinks", b"bytes");
    let shrunk = Upload::file(&path).await.unwrap();
    std::fs::write(&path, b"byt").unwrap();
    let failing = || Chunks(vec![Ok("by"), Err(io::Error::other("disk on fire"))].into_iter());
    for (upload, why) in [
        (Upload::stream(6, chunks(&["by", "tes"])), "ended after 5 of 6 announced bytes"),
        (Upload::stream(4, chunks(&["by", "tes"])), "exceeds the 4 announced bytes"),
        (Upload::stream(5, chunks(&["by", "tes", "!"])), "exceeds the 5 announced bytes"),
        (Upload::stream(5, failing()), "could not be read"),
        (Upload::from_stream_fn(5, failing), "could not be read"),
        (shrunk, "could not be read"),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [success(STORED)]);
        let request = sending(&server, &clock).upload_attachment("a.txt", upload);
        let error = request.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::Body, 1), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(server.received(), []);
    }
    std::fs::remove_file(path).unwrap();
    let missing = Upload::file("/no/such/file").await.unwrap_err();
    assert_eq!(missing.kind(), Kind::Body);
    assert!(Upload::file(std::env::temp_dir()).await.is_err());
}

#[tokio::test]
async fn a_replayable_upload_is_retried() {
    let path = file("again.txt", b"bytes");
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let anew = Upload::from_stream_fn(5, move || {
        count.fetch_add(1, SeqCst);
        chunks(&["bytes"])
    });
    for upload in [Upload::new("bytes"), Upload::file(&path).await.unwrap(), anew] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [unavailable(), success(STORED)]);
        let request = sending(&server, &clock).upload_attachment("a.txt", upload);
        assert_eq!(request.await.unwrap().parts().attempts(), 2);
        let received = server.received();
        assert!(received.len() == 2 && received.iter().all(|request| request.body == b"bytes"));
        assert!(received[0].header("idempotency-key").is_some());
        assert_eq!(received[0], received[1]);
    }
    assert_eq!(opened.load(SeqCst), 2);
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_one_shot_stream_is_retried_only_if_it_was_not_read() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [unavailable(), success(STORED)]);
    let once = Upload::stream(5, chunks(&["bytes"]));
    let error = sending(&server, &clock).upload_attachment("a.txt", once).await.unwrap_err();
    assert_eq!((error.attempts(), error.status().unwrap().as_u16()), (1, 503));

    let clock = FakeClock::new();
    let server = Server::start_late(&clock, [success(STORED)]);
    let once = Upload::stream(5, chunks(&["bytes"]));
    let request = sending(&server, &clock).upload_attachment("a.txt", once.clone());
    assert_eq!(request.await.unwrap().parts().attempts(), 2);

    let error = sending(&server, &clock).upload_attachment("a.txt", once).await.unwrap_err();
    assert!(error.to_string().contains("already been read"), "{error}");
}

#[tokio::test]
async fn progress_starts_over_with_each_attempt() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [unavailable(), success(STORED)]);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&reports);
    let upload = Upload::new(vec![7; 150_000]).on_progress(move |progress| {
        reported.lock().unwrap().push((progress.sent, progress.total))
    });
    sending(&server, &clock).upload_attachment("a.txt", upload).await.unwrap();
    let attempt = [65_536, 131_072, 150_000].map(|sent| (sent, 150_000));
    assert_eq!(*reports.lock().unwrap(), [attempt, attempt].concat());
}

/// A stream that creates its bytes on demand and counts those that are alive.
struct OnDemand {
    left: u64,
    alive: Arc<AtomicU64>,
    most: Arc<AtomicU64>,
}

const PIECE: usize = 64 * 1024;

struct Alive(Vec<u8>, Arc<AtomicU64>);

impl AsRef<[u8]> for Alive {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len() as u64, SeqCst);
    }
}

impl Stream for OnDemand {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= PIECE as u64;
        let alive = self.alive.fetch_add(PIECE as u64, SeqCst) + PIECE as u64;
        self.most.fetch_max(alive, SeqCst);
        let piece = Alive(vec![0; PIECE], Arc::clone(&self.alive));
        Poll::Ready(Some(Ok(Bytes::from_owner(piece))))
    }
}

#[tokio::test]
async fn a_large_upload_takes_little_memory() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [success(BLOB)]);
    let len = 64 * 1024 * 1024;
    let (alive, most) = (Arc::default(), Arc::new(AtomicU64::new(0)));
    let stream = OnDemand { left: len, alive, most: Arc::clone(&most) };
    let upload = Upload::stream(len, stream);
    mailbox(&server, &clock).upload_attachment("a.bin", upload).await.unwrap();
    assert_eq!(server.received()[0].body.len() as u64, len);
    assert!(most.load(SeqCst) <= 2 * 1024 * 1024, "{} bytes at once", most.load(SeqCst));
}
