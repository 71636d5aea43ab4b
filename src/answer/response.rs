//! The answer to one call.

use std::ops::Deref;

use reqwest::header::CONTENT_DISPOSITION;

use crate::answer::head::{Head, head_accessors};
use crate::answer::meta::Meta;
use crate::call::operation::Operation;
use crate::error::{Error, Kind};
use crate::transfer::download::disposition;

/// The data of an answer, with everything that came along.
///
/// Dereferences to the data.
#[derive(Debug, Clone)]
pub struct Response<T> {
    data: T,
    meta: Meta,
    head: Head,
}

impl<T> Response<T> {
    pub(crate) fn new(data: T, meta: Meta, head: Head) -> Self {
        Self { data, meta, head }
    }

    head_accessors!();

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The error of a write that was to depend on this answer's version.
    pub(crate) fn unversioned(&self, write: &'static Operation) -> Error {
        let what = "the answer to the read names no version (`ETag`), so the write was not sent";
        let error = Error::because(Kind::Unversioned, what).with_operation(write);
        error.with_head(self.head.clone())
    }

    /// The data, without the rest.
    pub fn into_data(self) -> T {
        self.data
    }

    /// Everything that `meta` held; empty where the answer has no envelope.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Id of the request, to name in a support case; empty only if the server sent none.
    pub fn request_id(&self) -> &str {
        self.meta.request_id().or_else(|| self.head.request_id()).unwrap_or_default()
    }

    /// The file name that the server suggests for the data in `Content-Disposition` (RFC 6266), as
    /// for a domain's zone file: without directories or control characters, and never `..`.
    pub fn file_name(&self) -> Option<String> {
        disposition::file_name(self.head.headers.get(CONTENT_DISPOSITION)?.as_bytes())
    }

    /// The address of what was created, from the `Location` header.
    pub fn location(&self) -> Option<&str> {
        self.head.text("location")
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}
