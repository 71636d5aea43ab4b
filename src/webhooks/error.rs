//! The errors of verification.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::values::timestamp::Timestamp;

/// The reason why a delivery was rejected. `Display` is one line, without the body or a signature.
///
/// Anybody can cause the variants up to [`Mismatch`](Self::Mismatch); the others require a valid
/// signature: see [`is_authentic`](Self::is_authentic).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// A required header is missing.
    MissingHeader {
        /// Name of the header.
        header: &'static str,
    },
    /// A header does not have the format the API uses.
    MalformedHeader {
        /// Name of the header.
        header: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The signature does not match the body, the time or the secret.
    Mismatch,
    /// Correctly signed, but too long ago: a replayed delivery, or a local clock that is fast.
    Stale {
        /// Time of the signature.
        signed_at: Timestamp,
        /// Local time.
        now: Timestamp,
    },
    /// Correctly signed, but at a time in the future: a local clock that is slow.
    Future {
        /// Time of the signature.
        signed_at: Timestamp,
        /// Local time.
        now: Timestamp,
    },
    /// Correctly signed, but the body is not an event: invalid JSON, or a field of the wrong type.
    Body {
        /// Path of the field, such as `data.bounce_type`; a dot for the body as a whole.
        path: Box<str>,
        /// What is wrong, without the value.
        reason: Box<str>,
    },
    /// Correctly signed, but the header and the body name different events.
    IdMismatch {
        /// The id in [`header::EVENT_ID`](super::header::EVENT_ID), which is not signed.
        header: Box<str>,
        /// The id in the body.
        body: Box<str>,
    },
}

impl VerifyError {
    /// Returns true if the delivery was signed with the webhook's secret but is invalid for another
    /// reason. Such errors are worth an alert; the others are background noise of the internet.
    pub fn is_authentic(&self) -> bool {
        match self {
            Self::MissingHeader { .. } | Self::MalformedHeader { .. } | Self::Mismatch => false,
            Self::Stale { .. }
            | Self::Future { .. }
            | Self::Body { .. }
            | Self::IdMismatch { .. } => true,
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { header } => write!(f, "header {header} is missing"),
            Self::MalformedHeader { header, reason } => write!(f, "header {header} {reason}"),
            Self::Mismatch => f.write_str(
                "the signature does not match the body, the time or the webhook's secret",
            ),
            Self::Stale { signed_at, now } => {
                let age = apart(*signed_at, *now).as_secs();
                write!(f, "signed at {signed_at}, {age} s before the local time ({now}): too old")
            }
            Self::Future { signed_at, now } => {
                let lead = apart(*signed_at, *now).as_secs();
                write!(f, "signed at {signed_at}, {lead} s after the local time ({now})")
            }
            Self::Body { path, reason } => {
                write!(f, "the body is not a webhook event: {}", reason.escape_debug())?;
                if &**path == "." { Ok(()) } else { write!(f, " at `{}`", path.escape_debug()) }
            }
            Self::IdMismatch { header, body } => {
                let (header, body) = (header.escape_debug(), body.escape_debug());
                write!(f, "the header names event {header}, the body {body}")
            }
        }
    }
}

impl StdError for VerifyError {}

/// Returns the time between two timestamps, in either order.
pub(super) fn apart(one: Timestamp, other: Timestamp) -> Duration {
    Duration::from_secs(one.unix_seconds().abs_diff(other.unix_seconds()))
}

/// The error of an invalid webhook secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSecret(pub(super) &'static str);

impl fmt::Display for InvalidSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the webhook secret {}; pass it as shown by the API, including `whsec_`", self.0)
    }
}

impl StdError for InvalidSecret {}
