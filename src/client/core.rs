//! What the clones of a client share.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::call::request::Endpoint;
use crate::client::credential::Credential;
use crate::clock::Clock;
use crate::transport::budget::Budget;
use crate::transport::pacer::Pacer;
use crate::transport::retry::RetryPolicy;

pub(crate) struct Core {
    pub(crate) endpoint: Endpoint,
    /// Whether the caller allowed plain http to hosts other than loopback.
    pub(crate) plain_http: bool,
    pub(crate) credential: Credential,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_response_bytes: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: Budget,
    pub(crate) pacer: Option<Pacer>,
    pub(crate) clock: Arc<dyn Clock>,
    #[allow(dead_code, reason = "only the mailbox surface has one")]
    pub(crate) mailbox_id: Option<String>,
}
