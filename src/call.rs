//! One call: a client, and the settings for this time.

pub(crate) mod operation;
pub(crate) mod options;
pub(crate) mod raw;
pub(crate) mod request;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use self::options::Options;
use self::request::Endpoint;
use crate::client::core::Core;
use crate::error::Error;

/// An answer on its way. Nothing happens before it is polled, and dropping it ends the call.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// The client and the per-call settings that a request carries.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) core: Arc<Core>,
    pub(crate) options: Options,
}
impl Call {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, options: Options::default() }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.core.endpoint
    }
}
