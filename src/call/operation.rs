//! What the client knows of an operation besides its types.

/// One operation of the API, as its document describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Operation id in the document.
    pub id: &'static str,
    /// HTTP method, in capitals.
    pub method: &'static str,
    /// Path below the base URL, with `{name}` where a parameter goes.
    pub path: &'static str,
    /// Permissions a credential needs.
    pub permissions: &'static [&'static str],
    /// True if the operation takes no credential.
    pub public: bool,
    /// True if the operation takes an `Idempotency-Key`.
    pub idempotency_key: bool,
}
