//! Any number of e-mails, in as many requests as it takes.

use std::fmt;
use std::future::IntoFuture;
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
}

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
        SendBatch { client: self.clone(), messages, key: None, timeout: None, retry: None }
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

    async fn run(self) -> Result<BatchReport, Error> {
        let key = base_key(self.key.as_deref())?;
        let Plan { chunks, too_large } = chunks::plan(self.messages.iter().map(chunks::length));
        let mut outcomes = vec![Outcome::NotTried; self.messages.len()];
        for (index, bytes) in too_large {
            outcomes[index] = Outcome::TooLarge { bytes };
        }
        let mut messages: Vec<_> = self.messages.into_iter().map(Some).collect();
        let mut report = BatchReport { key, outcomes, chunks: Vec::with_capacity(chunks.len()) };
        let mut open = true;
        for (number, indexes) in chunks.into_iter().enumerate() {
            let key = format!("{}-{}", report.key, number + 1);
            let mut chunk = Chunk { messages: indexes, key, result: None };
            if open {
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
                    outcome::read(sent.into_data().results, &chunk.messages, &mut report.outcomes);
                    request_id
                });
                if let Err(error) = &result {
                    open = outcome::concerns_one_chunk(error);
                    for index in &chunk.messages {
                        report.outcomes[*index] = Outcome::ChunkFailed;
                    }
                }
                chunk.result = Some(result);
            }
            report.chunks.push(chunk);
        }
        Ok(report)
    }
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
