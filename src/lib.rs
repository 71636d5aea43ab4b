#![doc = include_str!("../docs/front-page.md")]
// What a build without all features lacks is linked to on docs.rs.
#![cfg_attr(not(feature = "full"), doc = "")]
#![cfg_attr(not(feature = "full"), doc = include_str!("../docs/front-page-links.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(feature = "_client", feature = "full"))))]

#[cfg(feature = "mailbox")]
pub mod mailbox;
#[cfg(feature = "management")]
pub mod management;
#[cfg(all(
    feature = "mock",
    any(feature = "management", feature = "mailbox", feature = "sending")
))]
pub mod mock;
#[cfg(feature = "sending")]
pub mod sending;
#[cfg(feature = "webhooks")]
pub mod webhooks;

#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "_client")]
mod client;
#[cfg(feature = "_client")]
mod clock;
#[cfg(feature = "_client")]
mod conditional;
#[cfg(feature = "_client")]
mod defaults;
#[cfg(feature = "_client")]
mod download;
#[cfg(feature = "_client")]
mod error;
#[cfg(feature = "mailbox")]
mod events;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod generated;
#[cfg(feature = "_client")]
mod http;
#[cfg(feature = "_client")]
mod observer;
#[cfg(feature = "_client")]
mod operation;
#[cfg(feature = "_client")]
mod paging;
#[cfg(feature = "_client")]
mod request;
#[cfg(feature = "_client")]
mod response;
#[cfg(feature = "_client")]
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
mod send;
#[cfg(feature = "_client")]
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
mod transport;
#[cfg(feature = "_client")]
mod upload;
mod values;

#[cfg(all(any(doc, doctest), feature = "full"))]
#[doc = include_str!("../docs/cookbook.md")]
pub mod cookbook {}
#[cfg(all(any(doc, doctest), feature = "full"))]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(feature = "blocking")]
pub use blocking::{Blocking, BlockingIter};
pub use rust_decimal::Decimal;
pub use values::{
    nullable::Nullable,
    number::IntoInteger,
    secret::Secret,
    timestamp::{ParseTimestampError, Timestamp},
};

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub use values::timestamp::TimestampRangeError;

#[cfg(feature = "mailbox")]
pub use events::{
    Events,
    event::{Event, EventData, EventType, MalformedEvent},
};

/// The HTTP client, whose types [`Builder::configure_http`] and [`Builder::attempt_headers`] take.
#[cfg(feature = "_client")]
#[doc(no_inline)]
pub use reqwest;
#[cfg(feature = "_client")]
pub use reqwest::{Method, StatusCode};
#[cfg(feature = "_client")]
pub use {
    client::{
        Builder, Client,
        raw_request::RawRequest,
        signed_url::{FetchUrl, UploadSigned},
        surface::Surface,
    },
    clock::Clock,
    conditional::{Conditional, IfMatch, IfNoneMatch, Modified, NotModified, modify},
    download::{Download, range::ByteRange},
    error::{Error, ErrorCode, Issue, Kind},
    http::{etag::ETag, rate_limit::RateLimit},
    observer::{
        AttemptReport, BodyReport, CallOutcome, CallReport, Observer, WaitReason, WaitReport,
    },
    operation::Operation,
    paging::{
        feed::{Change, ChangeType, Feed},
        page::{MalformedItem, Page},
        pages::{Items, Pages},
    },
    request::{ConditionalRead, List, Request},
    response::{Response, meta::Meta, parts::ResponseParts},
    transport::{
        call::Pending,
        credential::{Credential, CredentialWarning},
        retry::RetryPolicy,
    },
    upload::{Progress, Upload},
};
