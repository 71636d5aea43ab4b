//! What becomes of a call: how the answer to each form of operation is read.

pub(crate) mod envelope;
pub(crate) mod head;
pub(crate) mod meta;
pub(crate) mod rate_limit;
pub(crate) mod response;

use serde::de::DeserializeOwned;

use self::envelope::Envelope;
use self::meta::Meta;
use self::response::Response;
use crate::call::operation::Operation;
use crate::call::request::Built;
use crate::call::{Call, Pending};
use crate::list::page::{self, Page};
use crate::transfer::download::{self, Download};
use crate::transport;
impl Call {
    pub(crate) fn enveloped<T>(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let open = |head: &_, body: &_| envelope::open::<Envelope<T>>(operation, head, body);
            let (head, envelope) = transport::exchange(&self, operation, request, open).await?;
            Ok(Response::new(envelope.data, envelope.meta, head))
        })
    }

    pub(crate) fn page<T>(self, operation: &'static Operation, request: Built) -> Pending<Page<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move { page::fetch(&self, operation, request).await })
    }

    pub(crate) fn bare<T>(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let bare = |head: &_, body: &_| envelope::bare(operation, head, body);
            let (head, data) = transport::exchange(&self, operation, request, bare).await?;
            Ok(Response::new(data, Meta::default(), head))
        })
    }

    pub(crate) fn text(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<String>> {
        Box::pin(async move {
            let text = |head: &_, body: &_| envelope::text(operation, head, body);
            let (head, text) = transport::exchange(&self, operation, request, text).await?;
            Ok(Response::new(text, Meta::default(), head))
        })
    }

    pub(crate) fn empty(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Response<()>> {
        Box::pin(async move {
            let nothing = |_: &_, _: &_| Ok(());
            let (head, ()) = transport::exchange(&self, operation, request, nothing).await?;
            Ok(Response::new((), Meta::default(), head))
        })
    }

    pub(crate) fn download(
        self,
        operation: &'static Operation,
        request: Built,
    ) -> Pending<Download> {
        Box::pin(download::begin(self, operation, request))
    }
}
