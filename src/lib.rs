#![doc = include_str!("../docs/front-page.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(feature = "client"))))]

// What data is made of.
#[cfg(any(feature = "client", feature = "webhooks"))]
mod misfit;
mod nullable;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod number;
#[allow(
    dead_code,
    unused_macros,
    reason = "used by generated code, which a build may have none of"
)]
mod open_enum;
mod secret;
mod timestamp;

// What sends requests: every module that a surface needs and types alone do not.
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod answer;
#[cfg(feature = "client")]
mod attempt;
#[cfg(feature = "client")]
mod base_url;
#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "client")]
mod body;
#[cfg(feature = "client")]
mod budget;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod call;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod clock;
#[cfg(feature = "client")]
mod conditional;
#[cfg(feature = "client")]
mod core;
#[cfg(feature = "client")]
mod credential;
#[cfg(feature = "client")]
mod defaults;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod download;
#[cfg(feature = "client")]
mod envelope;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod etag;
#[cfg(feature = "client")]
mod head;
#[cfg(feature = "client")]
mod idempotency;
#[cfg(feature = "client")]
mod items;
#[cfg(feature = "client")]
mod meta;
#[cfg(feature = "client")]
mod modify;
#[cfg(feature = "client")]
mod operation;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod options;
#[cfg(feature = "client")]
mod pacer;
#[cfg(feature = "client")]
mod page;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod pages;
#[cfg(feature = "client")]
mod random;
#[cfg(feature = "client")]
mod rate_limit;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod request;
#[cfg(feature = "client")]
mod response;
#[cfg(feature = "client")]
mod retry;
#[cfg(feature = "client")]
mod retry_after;
#[cfg(feature = "client")]
mod surface;
#[cfg(feature = "client")]
mod telemetry;
#[cfg(feature = "client")]
mod tls;
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod upload;

#[cfg(feature = "mailbox")]
pub mod mailbox;
#[cfg(feature = "management")]
pub mod management;
#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "sending")]
pub mod sending;
#[cfg(feature = "webhooks")]
pub mod webhooks;

#[cfg(feature = "blocking")]
pub use blocking::{Blocking, Iterate};
#[cfg(all(any(doc, doctest), feature = "full"))]
#[doc = include_str!("../docs/cookbook.md")]
pub mod cookbook {}
#[cfg(all(any(doc, doctest), feature = "full"))]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../README.md")]
mod readme {}

pub use nullable::Nullable;
#[allow(unused_imports, reason = "used by generated code, which a build may have none of")]
pub(crate) use open_enum::open_enum;
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use timestamp::{ParseTimestampError, Timestamp};

#[cfg(feature = "client")]
#[allow(unused_imports, reason = "used by generated code, which a build may have none of")]
pub(crate) use options::request_options;
#[cfg(feature = "client")]
pub use {
    call::Pending,
    client::{Builder, Client},
    clock::Clock,
    conditional::{Conditional, IfNoneMatch, NotModified},
    credential::{Credential, CredentialWarning},
    download::Download,
    error::{Error, ErrorCode, Issue, Kind},
    etag::ETag,
    items::Items,
    meta::Meta,
    modify::{IfMatch, Modified, modify},
    operation::Operation,
    page::Page,
    pages::Pages,
    rate_limit::RateLimit,
    response::Response,
    retry::RetryPolicy,
    surface::Surface,
    upload::Upload,
};
