//! Request bodies that are not JSON.

mod body;
mod source;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use self::body::ExactLengthBody;
pub(crate) use self::body::UploadBodyError;
use self::source::BodySource;
use crate::error::{BoxError, Error, Kind};
use crate::http::media_type;

type ProgressCallback = Arc<dyn Fn(Progress) + Send + Sync>;

/// A file to upload: bytes in memory, a file on disk or a stream of known length, and its media
/// type.
///
/// An upload is sent with its exact `Content-Length`. What is not in memory is read in chunks of
/// 64 KiB, as fast as the connection accepts them.
///
/// # Examples
/// ```
/// use sendmux_client::Upload;
///
/// let upload = Upload::new("%PDF-1.7 …").content_type("application/pdf")?;
/// assert_eq!(upload.len(), 12);
/// # Ok::<(), sendmux_client::Error>(())
/// ```
///
/// Upload a file and report progress:
/// ```no_run
/// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
/// use sendmux_client::Upload;
///
/// let file = Upload::file("report.pdf").await?;
/// let file = file.on_progress(|progress| println!("{} of {}", progress.sent, progress.total));
/// println!("{}", client.upload_attachment("report.pdf", file).await?.blob_id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Upload {
    source: BodySource,
    content_type: Option<HeaderValue>,
    on_progress: Option<ProgressCallback>,
}

/// The progress of one attempt at an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of this attempt handed to the connection, which may still buffer some of them.
    pub sent: u64,
    /// Length of the upload in bytes.
    pub total: u64,
}

// A panic of a stream or a callback ends the call, and an upload is opened anew for the next attempt.
impl RefUnwindSafe for Upload {}
impl UnwindSafe for Upload {}

impl Upload {
    /// Creates an upload from bytes in memory.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self::from_source(BodySource::Bytes(bytes.into()))
    }

    /// Creates an upload from a file, which is opened again for each attempt. The media type
    /// follows from the extension of the path.
    ///
    /// # Errors
    /// [`Kind::Body`] if the file cannot be opened or is not a regular file. If it cannot be read
    /// later, or its length has changed by then, the call fails with the same kind.
    pub async fn file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path: Arc<Path> = path.into().into();
        let len = source::file_len(&path).await.map_err(|error| {
            Error::because(Kind::Body, "the file to upload cannot be read")
                .with_source(Box::new(error))
        })?;
        let media_type = path.to_str().and_then(media_type::of);
        let mut upload = Self::from_source(BodySource::File(path, len));
        upload.content_type = media_type.map(HeaderValue::from_static);
        Ok(upload)
    }

    /// Creates an upload from a stream of `len` bytes. A stream can be read only once, so an
    /// attempt that fails after reading has begun is not retried: see
    /// [`from_stream_fn`](Self::from_stream_fn).
    ///
    /// A stream that fails, ends early or yields more than `len` bytes makes the call fail with
    /// [`Kind::Body`]; the server then does not receive a complete request.
    pub fn stream<S, B, E>(len: u64, stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self::from_source(BodySource::one_shot(len, stream))
    }

    /// Creates an upload from a function that returns a stream of the same `len` bytes for each
    /// attempt.
    pub fn from_stream_fn<F, S, B, E>(len: u64, open: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self::from_source(BodySource::replayable(len, open))
    }

    fn from_source(source: BodySource) -> Self {
        Self { source, content_type: None, on_progress: None }
    }

    /// Sets the media type, which the API checks against the content. Default: derived from the
    /// extension of the file name, among the types that the API's guide allows, otherwise
    /// `application/octet-stream`.
    ///
    /// # Errors
    /// If the text is not a valid header value.
    pub fn content_type(mut self, media_type: &str) -> Result<Self, Error> {
        self.content_type = Some(media_type.parse().map_err(|_| {
            Error::because(Kind::Request, "the media type is not a valid header value")
        })?);
        Ok(self)
    }

    /// Registers a progress callback, called for each chunk of at most 64 KiB. The count starts
    /// over with each attempt. The callback runs on the task that sends the request, so it should
    /// return quickly.
    #[must_use]
    pub fn on_progress(mut self, callback: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(callback));
        self
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> u64 {
        self.source.len()
    }

    /// Returns true if the length is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(feature = "mock")]
    #[allow(dead_code, reason = "mocks need a surface")]
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match &self.source {
            BodySource::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns true if the source can be read only once, and has been.
    pub(crate) fn is_spent(&self) -> bool {
        self.source.is_spent()
    }

    /// Returns the body of one attempt, whose bytes are counted in `sent`.
    pub(crate) fn into_body(self, sent: Option<Arc<AtomicU64>>) -> reqwest::Body {
        let callback = match (self.on_progress, sent) {
            (callback, None) => callback,
            (callback, Some(sent)) => Some(Arc::new(move |progress: Progress| {
                sent.store(progress.sent, Relaxed);
                if let Some(callback) = &callback {
                    callback(progress);
                }
            }) as ProgressCallback),
        };
        match (self.source, callback) {
            (BodySource::Bytes(bytes), None) => bytes.into(),
            (source, callback) => reqwest::Body::wrap(ExactLengthBody::new(source, callback)),
        }
    }

    /// Returns the media type of a file with this name.
    #[allow(dead_code, reason = "only some surfaces have uploads")]
    pub(crate) fn media_type(&self, file_name: &str) -> String {
        let given = self.content_type.as_ref().and_then(|value| value.to_str().ok());
        given.or_else(|| media_type::of(file_name)).unwrap_or(media_type::UNKNOWN).to_owned()
    }

    /// Sets the `Content-Type` of a request that carries this upload: the media type of the upload
    /// or, without one, the only one that the operation takes, or that of the `filename` in the query.
    pub(crate) fn apply_to(&self, request: &mut Request) {
        let only = request.headers().get(CONTENT_TYPE);
        let only = only.filter(|media_type| *media_type != media_type::UNKNOWN).cloned();
        let content_type = self.content_type.clone().or(only).unwrap_or_else(|| {
            let mut query = request.url().query_pairs();
            let file_name = query.find(|(key, _)| key == "filename");
            let derived = file_name.and_then(|(_, name)| media_type::of(&name));
            HeaderValue::from_static(derived.unwrap_or(media_type::UNKNOWN))
        });
        request.headers_mut().insert(CONTENT_TYPE, content_type);
    }
}

impl<T: Into<Bytes>> From<T> for Upload {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("len", &self.len())
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}
