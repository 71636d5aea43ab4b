//! Why a part of the report is missing, in words for people.

use std::fmt;

use sendmux_client::{Error, Kind};

use super::text::tidy;

/// A sentence that says what went wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    #[cfg(test)]
    pub(crate) fn said(sentence: &str) -> Self {
        Self(tidy(sentence, 400))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let sentence = match error.kind() {
            Kind::Connect => {
                "the API cannot be reached: check the network and the base URL".to_owned()
            }
            Kind::Timeout => "the API did not answer in time; try again later".to_owned(),
            _ if error.is_unauthorized() => "the API refuses the key".to_owned(),
            _ if error.is_permission_denied() => {
                format!("the key lacks the permission {}", error.missing_permissions().join(", "))
            }
            _ if error.is_rate_limited() => match error.retry_after() {
                Some(wait) => {
                    format!("the rate limit is used up; try again in {} s", wait.as_secs())
                }
                None => "the rate limit is used up; try again later".to_owned(),
            },
            _ => error.to_string().trim_end_matches('.').to_owned(),
        };
        let request = error.request_id().map(|id| format!(" (request {id})")).unwrap_or_default();
        Self(tidy(&format!("{sentence}{request}"), 400))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
