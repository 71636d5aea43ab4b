//! The account that a program reads, and why it cannot be read.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use sendmux_client::management::Client;
use sendmux_client::{Credential, CredentialWarning, Error, Kind, Secret};
use sendmux_mock::DemoAccount;

use crate::text::sanitize;

/// Options that select the account.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArgs {
    /// File that contains the API key, read again before each request. Default: the key in
    /// SENDMUX_API_KEY.
    #[arg(long, value_name = "FILE", env = "SENDMUX_API_KEY_FILE")]
    pub key_file: Option<PathBuf>,

    /// Base URL of the API. Default: the public server.
    #[arg(long, value_name = "URL", env = "SENDMUX_BASE_URL")]
    pub base_url: Option<String>,

    /// Read a demo account served by this process; needs no key.
    #[arg(long, conflicts_with_all = ["key_file", "base_url"])]
    pub demo: bool,
}

/// A client, with the server behind it in demo mode.
#[derive(Debug)]
pub struct Account {
    /// Client for the account.
    pub client: Client,
    /// Set if the key is probably meant for something else.
    pub warning: Option<CredentialWarning>,
    /// Demo account, which is served until this value is dropped.
    pub demo: Option<DemoAccount>,
}

impl AccountArgs {
    /// Creates the client. Sends nothing yet.
    ///
    /// # Errors
    /// If there is no key, its file cannot be read, or the key or the base URL is not valid.
    pub fn open(&self) -> Result<Account, OpenError> {
        if self.demo {
            let demo = DemoAccount::start();
            let client = Client::builder(demo.key()).base_url(demo.base_url()).build()?;
            return Ok(Account { client, warning: None, demo: Some(demo) });
        }
        let key = self.key()?;
        let build = |credential: Credential| {
            let builder = Client::builder(credential);
            match &self.base_url {
                Some(url) => builder.base_url(url),
                None => builder,
            }
            .build()
        };
        // Unlike a file, a fixed key is validated.
        let mut client = build(key.clone().into())?;
        let warning = client.credential_warning();
        if let Some(path) = &self.key_file {
            client = build(key_file(path, Secret::new(key)))?;
        }
        Ok(Account { client, warning, demo: None })
    }

    /// Returns true if a key is given, valid or not.
    pub(crate) fn has_key(&self) -> bool {
        self.key_file.is_some() || std::env::var_os("SENDMUX_API_KEY").is_some()
    }

    fn key(&self) -> Result<String, OpenError> {
        read_key(self.key_file.as_deref(), "SENDMUX_API_KEY")
    }
}

/// Reads a key from a file or, without one, from a variable.
pub(crate) fn read_key(file: Option<&Path>, variable: &str) -> Result<String, OpenError> {
    let key = match file {
        Some(path) => {
            fs::read_to_string(path).map_err(|error| OpenError::KeyFile(path.to_owned(), error))?
        }
        None => std::env::var(variable).map_err(|_| OpenError::NoKey)?,
    };
    match (trim_key(&key), file) {
        ("", None) => Err(OpenError::NoKey),
        ("", Some(path)) => Err(OpenError::EmptyKeyFile(path.to_owned())),
        (key, Some(path)) if key.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            let problem = io::Error::other("it must contain one key and nothing else");
            Err(OpenError::KeyFile(path.to_owned(), problem))
        }
        (key, _) => Ok(key.to_owned()),
    }
}

/// Removes line breaks, and the byte order mark of some editors.
fn trim_key(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// Returns a credential that reads the key from a file before each request, and keeps the last one
/// while the file is missing or empty, as it may be during a rotation.
pub(crate) fn key_file(path: &Path, key: Secret) -> Credential {
    let (path, last) = (path.to_owned(), Arc::new(Mutex::new(key)));
    Credential::provider(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(text) = fs::read_to_string(&path)
            && !trim_key(&text).is_empty()
        {
            *last = Secret::new(trim_key(&text));
        }
        std::future::ready(Ok::<_, std::convert::Infallible>(last.clone()))
    })
}

/// Why the client for an account cannot be created.
#[derive(Debug)]
pub enum OpenError {
    /// There is no key.
    NoKey,
    /// The key file is empty.
    EmptyKeyFile(PathBuf),
    /// The key file cannot be read.
    KeyFile(PathBuf, io::Error),
    /// The key or the base URL is not valid.
    Client(Error),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str(
                "no API key: set SENDMUX_API_KEY, pass --key-file, \
                 or use --demo for a demo account",
            ),
            Self::EmptyKeyFile(path) => write!(f, "the key file {} is empty", path.display()),
            Self::KeyFile(path, error) => {
                write!(f, "cannot read the key file {}: {error}", path.display())
            }
            Self::Client(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

/// Why something could not be read from the API: a clause without a full stop, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    #[cfg(test)]
    pub(crate) fn new(clause: &str) -> Self {
        Self(sanitize(clause, Self::MAX_CHARS))
    }

    const MAX_CHARS: usize = 400;
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let clause = match error.kind() {
            Kind::Timeout => "the API did not respond in time: try again later".to_owned(),
            _ if error.is_unauthorized() => "the API rejected the key".to_owned(),
            _ if error.is_permission_denied() && !error.missing_permissions().is_empty() => {
                format!("the key lacks the permission {}", error.missing_permissions().join(", "))
            }
            _ if error.is_rate_limited() => match error.retry_after() {
                Some(wait) => {
                    format!("the rate limit is exceeded: try again in {} s", wait.as_secs())
                }
                None => "the rate limit is exceeded: try again later".to_owned(),
            },
            _ => error.to_string().trim_end_matches('.').to_owned(),
        };
        let request = error.request_id().filter(|id| !clause.contains(*id));
        let request = request.map(|id| format!(" (request {id})")).unwrap_or_default();
        Self(sanitize(&format!("{clause}{request}"), Self::MAX_CHARS))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(key_file: Option<PathBuf>) -> AccountArgs {
        AccountArgs { key_file, base_url: None, demo: false }
    }

    #[test]
    fn a_key_file_has_one_key_whatever_the_editor_adds() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "smx_root_example\n").unwrap();
        assert_eq!(args(Some(path.clone())).key().unwrap(), "smx_root_example");
        fs::write(&path, "\u{feff}smx_root_example\r\n").unwrap();
        assert_eq!(args(Some(path.clone())).key().unwrap(), "smx_root_example");
        let problem = |text: &str| {
            fs::write(&path, text).unwrap();
            args(Some(path.clone())).open().unwrap_err().to_string()
        };
        assert!(problem("\n").ends_with("key is empty"), "{}", problem("\n"));
        let two = problem("smx_root_example\nsmx_root_other\n");
        assert!(two.contains("one key") && !two.contains("smx_root"), "{two}");
        fs::remove_file(&path).unwrap();
        let missing = args(Some(path.clone())).open().unwrap_err().to_string();
        assert!(missing.contains(&path.display().to_string()), "{missing}");
    }

    #[tokio::test]
    async fn a_replaced_key_file_is_read_again() {
        let account = DemoAccount::start();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "smx_root_revoked").unwrap();
        let base_url = Some(account.base_url().to_owned());
        let args = AccountArgs { base_url, ..args(Some(path.clone())) };
        let client = args.open().unwrap().client;
        assert!(client.get_connection().await.unwrap_err().is_unauthorized());
        fs::write(&path, format!("{}\n", account.key())).unwrap();
        assert!(client.get_connection().await.is_ok());
        fs::write(&path, "").unwrap();
        assert!(client.get_connection().await.is_ok(), "the last key is kept");
    }

    #[test]
    fn the_demo_needs_no_key() {
        let account = AccountArgs { demo: true, ..args(None) }.open().unwrap();
        assert!(account.client.base_url().starts_with("http://127.0.0.1"));
    }
}
