//! Every number the client behaves by, with its reason.

use std::time::Duration;

/// Long enough for a TCP and TLS handshake across the world with one lost packet each.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One attempt, from sending to the last byte of the answer. The slowest operation the API
/// describes (a mail of 25 MB) fits at 1 MB/s.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes a second of the slowest connection that uploads are not given up on: what a poor mobile
/// connection gives.
pub(crate) const SLOWEST_UPLOAD: u64 = 64 * 1024;

/// One call with all its attempts and waits: one rate-limit window of 60 s and two attempts.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Silence on a download or an event stream after which the connection counts as dead.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Attempts of one call, the first included.
pub(crate) const MAX_ATTEMPTS: u32 = 4;

/// Upper bound of the first random wait; doubles with each attempt.
pub(crate) const BACKOFF_BASE: Duration = Duration::from_millis(250);

/// Upper bound of any random wait.
pub(crate) const BACKOFF_CAP: Duration = Duration::from_secs(8);

/// Longest wait that is taken for the server's asking; one rate-limit window (60 s) and a margin
/// for clocks that differ. Beyond it the error is returned with the delay.
pub(crate) const MAX_SERVER_WAIT: Duration = Duration::from_secs(65);

/// What the clones of a client can spend on repeats before calls succeed again: a hundred quick
/// failures. Enough for a rolling restart behind a busy program, little against an outage.
pub(crate) const RETRY_BUDGET: u32 = 500;

/// Price of a repeat after a refusal.
pub(crate) const RETRY_COST: u32 = 5;

/// Price of a repeat after silence, twice as much: the server may work on both attempts at once.
pub(crate) const SILENCE_COST: u32 = 10;

/// What a call that succeeds at its first attempt brings back, so that in the long run one call in
/// five may be repeated.
pub(crate) const SUCCESS_REFUND: u32 = 1;

/// Longest time to the end of a rate-limit window that is believed. The API's windows have 60 s;
/// the margin is for clocks that differ.
pub(crate) const MAX_WINDOW: Duration = Duration::from_secs(65);

/// Part of the rate limit below which requests are spread over the rest of the window. Above it a
/// short burst runs free.
pub(crate) const PACED_BELOW: f64 = 0.5;

/// Part of the rate limit that is left for others who use the key: their requests may be on the way
/// already.
pub(crate) const PACER_HOLD: f64 = 0.01;

/// Part of the rate limit below which no burst is allowed at all.
pub(crate) const PACER_RESERVE: f64 = 0.02;

/// How often a request that is held back looks whether the figures have changed.
pub(crate) const PACER_RECHECK: Duration = Duration::from_secs(1);

/// Largest answer that is read into memory. The API's largest are bodies of 1,000,000 characters,
/// up to 100 at a time; a broken proxy must not take more.
pub(crate) const MAX_RESPONSE_BYTES: usize = 128 * 1024 * 1024;

/// What an error keeps of a body that is no error envelope.
pub(crate) const MAX_ERROR_BODY_BYTES: usize = 4 * 1024;

/// Largest buffer that is set aside on the word of a `Content-Length`.
pub(crate) const MAX_TRUSTED_LENGTH: usize = 1024 * 1024;

/// Largest error body that is read for its envelope.
pub(crate) const MAX_ERROR_READ_BYTES: usize = 1024 * 1024;

/// Redirects followed within one origin.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// How often a change to a resource is tried while others keep changing it: with each of five
/// writers one is through, and more than five on one resource is a design to rethink.
pub(crate) const MODIFY_ROUNDS: u32 = 5;

/// Messages in one request of a batch, the API's limit.
#[cfg(feature = "sending")]
pub(crate) const BATCH_MESSAGES: usize = 100;

/// Bytes in one request of a batch. The API's limit is 25 MB, and which MB it means is not said.
#[cfg(feature = "sending")]
pub(crate) const BATCH_BYTES: usize = 25_000_000;

/// Silence beyond two heartbeats after which an event stream counts as dead: a slow network, and a
/// server that sends heartbeats a little late.
#[cfg(feature = "mailbox")]
pub(crate) const HEARTBEAT_SLACK: Duration = Duration::from_secs(10);

/// Largest event that is read. The API cuts bodies at 16 KiB; with its other fields, and all of it
/// escaped, an event stays far below.
#[cfg(feature = "mailbox")]
pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Longest id that is sent back to resume a stream. Servers refuse headers of some KiB.
#[cfg(feature = "mailbox")]
pub(crate) const MAX_EVENT_ID_BYTES: usize = 1024;

/// Events that are remembered, so that what a server replays is not handed out twice.
#[cfg(feature = "mailbox")]
pub(crate) const REMEMBERED_EVENTS: usize = 1024;

/// Longest wait that a stream's own `retry` field is believed.
#[cfg(feature = "mailbox")]
pub(crate) const MAX_RECONNECTION_TIME: Duration = Duration::from_secs(600);
