//! The headers of a delivery.

/// Signature of the body: `sha256=` and 64 hexadecimal figures (version 1).
pub const SIGNATURE: &str = "x-sendmux-signature";

/// Signature of timestamp and body: `v1=` and 64 hexadecimal figures (version 2).
pub const SIGNATURE_V2: &str = "x-sendmux-signature-v2";

/// When the delivery was signed, in Unix seconds; signed by version 2.
pub const TIMESTAMP: &str = "x-sendmux-timestamp";

/// Id of the event, the same for every attempt to deliver it. Not signed; the body repeats it.
pub const EVENT_ID: &str = "x-sendmux-event-id";

/// Type of the event. Not signed; the body repeats it.
pub const EVENT_TYPE: &str = "x-sendmux-event-type";

/// Which attempt to deliver the event this is, from 1. Not signed.
pub const DELIVERY_ATTEMPT: &str = "x-sendmux-delivery-attempt";
