//! Errors in the API's envelope.

use serde_json::{Value, json};

use crate::hash::entity_tag;

const RESOURCE_METADATA: &str =
    "https://app.sendmux.ai/.well-known/oauth-protected-resource/api/v1";

/// Which of the API's two error formats is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    Current,
    /// The older one, without `retryable` and `errors`.
    Legacy,
}

/// Why a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiError {
    Unauthorized,
    /// The credential lacks this permission.
    MissingPermission(&'static str),
    ReadOnly,
    /// A send policy does not allow the address of this field.
    NotAllowed(&'static str),
    NotFound,
    /// This parameter is required.
    MissingParameter(&'static str),
    /// The value of this parameter is not valid.
    InvalidParameter(&'static str),
    /// The value of this field of an email is not valid.
    ValidationFailed(&'static str),
    /// The idempotency key was used with another request.
    IdempotencyConflict,
    /// The state of the resource forbids the request.
    Conflict(&'static str),
    /// `If-Match` has another entity tag than the one with this hash.
    Stale(u64),
    PayloadTooLarge,
    RangeNotSatisfiable,
    /// Too many requests; holds the seconds to wait.
    RateLimited(i64),
    /// A failure that the account was configured to produce.
    Injected(u16),
}

impl ApiError {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::InvalidParameter(_) | Self::MissingParameter(_) => 400,
            Self::Unauthorized => 401,
            Self::MissingPermission(_) | Self::ReadOnly | Self::NotAllowed(_) => 403,
            Self::NotFound => 404,
            Self::IdempotencyConflict | Self::Conflict(_) | Self::Stale(_) => 409,
            Self::PayloadTooLarge => 413,
            Self::RangeNotSatisfiable => 416,
            Self::ValidationFailed(_) => 422,
            Self::RateLimited(_) => 429,
            Self::Injected(status) => status,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::IdempotencyConflict => return "idempotency_conflict",
            Self::MissingParameter(_) => return "missing_parameter",
            _ => {}
        }
        match self.status() {
            401 => "authentication_required",
            402 => "insufficient_credits",
            403 => "insufficient_permissions",
            404 => "not_found",
            409 => "conflict",
            413 => "payload_too_large",
            422 => "validation_error",
            429 => "rate_limit_exceeded",
            503 => "service_unavailable",
            500..=599 => "internal_error",
            _ => "invalid_parameter",
        }
    }

    fn message(self) -> String {
        match self {
            Self::Unauthorized => "The request has no valid credential".to_owned(),
            Self::MissingPermission(permission) => {
                format!("The credential lacks the permission {permission}")
            }
            Self::ReadOnly => "The demo account does not let this be changed".to_owned(),
            Self::NotAllowed(field) => {
                format!("A send policy does not allow the address in {field}")
            }
            Self::MissingParameter(param) => format!("The parameter {param} is required"),
            Self::Conflict(reason) => reason.to_owned(),
            Self::Stale(_) => "The resource has changed since it was read".to_owned(),
            Self::PayloadTooLarge => "The file is too large, or not as large as stated".to_owned(),
            Self::NotFound => "The resource does not exist".to_owned(),
            Self::InvalidParameter(param) | Self::ValidationFailed(param) => invalid_value(param),
            Self::IdempotencyConflict => {
                "The idempotency key was used with another request".to_owned()
            }
            Self::RangeNotSatisfiable => "The range is outside the file".to_owned(),
            Self::RateLimited(_) => "The key has no requests left in this minute".to_owned(),
            Self::Injected(_) => "The demo account was configured to fail".to_owned(),
        }
    }

    fn param(self) -> Option<&'static str> {
        match self {
            Self::InvalidParameter(param)
            | Self::MissingParameter(param)
            | Self::NotAllowed(param)
            | Self::ValidationFailed(param) => Some(param),
            _ => None,
        }
    }

    pub(crate) fn to_json(self, format: ErrorFormat) -> Value {
        let code = self.code();
        let mut error = json!({"code": code, "message": self.message(),
            "doc_url": format!("https://sendmux.ai/docs/api/errors#{code}")});
        if let Some(param) = self.param() {
            error["param"] = param.into();
        }
        if format == ErrorFormat::Current {
            error["retryable"] = (self.status() == 429 || self.status() >= 500).into();
            let invalid = matches!(self, Self::InvalidParameter(_) | Self::ValidationFailed(_));
            if let Some(param) = self.param().filter(|_| invalid) {
                error["errors"] = json!([issue(param)]);
            }
        }
        error
    }

    /// Returns the header that tells the client how to go on.
    pub(crate) fn header(self) -> Option<(&'static str, String)> {
        match (self, self.status()) {
            (Self::Stale(hash), _) => Some(("etag", entity_tag(hash))),
            (Self::RateLimited(seconds), _) => Some(("retry-after", seconds.to_string())),
            (_, 401) => {
                let challenge = format!("Bearer resource_metadata=\"{RESOURCE_METADATA}\"");
                Some(("www-authenticate", challenge))
            }
            (_, 429 | 503) => Some(("retry-after", "1".to_owned())),
            _ => None,
        }
    }
}

/// Describes the field that is not valid.
pub(crate) fn issue(field: &str) -> Value {
    json!({"field": field, "code": "invalid_value", "message": invalid_value(field)})
}

pub(crate) fn invalid_value(name: &str) -> String {
    format!("The value of {name} is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legacy_format_has_fewer_members() {
        let keys = |format| {
            let error = ApiError::InvalidParameter("limit").to_json(format);
            error.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(ErrorFormat::Legacy), ["code", "doc_url", "message", "param"]);
        assert_eq!(
            keys(ErrorFormat::Current),
            ["code", "doc_url", "errors", "message", "param", "retryable"]
        );
    }

    #[test]
    fn only_temporary_failures_are_retryable() {
        let retryable = |error: ApiError| error.to_json(ErrorFormat::Current)["retryable"].clone();
        for status in [429, 500, 502, 503] {
            assert_eq!(retryable(ApiError::Injected(status)), true, "{status}");
        }
        for error in [ApiError::NotFound, ApiError::ReadOnly, ApiError::Injected(409)] {
            assert_eq!(retryable(error), false, "{error:?}");
        }
    }

    #[test]
    fn headers_tell_the_client_how_to_go_on() {
        assert_eq!(ApiError::RateLimited(42).header().unwrap().1, "42");
        assert_eq!(ApiError::Injected(503).header().unwrap().0, "retry-after");
        let challenge = ApiError::Unauthorized.header().unwrap().1;
        assert!(challenge.starts_with("Bearer resource_metadata="), "{challenge}");
        assert_eq!(ApiError::NotFound.header(), None);
    }
}
