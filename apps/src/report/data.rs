//! What a report shows, read from the API.

use jiff::Timestamp;
use sendmux_client::management::Client;
use sendmux_client::management::types::{EmailMetrics, Granularity, Provider, Transaction};
use sendmux_client::{Decimal, Error};

use super::mail::{MailStats, StatusCounts};
use super::period::{Interval, Month, Period, to_jiff};
use super::reason::ReasonFormat;
use super::spend::Spend;
use crate::account::Problem;
use crate::cli::log_progress;

const PAGE_SIZE: i64 = 100;
const MAX_PROVIDERS: usize = 2000;

/// Maximum number of pages of transactions to read for the months before the previous one.
const MAX_EARLIER_PAGES: usize = 200;

/// A report and how it is to be presented.
pub(crate) struct Report<'a> {
    pub(crate) data: &'a ReportData,
    pub(crate) period: &'a Period,
    pub(crate) reason_format: ReasonFormat,
    /// True for a demo account.
    pub(crate) demo: bool,
    pub(crate) generated_at: Timestamp,
}

/// The data of a report. A part that could not be read has the reason instead.
pub(crate) struct ReportData {
    pub(crate) team: String,
    pub(crate) mail: Result<MailStats, Problem>,
    pub(crate) metrics: Result<Metrics, Problem>,
    pub(crate) providers: Result<Vec<Provider>, Problem>,
    pub(crate) spend: Result<Spend, Problem>,
}

/// The metrics of the API for the same period.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) total: StatusCounts,
    pub(crate) previous: StatusCounts,
    /// By day, if the days of the report are those of the API.
    pub(crate) days: Option<Vec<StatusCounts>>,
    /// The months of the year before the one that is reported.
    pub(crate) earlier: Result<Vec<StatusCounts>, Problem>,
}

/// A month of the year at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MonthData {
    pub(crate) month: Month,
    pub(crate) counts: Option<StatusCounts>,
    /// Credit used.
    pub(crate) spend: Option<Decimal>,
}

impl MonthData {
    fn is_empty(&self) -> bool {
        self.counts.is_none_or(|counts| counts.total() == 0)
            && self.spend.is_none_or(|spend| spend.is_zero())
    }
}

impl ReportData {
    /// Reads all parts concurrently, the log in pages of 100 as fast as the rate limit allows.
    /// Calls `on_transaction` for each transaction of the period.
    ///
    /// # Errors
    /// If the key is not valid, the API cannot be reached, or no part can be read. If only some
    /// parts cannot be read, they are errors within the data.
    pub(crate) async fn read(
        client: &Client,
        period: &Period,
        reason_format: ReasonFormat,
        on_transaction: impl FnMut(&Transaction),
    ) -> Result<Self, Problem> {
        let connection = client.get_connection().await?;
        let ((metrics, mail), providers, spend) = tokio::join!(
            async {
                let metrics = metrics(client, period).await;
                let expected = metrics.as_ref().ok().map(|metrics| metrics.total.total());
                let mail = mail(client, period, reason_format, expected).await;
                (metrics, mail)
            },
            providers(client),
            spend(client, period, on_transaction),
        );
        let data = Self {
            team: connection.into_data().team.name,
            mail: mail.map_err(Problem::from),
            metrics: metrics.map_err(Problem::from),
            providers: providers.map_err(Problem::from),
            spend: spend.map_err(Problem::from),
        };
        match data {
            Self {
                mail: Err(problem), metrics: Err(_), providers: Err(_), spend: Err(_), ..
            } => Err(problem),
            data => Ok(data),
        }
    }

    /// Returns the names of the missing parts, with the reasons.
    pub(crate) fn missing(&self) -> Vec<(&'static str, &Problem)> {
        let earlier = self.metrics.as_ref().ok().and_then(|metrics| metrics.earlier.as_ref().err());
        let parts = [
            ("the email log", self.mail.as_ref().err()),
            ("the email metrics", self.metrics.as_ref().err()),
            ("the email metrics of earlier months", earlier),
            ("the sending accounts", self.providers.as_ref().err()),
            ("the transactions", self.spend.as_ref().err()),
        ];
        parts.into_iter().filter_map(|(name, problem)| Some((name, problem?))).collect()
    }

    /// Returns the counts of the month, from the log or else from the metrics.
    pub(crate) fn total(&self) -> Option<StatusCounts> {
        let metrics = self.metrics.as_ref().ok().map(|metrics| metrics.total);
        self.mail.as_ref().ok().map(|mail| mail.total).or(metrics)
    }

    /// Returns the counts by day, from the same source.
    pub(crate) fn days(&self) -> Option<&[StatusCounts]> {
        match (&self.mail, &self.metrics) {
            (Ok(mail), _) => Some(&mail.days),
            (Err(_), Ok(metrics)) => metrics.days.as_deref(),
            _ => None,
        }
    }

    /// Returns the months of the year that ends with the reported one, from the first in which
    /// anything happened, and at least the reported one.
    pub(crate) fn year(&self, period: &Period) -> Vec<MonthData> {
        let earlier = self.metrics.as_ref().ok().and_then(|it| it.earlier.as_ref().ok());
        let month = |(index, (month, _)): (usize, &(Month, Interval))| MonthData {
            month: *month,
            counts: match index < period.earlier_months().len() {
                true => earlier.and_then(|earlier| earlier.get(index)).copied(),
                false => self.total(),
            },
            spend: self.spend.as_ref().ok().and_then(|spend| spend.month(index)),
        };
        let mut months: Vec<_> = period.year.iter().enumerate().map(month).collect();
        let last = months.len().saturating_sub(1);
        let first = months.iter().position(|month| !month.is_empty()).unwrap_or(last);
        months.drain(..first);
        months
    }
}

async fn mail(
    client: &Client,
    period: &Period,
    reason_format: ReasonFormat,
    expected: Option<i64>,
) -> Result<MailStats, Error> {
    let Interval { start, end } = period.interval();
    let logs = client.list_email_logs().limit(PAGE_SIZE);
    let mut pages = logs.from_date(start.to_string()).to_date(end.to_string()).pages();
    let mut mail = MailStats::new(period, reason_format);
    let progress = log_progress(expected.and_then(|total| u64::try_from(total).ok()));
    while let Some(page) = pages.try_next().await? {
        for log in &page {
            mail.add(log, period);
            progress.inc(1);
        }
    }
    Ok(mail)
}

async fn metrics(client: &Client, period: &Period) -> Result<Metrics, Error> {
    let (current, previous) = tokio::try_join!(
        daily_metrics(client, period.interval()),
        daily_metrics(client, period.previous)
    )?;
    let days = period.is_utc().then(|| {
        let mut days = vec![StatusCounts::default(); period.days.len()];
        for point in &current.timeseries {
            if let Some(day) = period.day_index(point.timestamp) {
                days[day] = days[day].plus(&point.into());
            }
        }
        days
    });
    let earlier = earlier_months(client, period).await.map_err(Problem::from);
    let (total, previous) = ((&current.summary).into(), (&previous.summary).into());
    Ok(Metrics { total, previous, days, earlier })
}

async fn earlier_months(client: &Client, period: &Period) -> Result<Vec<StatusCounts>, Error> {
    let mut months = Vec::new();
    for (_, interval) in period.earlier_months() {
        months.push((&daily_metrics(client, *interval).await?.summary).into());
    }
    Ok(months)
}

async fn daily_metrics(client: &Client, interval: Interval) -> Result<EmailMetrics, Error> {
    let request = client.get_email_metrics().granularity(Granularity::Daily);
    let (from, to) = (interval.start.to_string(), interval.last_millisecond().to_string());
    Ok(request.from_date(from).to_date(to).await?.into_data())
}

async fn providers(client: &Client) -> Result<Vec<Provider>, Error> {
    let mut stream = client.list_providers().limit(PAGE_SIZE).stream();
    let mut providers = Vec::new();
    while providers.len() < MAX_PROVIDERS
        && let Some(provider) = stream.try_next().await?
    {
        providers.push(provider);
    }
    Ok(providers)
}

/// Transactions cannot be filtered by date. They are sorted newest first, so reading stops at the
/// first page that is entirely older than the year, or, if there are very many, once the previous
/// month is read.
async fn spend(
    client: &Client,
    period: &Period,
    mut on_transaction: impl FnMut(&Transaction),
) -> Result<Spend, Error> {
    let mut pages = client.list_transactions().limit(PAGE_SIZE).pages();
    let mut spend = Spend::new(period);
    let year = period.year.first().map_or(period.previous.start, |(_, interval)| interval.start);
    let mut earlier_pages = 0;
    while let Some(page) = pages.try_next().await? {
        for transaction in &page {
            if spend.add(transaction, period) {
                on_transaction(transaction);
            }
        }
        let times = page.iter().map(|transaction| to_jiff(transaction.created_at));
        let Some(newest) = times.clone().flatten().max() else { continue };
        if newest < year {
            break;
        }
        earlier_pages += usize::from(newest < period.previous.start);
        if earlier_pages > MAX_EARLIER_PAGES {
            let oldest = times.flatten().min().unwrap_or(newest);
            let complete = |(_, interval): &(Month, Interval)| interval.start > oldest;
            spend.first_month = period.year.iter().position(complete).unwrap_or(0);
            break;
        }
    }
    Ok(spend)
}

#[cfg(test)]
mod tests {
    use httpmock::{Mock, MockServer};
    use sendmux_client::RetryPolicy;
    use serde_json::{Value, json};

    use super::super::fixture::{log, period, transaction};
    use super::*;

    fn serve<'a>(
        server: &'a MockServer,
        path: &str,
        query: &[(&str, &str)],
        response: Value,
    ) -> Mock<'a> {
        server.mock(|when, then| {
            let when = query.iter().fold(when.path(path), |when, (name, value)| match *value {
                "" => when.query_param_missing(*name),
                value => when.query_param(*name, value),
            });
            when.method("GET");
            then.status(200).json_body(response);
        })
    }

    fn page(items: Value, next: Option<&str>) -> Value {
        json!({
            "ok": true, "data": items, "meta": {"request_id": "req_1"},
            "pagination": {"has_more": next.is_some(), "next_cursor": next},
        })
    }

    fn envelope(data: Value) -> Value {
        json!({"ok": true, "data": data, "meta": {"request_id": "req_1"}})
    }

    fn connection(server: &MockServer) {
        let response = json!({
            "team": {"id": "team_1", "name": "Example Shop"}, "permissions": [], "mailboxes": [],
            "credential": {"id": "smx_1", "type": "api_key", "name": "Key"}, "label": "Key",
        });
        serve(server, "/me", &[], envelope(response));
    }

    fn metrics(total: i64) -> Value {
        let counts =
            json!({"total": total, "sent": total, "failed": 0, "rejected": 0, "pending": 0});
        let mut comparison = counts.clone();
        comparison["change_pct"] = counts.clone();
        let mut point = counts.clone();
        point["timestamp"] = "2026-10-05T00:00:00Z".into();
        envelope(json!({"summary": counts, "comparison": comparison, "timeseries": [point]}))
    }

    async fn read(server: &MockServer) -> Result<(ReportData, usize), Problem> {
        let client = Client::builder("smx_root_test").base_url(server.base_url());
        let client = client.retry(RetryPolicy::none()).build().unwrap();
        let mut seen = 0;
        let data =
            ReportData::read(&client, &period(), ReasonFormat::Grouped, |_| seen += 1).await?;
        Ok((data, seen))
    }

    #[tokio::test]
    async fn the_log_is_filtered_by_month_and_old_transactions_are_not_read() {
        let server = MockServer::start();
        connection(&server);
        let logs = [("from_date", "2026-10-01T00:00:00Z"), ("to_date", "2026-11-01T00:00:00Z")];
        let logs =
            serve(&server, "/emails/logs", &logs, page(json!([log(5, "sent", json!({}))]), None));
        let now = [("from_date", "2026-10-01T00:00:00Z"), ("to_date", "2026-10-31T23:59:59.999Z")];
        let now = serve(&server, "/emails/metrics", &now, metrics(1));
        let before =
            [("from_date", "2026-09-01T00:00:00Z"), ("to_date", "2026-09-30T23:59:59.999Z")];
        let before = serve(&server, "/emails/metrics", &before, metrics(3));
        let earlier = serve(&server, "/emails/metrics", &[], metrics(7));
        serve(&server, "/providers", &[], page(json!([]), None));
        let used = |at| json!(transaction(at, "USAGE", "-1.000000"));
        let moments = ["2026-11-01T00:00:00Z", "2026-10-02T00:00:00Z", "2026-09-02T00:00:00Z"];
        // Of an earlier month of the year.
        let moments = moments.into_iter().chain(["2026-01-02T00:00:00Z"]).map(used);
        let path = "/billing/transactions";
        let first = page(moments.collect(), Some("c1"));
        serve(&server, path, &[("cursor", "")], first);
        let old = page(json!([used("2025-10-31T23:59:59Z")]), Some("c2"));
        serve(&server, path, &[("cursor", "c1")], old);
        // One page may be prefetched after the last one that counts.
        serve(&server, path, &[("cursor", "c2")], page(json!([]), Some("c3")));
        let older = serve(&server, path, &[("cursor", "c3")], page(json!([]), None));

        let (data, seen) = read(&server).await.unwrap();
        for mock in [logs, now] {
            mock.assert();
        }
        before.assert_calls(2);
        earlier.assert_calls(10);
        older.assert_calls(0);
        assert_eq!(data.missing(), []);
        assert_eq!((data.total().unwrap().total(), data.days().unwrap()[4].sent), (1, 1));
        let year = data.year(&period());
        let totals: Vec<_> = year.iter().map(|month| month.counts.unwrap().total()).collect();
        assert_eq!(totals, [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3, 1]);
        let spent = |index: usize| year[index].spend;
        assert_eq!((spent(2), spent(3)), (Some(1.into()), Some(0.into())));
        assert_eq!(data.metrics.unwrap().previous.total(), 3);
        let spend = data.spend.unwrap();
        assert_eq!((spend.total, spend.previous, seen), (1.into(), 1.into(), 1));
    }

    #[tokio::test]
    async fn an_interrupted_log_is_missing() {
        let server = MockServer::start();
        connection(&server);
        let first = page(json!([log(5, "sent", json!({}))]), Some("c1"));
        serve(&server, "/emails/logs", &[("cursor", "")], first);
        serve(&server, "/emails/metrics", &[], metrics(9));
        serve(&server, "/providers", &[], page(json!([]), None));
        let (data, _) = read(&server).await.unwrap();
        let missing: Vec<_> = data.missing().into_iter().map(|(what, _)| what).collect();
        assert_eq!(missing, ["the email log", "the transactions"]);
        assert_eq!((data.total().unwrap().total(), data.days().unwrap()[4].sent), (9, 9));
    }

    #[tokio::test]
    async fn reading_nothing_is_an_error() {
        let server = MockServer::start();
        assert!(read(&server).await.is_err());
        connection(&server);
        assert!(read(&server).await.is_err());
        serve(&server, "/providers", &[], page(json!([]), None));
        let (data, _) = read(&server).await.unwrap();
        assert_eq!((data.missing().len(), data.total()), (3, None));
        assert!(data.days().is_none());
    }
}
