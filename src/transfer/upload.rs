//! Bytes to send.

mod body;
mod file;
mod media_type;
mod source;

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

pub(crate) use self::body::Unreadable;
use self::source::Source;
use crate::call::request::Outgoing;
use crate::error::{Error, Kind};

type Observer = Arc<dyn Fn(Progress) + Send + Sync>;

/// A file to upload: bytes, a file or a stream of known length, and its media type.
///
/// It goes out with its exact `Content-Length`. What is not in memory is read in pieces of 64 KiB
/// as the connection takes them.
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
/// From a file, with a look at how far it has come:
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
    source: Source,
    content_type: Option<HeaderValue>,
    observer: Option<Observer>,
}

/// How far an attempt at an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of this attempt that were handed to the connection, which may still hold some of them.
    pub sent: u64,
    /// Length of the whole.
    pub total: u64,
}

impl Upload {
    /// These bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self::of(Source::Bytes(bytes.into()))
    }

    /// A file, which is opened anew for each attempt. Its media type goes by the path's extension.
    ///
    /// # Errors
    /// [`Kind::Local`] if it is not there or no file. If it cannot be read later on, or has another
    /// length by then, the upload fails with that kind.
    pub async fn file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path: Arc<std::path::Path> = path.into().into();
        let len = file::length(Arc::clone(&path)).await.map_err(|error| {
            let what = "the file to upload cannot be read";
            Error::because(Kind::Local, what).with_source(Box::new(error))
        })?;
        let guess = path.to_str().and_then(media_type::of);
        let mut upload = Self::of(Source::File(path, len));
        upload.content_type = guess.map(HeaderValue::from_static);
        Ok(upload)
    }

    /// A stream of this many bytes. It can be read once, so an attempt that failed after reading
    /// began is not repeated: see [`streams`](Self::streams).
    ///
    /// A stream that ends early, fails or has more makes the upload fail with [`Kind::Local`]; the
    /// server then never gets a whole request.
    pub fn stream<S, B, E>(len: u64, stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self::of(Source::once(len, stream))
    }

    /// Streams of this many bytes, all the same: one for each attempt, made when it begins.
    pub fn streams<F, S, B, E>(len: u64, open: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self::of(Source::anew(len, open))
    }

    fn of(source: Source) -> Self {
        Self { source, content_type: None, observer: None }
    }

    /// The media type of the file, which the API checks against the content. Default: by the
    /// extension of the file's name, among the types that the API's guide allows, else
    /// `application/octet-stream`.
    ///
    /// # Errors
    /// If it has a character that no header can carry.
    pub fn content_type(mut self, media_type: &str) -> Result<Self, Error> {
        self.content_type = Some(media_type.parse().map_err(|_| {
            Error::because(Kind::Request, "the media type has a character that no header can carry")
        })?);
        Ok(self)
    }

    /// Is told how far the upload has come, at each piece of at most 64 KiB. With each attempt it
    /// starts again. It is called where the request is sent, so it should not take long.
    #[must_use]
    pub fn on_progress(mut self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.source.len()
    }

    /// True if there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(feature = "mock")]
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it could be read only once, and was.
    pub(crate) fn is_spent(&self) -> bool {
        self.source.is_spent()
    }

    pub(crate) fn into_body(self) -> reqwest::Body {
        match (self.source, self.observer) {
            (Source::Bytes(bytes), None) => bytes.into(),
            (source, observer) => reqwest::Body::wrap(body::Measured::new(source, observer)),
        }
    }

    /// The media type, as text, of a file with this name.
    #[allow(dead_code, reason = "used by surfaces with uploads")]
    pub(crate) fn media_type(&self, name: &str) -> String {
        let given = self.content_type.as_ref().and_then(|value| value.to_str().ok());
        given.or_else(|| media_type::of(name)).unwrap_or(media_type::UNKNOWN).to_owned()
    }

    /// Says on the request what the generated code cannot know.
    pub(crate) fn describe(&self, mut request: Request) -> Outgoing {
        let named = || {
            let mut query = request.url().query_pairs();
            query.find_map(|(key, name)| (key == "filename").then(|| media_type::of(&name)))
        };
        let content_type = self.content_type.clone().unwrap_or_else(|| {
            HeaderValue::from_static(named().flatten().unwrap_or(media_type::UNKNOWN))
        });
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        Outgoing::with_upload(request, self.clone())
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
