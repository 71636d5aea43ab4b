//! A `[[notify]]`, as it is written.

use std::path::PathBuf;

use sendmux_client::Secret;
use serde::Deserialize;

use crate::alert::sink::{Address, Sink};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinkTable {
    name: String,
    to: To,
    url: Option<String>,
    url_env: Option<String>,
    url_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum To {
    Stdout,
    Webhook,
    Slack,
}

impl TryFrom<SinkTable> for Sink {
    type Error = String;

    fn try_from(table: SinkTable) -> Result<Self, String> {
        let SinkTable { name, to, url, url_env, url_file } = table;
        let said = |problem: String| format!("notify `{name}`: {problem}");
        let url = match (url, url_env, url_file) {
            (None, None, None) => None,
            (Some(url), None, None) => Some(url),
            (None, Some(variable), None) => Some(
                std::env::var(&variable)
                    .map_err(|_| said(format!("the variable {variable} is not set")))?,
            ),
            (None, None, Some(path)) => Some(
                std::fs::read_to_string(&path)
                    .map_err(|error| said(format!("{} cannot be read: {error}", path.display())))?,
            ),
            _ => return Err(said("give one of `url`, `url_env` and `url_file`".to_owned())),
        };
        let url = url.map(|url| Secret::new(url.trim()));
        let address = match (to, url) {
            (To::Stdout, None) => Address::Stdout,
            (To::Stdout, Some(_)) => return Err(said("standard output has no URL".to_owned())),
            (_, None) => {
                return Err(said("`url`, `url_env` or `url_file` is missing".to_owned()));
            }
            (To::Webhook, Some(url)) => Address::Webhook(url),
            (To::Slack, Some(url)) => Address::Slack(url),
        };
        address.check().map_err(said)?;
        Ok(Self { name, address })
    }
}
