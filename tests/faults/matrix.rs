//! Every fault, met by every class of request.

use std::time::Duration;

use sendmux_client::{Error, Kind};

use crate::class::{self, Class};
use crate::clock::Fake;
use crate::fault::{self, Expected, Fault};
use crate::server::{Seen, Server};

#[tokio::test]
async fn every_fault_ends_in_the_right_answer_or_the_right_error() {
    for fault in fault::ALL {
        for class in class::ALL {
            meet(fault, class).await;
        }
    }
}

async fn meet(fault: Fault, class: Class) {
    let what = format!("{fault:?} on {class:?}");
    let clock = Fake::new();
    let mut right = class.right();
    let followers = right.split_off(1);
    let script: Vec<_> = fault.script(&right[0]).into_iter().chain(followers.clone()).collect();
    let server = match fault {
        Fault::Refused => Server::start_late(&clock, script),
        _ => Server::start(&clock, script),
    };
    let result = class.call(&server, &clock).await;
    let log = server.log();

    let expected = match class {
        Class::Download => fault.expected_of_download(),
        _ => fault.expected(),
    };
    let requests = match expected {
        Expected::Answer => answered(result, 1, &what),
        Expected::Resend => answered(result, 2, &what) - 1,
        Expected::Repeat(wait, ..) if class.is_repeatable() => {
            assert!(total(&clock) >= wait, "{what}: waited {:?}", clock.waits());
            answered(result, 2, &what)
        }
        Expected::Repeat(_, kind, status) => failed(result, kind, status, 1, class, &what),
        Expected::Exhaust(kind, status) => {
            let attempts = if class.is_repeatable() { 4 } else { 1 };
            failed(result, kind, Some(status), attempts, class, &what)
        }
        Expected::Fail(kind, status) => failed(result, kind, Some(status), 1, class, &what),
    };
    // A download that breaks off asks for the rest, and here gets the whole without proof that it
    // is the same.
    let resumed = class == Class::Download
        && matches!(expected, Expected::Fail(Kind::Connection | Kind::Timeout, 200));
    let requests = if resumed { requests + 1 } else { requests };
    let answered = log.len() > requests;
    let followed = if answered { followers.len() } else { 0 };
    assert_eq!(log.len(), requests + followed, "{what}: {log:#?}");
    let attempts = &log[..if resumed { 1 } else { requests }];
    assert!(attempts.iter().all(|seen| *seen == attempts[0]), "{what}: {attempts:#?}");
    check_request(&attempts[0], class, &what);
}

fn total(clock: &Fake) -> Duration {
    clock.waits().iter().sum()
}

fn answered(result: Result<u32, Error>, attempts: u32, what: &str) -> usize {
    match result {
        Ok(made) => assert_eq!(made, attempts, "{what}"),
        Err(error) => panic!("{what}: {error:?}"),
    }
    attempts as usize
}

fn failed(
    result: Result<u32, Error>,
    kind: Kind,
    status: Option<u16>,
    attempts: u32,
    class: Class,
    what: &str,
) -> usize {
    let Err(error) = result else { panic!("{what}: answered") };
    let known = error.status().map(|status| status.as_u16());
    assert_eq!((error.kind(), known), (kind, status), "{what}: {error:?}");
    assert_eq!(error.attempts(), attempts, "{what}: {error:?}");
    assert_eq!(error.request_id(), status.map(|_| "req_1"), "{what}");
    assert!(error.may_have_been_sent(), "{what}");
    assert!(error.operation().is_some(), "{what}");
    assert_eq!(error.idempotency_key().is_some(), class == Class::KeyedPost, "{what}");
    attempts as usize
}

fn check_request(seen: &Seen, class: Class, what: &str) {
    let (method, path, key) = match class {
        Class::Get => ("GET", "/api/v1/billing/balance", false),
        Class::KeyedPost => ("POST", "/api/v1/webhooks", true),
        Class::Post => ("POST", "/api/v1/domains/mdom_1/verify", false),
        Class::Put | Class::PutIfMatch => ("PUT", "/api/v1/domains/mdom_1/filters", false),
        Class::Patch => ("PATCH", "/api/v1/webhooks/whk_1", false),
        Class::Delete => ("DELETE", "/api/v1/webhooks/whk_1", false),
        Class::Pages => ("GET", "/api/v1/billing/transactions", false),
        Class::Download => ("GET", "/api/v1/mailbox/messages/m1/attachments/a1", false),
    };
    assert_eq!((seen.method.as_str(), seen.target.as_str()), (method, path), "{what}");
    assert_eq!(seen.header("idempotency-key").is_some(), key, "{what}");
    let token =
        if class == Class::Download { "Bearer smx_mbx_test" } else { "Bearer smx_root_test" };
    assert_eq!(seen.header("authorization"), Some(token), "{what}");
    assert_eq!(seen.header("if-match").is_some(), class == Class::PutIfMatch, "{what}");
}
