//! The API's error envelope, in both of its shapes, and its error codes.

use crate::values::open_enum::open_enum;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The content of an error envelope.
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) doc_url: Option<String>,
    /// Absent in the older shape.
    pub(crate) retryable: Option<bool>,
    pub(crate) errors: Vec<Issue>,
    pub(crate) request_id: Option<String>,
}

/// An invalid field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// Dotted path of the field, with array indexes as numbers: `rules.0.type`.
    #[serde(default, alias = "path", deserialize_with = "lenient")]
    pub field: String,
    /// The validator's code, for programs.
    #[serde(default, deserialize_with = "lenient")]
    pub code: String,
    /// Explanation, for people.
    #[serde(default, deserialize_with = "lenient")]
    pub message: String,
}

#[derive(Deserialize)]
struct ErrorEnvelope {
    error: ErrorBody,
    #[serde(default, deserialize_with = "lenient")]
    meta: Option<ErrorMeta>,
}

#[derive(Deserialize)]
struct ErrorBody {
    code: ErrorCode,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    param: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    doc_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    retryable: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    errors: Vec<Value>,
}

#[derive(Deserialize)]
struct ErrorMeta {
    #[serde(default)]
    request_id: Option<String>,
}

/// Ignores a malformed detail, so that it does not cost the error code.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

impl ApiError {
    /// Decodes the envelope in a body, if there is one.
    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let envelope: ErrorEnvelope = serde_json::from_slice(body).ok()?;
        let error = envelope.error;
        Some(Self {
            message: error.message.unwrap_or_else(|| error.code.to_string()),
            code: error.code,
            param: error.param,
            doc_url: error.doc_url,
            retryable: error.retryable,
            errors: error
                .errors
                .into_iter()
                .filter_map(|issue| Issue::deserialize(issue).ok())
                .collect(),
            request_id: envelope.meta.and_then(|meta| meta.request_id),
        })
    }
}

open_enum! {
    /// The API's stable code for an error.
    pub enum ErrorCode {
        /// 400: a parameter is malformed, or the body does not match its schema.
        InvalidParameter = "invalid_parameter",
        /// 400: a parameter is missing, often `mailbox_id`.
        MissingParameter = "missing_parameter",
        /// 401: the credential is missing or invalid.
        AuthenticationRequired = "authentication_required",
        /// 402: the balance does not cover the e-mail.
        InsufficientCredits = "insufficient_credits",
        /// 403: the credential lacks a permission or belongs to another surface.
        InsufficientPermissions = "insufficient_permissions",
        /// 403: the team is not allowed to send.
        BillingRestricted = "billing_restricted",
        /// 404: the resource does not exist or belongs to another team.
        NotFound = "not_found",
        /// 409: the state of the resource forbids the call, or `If-Match` did not match.
        Conflict = "conflict",
        /// 409: the team has reached its limit for this kind of resource.
        LimitExceeded = "limit_exceeded",
        /// 409: the key was used with another body, or its first request is still running.
        IdempotencyConflict = "idempotency_conflict",
        /// 413: the body is too large.
        PayloadTooLarge = "payload_too_large",
        /// 422: the body violates a rule.
        ValidationError = "validation_error",
        /// 429: the rate limit of the current window is exhausted.
        RateLimitExceeded = "rate_limit_exceeded",
        /// 429: the plan's daily recipient limit is exhausted.
        DailyLimitExceeded = "daily_limit_exceeded",
        /// 500: internal server error.
        InternalError = "internal_error",
        /// 503: the service is temporarily unavailable.
        ServiceUnavailable = "service_unavailable",
        /// 503: no sending account is active.
        NoActiveProviders = "no_active_providers",
    }
}
