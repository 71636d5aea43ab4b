//! Tells deliveries of the API from everything else.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::delivery::{self, Delivery};
use super::error::{InvalidSecret, VerifyError, apart};
use super::field::{Field, Fields};
use super::header;
use super::key::Key;
use super::number::decimal;
use super::signature::{Claim, message};
use crate::{Secret, Timestamp};

/// How far apart the clocks of both sides may be, and how long a delivery may be under way: the
/// API's own figure.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Checks deliveries with the webhook's secret, and reads their events.
///
/// # Examples
/// ```
/// use sendmux_client::Timestamp;
/// use sendmux_client::webhooks::{EventType, Verifier, sign};
///
/// let verifier = Verifier::new("whsec_example")?;
///
/// // What a server hands over: the headers, and the body's bytes as they came.
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
    /// A verifier with one secret, as the API showed it when the webhook was made (`whsec_…`).
    ///
    /// # Errors
    /// If the secret is empty, or has a blank or a line break at an end.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, InvalidSecret> {
        Self::from_secrets([secret])
    }

    /// A verifier that accepts any of several secrets: of several webhooks that post to one place,
    /// or the old one and the new one for a while after a rotation. The API signs with the new one
    /// at once, but an attempt may still be on its way.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there is no secret.
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

    /// Refuses deliveries without the headers of version 2.
    ///
    /// By default they are accepted, since it is not known that every delivery has these headers.
    /// Whoever once saw a delivery can take the headers off and repeat it at any time: only this,
    /// or handling each event id once, is proof against that.
    #[must_use]
    pub fn require_v2(mut self) -> Self {
        self.require_v2 = true;
        self
    }

    /// How far from now a delivery of version 2 may have been signed, either way, in whole seconds.
    /// 300 s by default.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Where the time comes from. [`SystemTime::now`] by default; another one is for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks a delivery and reads its event.
    ///
    /// `headers` is a `&http::HeaderMap`, or anything else that gives pairs of name and value; the
    /// case of names does not matter. `body` is the request's body as it came, before any parsing.
    ///
    /// # Errors
    /// Why the delivery was refused; see [`VerifyError`]. Answer it with a status of 400 or more.
    pub fn verify<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl AsRef<[u8]>,
    ) -> Result<Delivery, VerifyError> {
        let body = body.as_ref();
        let fields = Fields::collect(headers);
        let claim = Claim::read(&fields, self.require_v2)?;
        if !self.signed(&claim, body) {
            return Err(VerifyError::Mismatch);
        }
        let signed_at = claim.time.map(|time| time.moment);
        signed_at.map_or(Ok(()), |signed_at| self.fresh(signed_at))?;
        let event = delivery::event(body)?;
        let named = fields.event_id.optional(header::EVENT_ID)?;
        if let Some(named) = named.filter(|named| *named != event.id) {
            let (header, body) = (named.into(), event.id.into_boxed_str());
            return Err(VerifyError::IdMismatch { header, body });
        }
        Ok(Delivery {
            event,
            attempt: attempt(&fields.attempt),
            signature: claim.version,
            signed_at,
        })
    }

    /// Tries every key, so that the time taken does not tell which one fits.
    fn signed(&self, claim: &Claim<'_>, body: &[u8]) -> bool {
        let message = message(claim.time.map(|time| time.text), body);
        self.keys.iter().fold(false, |signed, key| key.made(&claim.tag, message) | signed)
    }

    fn fresh(&self, signed_at: Timestamp) -> Result<(), VerifyError> {
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

fn attempt(field: &Field) -> Option<u32> {
    let Field::Value(text) = field else { return None };
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
