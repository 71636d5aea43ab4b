//! Why a delivery was refused.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::Timestamp;

/// Why a delivery was refused. `Display` is one line, without the body or a signature.
///
/// Everything up to [`Mismatch`](Self::Mismatch) is what anybody could send; what comes after it
/// was signed with the webhook's secret: see [`is_authentic`](Self::is_authentic).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header that the check needs is not there.
    MissingHeader {
        /// Name of the header.
        header: &'static str,
    },
    /// A header does not have the form that the API gives it.
    MalformedHeader {
        /// Name of the header.
        header: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The signature is of another body, time or secret.
    Mismatch,
    /// Rightly signed, but too long ago: a delivery that somebody repeats, or a clock that is fast.
    Stale {
        /// When it was signed.
        signed_at: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// Rightly signed, but at a time that is still to come: a clock that is slow.
    Future {
        /// When it was signed.
        signed_at: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// Rightly signed, but the body is not an event: no JSON, or a field of another form.
    Body {
        /// Path of the field, such as `data.bounce_type`; a dot if it is the body as a whole.
        field: Box<str>,
        /// What is wrong there, without the value.
        what: Box<str>,
    },
    /// Rightly signed, but the header names another event than the body.
    IdMismatch {
        /// The id in [`header::EVENT_ID`](super::header::EVENT_ID), which is not signed.
        header: Box<str>,
        /// The id in the body.
        body: Box<str>,
    },
}

impl VerifyError {
    /// True if the delivery was signed with the webhook's secret, and something else is wrong with
    /// it: worth an alarm, while the rest of the internet's requests are not.
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
            Self::MalformedHeader { header, what } => write!(f, "header {header} {what}"),
            Self::Mismatch => {
                f.write_str("the signature is of another body, time or secret than the webhook's")
            }
            Self::Stale { signed_at, now } => {
                let age = apart(*signed_at, *now).as_secs();
                write!(f, "signed at {signed_at}, {age} s ago by this clock ({now}): too old")
            }
            Self::Future { signed_at, now } => {
                let lead = apart(*signed_at, *now).as_secs();
                write!(f, "signed at {signed_at}, {lead} s ahead of this clock ({now})")
            }
            Self::Body { field, what } => {
                write!(f, "the body is not a webhook event: {}", what.escape_debug())?;
                if &**field == "." { Ok(()) } else { write!(f, " at `{}`", field.escape_debug()) }
            }
            Self::IdMismatch { header, body } => {
                let (header, body) = (header.escape_debug(), body.escape_debug());
                write!(f, "the header names event {header}, the body {body}")
            }
        }
    }
}

impl StdError for VerifyError {}

/// Time between two moments, whichever is first.
pub(super) fn apart(one: Timestamp, other: Timestamp) -> Duration {
    Duration::from_secs(one.unix_seconds().abs_diff(other.unix_seconds()))
}

/// A webhook secret that cannot be the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSecret(pub(super) &'static str);

impl fmt::Display for InvalidSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the webhook secret {}; give it as the API showed it, `whsec_` included", self.0)
    }
}

impl StdError for InvalidSecret {}
