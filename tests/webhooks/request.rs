//! Requests to a webhook, signed by the tests.

use std::time::{Duration, SystemTime};

use sendmux_client::Timestamp;
use sendmux_client::webhooks::{Delivery, Verifier, VerifyError, sign};

pub(crate) const SECRET: &str = "whsec_example_5f2b1c9d7e";
pub(crate) const NOW: i64 = 1_779_354_720;
pub(crate) const BODY: &str = r#"{"id":"evt_1","type":"message.bounced"}"#;

pub(crate) fn moment(unix_seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(unix_seconds).unwrap()
}

/// Returns a verifier whose clock is at [`NOW`].
pub(crate) fn verifier() -> Verifier {
    Verifier::new(SECRET).unwrap().clock(|| moment(NOW).into())
}

/// Returns a verifier whose clock is later than [`NOW`].
pub(crate) fn later(by: Duration) -> Verifier {
    verifier().clock(move || SystemTime::from(moment(NOW)) + by)
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Returns the request that the API sends at [`NOW`], with both signatures.
    pub(crate) fn signed(body: impl AsRef<[u8]>) -> Self {
        Self::signed_at(NOW, body)
    }

    pub(crate) fn signed_at(unix_seconds: i64, body: impl AsRef<[u8]>) -> Self {
        let headers = sign(SECRET, moment(unix_seconds), &body).unwrap();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.into_bytes())).to_vec();
        Self { headers, body: body.as_ref().to_vec() }
    }

    /// Removes every header of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| own != name);
        self
    }

    /// Adds a header, even if one of this name exists.
    pub(crate) fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Replaces the headers of this name.
    pub(crate) fn with(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(own, _)| own == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    pub(crate) fn checked(&self, verifier: &Verifier) -> Result<Delivery, VerifyError> {
        verifier.verify(self.headers.iter().map(|(name, value)| (name, value)), &self.body)
    }

    pub(crate) fn verified(&self) -> Result<Delivery, VerifyError> {
        self.checked(&verifier())
    }
}
