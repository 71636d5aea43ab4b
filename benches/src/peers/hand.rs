//! What a careful person writes with reqwest and serde, every field typed.

use chrono::{DateTime, Utc};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Outcome;

#[derive(Deserialize)]
#[allow(dead_code)]
struct Envelope<T> {
    ok: bool,
    data: T,
    meta: Meta,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct List<T> {
    ok: bool,
    data: Vec<T>,
    pagination: Pagination,
    meta: Meta,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Pagination {
    has_more: bool,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Meta {
    request_id: String,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Balance {
    balance: Decimal,
    balance_purchased: Decimal,
    balance_consumed: Decimal,
    currency: String,
    auto_topup: AutoTopup,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct AutoTopup {
    enabled: bool,
    amount: Option<Decimal>,
    threshold: Option<Decimal>,
    monthly_limit: Option<Decimal>,
    monthly_used: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Pending,
    Sent,
    Failed,
    Rejected,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Log {
    id: String,
    status: Status,
    status_reason: Option<String>,
    attempts: i64,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    from_email: Option<String>,
    sent_from_email: Option<String>,
    to_email: Option<String>,
    subject: Option<String>,
    message_id: Option<String>,
    size_bytes: Option<i64>,
    provider_id: Option<String>,
    provider_name: Option<String>,
    recipient_count: Option<i64>,
    accepted_recipient_count: Option<i64>,
    rejected_recipient_count: Option<i64>,
    delivery_group: Option<Vec<String>>,
}

fn client() -> Result<Client, Box<dyn std::error::Error>> {
    let mut key = HeaderValue::from_static("Bearer smx_root_bench");
    key.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, key)]);
    Ok(Client::builder().user_agent("hand/1").default_headers(headers).build()?)
}

pub async fn balance(count: u32, url: &str) -> Outcome {
    let client = client()?;
    let mut checked = 0;
    for _ in 0..count {
        let answer = client.get(format!("{url}/billing/balance")).send().await?;
        let envelope: Envelope<Balance> = answer.error_for_status()?.json().await?;
        checked += u64::from(envelope.data.auto_topup.enabled);
    }
    Ok(checked)
}

pub async fn logs(count: u32, url: &str) -> Outcome {
    let client = client()?;
    let mut checked = 0;
    for _ in 0..count {
        let request = client.get(format!("{url}/emails/logs")).query(&[("limit", 100)]);
        let list: List<Log> = request.send().await?.error_for_status()?.json().await?;
        let sent = list.data.iter().filter(|log| matches!(log.status, Status::Sent));
        checked += u64::from(sent.count() == 100);
    }
    Ok(checked)
}

pub fn construct(count: u32) -> Outcome {
    for _ in 0..count {
        std::hint::black_box(Client::new());
    }
    Ok(u64::from(count))
}
