//! The last step of a call: one method for each form of response, called by generated code.

use serde::de::DeserializeOwned;

use crate::download::{self, Download};
use crate::operation::Operation;
use crate::paging::page::{self, Page};
use crate::response::{self, Response, envelope};
use crate::transport::call::{Call, Pending};
use crate::transport::outbound_request::BuildResult;

impl Call {
    pub(crate) fn enveloped<T>(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Response<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move { response::fetch(&self, operation, request).await })
    }

    pub(crate) fn page<T>(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Page<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move { page::fetch(&self, operation, request).await })
    }

    pub(crate) fn bare<T>(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Response<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let decode = |head: &_, body: &_| envelope::decode_bare(operation, head, body);
            response::fetch_bare(&self, operation, request, decode).await
        })
    }

    pub(crate) fn text(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Response<String>> {
        Box::pin(async move {
            let decode = |head: &_, body: &_| envelope::decode_text(operation, head, body);
            response::fetch_bare(&self, operation, request, decode).await
        })
    }

    pub(crate) fn empty(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Response<()>> {
        Box::pin(
            async move { response::fetch_bare(&self, operation, request, |_, _| Ok(())).await },
        )
    }

    pub(crate) fn download(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Download> {
        Box::pin(download::begin(self, operation, request, true))
    }

    /// Downloads what the API serves only as a whole: no `Range` is sent to resume.
    #[allow(dead_code, reason = "not every surface has such an operation")]
    pub(crate) fn download_whole(
        self,
        operation: &'static Operation,
        request: BuildResult,
    ) -> Pending<Download> {
        Box::pin(download::begin(self, operation, request, false))
    }
}
