//! Everything the overview shows, read from the API.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use sendmux_client::management::Client;
use sendmux_client::management::types::{
    Balance, Connection, EmailLog, EmailMetrics, EmailStatus, Granularity, MetricsWindow, Provider,
    ProviderUsage, SpendSummary,
};
use sendmux_client::{Error, Timestamp};
use serde_json::{Value, json};

use crate::problem::Problem;

/// One group of the picture: what it holds, or why it cannot be shown.
pub(crate) type Group<T> = Result<T, Problem>;

pub(crate) struct Account {
    pub(crate) connection: Connection,
    pub(crate) providers: Group<(Vec<Provider>, ProviderUsage)>,
    pub(crate) metrics: Group<EmailMetrics>,
    pub(crate) failures: Group<Failures>,
    pub(crate) billing: Group<(Balance, SpendSummary)>,
}

/// Failed e-mails of the last 30 days.
pub(crate) struct Failures {
    pub(crate) latest: Vec<EmailLog>,
    pub(crate) total: usize,
    /// Reasons with their counts, most frequent first.
    pub(crate) reasons: Vec<(String, usize)>,
}

const LATEST: usize = 8;
const DAYS: i64 = 30;

impl Account {
    /// Reads all groups at once. Without a valid key nothing can be shown; without a permission,
    /// all the rest can.
    pub(crate) async fn read(client: &Client) -> Result<Self, Problem> {
        let connection = client.get_connection().await.map_err(|error| Problem::from(&error))?;
        let (providers, metrics, failures, billing) = tokio::join!(
            providers(client),
            client
                .get_email_metrics()
                .window(MetricsWindow::Days30)
                .granularity(Granularity::Daily),
            failures(client),
            billing(client),
        );
        Ok(Self {
            connection: connection.into_data(),
            providers: providers.map_err(|error| Problem::from(&error)),
            metrics: metrics
                .map(|answer| answer.into_data())
                .map_err(|error| Problem::from(&error)),
            failures: failures.map_err(|error| Problem::from(&error)),
            billing: billing.map_err(|error| Problem::from(&error)),
        })
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        let whole = self.providers.is_ok()
            && self.metrics.is_ok()
            && self.failures.is_ok()
            && self.billing.is_ok();
        ExitCode::from(if whole { 0 } else { 3 })
    }

    pub(crate) fn to_json(&self) -> Value {
        fn group<T>(group: &Group<T>, show: impl Fn(&T) -> Value) -> Value {
            match group {
                Ok(value) => show(value),
                Err(problem) => json!({ "problem": problem.to_string() }),
            }
        }
        json!({
            "connection": self.connection,
            "providers": group(&self.providers, |(list, usage)| json!({"list": list, "usage": usage})),
            "metrics": group(&self.metrics, |metrics| json!(metrics)),
            "failures": group(&self.failures, |failures| json!({
                "total": failures.total, "reasons": failures.reasons, "latest": failures.latest,
            })),
            "billing": group(&self.billing, |(balance, spend)| json!({"balance": balance, "spend": spend})),
        })
    }
}

async fn providers(client: &Client) -> Result<(Vec<Provider>, ProviderUsage), Error> {
    let providers = client.list_providers().limit(100).stream().try_collect().await?;
    let usage = client.get_provider_usage().await?;
    Ok((providers, usage.into_data()))
}

async fn billing(client: &Client) -> Result<(Balance, SpendSummary), Error> {
    let balance = client.get_balance().await?;
    let spend = client.get_spend_summary().await?;
    Ok((balance.into_data(), spend.into_data()))
}

async fn failures(client: &Client) -> Result<Failures, Error> {
    let start = Timestamp::now().unix_seconds() - DAYS * 24 * 60 * 60;
    let mut request = client.list_email_logs().status(EmailStatus::Failed).limit(100);
    if let Some(start) = Timestamp::from_unix_seconds(start) {
        request = request.from_date(start);
    }
    let mut pages = request.pages();
    let mut failures = Failures { latest: Vec::new(), total: 0, reasons: Vec::new() };
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut progress = Progress::new();
    while let Some(page) = pages.try_next().await? {
        for log in page {
            failures.total += 1;
            let reason = log.status_reason.clone().unwrap_or_else(|| "no reason given".to_owned());
            *reasons.entry(reason).or_default() += 1;
            if failures.latest.len() < LATEST {
                failures.latest.push(log);
            }
        }
        progress.show(failures.total);
    }
    failures.reasons = reasons.into_iter().collect();
    failures.reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(failures)
}

/// A line on the terminal while pages load.
struct Progress {
    visible: bool,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self { visible: std::io::stderr().is_terminal(), shown: false }
    }

    fn show(&mut self, count: usize) {
        if self.visible {
            self.shown = true;
            eprint!("\rreading the log: {count} failures so far");
            // Only looks: a terminal that cannot be written to is no reason to stop.
            let _ = std::io::stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
