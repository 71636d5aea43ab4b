//! The answer to one call.

use std::ops::Deref;

use crate::head::{Head, head_accessors};
use crate::meta::Meta;

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
