//! What the overview shows, read from the API.

use std::collections::BTreeMap;

use sendmux_client::management::Client;
use sendmux_client::management::types::{
    Balance, Connection, EmailLog, EmailMetrics, EmailStatus, Granularity, MetricsWindow, Provider,
    ProviderUsage, SpendSummary,
};
use sendmux_client::{Error, Timestamp};
use serde_json::{Value, json};

use crate::account::Problem;
use crate::cli::log_progress;

/// An account at one moment. A section that could not be read has the reason instead.
pub(super) struct Overview {
    pub(super) connection: Connection,
    pub(super) providers: Result<(Vec<Provider>, ProviderUsage), Problem>,
    pub(super) metrics: Result<EmailMetrics, Problem>,
    pub(super) failures: Result<FailedEmails, Problem>,
    pub(super) billing: Result<(Balance, SpendSummary), Problem>,
}

/// The failed emails of the last 30 days.
pub(super) struct FailedEmails {
    pub(super) latest: Vec<EmailLog>,
    pub(super) total: usize,
    /// Reasons with their counts, most frequent first.
    pub(super) reasons: Vec<(String, usize)>,
}

const LATEST: usize = 8;
const DAYS: i64 = 30;

impl Overview {
    /// Reads all sections concurrently.
    ///
    /// # Errors
    /// If the key is not valid or the API cannot be reached. A section that the key may not read is
    /// an error within the overview.
    pub(super) async fn read(client: &Client) -> Result<Self, Problem> {
        let connection = client.get_connection().await?;
        let metrics = client
            .get_email_metrics()
            .window(MetricsWindow::Days30)
            .granularity(Granularity::Daily);
        let (providers, metrics, failures, billing) =
            tokio::join!(providers(client), metrics, failures(client), billing(client));
        Ok(Self {
            connection: connection.into_data(),
            providers: providers.map_err(Problem::from),
            metrics: metrics.map(|metrics| metrics.into_data()).map_err(Problem::from),
            failures: failures.map_err(Problem::from),
            billing: billing.map_err(Problem::from),
        })
    }

    pub(super) fn is_complete(&self) -> bool {
        self.providers.is_ok()
            && self.metrics.is_ok()
            && self.failures.is_ok()
            && self.billing.is_ok()
    }

    pub(super) fn to_json(&self) -> Value {
        fn section<T>(result: &Result<T, Problem>, to_json: impl Fn(&T) -> Value) -> Value {
            match result {
                Ok(value) => to_json(value),
                Err(problem) => json!({ "problem": problem.to_string() }),
            }
        }
        json!({
            "connection": self.connection,
            "providers": section(&self.providers, |(list, usage)| json!({"list": list, "usage": usage})),
            "metrics": section(&self.metrics, |metrics| json!(metrics)),
            "failures": section(&self.failures, |failures| json!({
                "total": failures.total, "reasons": failures.reasons, "latest": failures.latest,
            })),
            "billing": section(&self.billing, |(balance, spend)| json!({"balance": balance, "spend": spend})),
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

async fn failures(client: &Client) -> Result<FailedEmails, Error> {
    let start = Timestamp::now().unix_seconds() - DAYS * 24 * 60 * 60;
    let mut request = client.list_email_logs().status(EmailStatus::Failed).limit(100);
    if let Some(start) = Timestamp::from_unix_seconds(start) {
        request = request.from_date(start);
    }
    let mut pages = request.pages();
    let mut failures = FailedEmails { latest: Vec::new(), total: 0, reasons: Vec::new() };
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let progress = log_progress(None);
    while let Some(page) = pages.try_next().await? {
        for log in page {
            failures.total += 1;
            let reason = log.status_reason.clone().unwrap_or_else(|| "no reason given".to_owned());
            *reasons.entry(reason).or_default() += 1;
            if failures.latest.len() < LATEST {
                failures.latest.push(log);
            }
            progress.inc(1);
        }
    }
    failures.reasons = reasons.into_iter().collect();
    failures.reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(failures)
}
