//! Clients: options, credentials, requests and responses.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use httpmock::MockServer;
use sendmux_client::management::Client;
use sendmux_client::{Credential, ETag, Kind, RetryPolicy, mailbox, sending};
use serde_json::json;

use crate::{client, client_with};

fn connection() -> serde_json::Value {
    json!({"ok": true, "meta": {"request_id": "req_1"}, "data": {
        "team": {"id": "t", "name": "n"}, "credential": {"id": "c", "name": null, "type": "api_key"},
        "label": "l", "permissions": [], "mailboxes": []}})
}

#[tokio::test]
async fn a_response_has_its_metadata() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/me")
            .header("authorization", "Bearer smx_root_test")
            .header_matches("user-agent", "^sendmux-client/");
        then.status(200)
            .header("x-ratelimit-limit", "600")
            .header("x-ratelimit-remaining", "599")
            .header("x-ratelimit-reset", "1679313700")
            .header("etag", "W/\"a1\"")
            .json_body(connection());
    });
    let response = client(&server).get_connection().await.unwrap();
    assert_eq!(response.parts().request_id(), Some("req_1"));
    assert_eq!(response.parts().status(), 200);
    assert_eq!(response.parts().etag().unwrap().as_str(), "W/\"a1\"");
    assert_eq!(response.parts().attempts(), 1);
    let limit = response.parts().rate_limit().unwrap();
    assert_eq!((limit.limit, limit.remaining), (Some(600), Some(599)));
    assert_eq!(limit.reset.unwrap().unix_seconds(), 1_679_313_700);
    assert_eq!(response.parts().meta().request_id(), Some("req_1"));
    assert_eq!(response.team.name, "n");
}

#[tokio::test]
async fn options_of_the_client_and_the_call_are_sent() {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.path("/base/me")
            .header("user-agent", "report/1")
            .header("x-trace", "t1")
            .header("if-none-match", "W/\"1\"");
        then.status(200).json_body(connection());
    });
    for base in [format!("{}/base", server.base_url()), format!("{}/base/", server.base_url())] {
        let builder = Client::builder("k").base_url(base).user_agent("report/1");
        let client = builder.configure_http(|http| http.pool_max_idle_per_host(0)).build().unwrap();
        let tag = ETag::new("W/\"1\"");
        let read = client.get_connection().if_none_match(tag).header("X-Trace", "t1");
        assert!(read.await.unwrap().into_fresh().is_some());
    }
    mock.assert_calls(2);
    let rejected = client(&server).get_connection().header("x y", "z").await.unwrap_err();
    assert_eq!((rejected.kind(), rejected.may_have_been_sent()), (Kind::Request, false));
    let rejected = client(&server).get_connection().header("x", "a\nb").await.unwrap_err();
    assert_eq!(rejected.kind(), Kind::Request);
    assert!(Client::builder("k").user_agent("a\nb").build().is_err());
}

#[tokio::test]
async fn the_credential_provider_is_called_for_each_attempt() {
    let server = MockServer::start();
    let first = server.mock(|when, then| {
        when.path("/me").header("authorization", "Bearer token-1");
        then.status(503).header("retry-after", "0").body("");
    });
    let second = server.mock(|when, then| {
        when.path("/me").header("authorization", "Bearer token-2");
        then.status(200).json_body(connection());
    });
    let count = Arc::new(AtomicU32::new(0));
    let calls = Arc::clone(&count);
    let credential = Credential::provider(move || {
        let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
        async move { Ok::<_, std::io::Error>(format!("token-{number}").into()) }
    });
    let policy =
        RetryPolicy::default().backoff(std::time::Duration::ZERO, std::time::Duration::ZERO);
    let client =
        Client::builder(credential).base_url(server.base_url()).retry(policy).build().unwrap();
    let response = client.get_connection().await.unwrap();
    assert_eq!((response.parts().attempts(), count.load(Ordering::Relaxed)), (2, 2));
    first.assert_calls(1);
    second.assert_calls(1);
}

#[tokio::test]
async fn nothing_is_sent_if_the_credential_provider_fails() {
    let server = MockServer::start();
    let mock = server.mock(|when, then| {
        when.any_request();
        then.status(200);
    });
    for credential in [
        Credential::provider(|| async { Err(std::io::Error::other("vault is sealed")) }),
        Credential::provider(|| async { Ok::<_, std::io::Error>("bad\r\ntoken".into()) }),
    ] {
        let error = client_with(&server, credential).get_connection().await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Credential, false));
    }
    mock.assert_calls(0);
}

#[test]
fn invalid_options_are_rejected_with_a_reason() {
    for key in ["", "a\r\nb", "a b", "ключ"] {
        assert_eq!(Client::new(key).unwrap_err().kind(), Kind::Credential);
    }
    let rejected = Client::builder("k").base_url("http://api.example/").build().unwrap_err();
    assert!(rejected.to_string().contains("https"));
    assert!(
        Client::builder("k").base_url("http://api.example/").allow_plain_http(true).build().is_ok()
    );
    assert!(Client::new("k").unwrap().base_url().starts_with("https://app.sendmux.ai/"));
    assert!(sending::Client::new("k").unwrap().base_url().starts_with("https://smtp.sendmux.ai/"));
}

#[test]
fn an_unexpected_key_prefix_is_a_warning() {
    let warning = Client::new("smx_mbx_1").unwrap().credential_warning().unwrap();
    assert_eq!(warning.to_string(), "a mailbox key is probably rejected on the management surface");
    assert!(mailbox::Client::new("smx_root_1").unwrap().credential_warning().is_some());
    for key in ["smx_root_1", "some-oauth-token", "smx_1"] {
        assert_eq!(Client::new(key).unwrap().credential_warning(), None, "{key}");
    }
    assert_eq!(sending::Client::new("smx_agent_1").unwrap().credential_warning(), None);
}

#[tokio::test]
async fn the_mailbox_of_the_client_is_used_unless_the_call_sets_one() {
    let server = MockServer::start();
    let mock = |id: &'static str| {
        server.mock(move |when, then| {
            when.path("/mailbox/usage").query_param("mailbox_id", id);
            then.status(200).json_body(json!({"ok": true, "meta": {},
                "data": {"resources": [], "states": {"quota_state": null}}}));
        })
    };
    let (own, other) = (mock("mbx_own"), mock("mbx_other"));
    let builder = mailbox::Client::builder("k").base_url(server.base_url()).mailbox_id("mbx_own");
    let client = builder.build().unwrap();
    client.get_usage().await.unwrap();
    client.get_usage().mailbox_id("mbx_other").await.unwrap();
    own.assert_calls(1);
    other.assert_calls(1);
}

#[tokio::test]
async fn a_custom_http_client_may_follow_redirects_without_the_credential() {
    let (server, elsewhere) = (MockServer::start(), MockServer::start());
    let target = elsewhere.mock(|when, then| {
        when.path("/me").header_missing("authorization");
        then.status(200).json_body(connection());
    });
    server.mock(|when, then| {
        when.path("/me").header_exists("authorization");
        then.status(307).header("location", elsewhere.url("/me"));
    });
    let builder = Client::builder("smx_root_1").base_url(server.base_url());
    let builder =
        builder.configure_http(|http| http.redirect(reqwest::redirect::Policy::default()));
    builder.build().unwrap().get_connection().await.unwrap();
    target.assert_calls(1);
}

#[tokio::test]
async fn a_call_has_a_random_idempotency_key_unless_the_caller_sets_one() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.method("POST")
            .path("/webhooks/whk_1/test")
            .header_matches("idempotency-key", "^.{1,255}$");
        then.status(200).json_body(json!({"ok": true, "meta": {}, "data": {"event_id": "evt_1"}}));
    });
    let client = client(&server);
    let made = client.test_webhook("whk_1").await.unwrap();
    assert_eq!(made.parts().idempotency_key().unwrap().len(), 32);
    let again = client.test_webhook("whk_1").await.unwrap();
    assert_ne!(made.parts().idempotency_key(), again.parts().idempotency_key());
    let given = client.test_webhook("whk_1").idempotency_key("order-7").await.unwrap();
    assert_eq!(given.parts().idempotency_key(), Some("order-7"));
    for key in [String::new(), " ".to_owned(), "x".repeat(256)] {
        let error = client.test_webhook("whk_1").idempotency_key(key).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Request, false));
    }
}

#[test]
fn clients_are_cheap_to_share() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Client>();
    shared::<mailbox::Client>();
    shared::<sending::Client>();
    assert_eq!(size_of::<Client>(), size_of::<usize>());
}

#[cfg(unix)]
#[test]
fn a_key_that_is_not_utf_8_is_rejected() {
    use std::os::unix::ffi::OsStrExt;

    let key = std::ffi::OsStr::from_bytes(b"smx_\xff");
    let output =
        environment("SENDMUX_API_KEY is not valid UTF-8").env("SENDMUX_API_KEY", key).output();
    assert!(output.unwrap().status.success());
}

/// Runs itself in a child process for each case, since the environment belongs to the process.
#[test]
fn the_environment_configures_the_client() {
    if let Ok(expected) = std::env::var("BEHAVIOUR_EXPECTS") {
        match Client::from_env() {
            Ok(client) => assert_eq!(client.base_url(), expected),
            Err(error) => assert!(error.to_string().contains(&expected), "{error}"),
        }
        return;
    }
    let cases: [(Option<&str>, Option<&str>, &str); 7] = [
        (None, None, "SENDMUX_API_KEY is not set or empty"),
        (Some(" "), None, "SENDMUX_API_KEY is not set or empty"),
        (Some("k"), None, "https://app.sendmux.ai/api/v1"),
        (Some("k"), Some(""), "https://app.sendmux.ai/api/v1"),
        (Some("k"), Some("http://127.0.0.1:9/v1/"), "http://127.0.0.1:9/v1"),
        (Some("k"), Some("nonsense"), "the base URL is not a valid URL"),
        (Some("a b"), None, "the credential contains whitespace"),
    ];
    for (key, url, expected) in cases {
        let mut child = environment(expected);
        child.envs(key.map(|key| ("SENDMUX_API_KEY", key)));
        child.envs(url.map(|url| ("SENDMUX_BASE_URL", url)));
        let output = child.output().unwrap();
        assert!(
            output.status.success(),
            "{key:?} {url:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

/// Returns a process without the variables of the client that expects this base URL or error.
fn environment(expected: &str) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "client::the_environment_configures_the_client"]);
    child.env("BEHAVIOUR_EXPECTS", expected);
    child.env_remove("SENDMUX_API_KEY").env_remove("SENDMUX_BASE_URL");
    child
}
