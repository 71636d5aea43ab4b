//! Everything that a report needs, read from the API.

use jiff::Timestamp;
use sendmux_client::Error;
use sendmux_client::management::Client;
use sendmux_client::management::types::{EmailMetrics, Granularity, Provider, Transaction};

use super::counts::Counts;
use super::mail::Mail;
use super::problem::Problem;
use super::progress::Progress;
use super::reason::Wording;
use super::span::{Between, Span, moment};
use super::spend::Spend;

/// A part of the report, or why it is missing.
pub(crate) type Group<T> = Result<T, Problem>;

const PAGE: i64 = 100;
const MOST_PROVIDERS: usize = 2000;

pub(crate) struct Account {
    pub(crate) team: String,
    pub(crate) mail: Group<Mail>,
    pub(crate) metrics: Group<Metrics>,
    pub(crate) providers: Group<Vec<Provider>>,
    pub(crate) spend: Group<Spend>,
}

/// What the API itself counted.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) total: Counts,
    pub(crate) before: Counts,
    /// One for each day, if the days of the report are those of the API.
    pub(crate) days: Option<Vec<Counts>>,
}

impl Account {
    /// Reads all groups at once, however long that takes: the log comes in pages of 100, as fast as
    /// the rate limit allows. Transactions of the span are shown to `each` as they come.
    ///
    /// # Errors
    /// If the key is not valid, the API cannot be reached, or no group can be read. A group that
    /// cannot be read is missing from the rest.
    pub(crate) async fn read(
        client: &Client,
        span: &Span,
        wording: Wording,
        each: impl FnMut(&Transaction),
    ) -> Result<Self, Problem> {
        let connection = client.get_connection().await?;
        let ((metrics, mail), providers, spend) = tokio::join!(
            async {
                let metrics = metrics(client, span).await;
                let expected = metrics.as_ref().ok().map(|metrics| metrics.total.total());
                let mail = mail(client, span, wording, Progress::of_stderr(expected)).await;
                (metrics, mail)
            },
            providers(client),
            spend(client, span, each),
        );
        let account = Self {
            team: connection.into_data().team.name,
            mail: mail.map_err(Problem::from),
            metrics: metrics.map_err(Problem::from),
            providers: providers.map_err(Problem::from),
            spend: spend.map_err(Problem::from),
        };
        match account {
            Self {
                mail: Err(problem), metrics: Err(_), providers: Err(_), spend: Err(_), ..
            } => Err(problem),
            account => Ok(account),
        }
    }

    /// What is missing, with the reasons.
    pub(crate) fn missing(&self) -> Vec<(&'static str, &Problem)> {
        let groups = [
            ("the log of sent emails", self.mail.as_ref().err()),
            ("the API's own counts", self.metrics.as_ref().err()),
            ("the sending accounts", self.providers.as_ref().err()),
            ("the transactions", self.spend.as_ref().err()),
        ];
        groups.into_iter().filter_map(|(name, problem)| Some((name, problem?))).collect()
    }

    /// E-mails of the month: as the log has them, or else as the API counts them.
    pub(crate) fn total(&self) -> Option<Counts> {
        let counted = self.metrics.as_ref().ok().map(|metrics| metrics.total);
        self.mail.as_ref().ok().map(|mail| mail.total).or(counted)
    }

    /// E-mails of each day, from the same source.
    pub(crate) fn days(&self) -> Option<&[Counts]> {
        match (&self.mail, &self.metrics) {
            (Ok(mail), _) => Some(&mail.days),
            (Err(_), Ok(metrics)) => metrics.days.as_deref(),
            _ => None,
        }
    }
}

async fn mail(
    client: &Client,
    span: &Span,
    wording: Wording,
    mut progress: Progress,
) -> Result<Mail, Error> {
    let Between { start, end } = span.between();
    let logs = client.list_email_logs().limit(PAGE);
    let mut pages = logs.from_date(start.to_string()).to_date(end.to_string()).pages();
    let mut mail = Mail::new(span, wording);
    let mut read = 0;
    while let Some(page) = pages.try_next().await? {
        for log in &page {
            mail.add(log, span);
            read += 1;
        }
        progress.show(read);
    }
    Ok(mail)
}

async fn metrics(client: &Client, span: &Span) -> Result<Metrics, Error> {
    let (now, before) =
        tokio::try_join!(counted(client, span.between()), counted(client, span.before))?;
    let days = span.is_utc().then(|| {
        let mut days = vec![Counts::default(); span.days.len()];
        for point in &now.timeseries {
            if let Some(day) = span.day_of(point.timestamp) {
                days[day] = days[day].plus(&point.into());
            }
        }
        days
    });
    Ok(Metrics { total: (&now.summary).into(), before: (&before.summary).into(), days })
}

async fn counted(client: &Client, between: Between) -> Result<EmailMetrics, Error> {
    let request = client.get_email_metrics().granularity(Granularity::Daily);
    let (from, to) = (between.start.to_string(), between.last().to_string());
    Ok(request.from_date(from).to_date(to).await?.into_data())
}

async fn providers(client: &Client) -> Result<Vec<Provider>, Error> {
    let mut stream = client.list_providers().limit(PAGE).stream();
    let mut providers = Vec::new();
    while providers.len() < MOST_PROVIDERS
        && let Some(provider) = stream.try_next().await?
    {
        providers.push(provider);
    }
    Ok(providers)
}

/// Transactions cannot be asked for by date. They come newest first, so that a page from before all
/// that counts is the last to read.
async fn spend(
    client: &Client,
    span: &Span,
    mut each: impl FnMut(&Transaction),
) -> Result<Spend, Error> {
    let mut pages = client.list_transactions().limit(PAGE).pages();
    let mut spend = Spend::new(span);
    while let Some(page) = pages.try_next().await? {
        for transaction in &page {
            if spend.add(transaction, span) {
                each(transaction);
            }
        }
        let is_old = |at: Timestamp| at < span.before.start;
        let mut moments = page.iter().map(|transaction| moment(transaction.created_at));
        if !page.is_empty() && moments.all(|at| at.is_none_or(is_old)) {
            break;
        }
    }
    Ok(spend)
}

#[cfg(test)]
mod tests;
