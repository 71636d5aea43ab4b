#![doc = include_str!("../docs/front-page.md")]
// What a build without all features lacks is linked to on docs.rs.
#![cfg_attr(not(feature = "full"), doc = "")]
#![cfg_attr(not(feature = "full"), doc = include_str!("../docs/front-page-links.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    docsrs,
    doc(auto_cfg(hide(feature = "_client", feature = "full", target_arch = "wasm32")))
)]

#[cfg(all(feature = "mailbox", not(target_arch = "wasm32")))]
pub mod mailbox;
#[cfg(all(feature = "management", not(target_arch = "wasm32")))]
pub mod management;
#[cfg(all(
    feature = "mock",
    not(target_arch = "wasm32"),
    any(feature = "management", feature = "mailbox", feature = "sending")
))]
pub mod mock;
#[cfg(all(feature = "sending", not(target_arch = "wasm32")))]
pub mod sending;
#[cfg(feature = "webhooks")]
pub mod webhooks;

#[cfg(all(feature = "_client", target_arch = "wasm32"))]
compile_error!(
    "the surfaces of the API need sockets, which wasm32 does not have; build with \
     `default-features = false`, and `features = [\"webhooks\"]` if needed"
);

#[cfg(all(feature = "blocking", not(target_arch = "wasm32")))]
mod blocking;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod client;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod clock;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod conditional;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod defaults;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod download;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod error;
#[cfg(all(feature = "mailbox", not(target_arch = "wasm32")))]
mod events;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod generated;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod http;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod observer;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod operation;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod paging;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod request;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
mod response;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
mod send;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
#[allow(dead_code, reason = "used by generated code, depending on the surfaces built")]
mod transport;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
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

#[cfg(all(feature = "blocking", not(target_arch = "wasm32")))]
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

#[cfg(all(feature = "mailbox", not(target_arch = "wasm32")))]
pub use events::{
    Events,
    event::{Event, EventData, EventType, MalformedEvent},
};

/// The HTTP client, whose types [`Builder::configure_http`] and [`Builder::attempt_headers`] take.
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
#[doc(no_inline)]
pub use reqwest;
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
pub use reqwest::{Method, StatusCode};
#[cfg(all(feature = "_client", not(target_arch = "wasm32")))]
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
