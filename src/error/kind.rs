//! The phases of a call, as far as failure is concerned.

/// The phase in which a call failed. Each says whether the request may have reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The client's configuration is unusable. Nothing was sent.
    Configuration,
    /// The credential is unusable, or its provider failed. Nothing was sent.
    Credential,
    /// The input makes no legal request. Nothing was sent.
    Request,
    /// No connection came about. Nothing was sent.
    Connect,
    /// A time limit of the client ran out. The request may have been sent.
    Timeout,
    /// The connection broke. The request may have been sent.
    Interrupted,
    /// The API said no, in its error envelope.
    Api,
    /// What the caller has is current (304).
    NotModified,
    /// What was to be uploaded could not be read or is not as long as announced, or a download
    /// could not be written. The server got no whole request.
    Local,
    /// Someone said no, without the API's envelope: a gateway, a proxy.
    UnexpectedStatus,
    /// The answer was a success that could not be read.
    Decode,
    /// The answer was larger than the client's limit.
    TooLarge,
    /// The pages of a list do not lead on: a cursor is missing or repeats.
    Pagination,
    /// The API gives the resource no version to make a write depend on. Nothing was written.
    Unversioned,
}

impl Kind {
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Configuration => "the client's configuration is unusable",
            Self::Credential => "the credential is unusable",
            Self::Request => "the input makes no legal request",
            Self::Connect => "no connection to the API",
            Self::Timeout => "timed out",
            Self::Interrupted => "the connection broke",
            Self::Api => "the API refused the call",
            Self::Local => "a file or stream on this side failed",
            Self::NotModified => "not modified",
            Self::UnexpectedStatus => "an answer without the API's envelope",
            Self::Decode => "the answer could not be read",
            Self::TooLarge => "the answer is larger than the client's limit",
            Self::Pagination => "the pages do not lead on",
            Self::Unversioned => "the resource has no version",
        }
    }
}
