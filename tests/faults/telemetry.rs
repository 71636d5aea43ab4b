//! Spans and events of `tracing`.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::Once;

use sendmux_client::management;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::class::{management, success};
use crate::clock::FakeClock;
use crate::fault::{api_error, unavailable};
use crate::server::{Reply, Server};

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes a line for each span, record and event. It is shared, since a subscriber is global; the
/// lines are separate, since each test has its own thread.
struct Collector;

impl Collector {
    fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| tracing::subscriber::set_global_default(Self).unwrap());
    }

    fn write(line: Line) {
        LINES.with_borrow_mut(|recorded| recorded.push(line.0));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sendmux_client"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line("span".to_owned());
        span.record(&mut line);
        Self::write(line);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line("record".to_owned());
        values.record(&mut line);
        Self::write(line);
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("event {}", event.metadata().level()));
        event.record(&mut line);
        Self::write(line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Returns the lines of one call with this script.
async fn recorded(script: Vec<Reply>) -> (Vec<String>, Server) {
    let clock = FakeClock::new();
    let server = Server::start(&clock, script);
    let client: management::Client = management(&server, &clock);
    Collector::install();
    LINES.take();
    let call = client.list_email_logs().search("secret-search").header("X-Note", "secret-note");
    let _ = call.await;
    (LINES.take(), server)
}

fn logs() -> Reply {
    crate::fault::json(
        "200 OK",
        "X-Secret: secret-header\r\n",
        r#"{"ok":true,"data":[],"pagination":{"has_more":false},"meta":{"request_id":"req_1"}}"#,
    )
}

#[tokio::test]
async fn a_call_is_a_span_with_the_conventional_names() {
    let busy = unavailable();
    let (lines, server) = recorded(vec![busy, logs()]).await;
    let port = server.port();
    assert_eq!(
        lines,
        [
            format!(
                "span otel.name=GET /emails/logs otel.kind=\"client\" \
                 http.request.method=\"GET\" url.template=\"/emails/logs\" \
                 server.address=\"127.0.0.1\" server.port={port}"
            ),
            "event INFO message=retrying reason=\"server error\" attempts=1 wait_seconds=0.25"
                .to_owned(),
            "record http.response.status_code=200".to_owned(),
            "record http.request.resend_count=1".to_owned(),
            "record sendmux.request_id=\"req_1\"".to_owned(),
        ]
    );
}

#[tokio::test]
async fn an_error_is_recorded_with_its_type() {
    let gone = api_error("404 Not Found", "", "not_found", false);
    let (lines, _) = recorded(vec![gone]).await;
    assert_eq!(
        lines[1..],
        [
            "record http.response.status_code=404",
            "record sendmux.request_id=\"req_1\"",
            "record error.type=404"
        ]
    );
    let (lines, _) = recorded(vec![success("secret-body")]).await;
    assert_eq!(lines.last().unwrap(), "record error.type=Decode");
}

#[tokio::test]
async fn no_secret_query_or_body_is_recorded() {
    let broken = success("{\"secret-body\"");
    let rejected = api_error("400 Bad Request", "", "secret-code", false);
    for script in [vec![logs()], vec![broken], vec![rejected], vec![Reply::new("").then_reset(); 4]]
    {
        let (lines, _) = recorded(script).await;
        assert!(lines.len() > 1);
        for word in ["secret", "smx_root", "Bearer"] {
            assert!(lines.iter().all(|line| !line.contains(word)), "{lines:#?}");
        }
    }
}
