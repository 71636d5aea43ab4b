#![doc = include_str!("../docs/front-page.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(feature = "client", feature = "full"))))]

mod values;

// What sends requests, and what a program that only reads types can do without. What of it is used
// depends on the surfaces built.
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod answer;
#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod call;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod clock;
#[cfg(feature = "client")]
mod defaults;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "mailbox")]
mod events;
#[cfg(feature = "client")]
mod list;
#[cfg(feature = "client")]
mod random;
#[cfg(feature = "client")]
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod transfer;
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "client")]
mod version;

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
pub use blocking::{Blocking, Iterate};
pub use rust_decimal::Decimal;
#[allow(unused_imports, reason = "used by generated code, which a build may have none of")]
pub(crate) use values::open_enum::open_enum;
pub use values::{
    nullable::Nullable,
    secret::Secret,
    timestamp::{ParseTimestampError, Timestamp},
};

#[cfg(feature = "mailbox")]
pub use events::{
    event::{Event, EventData, Unreadable},
    stream::Events,
};

#[cfg(feature = "client")]
#[allow(unused_imports, reason = "used by generated code, which a build may have none of")]
pub(crate) use call::options::request_options;
#[cfg(feature = "client")]
pub use reqwest::{Method, StatusCode};
#[cfg(feature = "client")]
pub use {
    answer::{meta::Meta, rate_limit::RateLimit, response::Response},
    call::{Pending, operation::Operation, raw::RawRequest},
    client::{
        Builder, Client,
        credential::{Credential, CredentialWarning},
        surface::Surface,
    },
    clock::Clock,
    error::{Error, ErrorCode, Issue, Kind},
    list::{
        feed::{Change, Feed},
        items::Items,
        page::Page,
        pages::Pages,
    },
    transfer::{
        download::{Download, range::ByteRange},
        fetch::FetchUrl,
        upload::{Progress, Upload},
    },
    transport::retry::RetryPolicy,
    version::{
        conditional::{Conditional, IfNoneMatch, NotModified},
        etag::ETag,
        modify::{IfMatch, Modified, modify},
    },
};
