//! Why a request is not answered.

use serde_json::{Value, json};

use super::ErrorShape;

const RESOURCE_METADATA: &str =
    "https://app.sendmux.ai/.well-known/oauth-protected-resource/api/v1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unauthorized,
    /// The credential lacks this permission.
    Forbidden(&'static str),
    ReadOnly,
    NotFound,
    /// The value of this parameter makes no sense.
    Invalid(&'static str),
    /// A message cannot be sent for this field.
    Unprocessable(&'static str),
    /// The idempotency key belongs to another request.
    KeyTaken,
    /// Too many requests; how many seconds to wait.
    Limited(i64),
    /// A failure that was asked for.
    Requested(u16),
}

impl Refusal {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden(_) | Self::ReadOnly => 403,
            Self::NotFound => 404,
            Self::Invalid(_) => 400,
            Self::KeyTaken => 409,
            Self::Unprocessable(_) => 422,
            Self::Limited(_) => 429,
            Self::Requested(status) => status,
        }
    }

    fn code(self) -> &'static str {
        if self == Self::KeyTaken {
            return "idempotency_conflict";
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
            Self::Forbidden(permission) => {
                format!("The credential lacks the permission {permission}")
            }
            Self::ReadOnly => "The demo key may only read".to_owned(),
            Self::NotFound => "There is no such resource".to_owned(),
            Self::Invalid(param) | Self::Unprocessable(param) => {
                format!("The value of {param} is not valid")
            }
            Self::KeyTaken => "The idempotency key was used with another request".to_owned(),
            Self::Limited(_) => "The key has used up its requests for this minute".to_owned(),
            Self::Requested(_) => "This failure was asked for".to_owned(),
        }
    }

    pub(super) fn to_json(self, shape: ErrorShape) -> Value {
        let (code, message) = (self.code(), self.message());
        let mut error = json!({"code": code, "message": message,
            "doc_url": format!("https://sendmux.ai/docs/api/errors#{code}")});
        if let Self::Invalid(param) | Self::Unprocessable(param) = self {
            error["param"] = param.into();
        }
        if shape == ErrorShape::Current {
            error["retryable"] = (self.status() == 429 || self.status() >= 500).into();
            if let Self::Invalid(param) | Self::Unprocessable(param) = self {
                error["errors"] =
                    json!([{"field": param, "code": "invalid_value", "message": message}]);
            }
        }
        error
    }

    pub(super) fn headers(self) -> Option<(&'static str, String)> {
        match (self, self.status()) {
            (Self::Limited(seconds), _) => Some(("retry-after", seconds.to_string())),
            (_, 401) => {
                let challenge = format!("Bearer resource_metadata=\"{RESOURCE_METADATA}\"");
                Some(("www-authenticate", challenge))
            }
            (_, 429 | 503) => Some(("retry-after", "1".to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_shape_says_less() {
        let keys = |shape| {
            let error = Refusal::Invalid("limit").to_json(shape);
            error.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(ErrorShape::Legacy), ["code", "doc_url", "message", "param"]);
        assert_eq!(
            keys(ErrorShape::Current),
            ["code", "doc_url", "errors", "message", "param", "retryable"]
        );
    }

    #[test]
    fn only_what_can_pass_is_retryable() {
        let retryable =
            |refusal: Refusal| refusal.to_json(ErrorShape::Current)["retryable"].clone();
        for status in [429, 500, 502, 503] {
            assert_eq!(retryable(Refusal::Requested(status)), true, "{status}");
        }
        for refusal in [Refusal::NotFound, Refusal::ReadOnly, Refusal::Requested(409)] {
            assert_eq!(retryable(refusal), false, "{refusal:?}");
        }
    }

    #[test]
    fn headers_say_what_to_do() {
        assert_eq!(Refusal::Limited(42).headers().unwrap().1, "42");
        assert_eq!(Refusal::Requested(503).headers().unwrap().0, "retry-after");
        assert!(
            Refusal::Unauthorized.headers().unwrap().1.starts_with("Bearer resource_metadata=")
        );
        assert_eq!(Refusal::NotFound.headers(), None);
    }
}
