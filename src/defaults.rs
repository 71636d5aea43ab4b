//! The constants that govern the client's behavior, each with its reason.

use std::time::Duration;

/// Enough for a TCP and TLS handshake across the world with one lost packet each.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One attempt, from sending to the last byte of the response. The slowest operation the API
/// describes (an e-mail of 25 MB) fits at 1 MB/s.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Slowest connection that an upload is given time for, in bytes per second: a poor mobile
/// connection.
pub(crate) const SLOWEST_UPLOAD: u64 = 64 * 1024;

/// One call, including retries and backoff: one rate-limit window of 60 s and two attempts.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Silence on a download or an event stream after which the connection is considered dead.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Attempts of one call, including the first.
pub(crate) const MAX_ATTEMPTS: u32 = 4;

/// Upper bound of the first backoff; doubles with each attempt.
pub(crate) const BACKOFF_BASE: Duration = Duration::from_millis(250);

/// Upper bound of any backoff.
pub(crate) const BACKOFF_CAP: Duration = Duration::from_secs(8);

/// Longest wait accepted from the server: one rate-limit window (60 s) and a margin for clock skew.
/// Beyond it, the error is returned with the delay.
pub(crate) const MAX_SERVER_WAIT: Duration = Duration::from_secs(65);

/// Tokens that the clones of a client can spend on retries before calls succeed again: a hundred
/// quick failures. Enough for a rolling restart behind a busy program, little against an outage.
pub(crate) const RETRY_BUDGET: u32 = 500;

/// Price of a retry of a request that the server did not work on, as when it closes a connection of
/// HTTP/2: a hundred concurrent calls may each be put off five times.
pub(crate) const UNPROCESSED_COST: u32 = 1;

/// Price of a retry after a failure, or after a wait that the server asked for.
pub(crate) const RETRY_COST: u32 = 5;

/// Price of a retry after a timeout, twice as high: the server may work on both attempts at once.
pub(crate) const TIMEOUT_COST: u32 = 10;

/// Tokens returned by a call that succeeds at its first attempt, so that in the long run one call
/// in five may be retried.
pub(crate) const SUCCESS_REFUND: u32 = 1;

/// Longest rate-limit window that is believed. The API's windows last 60 s; the margin is for clock
/// skew.
pub(crate) const MAX_WINDOW: Duration = Duration::from_secs(65);

/// Fraction of the rate limit below which requests are spread over the rest of the window. Above
/// it, bursts are not delayed.
pub(crate) const SPREAD_BELOW: f64 = 0.5;

/// Fraction of the rate limit left to other users of the key, whose requests may already be on
/// their way.
pub(crate) const SHARED_RESERVE: f64 = 0.01;

/// Requests of others for each of this client's from which the key counts as shared.
pub(crate) const SHARED_FROM: f64 = 0.2;

/// Programs that share a key, as reckoned where it matters how many there are.
pub(crate) const SHARED_PARTS: f64 = 2.0;

/// Most requests of others for each of this client's that are reckoned with.
pub(crate) const MAX_OTHERS: f64 = 8.0;

/// Reports over which the requests of others are averaged.
pub(crate) const OTHERS_MEMORY: f64 = 8.0;

/// Fraction of a window between two measurements of what is restored in it.
pub(crate) const MEASURED_WINDOW: f64 = 0.125;

/// Measurements over which the rate at which a gradual limit is restored is averaged: a window's
/// worth, so that a burst is not repeated when it is restored.
pub(crate) const REFILL_MEMORY: f64 = 8.0;

/// Part of the measured refill that a program claims where it shares the limit.
pub(crate) const REFILL_CLAIM: f64 = 0.8;

/// Fraction of a gradual limit left to other users of the key.
pub(crate) const GRADUAL_RESERVE: f64 = 0.05;

/// Fraction of a window over which the remaining requests of a gradual limit are spread.
pub(crate) const GRADUAL_SPREAD: f64 = 0.5;

/// Longest pause between requests under a gradual limit, as a fraction of the window: only another
/// response shows what was restored.
pub(crate) const GRADUAL_PAUSE: f64 = 1.0 / 16.0;

/// Fraction of the rate limit below which no burst is allowed at all.
pub(crate) const BURST_RESERVE: f64 = 0.02;

/// Longest pause between requests while the server reports that none remain, but not until when.
pub(crate) const UNKNOWN_END_PAUSE: Duration = Duration::from_secs(1);

/// Silence after which a call that cannot wait for the end of a window is sent anyway: a report may
/// be wrong, and only another response can correct it.
pub(crate) const PROBE_AFTER: Duration = Duration::from_secs(10);

/// How often a delayed request checks whether the rate limit has changed.
pub(crate) const RATE_LIMIT_RECHECK: Duration = Duration::from_secs(1);

/// Largest response read into memory. The API's largest are up to 100 bodies of 1,000,000
/// characters; a broken proxy must not exhaust memory.
pub(crate) const MAX_RESPONSE_BYTES: usize = 128 * 1024 * 1024;

/// Largest buffer allocated on the strength of a `Content-Length`.
pub(crate) const MAX_TRUSTED_LENGTH: usize = 1024 * 1024;

/// Largest part of a non-success response that is read, and kept in the error.
pub(crate) const MAX_ERROR_READ_BYTES: usize = 1024 * 1024;

/// Redirects followed within one origin.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Empty pages in succession after which a list counts as endless. Filters leave some pages empty, but
/// a hundred of them are ten thousand items without a match.
pub(crate) const MAX_EMPTY_PAGES: u32 = 100;

/// Change sets without a change in succession after which a feed counts as endless: a server that goes
/// through old states may send some, but each can hold hundreds of changes.
pub(crate) const MAX_EMPTY_CHANGE_SETS: u32 = 100;

/// Longest cursor or state that is sent back. Servers reject URLs of more than 8 KiB.
pub(crate) const MAX_CURSOR_BYTES: usize = 8 * 1024;

/// Rounds of a conditional update while others keep changing the resource: of five concurrent
/// writers, each succeeds within five rounds, and more than five call for another design.
pub(crate) const MODIFY_ROUNDS: u32 = 5;

/// Messages in one request of a batch, the API's limit.
#[cfg(feature = "sending")]
pub(crate) const BATCH_MESSAGES: usize = 100;

/// Bytes in one request of a batch. The API's limit is 25 MB, without saying which megabyte.
#[cfg(feature = "sending")]
pub(crate) const BATCH_BYTES: usize = 25_000_000;

/// Silence beyond two heartbeats after which an event stream is considered dead: a slow network and
/// a server whose heartbeats are a little late.
#[cfg(feature = "mailbox")]
pub(crate) const HEARTBEAT_SLACK: Duration = Duration::from_secs(10);

/// Largest event that is decoded. The API truncates bodies at 16 KiB; escaped and with its other
/// fields, an event stays far below.
#[cfg(feature = "mailbox")]
pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Longest event id that is sent back to resume a stream. Servers reject headers of several KiB.
#[cfg(feature = "mailbox")]
pub(crate) const MAX_EVENT_ID_BYTES: usize = 1024;

/// Number of recent event ids kept to drop what a server replays.
#[cfg(feature = "mailbox")]
pub(crate) const REMEMBERED_EVENTS: usize = 1024;

/// Longest reconnection time accepted from a stream's `retry` field.
#[cfg(feature = "mailbox")]
pub(crate) const MAX_RECONNECTION_TIME: Duration = Duration::from_secs(600);

/// Wait before background work is read again for the first time; doubles with each read. Most drafts
/// are saved within a second.
#[cfg(feature = "mailbox")]
pub(crate) const POLL_FIRST: Duration = Duration::from_millis(500);

/// Longest wait between reads of background work, which are then twelve of the 600 requests that a
/// key has each minute.
#[cfg(feature = "mailbox")]
pub(crate) const POLL_LONGEST: Duration = Duration::from_secs(5);

/// How long background work is waited for. Extracting a text takes the API up to 30 s; sending may
/// take longer, and is then reported as unknown.
#[cfg(feature = "mailbox")]
pub(crate) const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(60);
