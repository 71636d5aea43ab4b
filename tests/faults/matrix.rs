//! Every fault with every class of request, each pair a test: `matrix::get::connection_refused`.

use std::time::Duration;

use sendmux_client::{Error, Kind};

use crate::clock::FakeClock;
use crate::fault::*;
use crate::server::{Received, Reply, Server};

/// Declares the classes and the faults, and a test for each pair.
macro_rules! matrix {
    (classes { $($class:ident: $variant:ident,)* } faults $faults:tt) => {
        /// A class of requests that are retried by the same rules.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) enum Class { $($variant,)* }

        faults! { $faults }
        $(mod $class { tests! { $variant, $faults } })*
    };
}

macro_rules! faults {
    ({ $($fault:ident: $script:expr => $expected:expr;)* }) => {
        mod faults {
            use super::*;

            $(pub(super) fn $fault() -> Fault {
                Fault { script: $script, expected: $expected }
            })*
        }
    };
}

macro_rules! tests {
    ($class:ident, { $($fault:ident: $script:expr => $expected:expr;)* }) => {
        $(#[test]
        fn $fault() {
            super::check(super::faults::$fault(), super::Class::$class);
        })*
    };
}

matrix! {
    classes {
        get: Get,
        post_with_idempotency_key: KeyedPost,
        post: Post,
        put: Put,
        put_if_match: PutIfMatch,
        patch: Patch,
        delete: Delete,
        pages: Pages,
        download: Download,
    }
    faults {
        connection_refused: |success| vec![success] => Expected::Reconnected;
        connection_reset_before_headers: |success| vec![reset(), success]
            => Expected::retried(Kind::Connection, None);
        connection_closed_before_headers: |success| vec![Reply::new("").then_close(), success]
            => Expected::retried(Kind::Connection, None);
        connection_reset_in_body: |success| vec![declared(1000, "{\"ok\":").then_reset(), success]
            => Expected::retried(Kind::Connection, Some(200));
        connection_closed_in_body: |success| vec![declared(1000, "{\"ok\":").then_close(), success]
            => Expected::retried(Kind::Connection, Some(200));
        connection_closed_after_response: |success| vec![success.then_close()]
            => Expected::Success;
        headers_stall: |success| vec![success.clone().cut(1, 10).then_stall(), success]
            => Expected::retried(Kind::Timeout, None);
        body_stalls: |success| vec![declared(1000, "{\"ok\":").then_stall(), success]
            => Expected::retried(Kind::Timeout, Some(200));
        error_body_stalls: |success| vec![unavailable().cut(9, 10).then_stall(), success]
            => Expected::retried(Kind::UnexpectedStatus, Some(503));
        response_byte_by_byte: |success| vec![success.dripping()] => Expected::Success;
        truncated_json: |success| vec![json(OK, "", r#"{"ok":true,"data":{"#), success]
            => Expected::Failed(Kind::Decode, 200);
        wrong_content_type: |success| vec![success.relabelled("text/html")] => Expected::Success;
        content_length_too_small: |success| vec![declared(3, r#"{"ok":true}"#).then_close(), success]
            => Expected::Failed(Kind::Decode, 200);
        content_length_above_limit: |success| {
            vec![declared(MAX_RESPONSE_BYTES + 1, "{\"ok\":").then_close(), success]
        } => Expected::Failed(Kind::TooLarge, 200);
        chunks_above_limit: |success| vec![oversized_chunks(), success]
            => Expected::Failed(Kind::TooLarge, 200);
        empty_body: |success| vec![json(OK, "", ""), success] => Expected::Failed(Kind::Decode, 200);
        html_with_200: |success| vec![response(OK, "Content-Type: text/html\r\n", HTML), success]
            => Expected::Failed(Kind::Decode, 200);
        html_with_502: |success| {
            vec![response("502 Bad Gateway", "Content-Type: text/html\r\n", HTML), success]
        } => Expected::retried(Kind::UnexpectedStatus, Some(502));
        legacy_envelope_with_500: |success| {
            vec![json("500 Internal Server Error", "", LEGACY_ENVELOPE), success]
        } => Expected::retried(Kind::Api, Some(500));
        not_retryable_503: |success| {
            vec![api_error(UNAVAILABLE, "", "service_unavailable", false), success]
        } => Expected::Failed(Kind::Api, 503);
        outage_with_503: |_| {
            vec![api_error(UNAVAILABLE, "Retry-After: 1\r\n", "service_unavailable", true); 4]
        } => Expected::Exhausted(Kind::Api, 503);
        rate_limited_for_seconds: |success| vec![rate_limited("Retry-After: 7\r\n"), success]
            => Expected::rate_limited(Duration::from_secs(7));
        rate_limited_for_a_fraction: |success| vec![rate_limited("Retry-After: 1.5\r\n"), success]
            => Expected::rate_limited(Duration::from_millis(1500));
        rate_limited_until_a_date: |success| {
            vec![rate_limited(&format!("Retry-After: {}\r\n", http_date(9))), success]
        } => Expected::rate_limited(Duration::from_secs(9));
        rate_limited_until_a_date_of_a_skewed_clock: |success| {
            let (date, end) = (http_date(5000), http_date(5009));
            vec![rate_limited(&format!("Date: {date}\r\nRetry-After: {end}\r\n")), success]
        } => Expected::rate_limited(Duration::from_secs(9));
        rate_limited_until_the_reset: |success| {
            vec![rate_limited("X-RateLimit-Reset: 1700000011\r\n"), success]
        } => Expected::rate_limited(Duration::from_secs(11));
        rate_limited_without_headers: |success| vec![rate_limited(""), success]
            => Expected::rate_limited(Duration::ZERO);
        rate_limited_for_hours: |success| vec![rate_limited("Retry-After: 7200\r\n"), success]
            => Expected::Failed(Kind::Api, 429);
        daily_limit_exceeded: |success| {
            vec![api_error(TOO_MANY_REQUESTS, "", "daily_limit_exceeded", true), success]
        } => Expected::Failed(Kind::Api, 429);
    }
}

const HTML: &str = "<html><body>Bad gateway</body></html>";
const LEGACY_ENVELOPE: &str = r#"{"ok":false,"error":{"code":"internal_error","message":"No."}}"#;

#[tokio::main(flavor = "current_thread")]
async fn check(fault: Fault, class: Class) {
    let expected = match class {
        Class::Download => fault.expected.of_download(),
        _ => fault.expected,
    };
    let clock = FakeClock::new();
    let mut successes = class.successes();
    let later_pages = successes.split_off(1);
    let script = (fault.script)(successes.remove(0)).into_iter().chain(later_pages.clone());
    let server = match expected {
        Expected::Reconnected => Server::start_late(&clock, script),
        _ => Server::start(&clock, script),
    };
    let result = class.call(&server, &clock).await;
    let received = server.received();

    let succeeded = result.is_ok();
    let attempts = match expected {
        Expected::Success => attempts_of_success(result, 1),
        Expected::Reconnected => attempts_of_success(result, 2) - 1,
        Expected::Retried(wait, ..) if class.is_retryable() => {
            let waited: Duration = clock.waits().iter().sum();
            assert!(waited >= wait, "{:?}", clock.waits());
            attempts_of_success(result, 2)
        }
        Expected::Retried(_, kind, status) => attempts_of_error(result, kind, status, 1, class),
        Expected::Exhausted(kind, status) => {
            let attempts = if class.is_retryable() { 4 } else { 1 };
            attempts_of_error(result, kind, Some(status), attempts, class)
        }
        Expected::Failed(kind, status) => attempts_of_error(result, kind, Some(status), 1, class),
    };
    let others = if succeeded { later_pages.len() } else { 0 };
    assert_eq!(received.len(), attempts + others, "{received:#?}");
    let attempts = &received[..attempts];
    assert!(attempts.iter().all(|request| *request == attempts[0]), "{attempts:#?}");
    check_request(&attempts[0], class);
}

fn attempts_of_success(result: Result<u32, Error>, expected: u32) -> usize {
    assert_eq!(result.unwrap(), expected);
    expected as usize
}

fn attempts_of_error(
    result: Result<u32, Error>,
    kind: Kind,
    status: Option<u16>,
    attempts: u32,
    class: Class,
) -> usize {
    let error = result.unwrap_err();
    let received = error.status().map(|status| status.as_u16());
    assert_eq!((error.kind(), received), (kind, status), "{error:?}");
    assert_eq!(error.attempts(), attempts, "{error:?}");
    assert_eq!(error.request_id(), status.map(|_| "req_1"));
    assert!(error.may_have_been_sent());
    assert!(error.operation().is_some());
    assert_eq!(error.idempotency_key().is_some(), class == Class::KeyedPost);
    attempts as usize
}

fn check_request(request: &Received, class: Class) {
    let (method, path) = class.request_line();
    assert_eq!((request.method.as_str(), request.target.as_str()), (method, path));
    assert_eq!(request.header("idempotency-key").is_some(), class == Class::KeyedPost);
    assert_eq!(request.header("if-match").is_some(), class == Class::PutIfMatch);
    let credential = match class {
        Class::Download => "Bearer smx_mbx_test",
        _ => "Bearer smx_root_test",
    };
    assert_eq!(request.header("authorization"), Some(credential));
}
