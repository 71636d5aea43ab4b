//! What the API posts to webhooks: checked, then read. Needs no HTTP client.
//!
//! [`Verifier`] takes the headers and the bytes of a request from whatever server received it.
//!
//! ```
//! use sendmux_client::webhooks::{EventType, Verifier, VerifyError};
//!
//! # type HeaderMap = std::collections::BTreeMap<String, String>;
//! fn receive(verifier: &Verifier, headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
//!     let event = verifier.verify(headers, body)?.event;
//!     match event.type_ {
//!         EventType::MessageBounced => println!("{:?} bounced", event.data.recipients),
//!         EventType::Unknown(name) => println!("{name}: newer than this program"),
//!         _ => {}
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # What a signature proves
//!
//! The API signs every delivery with the webhook's secret, in one or two ways:
//!
//! - Version 1, [`header::SIGNATURE`], covers the body. It does not say when, so a delivery that
//!   somebody has seen can be repeated.
//! - Version 2, [`header::SIGNATURE_V2`], covers [`header::TIMESTAMP`] and the body. It is accepted
//!   within 300 s of the time here, either way.
//!
//! If either header of version 2 is there, version 2 must be right and in time. If none is, version
//! 1 will do, unless [`Verifier::require_v2`] was called: it is not known whether every delivery has
//! version 2. Whoever repeats a delivery can therefore take the newer headers off first, so handle
//! each event id once whatever was signed: the API itself delivers an event again when an answer was
//! late.
//!
//! Ids and types in headers are not signed. The ones in the body are; an id in a header that differs
//! from the body's is refused.
//!
//! # Answering
//!
//! The API waits 10 s and tries again for 24 hours, then stops delivering to the webhook. Answer with
//! 2xx as soon as the event is noted, and work on it afterwards. The example `webhook_receiver` does
//! so with axum.
//!
//! # Events
//!
//! An event must have an `id` and a `type`; any other field may be missing or null, and fields that
//! this version does not know are ignored. An event of a type that this version does not know is
//! [`EventType::Unknown`].
//!
//! The delivery log shows the same events as `management::types::WebhookEvent`, a type of its own: an
//! answer is held to what the API's document promises, a delivery is taken as it comes. From one
//! event type to the other it is `management::types::EventType::from(event.type_.as_str())`.

mod delivery;
mod error;
mod field;
pub mod header;
mod key;
mod number;
mod sign;
mod signature;
mod verifier;

include!(concat!(env!("OUT_DIR"), "/webhooks.rs"));

pub use delivery::Delivery;
pub use error::{InvalidSecret, VerifyError};
pub use sign::sign;
pub use signature::SignatureVersion;
pub use types::{Event, EventType};
pub use verifier::Verifier;
