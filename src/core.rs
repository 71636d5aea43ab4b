//! What the clones of a client share.

use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::call::Endpoint;
use crate::credential::Credential;
use crate::retry::RetryPolicy;

pub(crate) struct Core {
    pub(crate) endpoint: Endpoint,
    pub(crate) credential: Credential,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_response_bytes: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) mailbox_id: Option<String>,
}
