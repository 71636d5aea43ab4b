//! Why a reading failed, as a label.

use sendmux_client::{Error, Kind};

/// Kinds of failure: a closed set, so that they can be a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Failure {
    Connect,
    Timeout,
    Unauthorized,
    Permission,
    RateLimited,
    Server,
    Decode,
    Other,
}

impl Failure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::Permission => "permission",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Decode => "decode",
            Self::Other => "other",
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        match error.kind() {
            Kind::Connect | Kind::Connection => Self::Connect,
            Kind::Timeout => Self::Timeout,
            _ if error.is_unauthorized() => Self::Unauthorized,
            _ if error.is_permission_denied() => Self::Permission,
            _ if error.is_rate_limited() => Self::RateLimited,
            _ if error.status().is_some_and(|status| status.is_server_error()) => Self::Server,
            Kind::Decode | Kind::TooLarge | Kind::Pagination => Self::Decode,
            _ => Self::Other,
        }
    }
}
