//! E-mails in any number, sent in as many requests as needed.

use std::fmt;
use std::future::IntoFuture;
use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;

use super::Client;
use super::report::{self, BatchReport, Chunk, Outcome};
use super::types::{BatchSend, EmailSend};
use crate::defaults::{BATCH_BYTES, BATCH_MESSAGES};
use crate::error::{Error, Kind};
use crate::transport::call::{CallOptions, Pending, RequestBuilder, call_options};
use crate::transport::idempotency;

/// Longest key of a batch, which leaves space for the number of the request: the API accepts 255
/// characters.
const MAX_KEY_LENGTH: usize = 240;

/// The request of [`Client::send_batch`]: set options, then `.await` it.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct SendBatch {
    client: Client,
    messages: Vec<EmailSend>,
    key: Option<String>,
    options: CallOptions,
    on_progress: Option<ProgressCallback>,
}

type ProgressCallback = Arc<dyn Fn(&BatchReport) + Send + Sync>;

impl Client {
    /// Sends any number of e-mails, one request after the other, with up to 100 e-mails or 25 MB
    /// each.
    ///
    /// The report has one [`Outcome`] for each message. Neither a message that the API rejects nor a
    /// request rejected for its content (400, 413, 422, or a key that belongs to another request)
    /// stops the batch. After any other failure, the remaining messages are not attempted.
    ///
    /// The idempotency key of each request consists of the batch's key and the request's number.
    /// Sending the same messages with the same key again within 24 hours, after a lost connection
    /// or a crash, sends what is left and nothing twice; so save the key before sending. The API may
    /// remember a rejection for as long, so use another key for messages that were corrected.
    ///
    /// # Errors
    /// [`Kind::Request`] if the key is invalid; nothing was sent then. The report contains later
    /// failures.
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
    /// for (index, outcome) in report.not_queued() {
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
        let options = CallOptions::default();
        SendBatch { client, messages, key: None, options, on_progress: None }
    }
}

impl SendBatch {
    /// Sets the key from which the keys of the requests derive: 1 to 240 visible ASCII characters.
    /// Default: a random key, which the report returns.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Registers a progress callback. It is called with the current report before the first request,
    /// with the keys of all requests, and after each one. So the outcome is known even if the batch
    /// is dropped; a request in progress at that time is reported as not attempted, but may have
    /// been sent.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::sending::Client) -> Result<(), sendmux_client::Error> {
    /// # let messages = Vec::<sendmux_client::sending::types::EmailSend>::new();
    /// let batch = client.send_batch(messages).on_progress(|report| {
    ///     println!("{} of {} queued", report.queued(), report.outcomes().len());
    /// });
    /// println!("{} were not queued", batch.await?.not_queued().count());
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, callback: impl Fn(&BatchReport) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(callback));
        self
    }

    async fn run(self) -> Result<BatchReport, Error> {
        let key = base_key(self.key.as_deref())?;
        let Plan { chunks, too_large } = plan(self.messages.iter().map(encoded_length));
        let mut outcomes = vec![Outcome::NotAttempted; self.messages.len()];
        for (index, bytes) in too_large {
            outcomes[index] = Outcome::TooLarge { bytes };
        }
        let mut messages: Vec<_> = self.messages.into_iter().map(Some).collect();
        let mut report = BatchReport { chunks: keyed(&key, chunks), key, outcomes };
        let notify = |report: &BatchReport| {
            self.on_progress.iter().for_each(|callback| callback(report));
        };
        notify(&report);
        for number in 0..report.chunks.len() {
            let BatchReport { outcomes, chunks, .. } = &mut report;
            let chunk = &mut chunks[number];
            let messages = chunk.messages.iter().filter_map(|index| messages[*index].take());
            let mut request = self.client.send_email_batch(BatchSend::new(messages));
            request = request.idempotency_key(&chunk.key);
            let options = &mut request.call_mut().options;
            (options.timeout, options.retry) = (self.options.timeout, self.options.retry);
            let result = request.await.map(|sent| {
                let request_id = sent.parts().request_id().unwrap_or_default().to_owned();
                report::read(sent.into_data().results, &chunk.messages, outcomes);
                request_id
            });
            let ends = result.as_ref().is_err_and(|error| !report::concerns_one_chunk(error));
            if result.is_err() {
                for index in &chunk.messages {
                    outcomes[*index] = Outcome::ChunkFailed;
                }
            }
            chunk.result = Some(result);
            notify(&report);
            if ends {
                break;
            }
        }
        Ok(report)
    }
}

call_options! {
    impl [] SendBatch, |batch| batch.options;
    timeout: "The deadline applies to each request of the batch.";
    retry: "The policy applies to each request of the batch.";
}

fn keyed(key: &str, chunks: Vec<Vec<usize>>) -> Vec<Chunk> {
    let chunks = chunks.into_iter().zip(1..);
    chunks
        .map(|(messages, number)| Chunk { messages, key: format!("{key}-{number}"), result: None })
        .collect()
}

fn base_key(given: Option<&str>) -> Result<String, Error> {
    let Some(given) = given else { return idempotency::generate_key() };
    let key = given.trim();
    let valid =
        (1..=MAX_KEY_LENGTH).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if !valid {
        let message = "the idempotency key of a batch has 1 to 240 visible ASCII characters";
        return Err(Error::because(Kind::Request, message));
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

/// The assignment of messages to requests, by index.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    chunks: Vec<Vec<usize>>,
    /// Messages too large for any request, with their length in bytes.
    too_large: Vec<(usize, usize)>,
}

/// Length of the JSON around the messages: `{"messages":[]}`.
const FRAME: usize = 15;

/// Splits messages, given by their lengths, into as few requests as their order allows. The same
/// messages are always split the same way, as their idempotency keys require.
fn plan(lengths: impl IntoIterator<Item = usize>) -> Plan {
    let mut plan = Plan::default();
    let mut open: Vec<usize> = Vec::new();
    let mut bytes = FRAME;
    for (index, length) in lengths.into_iter().enumerate() {
        if length.saturating_add(FRAME) > BATCH_BYTES {
            plan.too_large.push((index, length));
            continue;
        }
        let with_comma = length + 1;
        if open.len() == BATCH_MESSAGES || bytes + with_comma > BATCH_BYTES + 1 {
            plan.chunks.push(std::mem::take(&mut open));
            bytes = FRAME;
        }
        open.push(index);
        bytes += with_comma;
    }
    if !open.is_empty() {
        plan.chunks.push(open);
    }
    plan
}

/// Returns the length of a message in a request, in bytes.
fn encoded_length(message: &EmailSend) -> usize {
    json_length(message).unwrap_or(usize::MAX)
}

fn json_length(value: &impl Serialize) -> serde_json::Result<usize> {
    struct Length(usize);

    impl Write for Length {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut length = Length(0);
    serde_json::to_writer(&mut length, value)?;
    Ok(length.0)
}

#[cfg(test)]
mod tests {
    use super::super::types::{Address, BatchSend};
    use super::*;

    fn message(body: &str) -> EmailSend {
        EmailSend::new(Address::new("a@example.com"), Address::new("b@example.org"), "x", body)
    }

    #[test]
    fn a_request_has_at_most_a_hundred_messages() {
        for (count, chunks) in [(0, 0), (1, 1), (100, 1), (101, 2), (200, 2), (10_000, 100)] {
            let plan = plan(vec![1000; count]);
            assert_eq!(plan.chunks.len(), chunks, "{count}");
            assert_eq!(plan.chunks.concat(), (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_computed_length_matches_the_request() {
        for count in [1, 2, 7] {
            let messages = vec![message("<p>\"ä\n"); count];
            let sent = serde_json::to_vec(&BatchSend::new(messages.clone())).unwrap().len();
            let commas = count - 1;
            let counted: usize = messages.iter().map(encoded_length).sum();
            assert_eq!(FRAME + counted + commas, sent);
        }
    }

    #[test]
    fn a_request_is_filled_to_its_last_byte() {
        let room = BATCH_BYTES - FRAME;
        let two = [room - 1000, 999, 1];
        assert_eq!(plan(two).chunks, [vec![0, 1], vec![2]]);
        assert_eq!(plan([room - 1000, 1000]).chunks, [vec![0], vec![1]]);
        assert_eq!(plan([room]).chunks, [vec![0]]);
    }

    #[test]
    fn an_oversized_message_is_set_aside() {
        let room = BATCH_BYTES - FRAME;
        let plan = plan([10, room + 1, 10, usize::MAX]);
        assert_eq!(plan.chunks, [vec![0, 2]]);
        assert_eq!(plan.too_large, [(1, room + 1), (3, usize::MAX)]);
    }
}
