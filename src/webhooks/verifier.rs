//! The verification of deliveries.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::delivery::{self, Delivery};
use super::error::{InvalidSecret, VerifyError, apart};
use super::header::{self, DeliveryHeaders, HeaderField, decimal};
use super::signature::{Claim, Key, message};
use crate::values::secret::Secret;
use crate::values::timestamp::Timestamp;

/// Clock skew and transit time to tolerate, as the API recommends.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Verifies deliveries with the secret of a webhook, and decodes their events.
///
/// # Examples
/// ```
/// use sendmux_client::Timestamp;
/// use sendmux_client::webhooks::{EventType, Verifier, sign};
///
/// let verifier = Verifier::new("whsec_example")?;
///
/// // What an HTTP server provides: the headers, and the raw bytes of the body.
/// let body = br#"{"id":"evt_1","type":"message.bounced","data":{"bounce_type":"Permanent"}}"#;
/// let headers = sign("whsec_example", Timestamp::now(), body)?;
///
/// let delivery = verifier.verify(headers, body)?;
/// assert_eq!(delivery.event.id, "evt_1");
/// assert_eq!(delivery.event.type_, EventType::MessageBounced);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<[Key]>,
    require_v2: bool,
    tolerance: Duration,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Verifier {
    /// Creates a verifier from the secret that the API showed when the webhook was created
    /// (`whsec_…`).
    ///
    /// # Errors
    /// If the secret is empty, or starts or ends with whitespace.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, InvalidSecret> {
        Self::from_secrets([secret])
    }

    /// Creates a verifier that accepts any of several secrets: those of several webhooks with the
    /// same URL, or the old and the new one after a rotation. The API signs with the new secret at
    /// once, but earlier attempts may still be in transit.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and if there is no secret.
    pub fn from_secrets<S: Into<Secret>>(
        secrets: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidSecret> {
        let keys = secrets.into_iter().map(|secret| Key::new(&secret.into()));
        let keys = keys.collect::<Result<Arc<[Key]>, _>>()?;
        if keys.is_empty() {
            return Err(InvalidSecret("is missing"));
        }
        Ok(Self { keys, require_v2: false, tolerance: TOLERANCE, clock: Arc::new(SystemTime::now) })
    }

    /// Rejects deliveries without the headers of version 2.
    ///
    /// By default they are accepted, since the API does not promise these headers on every delivery.
    /// An attacker who has seen a delivery can remove the headers and replay it at any time: only
    /// this option, or handling each event id once, prevents that.
    #[must_use]
    pub fn require_v2(mut self) -> Self {
        self.require_v2 = true;
        self
    }

    /// Sets how long before or after the current time a delivery of version 2 may have been signed,
    /// in whole seconds. Default: 300 s.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the source of the current time. Default: [`SystemTime::now`].
    ///
    /// For tests, and for `wasm32-unknown-unknown`, whose standard library has no clock and panics.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Verifies a delivery and decodes its event.
    ///
    /// `headers` is a `&http::HeaderMap`, or anything else that yields pairs of a name, in any case,
    /// and a value. `body` is the raw body of the request, before any parsing.
    ///
    /// # Errors
    /// If the delivery is not authentic, not timely or not an event; see [`VerifyError`]. Respond to
    /// it with a status of 400 or more.
    pub fn verify<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl AsRef<[u8]>,
    ) -> Result<Delivery, VerifyError> {
        let body = body.as_ref();
        let headers = DeliveryHeaders::collect(headers);
        let claim = Claim::read(&headers, self.require_v2)?;
        if !self.signed(&claim, body) {
            return Err(VerifyError::Mismatch);
        }
        let signed_at = claim.time.map(|time| time.moment);
        signed_at.map_or(Ok(()), |signed_at| self.check_time(signed_at))?;
        let event = delivery::event(body)?;
        let named = headers.event_id.optional(header::EVENT_ID)?;
        if let Some(named) = named.filter(|named| *named != event.id) {
            let (header, body) = (named.into(), event.id.into_boxed_str());
            return Err(VerifyError::IdMismatch { header, body });
        }
        Ok(Delivery {
            event,
            attempt: attempt(&headers.attempt),
            signature: claim.version,
            signed_at,
        })
    }

    /// Tries every key, so that the time taken does not reveal which one matches.
    fn signed(&self, claim: &Claim<'_>, body: &[u8]) -> bool {
        let message = message(claim.time.map(|time| time.text), body);
        self.keys.iter().fold(false, |signed, key| key.verify(&claim.tag, message) | signed)
    }

    fn check_time(&self, signed_at: Timestamp) -> Result<(), VerifyError> {
        let now = Timestamp::from((self.clock)());
        if apart(signed_at, now).as_secs() <= self.tolerance.as_secs() {
            Ok(())
        } else if signed_at < now {
            Err(VerifyError::Stale { signed_at, now })
        } else {
            Err(VerifyError::Future { signed_at, now })
        }
    }
}

fn attempt(field: &HeaderField) -> Option<u32> {
    let HeaderField::Value(text) = field else { return None };
    u32::try_from(decimal(text)?).ok().filter(|attempt| *attempt > 0)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("secrets", &self.keys.len())
            .field("require_v2", &self.require_v2)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}
