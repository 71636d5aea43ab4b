use httpmock::{Mock, MockServer};
use sendmux_client::RetryPolicy;
use serde_json::{Value, json};

use super::super::fixture::{log, span, transaction};
use super::*;

fn serve<'a>(
    server: &'a MockServer,
    path: &str,
    query: &[(&str, &str)],
    answer: Value,
) -> Mock<'a> {
    server.mock(|when, then| {
        let when = query.iter().fold(when.path(path), |when, (name, value)| match *value {
            "" => when.query_param_missing(*name),
            value => when.query_param(*name, value),
        });
        when.method("GET");
        then.status(200).json_body(answer);
    })
}

fn page(items: Value, next: Option<&str>) -> Value {
    json!({
        "ok": true, "data": items, "meta": {"request_id": "req_1"},
        "pagination": {"has_more": next.is_some(), "next_cursor": next},
    })
}

fn data(data: Value) -> Value {
    json!({"ok": true, "data": data, "meta": {"request_id": "req_1"}})
}

fn connection(server: &MockServer) {
    let answer = json!({
        "team": {"id": "team_1", "name": "Example Shop"}, "permissions": [], "mailboxes": [],
        "credential": {"id": "smx_1", "type": "api_key", "name": "Key"}, "label": "Key",
    });
    serve(server, "/me", &[], data(answer));
}

fn metrics(total: i64) -> Value {
    let counts = json!({"total": total, "sent": total, "failed": 0, "rejected": 0, "pending": 0});
    let mut comparison = counts.clone();
    comparison["change_pct"] = counts.clone();
    let mut point = counts.clone();
    point["timestamp"] = "2026-10-05T00:00:00Z".into();
    data(json!({"summary": counts, "comparison": comparison, "timeseries": [point]}))
}

async fn read(server: &MockServer) -> Result<(Account, usize), Problem> {
    let client = Client::builder("smx_root_test").base_url(server.base_url());
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let mut seen = 0;
    let account = Account::read(&client, &span(), Wording::Grouped, |_| seen += 1).await?;
    Ok((account, seen))
}

#[tokio::test]
async fn months_are_asked_for_and_old_transactions_are_not() {
    let server = MockServer::start();
    connection(&server);
    let logs = [("from_date", "2026-10-01T00:00:00Z"), ("to_date", "2026-11-01T00:00:00Z")];
    let logs =
        serve(&server, "/emails/logs", &logs, page(json!([log(5, "sent", json!({}))]), None));
    let now = [("from_date", "2026-10-01T00:00:00Z"), ("to_date", "2026-10-31T23:59:59.999Z")];
    let now = serve(&server, "/emails/metrics", &now, metrics(1));
    let before = [("from_date", "2026-09-01T00:00:00Z"), ("to_date", "2026-09-30T23:59:59.999Z")];
    let before = serve(&server, "/emails/metrics", &before, metrics(3));
    serve(&server, "/providers", &[], page(json!([]), None));
    let used = |at| json!(transaction(at, "USAGE", "-1.000000"));
    let moments = ["2026-11-01T00:00:00Z", "2026-10-02T00:00:00Z", "2026-09-02T00:00:00Z"];
    let path = "/billing/transactions";
    serve(&server, path, &[("cursor", "")], page(json!(moments.map(used)), Some("c1")));
    let old = page(json!([used("2026-08-31T23:59:59Z")]), Some("c2"));
    serve(&server, path, &[("cursor", "c1")], old);
    // The page after the last that counts may be fetched ahead, but none after that.
    serve(&server, path, &[("cursor", "c2")], page(json!([]), Some("c3")));
    let older = serve(&server, path, &[("cursor", "c3")], page(json!([]), None));

    let (account, seen) = read(&server).await.unwrap();
    for mock in [logs, now, before] {
        mock.assert();
    }
    older.assert_calls(0);
    assert_eq!(account.missing(), []);
    assert_eq!((account.total().unwrap().total(), account.days().unwrap()[4].sent), (1, 1));
    assert_eq!(account.metrics.unwrap().before.total(), 3);
    let spend = account.spend.unwrap();
    assert_eq!((spend.total, spend.before, seen), (1.into(), 1.into(), 1));
}

#[tokio::test]
async fn a_log_that_breaks_off_is_not_half_a_log() {
    let server = MockServer::start();
    connection(&server);
    let first = page(json!([log(5, "sent", json!({}))]), Some("c1"));
    serve(&server, "/emails/logs", &[("cursor", "")], first);
    serve(&server, "/emails/metrics", &[], metrics(9));
    serve(&server, "/providers", &[], page(json!([]), None));
    let (account, _) = read(&server).await.unwrap();
    let missing: Vec<_> = account.missing().into_iter().map(|(what, _)| what).collect();
    assert_eq!(missing, ["the log of sent emails", "the transactions"]);
    assert_eq!((account.total().unwrap().total(), account.days().unwrap()[4].sent), (9, 9));
}

#[tokio::test]
async fn where_nothing_can_be_read_there_is_no_account() {
    let server = MockServer::start();
    assert!(read(&server).await.is_err());
    connection(&server);
    assert!(read(&server).await.is_err());
    serve(&server, "/providers", &[], page(json!([]), None));
    let (account, _) = read(&server).await.unwrap();
    assert_eq!((account.missing().len(), account.total()), (3, None));
    assert!(account.days().is_none());
}
