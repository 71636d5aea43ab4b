//! Downloads that are interrupted.

use proptest::prelude::*;
use sendmux_client::{ByteRange, Download, Error, Kind, RetryPolicy};
use test_case::test_case;

use crate::class::mailbox;
use crate::clock::FakeClock;
use crate::fault::{api_error, unavailable};
use crate::server::{Received, Reply, Server};

const FILE: &str = "The quick brown fox jumps over it";
const STRONG: &str = "ETag: \"v1\"\r\n";
const WEAK: &str = "ETag: W/\"v1\"\r\n";

/// Returns the whole file, of which the first `sent` bytes arrive.
fn whole(lines: &str, sent: usize) -> Reply {
    let length = FILE.len();
    let head = format!("HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\n{lines}");
    Reply::new(format!("{head}Content-Length: {length}\r\n\r\n{}", &FILE[..sent]))
}

/// Returns the file from `first` on, of which the bytes up to `sent` arrive.
fn rest(lines: &str, first: usize, sent: usize) -> Reply {
    let (length, last) = (FILE.len(), FILE.len() - 1);
    part(lines, &format!("bytes {first}-{last}/{length}"), length - first, &FILE[first..sent])
}

fn part(lines: &str, range: &str, length: usize, sent: &str) -> Reply {
    let head = format!("HTTP/1.1 206 Partial Content\r\nX-Request-Id: req_2\r\n{lines}");
    Reply::new(format!("{head}Content-Range: {range}\r\nContent-Length: {length}\r\n\r\n{sent}"))
}

async fn start(server: &Server, clock: &FakeClock) -> Download {
    mailbox(server, clock).get_message_attachment("m1", "a1").await.unwrap()
}

/// Downloads an attachment that this script serves.
async fn download(
    script: impl IntoIterator<Item = Reply>,
) -> (Result<String, Error>, Vec<Received>) {
    let clock = FakeClock::new();
    let server = Server::start(&clock, script);
    let result = start(&server, &clock).await.bytes().await;
    (result.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()), server.received())
}

fn ranges(received: &[Received]) -> Vec<(Option<&str>, Option<&str>)> {
    received.iter().map(|request| (request.header("range"), request.header("if-range"))).collect()
}

#[tokio::test]
async fn a_download_resumes_from_any_byte() {
    for cut in 0..FILE.len() {
        let script = [whole(STRONG, cut).then_close(), rest(STRONG, cut, FILE.len())];
        let (result, received) = download(script).await;
        assert_eq!(result.unwrap(), FILE, "cut at {cut}");
        let range = format!("bytes={cut}-");
        assert_eq!(ranges(&received), [(None, None), (Some(&*range), Some("\"v1\""))]);
        assert!(received.iter().all(|request| request.header("authorization").is_some()));
        assert!(
            received.iter().all(|request| request.header("accept-encoding") == Some("identity"))
        );
    }
}

#[tokio::test]
async fn without_a_strong_etag_a_download_starts_over_or_fails_but_is_never_spliced() {
    const DATE: &str = "Last-Modified: Sun, 01 Mar 2026 00:00:00 GMT\r\n";
    for lines in ["", WEAK, DATE, "ETag: v1\r\n"] {
        let script = || [whole(lines, 10).then_close(), whole(lines, FILE.len())];
        let (result, received) = download(script()).await;
        assert_eq!(result.unwrap(), FILE);
        assert_eq!(ranges(&received), [(None, None), (None, None)]);

        let clock = FakeClock::new();
        let server = Server::start(&clock, script());
        let mut download = start(&server, &clock).await;
        assert_eq!(download.chunk().await.unwrap().unwrap(), &FILE[..10]);
        let error = download.chunk().await.unwrap_err();
        assert!(error.to_string().contains("no strong `ETag`"), "{error}");
        assert_eq!((error.kind(), server.received().len()), (Kind::Connection, 1));
    }
}

#[tokio::test]
async fn a_download_that_starts_over_again_and_again_ends() {
    let (result, received) = download(vec![whole("", 10).then_close(); 9]).await;
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), received.len()), (Kind::Connection, 4, 4));
}

#[tokio::test]
async fn the_attempts_of_a_whole_download_are_counted() {
    let clock = FakeClock::new();
    let script = [
        whole(STRONG, 10).then_close(),
        unavailable(),
        rest(STRONG, 10, 20).then_close(),
        rest(STRONG, 20, FILE.len()),
    ];
    let server = Server::start(&clock, script);
    let mut download = start(&server, &clock).await;
    while download.chunk().await.unwrap().is_some() {}
    assert_eq!((download.parts().attempts(), server.received().len()), (4, 4));
}

#[tokio::test]
async fn a_download_interrupted_at_every_byte_completes() {
    let script = (0..FILE.len()).map(|at| match at {
        0 => whole(STRONG, 1).then_reset(),
        at => rest(STRONG, at, at + 1).then_close(),
    });
    // A reset may discard a byte that was not read yet.
    let first = [whole(STRONG, 1).then_close()];
    let (result, received) = download(first.into_iter().chain(script.skip(1))).await;
    assert_eq!(result.unwrap(), FILE);
    assert_eq!(received.len(), FILE.len());
}

fn range_not_satisfiable(lines: &str) -> Reply {
    let head = format!("HTTP/1.1 416 Range Not Satisfiable\r\n{lines}");
    Reply::new(format!("{head}Content-Length: 0\r\n\r\n"))
}

#[test_case(STRONG, whole("", 33), "without proof" ; "whole file without an etag")]
#[test_case(STRONG, whole(WEAK, 33), "without proof that it is unchanged" ; "whole file with a weak etag")]
#[test_case(STRONG, whole("ETag: \"v2\"\r\n", 33), "without proof" ; "whole file with another etag")]
#[test_case(STRONG, rest(STRONG, 9, 33), "does not start at the requested offset" ; "offset too low")]
#[test_case(STRONG, rest(STRONG, 11, 33), "does not start at the requested offset" ; "offset too high")]
#[test_case(STRONG, rest("ETag: \"v2\"\r\n", 10, 33), "prove that the file is unchanged" ; "another etag")]
#[test_case(STRONG, rest(WEAK, 10, 33), "prove that the file is unchanged" ; "weak etag instead of a strong one")]
#[test_case(STRONG, rest("", 10, 33), "prove that the file is unchanged" ; "missing etag")]
#[test_case(STRONG, part(STRONG, "bytes 10-32/34", 23, &FILE[10..]), "the length of the file has changed" ; "longer file")]
#[test_case(STRONG, part(STRONG, "bytes 10-33/34", 24, "x"), "the length of the file has changed" ; "longer file to its end")]
#[test_case(STRONG, part(STRONG, "bytes 10-32/33", 22, &FILE[10..32]), "contradict each other" ; "content length of another range")]
#[test_case(STRONG, part(STRONG, "bytes x", 23, &FILE[10..]), "`Content-Range` is malformed" ; "malformed range")]
#[test_case(STRONG, part(STRONG, "bytes */33", 23, &FILE[10..]), "`Content-Range` names no bytes" ; "range without bytes")]
#[test_case(STRONG, rest("ETag: \"v1\"\r\nContent-Encoding: gzip\r\n", 10, 33), "gzip-encoded" ; "compressed")]
#[test_case(STRONG, rest("ETag: \"v1\"\r\nContent-Type: multipart/byteranges; boundary=x\r\n", 10, 33), "several parts" ; "several parts")]
#[test_case(STRONG, range_not_satisfiable(""), "no more bytes (416)" ; "not satisfiable")]
#[test_case(STRONG, range_not_satisfiable("Content-Range: bytes */10\r\n"), "no more bytes (416)" ; "not satisfiable with another length")]
#[test_case(STRONG, Reply::new("HTTP/1.1 204 No Content\r\n\r\n"), "neither 200 nor 206" ; "no content")]
#[tokio::test]
async fn a_response_that_does_not_continue_the_file_is_rejected(
    first: &str,
    second: Reply,
    reason: &str,
) {
    let (result, received) = download([whole(first, 10).then_close(), second]).await;
    let error = result.unwrap_err();
    assert!(error.to_string().contains(reason), "{error}");
    assert!(error.to_string().contains("after 10 bytes"), "{error}");
    assert_eq!((error.kind(), received.len()), (Kind::Connection, 2));
    assert_eq!(error.request_id(), Some("req_1"));
}

#[tokio::test]
async fn a_file_sent_again_is_accepted_if_it_is_proven_unchanged() {
    let script = [whole(STRONG, 10).then_close(), whole(STRONG, FILE.len())];
    assert_eq!(download(script).await.0.unwrap(), FILE);
    let script = [
        whole(STRONG, 10).then_close(),
        whole(STRONG, 4).then_close(),
        rest(STRONG, 10, FILE.len()),
    ];
    assert_eq!(download(script).await.0.unwrap(), FILE);
}

#[tokio::test]
async fn an_api_error_ends_the_download() {
    let not_found = api_error("404 Not Found", "", "not_found", false);
    let (result, _) = download([whole(STRONG, 10).then_close(), not_found]).await;
    assert!(result.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_server_may_send_less_than_the_requested_range() {
    let script = [
        whole(STRONG, 10).then_close(),
        part(STRONG, "bytes 10-19/33", 10, &FILE[10..20]),
        rest(STRONG, 20, FILE.len()),
    ];
    let (result, received) = download(script).await;
    assert_eq!(result.unwrap(), FILE);
    assert_eq!(received[2].header("range"), Some("bytes=20-"));
}

#[tokio::test]
async fn attempts_without_progress_are_limited_and_back_off() {
    let clock = FakeClock::new();
    let empty = |_| rest(STRONG, 10, 10).then_close();
    let script = std::iter::once(whole(STRONG, 10).then_close()).chain((0..9).map(empty));
    let server = Server::start(&clock, script);
    let error = start(&server, &clock).await.bytes().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert_eq!(server.received().len(), 4);
    let waits: Vec<_> = clock.waits().iter().map(|wait| wait.as_millis()).collect();
    assert_eq!(waits, [250, 500, 1000]);
}

#[tokio::test]
async fn a_download_is_not_resumed_without_retries() {
    let clock = FakeClock::new();
    let server = Server::start(&clock, [whole("", 10).then_close(), rest("", 10, FILE.len())]);
    let client = mailbox(&server, &clock);
    let request = client.get_message_attachment("m1", "a1").retry(RetryPolicy::none());
    let mut download = request.await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), &FILE[..10]);
    assert_eq!(download.chunk().await.unwrap_err().kind(), Kind::Connection);
    assert!(download.chunk().await.unwrap().is_none());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_silent_download_is_resumed() {
    let clock = FakeClock::new();
    let script = [whole(STRONG, 10).then_stall(), rest(STRONG, 10, FILE.len())];
    let server = Server::start(&clock, script);
    let bytes = start(&server, &clock).await.bytes().await.unwrap();
    assert_eq!(bytes, FILE);
}

#[tokio::test]
async fn a_download_times_out_only_when_silent() {
    let clock = FakeClock::new();
    let head = "HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nContent-Length: 9\r\n\r\nabc";
    let server = Server::start(&clock, [Reply::new(head).then_stall()]);
    let client = mailbox(&server, &clock);
    let mut download = client.get_message_attachment("m1", "a1").await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "abc");
    let error = download.chunk().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.request_id(), Some("req_1"));
    assert!(download.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn the_retry_budget_ends_an_endless_download() {
    let clock = FakeClock::new();
    let length = 10_000;
    let head = format!("HTTP/1.1 200 OK\r\n{STRONG}Content-Length: {length}\r\n\r\nx");
    let drops = (1..300).map(|at| {
        part(STRONG, &format!("bytes {at}-{}/{length}", length - 1), length - at, "x").then_close()
    });
    let script = std::iter::once(Reply::new(head).then_close()).chain(drops);
    let server = Server::start(&clock, script);
    let error = start(&server, &clock).await.bytes().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!((100..=130).contains(&server.received().len()), "{}", server.received().len());
}

#[tokio::test]
async fn a_requested_range_is_resumed_within_its_bounds() {
    let clock = FakeClock::new();
    let script = [
        part(STRONG, "bytes 4-19/33", 16, &FILE[4..8]).then_close(),
        part(STRONG, "bytes 8-19/33", 12, &FILE[8..20]),
    ];
    let server = Server::start(&clock, script);
    let request = mailbox(&server, &clock).get_message_attachment("m1", "a1");
    let download = request.range(ByteRange::new(4..20).unwrap()).await.unwrap();
    assert_eq!((download.offset(), download.content_length()), (4, Some(16)));
    assert_eq!(download.bytes().await.unwrap(), &FILE[4..20]);
    let received = server.received();
    assert_eq!(
        ranges(&received),
        [(Some("bytes=4-19"), None), (Some("bytes=8-19"), Some("\"v1\""))]
    );
}

#[tokio::test]
async fn a_range_header_of_the_caller_is_replaced_when_resuming() {
    let clock = FakeClock::new();
    let script =
        [part(STRONG, "bytes 4-32/33", 29, &FILE[4..8]).then_close(), whole(STRONG, FILE.len())];
    let server = Server::start(&clock, script);
    let request = mailbox(&server, &clock).get_message_attachment("m1", "a1");
    let download = request.header("Range", "bytes=4-").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), &FILE[4..]);
    assert_eq!(server.received()[1].header("range"), Some("bytes=8-"));
}

#[tokio::test]
async fn a_response_that_contradicts_the_request_is_rejected_at_once() {
    for (reply, why) in [
        (rest("", 0, FILE.len()), "although no range was requested"),
        (whole("Content-Encoding: gzip\r\n", 33), "gzip-encoded"),
    ] {
        let clock = FakeClock::new();
        let server = Server::start(&clock, [reply]);
        let request = mailbox(&server, &clock).get_message_attachment("m1", "a1");
        let error = request.await.unwrap_err();
        assert_eq!(error.kind(), Kind::Decode);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_download_without_a_length_ends_when_the_server_confirms_it() {
    let chunked = |lines: &str| {
        let head = format!("HTTP/1.1 200 OK\r\n{lines}Transfer-Encoding: chunked\r\n\r\n");
        Reply::new(format!("{head}A\r\n{}\r\n", &FILE[..10])).then_close()
    };
    let complete = |length: usize| {
        let range = format!("Content-Range: bytes */{length}\r\n");
        Reply::new(format!("HTTP/1.1 416 No\r\n{range}Content-Length: 0\r\n\r\n"))
    };
    let (result, _) = download([chunked(STRONG), complete(10)]).await;
    assert_eq!(result.unwrap(), &FILE[..10]);
    let (result, _) = download([chunked(STRONG), complete(9)]).await;
    assert_eq!(result.unwrap_err().kind(), Kind::Connection);
    let script = [chunked(STRONG), rest(STRONG, 10, 12).then_close(), rest(STRONG, 12, 33)];
    assert_eq!(download(script).await.0.unwrap(), FILE);
}

#[tokio::test]
async fn a_download_has_the_file_name_and_type_of_its_headers() {
    let clock = FakeClock::new();
    let lines = "Content-Type: application/pdf\r\n\
                 Content-Disposition: attachment; filename*=UTF-8''..%2Fr%C3%A9sum%C3%A9.pdf\r\n";
    let server = Server::start(&clock, [whole(lines, FILE.len())]);
    let mut download = start(&server, &clock).await;
    assert_eq!(download.parts().file_name().as_deref(), Some("résumé.pdf"));
    assert_eq!(download.parts().content_type(), Some("application/pdf"));
    assert_eq!(download.content_length(), Some(33));
    while download.chunk().await.unwrap().is_some() {}
    assert_eq!(download.received(), 33);
}

/// How a server responds to a request for the rest.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// This many bytes more, then the end of the connection.
    Rest(usize),
    /// The whole file again, up to this many bytes.
    Again(usize),
    /// Bytes from an offset too low or too high by this many.
    Shifted(usize, bool),
    Changed,
    Unavailable,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => (0..FILE.len()).prop_map(Turn::Rest),
        1 => (0..=FILE.len()).prop_map(Turn::Again),
        1 => (1..5_usize, any::<bool>()).prop_map(|(by, late)| Turn::Shifted(by, late)),
        1 => Just(Turn::Changed),
        1 => Just(Turn::Unavailable),
    ]
}

/// Returns the replies of the turns, counting the bytes that a correct client has received.
fn script(lines: &str, turns: &[Turn]) -> Vec<Reply> {
    let length = FILE.len();
    let mut at = 0;
    let mut replies = Vec::new();
    for turn in turns {
        let first = replies.is_empty();
        replies.push(match *turn {
            Turn::Rest(more) => {
                let end = (at + more).min(length);
                let reply = if first { whole(lines, end) } else { rest(lines, at, end) };
                at = end;
                reply.then_close()
            }
            Turn::Again(end) => {
                at = at.max(end);
                whole(lines, end).then_close()
            }
            Turn::Shifted(by, late) => {
                let from = if late { at + by } else { at.saturating_sub(by) };
                if from == at || from >= length {
                    continue;
                }
                rest(lines, from, length)
            }
            Turn::Changed => rest("ETag: \"v2\"\r\n", at.min(length - 1), length),
            Turn::Unavailable => unavailable(),
        });
    }
    replies
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_download_returns_the_right_bytes_or_an_error(
        strong in any::<bool>(),
        turns in proptest::collection::vec(turn(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lines = if strong { STRONG } else { "" };
        let clock = FakeClock::new();
        let server = Server::start(&clock, script(lines, &turns));
        let result = runtime.block_on(async {
            mailbox(&server, &clock).get_message_attachment("m1", "a1").await?.bytes().await
        });
        if let Ok(bytes) = result {
            prop_assert_eq!(bytes, FILE);
        }
    }
}
