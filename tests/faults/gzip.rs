//! Responses that are compressed because the client asked for it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sendmux_client::{ErrorCode, Kind};

use crate::class::{BALANCE, management};
use crate::clock::FakeClock;
use crate::fault::MAX_RESPONSE_BYTES;
use crate::server::{Reply, Server};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn reply(status: &str, coding: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Encoding: {coding}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    Reply::new([head.as_bytes(), body].concat())
}

fn balance() -> Vec<u8> {
    gzip(format!(r#"{{"ok":true,"data":{BALANCE}}}"#).as_bytes())
}

#[tokio::test]
async fn a_compressed_response_is_decoded_and_described_as_such() {
    let clock = FakeClock::new();
    // A gzip file may have several members.
    let (first, second) = (gzip(br#"{"ok":true,"#), format!(r#""data":{BALANCE}}}"#));
    let members = [first, gzip(second.as_bytes())].concat();
    let script = [reply("200 OK", "gzip", &balance()), reply("200 OK", "X-GZip", &members)];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    for _ in 0..2 {
        let balance = client.get_balance().await.unwrap();
        assert!(!balance.parts().headers().contains_key("content-encoding"));
        assert!(!balance.parts().headers().contains_key("content-length"));
    }
    assert!(server.received().iter().all(|it| it.header("accept-encoding") == Some("gzip")));
}

#[tokio::test]
async fn a_compressed_error_is_read() {
    let clock = FakeClock::new();
    let body = br#"{"ok":false,"error":{"code":"not_found","message":"no such domain"}}"#;
    let whole = gzip(body);
    // The rest of the member is the checksum, so all words have arrived.
    for body in [&whole[..], &whole[..whole.len() - 8]] {
        let server = Server::start(&clock, [reply("404 Not Found", "gzip", body)]);
        let error = management(&server, &clock).get_domain("mdom_1").await.unwrap_err();
        assert_eq!(error.code(), Some(&ErrorCode::NotFound), "{error}");
    }
}

#[tokio::test]
async fn a_compressed_response_is_limited_by_its_decoded_length() {
    let clock = FakeClock::new();
    let bomb = gzip(&vec![b' '; 10_000_000]);
    assert!(bomb.len() < MAX_RESPONSE_BYTES);
    let script = [reply("200 OK", "gzip", &bomb), reply("404 Not Found", "gzip", &bomb)];
    let server = Server::start(&clock, script);
    let client = management(&server, &clock);
    let error = client.get_balance().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::TooLarge, 1), "{error}");
    let expected = format!("larger than {MAX_RESPONSE_BYTES} bytes");
    assert!(error.to_string().contains(&expected), "{error}");
    let error = client.get_balance().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert!(format!("{error:?}").len() < 10_000);
}

#[tokio::test]
async fn a_compressed_response_that_ends_early_or_is_damaged_is_an_error_that_says_so() {
    let clock = FakeClock::new();
    let whole = balance();
    let mut damaged = whole.clone();
    damaged[whole.len() - 6] ^= 1;
    let trailing = [&whole[..], b"not another member"].concat();
    let cuts = (1..whole.len()).step_by(7).map(|cut| (whole[..cut].to_vec(), "ends early"));
    for (body, expected) in cuts.chain([(damaged, "is damaged"), (trailing, "is damaged")]) {
        let server = Server::start(&clock, [reply("200 OK", "gzip", &body)]);
        let error = management(&server, &clock).get_balance().await.unwrap_err();
        assert!(error.is_decode() && error.may_have_been_sent(), "{error}");
        let expected = format!("the gzip-encoded response {expected}");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}
