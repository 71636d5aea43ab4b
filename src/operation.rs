//! Facts about an operation of the API.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde::Serialize;

/// An operation of the API, as its document describes it.
///
/// The constant `OPERATIONS` of each surface lists all of them, and
/// [`Request::operation`](crate::Request::operation) returns that of a request.
///
/// # Examples
/// ```
/// # #[cfg(feature = "management")] {
/// use sendmux_client::management::OPERATIONS;
///
/// for operation in OPERATIONS.iter().filter(|operation| operation.permissions == [["logs.read"]]) {
///     println!("{} {}", operation.method, operation.path);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Operation {
    /// Operation id in the document.
    pub id: &'static str,
    /// HTTP method, in capitals.
    pub method: &'static str,
    /// Path below the base URL, with `{name}` in place of each path parameter.
    pub path: &'static str,
    /// Sets of permissions, one of which the credential needs as a whole; the smallest is first. Empty
    /// if any valid credential is sufficient.
    pub permissions: &'static [&'static [&'static str]],
    /// True if the operation takes no credential.
    pub public: bool,
    /// True if the operation takes an `Idempotency-Key`.
    pub idempotency_key: bool,
}

/// Returns the operation of a raw request, for errors and spans to name.
///
/// Each one is leaked: a program has as many as its source has literal paths.
#[allow(dead_code, reason = "raw requests need a surface")]
pub(crate) fn undocumented(
    method: &Method,
    path: &'static str,
    idempotency_key: bool,
) -> &'static Operation {
    type Interned = BTreeMap<(String, &'static str, bool), &'static Operation>;
    static INTERNED: Mutex<Interned> = Mutex::new(BTreeMap::new());

    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    interned.entry((method.to_string(), path, idempotency_key)).or_insert_with(|| {
        let method = Box::leak(method.to_string().into_boxed_str());
        let permissions = &[];
        let public = false;
        let operation =
            Operation { id: "request", method, path, permissions, public, idempotency_key };
        Box::leak(Box::new(operation))
    })
}
