//! Any number of e-mails, in as many requests as it takes.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use super::chunks::{self, Plan};
use super::outcome::{self, BatchReport, Chunk, Outcome};
use super::types::{BatchSend, EmailSend};
use crate::call::Pending;
use crate::error::{Error, Kind};
use crate::random;
use crate::transport::retry::RetryPolicy;

/// Longest key of a batch, which leaves room for the number of the request: the API takes 255.
const LONGEST_KEY: usize = 240;

/// E-mails to send, made by [`Client::send_batch`].
#[must_use = "nothing is sent until it is awaited"]
#[derive(Clone)]
pub struct SendBatch {
    client: Client,
    messages: Vec<EmailSend>,
    key: Option<String>,
    timeout: Option<Duration>,
    retry: Option<RetryPolicy>,
    progress: Option<Progress>,
}

type Progress = Arc<dyn Fn(&BatchReport) + Send + Sync>;

impl Client {
    /// Sends any number of e-mails, up to 100 and 25 MB with each request, one request after the
    /// other.
    ///
    /// The report has one [`Outcome`] for each message. A message that the API refuses stops
    /// nothing, nor does a request that it refuses for what is in it (400, 413, 422, or a key that
    /// belongs to another request). After any other failure the rest is not tried.
    ///
    /// Each request has an idempotency key of its own, made of the batch's key and its number.
    /// The same messages with the same key, again within 24 hours, send what is left and nothing
    /// twice, be it after a lost connection or a crash; so keep the key before sending. The API may
    /// keep a refusal for as long, so send what was refused with another key once it is mended.
    ///
    /// # Errors
    /// [`Kind::Request`] if the key is unusable; nothing was sent then. What fails later is in the
    /// report.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::sending::Client) -> Result<(), sendmux_client::Error> {
    /// use sendmux_client::sending::types::{Address, EmailSend};
    ///
    /// let from = Address::new("shop@example.com").name("Shop");
    /// let messages = ["ada@example.org", "alan@example.org"].map(|to| {
    ///     EmailSend::new(from.clone(), Address::new(to), "Closed on Monday", "<p>See you!</p>")
    /// });
    /// let report = client.send_batch(messages).idempotency_key("closed-2026-11-23").await?;
    /// for (index, outcome) in report.rest() {
    ///     eprintln!("message {index}: {outcome:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_batch(
        &self,
        messages: impl IntoIterator<Item = impl Into<EmailSend>>,
    ) -> SendBatch {
        let messages = messages.into_iter().map(Into::into).collect();
        let client = self.clone();
        SendBatch { client, messages, key: None, timeout: None, retry: None, progress: None }
    }
}

impl SendBatch {
    /// The key that the requests' keys derive from: 1 to 240 visible ASCII characters. Default: a
    /// random one, which the report tells.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Longest time for each request with all its attempts and waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// When a failed attempt of a request is repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Shows the report as it stands: before the first request, with every key there will be, and
    /// after each one. What it holds then is known even if the batch is dropped before its end; a
    /// request under way at that time counts as not tried, but may have been sent.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::sending::Client) -> Result<(), sendmux_client::Error> {
    /// # let messages = Vec::<sendmux_client::sending::types::EmailSend>::new();
    /// let batch = client.send_batch(messages).on_progress(|report| {
    ///     println!("{} of {} queued", report.queued(), report.outcomes().len());
    /// });
    /// println!("{} were not", batch.await?.rest().count());
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, show: impl Fn(&BatchReport) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(show));
        self
    }

    async fn run(self) -> Result<BatchReport, Error> {
        let key = base_key(self.key.as_deref())?;
        let Plan { chunks, too_large } = chunks::plan(self.messages.iter().map(chunks::length));
        let mut outcomes = vec![Outcome::NotTried; self.messages.len()];
        for (index, bytes) in too_large {
            outcomes[index] = Outcome::TooLarge { bytes };
        }
        let mut messages: Vec<_> = self.messages.into_iter().map(Some).collect();
        let mut report = BatchReport { chunks: keyed(&key, chunks), key, outcomes };
        let show = |report: &BatchReport| self.progress.iter().for_each(|show| show(report));
        show(&report);
        for number in 0..report.chunks.len() {
            let BatchReport { outcomes, chunks, .. } = &mut report;
            let chunk = &mut chunks[number];
            let messages = chunk.messages.iter().filter_map(|index| messages[*index].take());
            let mut request = self.client.send_email_batch(BatchSend::new(messages));
            request = request.idempotency_key(&chunk.key);
            if let Some(timeout) = self.timeout {
                request = request.timeout(timeout);
            }
            if let Some(policy) = self.retry {
                request = request.retry(policy);
            }
            let result = request.await.map(|sent| {
                let request_id = sent.request_id().to_owned();
                outcome::read(sent.into_data().results, &chunk.messages, outcomes);
                request_id
            });
            let ends = result.as_ref().is_err_and(|error| !outcome::concerns_one_chunk(error));
            if result.is_err() {
                for index in &chunk.messages {
                    outcomes[*index] = Outcome::ChunkFailed;
                }
            }
            chunk.result = Some(result);
            show(&report);
            if ends {
                break;
            }
        }
        Ok(report)
    }
}

fn keyed(key: &str, chunks: Vec<Vec<usize>>) -> Vec<Chunk> {
    let chunks = chunks.into_iter().zip(1..);
    chunks
        .map(|(messages, number)| Chunk { messages, key: format!("{key}-{number}"), result: None })
        .collect()
}

fn base_key(given: Option<&str>) -> Result<String, Error> {
    let Some(given) = given else { return Ok(random::key()) };
    let key = given.trim();
    let legal = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if !legal {
        let what = "the idempotency key of a batch has 1 to 240 visible ASCII characters";
        return Err(Error::because(Kind::Request, what));
    }
    Ok(key.to_owned())
}

impl IntoFuture for SendBatch {
    type Output = Result<BatchReport, Error>;
    type IntoFuture = Pending<BatchReport>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for SendBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendBatch").field("messages", &self.messages.len()).finish_non_exhaustive()
    }
}
