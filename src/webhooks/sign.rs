//! Signs as the API does.

use super::error::InvalidSecret;
use super::header;
use super::key::Key;
use super::signature::{V1, V2, message};
use crate::{Secret, Timestamp};

/// The headers with which the API would sign this body at this moment, both versions: for tests of
/// a receiver.
///
/// # Errors
/// If the secret is none: see [`Verifier::new`](super::Verifier::new).
///
/// # Examples
/// ```
/// use sendmux_client::Timestamp;
/// use sendmux_client::webhooks::{header, sign};
///
/// let signed_at: Timestamp = "2026-05-21T09:12:00Z".parse()?;
/// let headers = sign("whsec_example", signed_at, r#"{"id":"evt_1","type":"sendmux.test"}"#)?;
/// assert!(headers.contains(&(header::TIMESTAMP, "1779354720".to_owned())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign(
    secret: impl Into<Secret>,
    signed_at: Timestamp,
    body: impl AsRef<[u8]>,
) -> Result<[(&'static str, String); 3], InvalidSecret> {
    let key = Key::new(&secret.into())?;
    let body = body.as_ref();
    let timestamp = signed_at.unix_seconds().to_string();
    let v1 = V1.header(&key.tag(message(None, body)));
    let v2 = V2.header(&key.tag(message(Some(&timestamp), body)));
    Ok([v1, (header::TIMESTAMP, timestamp), v2])
}
