//! One call: a client, and the settings for this time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::core::Core;
use crate::error::Error;
use crate::options::Options;
use crate::request::Endpoint;

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
