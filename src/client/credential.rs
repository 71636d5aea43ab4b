//! What a client proves itself with.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::header::HeaderValue;

use crate::Secret;
use crate::client::surface;
use crate::error::{Error, Kind};

type Cause = Box<dyn StdError + Send + Sync>;
type Pending = Pin<Box<dyn Future<Output = Result<Secret, Cause>> + Send>>;

/// An API key, an access token, or a source of tokens.
///
/// All of them go out as `Authorization: Bearer …` (RFC 6750, section 2.1), in a header that is
/// marked sensitive, and never in a URL.
///
/// # Examples
/// ```
/// use sendmux_client::Credential;
///
/// let key = Credential::from("smx_root_example");
/// let rotating = Credential::provider(|| async {
///     // Ask the secret store, or refresh an OAuth token. Called once for each attempt.
///     Ok::<_, std::io::Error>("token".into())
/// });
/// assert_eq!(format!("{key:?}"), "Credential::Token");
/// assert_eq!(format!("{rotating:?}"), "Credential::Provider");
/// ```
#[derive(Clone)]
pub struct Credential(Form);

#[derive(Clone)]
enum Form {
    Token(Secret),
    Provider(Arc<dyn Fn() -> Pending + Send + Sync>),
}

impl Credential {
    /// A key (`smx_root_…`, `smx_mbx_…`), agent token (`smx_agent_…`) or OAuth access token that
    /// does not change.
    pub fn token(token: impl Into<Secret>) -> Self {
        Self(Form::Token(token.into()))
    }

    /// A source that is asked for a token before each attempt, so that a retry gets a fresh one.
    /// It should keep the token while it is good, and let one refresh at a time happen: replaying
    /// a spent refresh token revokes the grant.
    pub fn provider<P, F, E>(provider: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<Secret, E>> + Send + 'static,
        E: Into<Cause>,
    {
        Self(Form::Provider(Arc::new(move || {
            let token = provider();
            Box::pin(async move { token.await.map_err(Into::into) })
        })))
    }

    /// Refuses a fixed token that no header can carry.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Form::Token(token) => header(token).map(drop),
            Form::Provider(_) => Ok(()),
        }
    }

    /// The header for the next attempt.
    pub(crate) async fn header(&self) -> Result<HeaderValue, Error> {
        match &self.0 {
            Form::Token(token) => header(token),
            Form::Provider(provider) => {
                let token = provider().await.map_err(|source| {
                    Error::because(Kind::Credential, "the credential provider failed")
                        .with_source(source)
                })?;
                header(&token)
            }
        }
    }

    /// Whether it may be another one the next time.
    #[cfg(feature = "mailbox")]
    pub(crate) fn is_renewable(&self) -> bool {
        matches!(self.0, Form::Provider(_))
    }

    /// Whether the token's prefix fits the surface, as far as that can be told.
    pub(crate) fn warning(&self, surface: &surface::About) -> Option<CredentialWarning> {
        let Form::Token(token) = &self.0 else { return None };
        let kind = PREFIXES.iter().find(|(prefix, _)| token.expose().starts_with(prefix))?;
        let fits = surface.prefixes.contains(&kind.0);
        (!fits).then_some(CredentialWarning { kind: kind.1, surface: surface.module })
    }
}

/// Prefixes with a published meaning, and what they belong to.
const PREFIXES: [(&str, &str); 5] = [
    ("smx_root_", "a root key"),
    ("smx_mbx_", "a mailbox key"),
    ("smx_agent_", "an agent token"),
    ("smx_upload_", "an attachment upload token"),
    ("whsec_", "a webhook signing secret"),
];

/// A hint that a credential is probably meant for another surface. It never stops a call: prefixes
/// are a convention, and only the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialWarning {
    /// What the prefix says the credential is.
    pub kind: &'static str,
    /// The surface it was given to.
    pub surface: &'static str,
}

impl fmt::Display for CredentialWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is probably refused on the {} surface", self.kind, self.surface)
    }
}

/// RFC 6750 allows visible ASCII only; anything else would be a mistake, such as a line break read
/// from a file along with the key.
fn header(token: &Secret) -> Result<HeaderValue, Error> {
    let token = token.expose();
    let refuse = |what: &str| Err(Error::because(Kind::Credential, what));
    if token.is_empty() {
        return refuse("the credential is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse(
            "the credential has a blank, a line break or another character that no token has",
        );
    }
    match HeaderValue::try_from(format!("Bearer {token}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            Ok(value)
        }
        Err(_) => refuse("the credential cannot stand in a header"),
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
            Form::Token(_) => "Credential::Token",
            Form::Provider(_) => "Credential::Provider",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_become_headers() {
        assert!(header(&"smx_root_abc".into()).unwrap().is_sensitive());
        for token in ["", " ", "a b", "a\r\nX: y", "a\n", "ключ", "a\u{7f}"] {
            let error = header(&token.into()).unwrap_err();
            assert_eq!(error.kind(), Kind::Credential);
            assert!(error.to_string().starts_with("the credential"));
        }
    }
}
