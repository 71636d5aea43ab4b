//! Verification and decoding of the events that the API posts to webhooks. Needs no HTTP client.
//!
//! [`Verifier`] takes the headers and the raw body of a request from any HTTP server.
//!
//! ```
//! use sendmux_client::webhooks::{EventType, Verifier, VerifyError};
//!
//! # type HeaderMap = std::collections::BTreeMap<String, String>;
//! fn receive(verifier: &Verifier, headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
//!     let event = verifier.verify(headers, body)?.event;
//!     match event.type_ {
//!         EventType::MessageBounced => println!("{:?} bounced", event.data.recipients),
//!         EventType::Unknown(name) => println!("{name}: unknown to this program"),
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
//! - Version 1, [`header::SIGNATURE`], covers the body. It has no time, so an attacker who has seen
//!   a delivery can replay it.
//! - Version 2, [`header::SIGNATURE_V2`], covers [`header::TIMESTAMP`] and the body. It is accepted
//!   if it was made within 300 s of the local time.
//!
//! If either header of version 2 is present, version 2 must match and be timely. Otherwise version 1
//! is sufficient, unless [`Verifier::require_v2`] is set: the API does not promise version 2 on every
//! delivery. An attacker can therefore remove the headers of version 2, so handle each event id once
//! in any case: the API itself delivers an event again if it was not acknowledged in time.
//!
//! Ids and types in headers are not signed; those in the body are. A delivery whose id differs
//! between header and body is rejected.
//!
//! # Responding
//!
//! The API waits 10 s for a response and retries for 24 hours, then stops delivering to the webhook.
//! Respond with 2xx as soon as the event is stored, and process it afterwards.
//!
//! # Events
//!
//! An event has an `id` and a `type`; any other field may be missing or null, and unknown fields are
//! ignored. An event of an unknown type is [`EventType::Unknown`].
//!
//! The delivery log lists the same events as `management::types::WebhookEvent`, a separate type:
//! responses are held to the API's document, deliveries are read leniently. To convert an event type,
//! call `management::types::EventType::from(event.type_.as_str())`.

#[allow(dead_code, reason = "a document without events leaves it unused")]
mod error;
#[allow(dead_code, reason = "a document without events leaves it unused")]
pub mod header;

crate::generated::generated!(module "webhooks");

// rustfmt finds no modules in macros.
#[cfg(rustfmt)]
mod delivery;
#[cfg(rustfmt)]
mod signature;
#[cfg(rustfmt)]
mod verifier;

pub use error::{InvalidSecret, VerifyError};

if_documented! { deliveries
    mod delivery;
    mod signature;
    mod verifier;
    pub use self::delivery::Delivery;
    pub use self::signature::{SignatureVersion, sign};
    pub use self::types::{Event, EventType};
    pub use self::verifier::Verifier;
}
