//! Credentials.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::header::HeaderValue;

use crate::error::{BoxError, Error, Kind};
use crate::values::secret::Secret;

type TokenFuture = Pin<Box<dyn Future<Output = Result<Secret, BoxError>> + Send>>;

/// An API key, an access token, or a provider of tokens.
///
/// Every credential is sent as `Authorization: Bearer …` (RFC 6750, section 2.1) in a header marked
/// as sensitive, never in a URL.
///
/// # Examples
/// ```
/// use sendmux_client::Credential;
///
/// let key = Credential::from("smx_root_example");
/// let rotating = Credential::provider(|| async {
///     // Query the secret store, or refresh an OAuth token. Called once per attempt.
///     Ok::<_, std::io::Error>("token".into())
/// });
/// assert_eq!(format!("{key:?}"), "Credential::Token");
/// assert_eq!(format!("{rotating:?}"), "Credential::Provider");
/// ```
#[derive(Clone)]
pub struct Credential(Repr);

#[derive(Clone)]
enum Repr {
    Token(Secret),
    Provider(Arc<dyn Fn() -> TokenFuture + Send + Sync>),
}

// A panic of a provider ends the call, and a provider is called anew for the next attempt.
impl RefUnwindSafe for Credential {}
impl UnwindSafe for Credential {}

impl Credential {
    /// Creates a credential from a fixed token: an API key (`smx_root_…`, `smx_mbx_…`), an agent
    /// token (`smx_agent_…`) or an OAuth access token.
    pub fn token(token: impl Into<Secret>) -> Self {
        Self(Repr::Token(token.into()))
    }

    /// Creates a credential from a provider, which is called for a token before each attempt, so
    /// that a retry gets a fresh one.
    ///
    /// The provider should cache the token while it is valid and refresh it once at a time:
    /// replaying a spent refresh token revokes the grant.
    pub fn provider<P, F, E>(provider: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<Secret, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Repr::Provider(Arc::new(move || {
            let token = provider();
            Box::pin(async move { token.await.map_err(Into::into) })
        })))
    }

    /// Fails if a fixed token is not a valid header value.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Repr::Token(token) => header(token).map(drop),
            Repr::Provider(_) => Ok(()),
        }
    }

    /// Returns the `Authorization` header for the next attempt.
    pub(crate) async fn header(&self) -> Result<HeaderValue, Error> {
        match &self.0 {
            Repr::Token(token) => header(token),
            Repr::Provider(provider) => {
                let token = provider().await.map_err(|source| {
                    Error::because(Kind::Credential, "the credential provider failed")
                        .with_source(source)
                })?;
                header(&token)
            }
        }
    }

    /// Returns true if the next token may differ.
    #[cfg(feature = "mailbox")]
    pub(crate) fn is_renewable(&self) -> bool {
        matches!(self.0, Repr::Provider(_))
    }

    /// Returns a warning if the token has a known prefix that is not among those of the surface.
    pub(crate) fn warning(
        &self,
        surface: &'static str,
        prefixes: &[&str],
    ) -> Option<CredentialWarning> {
        let Repr::Token(token) = &self.0 else { return None };
        let (prefix, kind) =
            KNOWN_PREFIXES.iter().find(|(prefix, _)| token.expose().starts_with(prefix))?;
        (!prefixes.contains(prefix)).then_some(CredentialWarning { kind, surface })
    }
}

/// Prefixes with a published meaning.
const KNOWN_PREFIXES: [(&str, &str); 5] = [
    ("smx_root_", "a root key"),
    ("smx_mbx_", "a mailbox key"),
    ("smx_agent_", "an agent token"),
    ("smx_upload_", "an attachment upload token"),
    ("whsec_", "a webhook signing secret"),
];

/// A warning that a credential is probably meant for another surface.
///
/// It never prevents a call: prefixes are a convention, and only the server decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialWarning {
    /// The kind of credential that the prefix indicates.
    pub kind: &'static str,
    /// The surface it was passed to.
    pub surface: &'static str,
}

impl fmt::Display for CredentialWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is probably rejected on the {} surface", self.kind, self.surface)
    }
}

/// RFC 6750 allows visible ASCII only; anything else is a mistake, such as a line break read from a
/// file together with the key.
fn header(token: &Secret) -> Result<HeaderValue, Error> {
    let token = token.expose();
    let invalid = |message: &str| Err(Error::because(Kind::Credential, message));
    if token.is_empty() {
        return invalid("the credential is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return invalid(
            "the credential contains whitespace or another character not allowed in a token",
        );
    }
    match HeaderValue::try_from(format!("Bearer {token}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            Ok(value)
        }
        Err(_) => invalid("the credential is not a valid header value"),
    }
}

impl<T: Into<Secret>> From<T> for Credential {
    fn from(token: T) -> Self {
        Self::token(token)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Repr::Token(_) => "Credential::Token",
            Repr::Provider(_) => "Credential::Provider",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_tokens_become_headers() {
        assert!(header(&"smx_root_abc".into()).unwrap().is_sensitive());
        for token in ["", " ", "a b", "a\r\nX: y", "a\n", "ключ", "a\u{7f}"] {
            let error = header(&token.into()).unwrap_err();
            assert_eq!(error.kind(), Kind::Credential);
            assert!(error.to_string().starts_with("the credential"));
        }
    }
}
