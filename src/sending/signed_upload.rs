//! Uploads of attachments in two steps.

use super::types::{AttachmentUpload, AttachmentUploadCreate, UploadedAttachment};
use super::{Client, CreateAttachmentUpload};
use crate::client::signed_url::{self, SignedUploadTarget};
use crate::response::Response;
use crate::transport::call::Pending;
use crate::upload::Upload;
use crate::values::secret::Secret;

/// The request of [`Client::upload_signed`]: set options, then `.await` it.
pub type UploadSigned = signed_url::UploadSigned<CreateAttachmentUpload, UploadedAttachment>;

impl UploadSigned {
    /// Sets the idempotency key of the first step, of at most 255 characters. Default: a random key.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.create = self.create.idempotency_key(key);
        self
    }
}

impl Client {
    /// Uploads a file in two steps: [`create_attachment_upload`](Client::create_attachment_upload)
    /// returns a signed URL, and a PUT without the credential sends the bytes to it.
    ///
    /// Needs the permission `email.send`.
    pub fn upload_signed(
        &self,
        filename: impl Into<String>,
        upload: impl Into<Upload>,
    ) -> UploadSigned {
        let (filename, upload) = (filename.into(), upload.into());
        let len = i64::try_from(upload.len()).unwrap_or(i64::MAX);
        let media_type = upload.media_type(&filename);
        let body = AttachmentUploadCreate::new(filename, len).content_type(media_type);
        UploadSigned::new(self.create_attachment_upload(body), self.call(), upload)
    }

    /// Uploads a file to a signed URL, the second of the two steps, without the credential. It can
    /// be repeated with the same bytes.
    ///
    /// # Errors
    /// See [`Error`](crate::Error). [`Kind::Request`](crate::Kind::Request) if the length is not the
    /// announced one, or if the URL is neither https nor on loopback.
    pub fn put_signed(
        &self,
        target: &AttachmentUpload,
        upload: impl Into<Upload>,
    ) -> Pending<Response<UploadedAttachment>> {
        signed_url::put(self.call(), target, upload.into())
    }
}

impl SignedUploadTarget for AttachmentUpload {
    type Uploaded = UploadedAttachment;

    fn url(&self) -> &Secret {
        &self.upload_url
    }

    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn max_size_bytes(&self) -> i64 {
        self.max_size_bytes
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect()
    }
}
