//! The account that an application reads.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sendmux_client::Error;
use sendmux_client::management::Client;
use sendmux_mock::DemoAccount;

/// Which account to read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArgs {
    /// File with the API key, as secret stores mount it. Default: the variable SENDMUX_API_KEY.
    #[arg(long, value_name = "FILE", env = "SENDMUX_API_KEY_FILE")]
    pub key_file: Option<PathBuf>,

    /// Where the API is. Default: the API's own server.
    #[arg(long, value_name = "URL", env = "SENDMUX_BASE_URL")]
    pub base_url: Option<String>,

    /// Read a made-up account on this machine; no key is needed.
    #[arg(long, conflicts_with_all = ["key_file", "base_url"])]
    pub demo: bool,
}

/// A client, and the made-up account behind it in demo mode.
#[derive(Debug)]
pub struct Account {
    /// Client of the account.
    pub client: Client,
    /// Served as long as this value lives.
    pub demo: Option<DemoAccount>,
}

impl AccountArgs {
    /// Sets the client up. Nothing is sent yet.
    ///
    /// # Errors
    /// If there is no key, its file cannot be read, or the key or the base URL is unusable.
    pub fn open(&self) -> Result<Account, OpenError> {
        if self.demo {
            let demo = DemoAccount::start();
            let client = Client::builder(demo.key()).base_url(demo.base_url()).build()?;
            return Ok(Account { client, demo: Some(demo) });
        }
        let mut builder = Client::builder(self.key()?);
        if let Some(url) = &self.base_url {
            builder = builder.base_url(url);
        }
        Ok(Account { client: builder.build()?, demo: None })
    }

    fn key(&self) -> Result<String, OpenError> {
        let key = match &self.key_file {
            Some(path) => {
                fs::read_to_string(path).map_err(|error| OpenError::KeyFile(path.clone(), error))?
            }
            None => std::env::var("SENDMUX_API_KEY").map_err(|_| OpenError::NoKey)?,
        };
        match key.trim() {
            "" => Err(OpenError::NoKey),
            key => Ok(key.to_owned()),
        }
    }
}

/// Why an account cannot be read.
#[derive(Debug)]
pub enum OpenError {
    /// No key was given.
    NoKey,
    /// The key's file cannot be read.
    KeyFile(PathBuf, std::io::Error),
    /// The client cannot be set up.
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
                "no API key: set SENDMUX_API_KEY, or name a file with --key-file, \
                 or look at a made-up account with --demo",
            ),
            Self::KeyFile(path, error) => {
                write!(f, "the key file {} cannot be read: {error}", Path::display(path))
            }
            Self::Client(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(key_file: Option<PathBuf>) -> AccountArgs {
        AccountArgs { key_file, base_url: None, demo: false }
    }

    #[test]
    fn a_key_file_is_read_without_its_line_end() {
        let path = std::env::temp_dir().join(format!("sendmux-key-{}", std::process::id()));
        fs::write(&path, "smx_root_example\n").unwrap();
        assert_eq!(args(Some(path.clone())).key().unwrap(), "smx_root_example");
        fs::write(&path, "\n").unwrap();
        assert!(matches!(args(Some(path.clone())).key(), Err(OpenError::NoKey)));
        fs::remove_file(&path).unwrap();
        let missing = args(Some(path.clone())).open().unwrap_err().to_string();
        assert!(missing.contains(&path.display().to_string()), "{missing}");
    }

    #[test]
    fn the_demo_needs_no_key() {
        let account = AccountArgs { demo: true, ..args(None) }.open().unwrap();
        assert!(account.client.base_url().starts_with("http://127.0.0.1"));
    }
}
