#![doc = include_str!("../docs/front-page.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod answer;
mod attempt;
mod base_url;
mod body;
mod budget;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod call;
mod client;
mod clock;
mod core;
mod credential;
mod defaults;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod download;
mod envelope;
mod error;
mod etag;
mod head;
mod idempotency;
mod items;
mod meta;
mod nullable;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod number;
mod open_enum;
mod operation;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod options;
mod pacer;
mod page;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod pages;
mod random;
mod rate_limit;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
mod request;
mod response;
mod retry;
mod retry_after;
mod secret;
mod surface;
mod telemetry;
mod timestamp;
mod tls;
mod transport;
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

pub(crate) use open_enum::open_enum;
#[allow(unused_imports, reason = "used by generated code, which a build may have none of")]
pub(crate) use options::request_options;

pub use call::Pending;
pub use client::{Builder, Client};
pub use clock::Clock;
pub use credential::{Credential, CredentialWarning};
pub use download::Download;
pub use error::{Error, ErrorCode, Issue, Kind};
pub use etag::ETag;
pub use items::Items;
pub use meta::Meta;
pub use nullable::Nullable;
pub use operation::Operation;
pub use page::Page;
pub use pages::Pages;
pub use rate_limit::RateLimit;
pub use response::Response;
pub use retry::RetryPolicy;
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use surface::Surface;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use upload::Upload;
