//! What the client knows of an operation besides its types.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;

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

/// An operation that no document describes, for errors and spans to name. Each one is kept for the
/// rest of the program, of which there are as many as the program's text has paths.
pub(crate) fn undocumented(
    method: &Method,
    path: &'static str,
    idempotency_key: bool,
) -> &'static Operation {
    type Known = BTreeMap<(String, &'static str, bool), &'static Operation>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());

    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry((method.to_string(), path, idempotency_key)).or_insert_with(|| {
        let method = Box::leak(method.to_string().into_boxed_str());
        let permissions = &[];
        let public = false;
        let operation =
            Operation { id: "request", method, path, permissions, public, idempotency_key };
        Box::leak(Box::new(operation))
    })
}
