//! Uploads to a signed URL.

use std::fmt;
use std::time::Duration;

use super::types::{AttachmentUpload, AttachmentUploadCreate, UploadedAttachment};
use super::{Client, CreateAttachmentUpload};
use crate::call::{Call, Pending};
use crate::error::Error;
use crate::transfer::signed::{self, Terms};
use crate::transport::retry::RetryPolicy;
use crate::{Response, Upload};

impl Client {
    /// Uploads a file in two steps: [`create_attachment_upload`](Client::create_attachment_upload)
    /// for a signed URL, then a PUT of the bytes to it, which carries no key.
    ///
    /// Needs the permission `email.send`.
    pub fn upload_signed(
        &self,
        filename: impl Into<String>,
        upload: impl Into<Upload>,
    ) -> UploadSigned {
        let (filename, upload) = (filename.into(), upload.into());
        let len = i64::try_from(upload.len()).unwrap_or(i64::MAX);
        let body = AttachmentUploadCreate::new(&*filename, upload.media_type(&filename), len);
        UploadSigned { create: self.create_attachment_upload(body), put: self.call(), upload }
    }

    /// The second of the two steps alone: PUTs the bytes to a signed URL that was handed over. No
    /// credential goes along. It may be repeated with the same bytes.
    ///
    /// # Errors
    /// As [`Error`] describes; [`Kind::Request`](crate::Kind::Request) if the length is not the one
    /// announced, or if the URL is neither https nor on loopback.
    pub fn put_signed(
        &self,
        target: &AttachmentUpload,
        upload: impl Into<Upload>,
    ) -> Pending<Response<UploadedAttachment>> {
        put(self.call(), target, upload.into())
    }
}

fn put(
    call: Call,
    target: &AttachmentUpload,
    upload: Upload,
) -> Pending<Response<UploadedAttachment>> {
    let terms = Terms {
        url: &target.upload_url,
        method: target.method.as_str(),
        max_size_bytes: target.max_size_bytes,
    };
    let headers = [
        ("Content-Type", &*target.headers.content_type),
        ("Content-Length", &*target.headers.content_length),
    ];
    match signed::put(&call, &terms, headers, upload) {
        Ok(request) => call.enveloped(&signed::PUT, Ok(request)),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

/// Request of [`Client::upload_signed`]: set what is optional, then `.await` it.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct UploadSigned {
    create: CreateAttachmentUpload,
    put: Call,
    upload: Upload,
}

impl UploadSigned {
    /// Public id of the mailbox to act on, for credentials that cover several.
    pub fn mailbox_id(mut self, mailbox_id: impl Into<String>) -> Self {
        self.create = self.create.mailbox_id(mailbox_id);
        self
    }

    /// Longest time for each of the two steps with all its attempts and waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.create = self.create.timeout(timeout);
        self.put.options.timeout = Some(timeout);
        self
    }

    /// When a failed attempt at one of the two steps is repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.create = self.create.retry(policy);
        self.put.options.retry = Some(policy);
        self
    }

    async fn run(self) -> Result<Response<UploadedAttachment>, Error> {
        let target = self.create.await?;
        put(self.put, &target, self.upload).await
    }
}

impl IntoFuture for UploadSigned {
    type Output = Result<Response<UploadedAttachment>, Error>;
    type IntoFuture = Pending<Response<UploadedAttachment>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for UploadSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadSigned").field("upload", &self.upload).finish_non_exhaustive()
    }
}
