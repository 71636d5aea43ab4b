//! Downloads that break off.

use proptest::prelude::*;
use sendmux_client::{ByteRange, Download, Error, Kind, RetryPolicy};

use crate::class::mailbox;
use crate::clock::Fake;
use crate::server::{Reply, Seen, Server};

const FILE: &str = "The quick brown fox jumps over it";
const STRONG: &str = "ETag: \"v1\"\r\n";

/// The whole file, of which the first `sent` bytes arrive.
fn whole(lines: &str, sent: usize) -> Reply {
    let length = FILE.len();
    let head = format!("HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\n{lines}");
    Reply::new(format!("{head}Content-Length: {length}\r\n\r\n{}", &FILE[..sent]))
}

/// The file from `first` on, of which the bytes up to `sent` arrive.
fn rest(lines: &str, first: usize, sent: usize) -> Reply {
    let (length, last) = (FILE.len(), FILE.len() - 1);
    part(lines, &format!("bytes {first}-{last}/{length}"), length - first, &FILE[first..sent])
}

fn part(lines: &str, range: &str, length: usize, sent: &str) -> Reply {
    let head = format!("HTTP/1.1 206 Partial Content\r\nX-Request-Id: req_2\r\n{lines}");
    Reply::new(format!("{head}Content-Range: {range}\r\nContent-Length: {length}\r\n\r\n{sent}"))
}

async fn begin(server: &Server, clock: &Fake) -> Download {
    mailbox(server, clock).get_message_attachment("m1", "a1").await.unwrap()
}

/// What arrives, in the end, of an attachment that this script serves.
async fn arrives(script: impl IntoIterator<Item = Reply>) -> (Result<String, Error>, Vec<Seen>) {
    let clock = Fake::new();
    let server = Server::start(&clock, script);
    let result = begin(&server, &clock).await.bytes().await;
    (result.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()), server.log())
}

fn asked(log: &[Seen]) -> Vec<(Option<&str>, Option<&str>)> {
    log.iter().map(|seen| (seen.header("range"), seen.header("if-range"))).collect()
}

#[tokio::test]
async fn a_download_goes_on_from_any_byte() {
    for lines in
        ["", STRONG, "ETag: W/\"v1\"\r\n", "Last-Modified: Sun, 01 Mar 2026 00:00:00 GMT\r\n"]
    {
        for cut in 0..FILE.len() {
            let script = [whole(lines, cut).then_close(), rest(lines, cut, FILE.len())];
            let (result, log) = arrives(script).await;
            assert_eq!(result.unwrap(), FILE, "{lines} cut at {cut}");
            let range = format!("bytes={cut}-");
            let tag = (lines == STRONG).then_some("\"v1\"");
            assert_eq!(asked(&log), [(None, None), (Some(&*range), tag)]);
            assert!(log.iter().all(|seen| seen.header("authorization").is_some()));
            assert!(log.iter().all(|seen| seen.header("accept-encoding") == Some("identity")));
        }
    }
}

#[tokio::test]
async fn a_download_that_breaks_at_every_byte_still_arrives() {
    let script = (0..FILE.len()).map(|at| match at {
        0 => whole(STRONG, 1).then_reset(),
        at => rest(STRONG, at, at + 1).then_close(),
    });
    // A reset may take a byte with it that was not read yet.
    let first = [whole(STRONG, 1).then_close()];
    let (result, log) = arrives(first.into_iter().chain(script.skip(1))).await;
    assert_eq!(result.unwrap(), FILE);
    assert_eq!(log.len(), FILE.len());
}

#[tokio::test]
async fn what_does_not_continue_the_same_bytes_is_refused() {
    let length = FILE.len();
    let gone = |lines: &str| {
        Reply::new(format!(
            "HTTP/1.1 416 Range Not Satisfiable\r\n{lines}Content-Length: 0\r\n\r\n"
        ))
    };
    for (first, second, why) in [
        ("", whole("", length), "nothing proves that it is the same"),
        ("ETag: W/\"v1\"\r\n", whole("ETag: W/\"v1\"\r\n", length), "nothing proves"),
        (STRONG, whole("ETag: \"v2\"\r\n", length), "nothing proves"),
        ("", rest("", 9, length), "does not begin where"),
        ("", rest("", 11, length), "does not begin where"),
        (STRONG, rest("ETag: \"v2\"\r\n", 10, length), "the file has changed"),
        (STRONG, rest("ETag: W/\"v1\"\r\n", 10, length), "the file has changed"),
        ("ETag: W/\"v1\"\r\n", rest("ETag: W/\"v2\"\r\n", 10, length), "has changed"),
        ("ETag: W/\"v1\"\r\n", rest("", 10, length), "whether the file is the same"),
        ("", part("", "bytes 10-32/34", 23, &FILE[10..]), "another length"),
        ("", part("", "bytes 10-33/34", 24, "x"), "another length"),
        ("", part("", "bytes 10-32/*", 23, &FILE[10..]), "does not say the file's length"),
        ("", part("", "bytes 10-32/33", 22, &FILE[10..32]), "contradict each other"),
        ("", part("", "bytes x", 23, &FILE[10..]), "`Content-Range` cannot be read"),
        ("", part("", "bytes */33", 23, &FILE[10..]), "`Content-Range` names no bytes"),
        ("", rest("Content-Encoding: gzip\r\n", 10, length), "compressed"),
        ("", rest("Content-Type: multipart/byteranges; boundary=x\r\n", 10, length), "several"),
        ("", gone(""), "no more of the file (416)"),
        ("", gone("Content-Range: bytes */10\r\n"), "no more of the file (416)"),
        ("", Reply::new("HTTP/1.1 204 No Content\r\n\r\n"), "neither 200 nor 206"),
    ] {
        let (result, log) = arrives([whole(first, 10).then_close(), second]).await;
        let error = result.unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(error.to_string().contains("after 10 bytes"), "{error}");
        assert_eq!((error.kind(), log.len()), (Kind::Connection, 2), "{why}");
        assert_eq!(error.request_id(), Some("req_1"));
    }
}

#[tokio::test]
async fn a_file_sent_anew_is_taken_if_it_is_proven_the_same() {
    let script = [whole(STRONG, 10).then_close(), whole(STRONG, FILE.len())];
    assert_eq!(arrives(script).await.0.unwrap(), FILE);
    let script = [
        whole(STRONG, 10).then_close(),
        whole(STRONG, 4).then_close(),
        rest(STRONG, 10, FILE.len()),
    ];
    assert_eq!(arrives(script).await.0.unwrap(), FILE);
}

#[tokio::test]
async fn a_refusal_by_the_api_is_the_error() {
    let refusal = crate::fault::refusal("404 Not Found", "", "not_found", false);
    let (result, _) = arrives([whole("", 10).then_close(), refusal]).await;
    assert!(result.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_server_may_send_less_than_was_asked_for() {
    let script = [
        whole(STRONG, 10).then_close(),
        part(STRONG, "bytes 10-19/33", 10, &FILE[10..20]),
        rest(STRONG, 20, FILE.len()),
    ];
    let (result, log) = arrives(script).await;
    assert_eq!(result.unwrap(), FILE);
    assert_eq!(log[2].header("range"), Some("bytes=20-"));
}

#[tokio::test]
async fn tries_without_a_byte_are_bounded_and_wait_longer_each_time() {
    let clock = Fake::new();
    let empty = |_| rest("", 10, 10).then_close();
    let script = std::iter::once(whole("", 10).then_close()).chain((0..9).map(empty));
    let server = Server::start(&clock, script);
    let error = begin(&server, &clock).await.bytes().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert_eq!(server.log().len(), 4);
    let waits: Vec<_> = clock.waits().iter().map(|wait| wait.as_millis()).collect();
    assert_eq!(waits, [250, 500, 1000]);
}

#[tokio::test]
async fn without_retries_nothing_goes_on() {
    let clock = Fake::new();
    let server = Server::start(&clock, [whole("", 10).then_close(), rest("", 10, FILE.len())]);
    let client = mailbox(&server, &clock);
    let request = client.get_message_attachment("m1", "a1").retry(RetryPolicy::none());
    let mut download = request.await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), &FILE[..10]);
    assert_eq!(download.chunk().await.unwrap_err().kind(), Kind::Connection);
    assert!(download.chunk().await.unwrap().is_none());
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn silence_is_a_broken_connection() {
    let clock = Fake::new();
    let script = [whole(STRONG, 10).then_stall(), rest(STRONG, 10, FILE.len())];
    let server = Server::start(&clock, script);
    let bytes = begin(&server, &clock).await.bytes().await.unwrap();
    assert_eq!(bytes, FILE);
}

#[tokio::test]
async fn the_budget_of_the_client_ends_an_endless_download() {
    let clock = Fake::new();
    let length = 10_000;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nx");
    let drops = (1..300).map(|at| {
        part("", &format!("bytes {at}-{}/{length}", length - 1), length - at, "x").then_close()
    });
    let script = std::iter::once(Reply::new(head).then_close()).chain(drops);
    let server = Server::start(&clock, script);
    let error = begin(&server, &clock).await.bytes().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!((100..=130).contains(&server.log().len()), "{}", server.log().len());
}

#[tokio::test]
async fn a_range_of_the_callers_goes_on_within_it() {
    let clock = Fake::new();
    let script = [
        part(STRONG, "bytes 4-19/33", 16, &FILE[4..8]).then_close(),
        part(STRONG, "bytes 8-19/33", 12, &FILE[8..20]),
    ];
    let server = Server::start(&clock, script);
    let request = mailbox(&server, &clock).get_message_attachment("m1", "a1");
    let download = request.range(ByteRange::new(4..20).unwrap()).await.unwrap();
    assert_eq!((download.offset(), download.content_length()), (4, Some(16)));
    assert_eq!(download.bytes().await.unwrap(), &FILE[4..20]);
    let log = server.log();
    assert_eq!(asked(&log), [(Some("bytes=4-19"), None), (Some("bytes=8-19"), Some("\"v1\""))]);
}

#[tokio::test]
async fn a_range_given_as_a_header_does_not_stay_in_the_way() {
    let clock = Fake::new();
    let script =
        [part(STRONG, "bytes 4-32/33", 29, &FILE[4..8]).then_close(), whole(STRONG, FILE.len())];
    let server = Server::start(&clock, script);
    let request = mailbox(&server, &clock).get_message_attachment("m1", "a1");
    let download = request.header("Range", "bytes=4-").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), &FILE[4..]);
    assert_eq!(server.log()[1].header("range"), Some("bytes=8-"));
}

#[tokio::test]
async fn an_answer_that_contradicts_itself_is_refused_at_once() {
    for (reply, why) in [
        (rest("", 0, FILE.len()), "though all was asked for"),
        (whole("Content-Encoding: gzip\r\n", 33), "compressed"),
    ] {
        let clock = Fake::new();
        let server = Server::start(&clock, [reply]);
        let request = mailbox(&server, &clock).get_message_attachment("m1", "a1");
        let error = request.await.unwrap_err();
        assert_eq!(error.kind(), Kind::Decode);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn without_a_length_the_server_has_the_last_word() {
    let chunked = |lines: &str| {
        let head = format!("HTTP/1.1 200 OK\r\n{lines}Transfer-Encoding: chunked\r\n\r\n");
        Reply::new(format!("{head}A\r\n{}\r\n", &FILE[..10])).then_close()
    };
    let complete = |length: usize| {
        let range = format!("Content-Range: bytes */{length}\r\n");
        Reply::new(format!("HTTP/1.1 416 No\r\n{range}Content-Length: 0\r\n\r\n"))
    };
    let (result, _) = arrives([chunked(""), complete(10)]).await;
    assert_eq!(result.unwrap(), &FILE[..10]);
    let (result, _) = arrives([chunked(""), complete(9)]).await;
    assert_eq!(result.unwrap_err().kind(), Kind::Connection);
    let script = [chunked(STRONG), rest(STRONG, 10, 12).then_close(), rest(STRONG, 12, 33)];
    assert_eq!(arrives(script).await.0.unwrap(), FILE);
}

#[tokio::test]
async fn an_answer_says_how_its_file_is_called() {
    let clock = Fake::new();
    let lines = "Content-Type: application/pdf\r\n\
                 Content-Disposition: attachment; filename*=UTF-8''..%2Fr%C3%A9sum%C3%A9.pdf\r\n";
    let server = Server::start(&clock, [whole(lines, FILE.len())]);
    let mut download = begin(&server, &clock).await;
    assert_eq!(download.file_name().as_deref(), Some("résumé.pdf"));
    assert_eq!(download.content_type(), Some("application/pdf"));
    assert_eq!(download.content_length(), Some(33));
    while download.chunk().await.unwrap().is_some() {}
    assert_eq!(download.received(), 33);
}

/// What a server makes of a request for the rest.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// So many bytes more, then the end of the connection.
    Rest(usize),
    /// The whole file anew, up to so many bytes.
    Anew(usize),
    /// Too early or too late by so many bytes.
    Shifted(usize, bool),
    Changed,
    Unavailable,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => (0..FILE.len()).prop_map(Turn::Rest),
        1 => (0..=FILE.len()).prop_map(Turn::Anew),
        1 => (1..5_usize, any::<bool>()).prop_map(|(by, late)| Turn::Shifted(by, late)),
        1 => Just(Turn::Changed),
        1 => Just(Turn::Unavailable),
    ]
}

/// Plays the turns, keeping count of what the client has if all is well.
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
            Turn::Anew(end) => {
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
            Turn::Unavailable => {
                crate::fault::refusal("503 Service Unavailable", "", "service_unavailable", true)
            }
        });
    }
    replies
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_bytes_are_right_or_there_is_an_error(
        strong in any::<bool>(),
        turns in proptest::collection::vec(turn(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lines = if strong { STRONG } else { "" };
        let clock = Fake::new();
        let server = Server::start(&clock, script(lines, &turns));
        let result = runtime.block_on(async {
            mailbox(&server, &clock).get_message_attachment("m1", "a1").await?.bytes().await
        });
        if let Ok(bytes) = result {
            prop_assert_eq!(bytes, FILE);
        }
    }
}
