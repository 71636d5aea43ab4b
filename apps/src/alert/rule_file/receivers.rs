//! The tables that define receivers.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sendmux_client::{Credential, Secret};
use serde::Deserialize;

use super::required;
use crate::account::key_file;
use crate::alert::receiver::{Endpoint, HttpEndpoint, Receiver};
use crate::mailer::Mailer;

/// A `[[notify]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiverTable {
    name: String,
    to: ReceiverKind,
    url: Option<String>,
    url_env: Option<String>,
    url_file: Option<PathBuf>,
    #[serde(default)]
    headers: BTreeMap<String, SecretValue>,
    #[serde(default)]
    allow_plain_http: bool,
    from: Option<String>,
    recipients: Option<Vec<String>>,
    key_env: Option<String>,
    key_file: Option<PathBuf>,
    base_url: Option<String>,
}

/// The keys that describe an HTTP endpoint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointKeys {
    url: Option<String>,
    url_env: Option<String>,
    url_file: Option<PathBuf>,
    #[serde(default)]
    headers: BTreeMap<String, SecretValue>,
    #[serde(default)]
    allow_plain_http: bool,
}

/// A secret in the file, or where it is.
#[derive(Deserialize)]
#[serde(untagged)]
enum SecretValue {
    Inline(String),
    Env { env: String },
    File { file: PathBuf },
}

impl SecretValue {
    fn read(self) -> Result<Secret, String> {
        let text = match self {
            Self::Inline(text) => text,
            Self::Env { env } => {
                std::env::var(&env).map_err(|_| format!("the variable {env} is not set"))?
            }
            Self::File { file } => fs::read_to_string(&file)
                .map_err(|cause| format!("cannot read {}: {cause}", file.display()))?,
        };
        Ok(Secret::new(text.trim()))
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ReceiverKind {
    Stdout,
    Webhook,
    Slack,
    Alertmanager,
    Email,
}

impl EndpointKeys {
    fn has_url(&self) -> bool {
        self.url.is_some() || self.url_env.is_some() || self.url_file.is_some()
    }

    pub(super) fn read(self) -> Result<HttpEndpoint, String> {
        let url = match (self.url, self.url_env, self.url_file) {
            (None, None, None) => {
                return Err("`url`, `url_env` or `url_file` is missing".to_owned());
            }
            (Some(url), None, None) => SecretValue::Inline(url),
            (None, Some(env), None) => SecretValue::Env { env },
            (None, None, Some(file)) => SecretValue::File { file },
            _ => return Err("set only one of `url`, `url_env` and `url_file`".to_owned()),
        };
        let headers = self.headers.into_iter().map(|(name, value)| Ok((name, value.read()?)));
        let headers = headers.collect::<Result<_, String>>()?;
        HttpEndpoint::new(url.read()?, headers, self.allow_plain_http)
    }
}

impl ReceiverTable {
    fn endpoint(self) -> Result<Endpoint, String> {
        let for_email = self.from.is_some()
            || self.recipients.is_some()
            || self.key_env.is_some()
            || self.key_file.is_some()
            || self.base_url.is_some();
        let endpoint = EndpointKeys {
            url: self.url,
            url_env: self.url_env,
            url_file: self.url_file,
            headers: self.headers,
            allow_plain_http: self.allow_plain_http,
        };
        match self.to {
            ReceiverKind::Stdout if endpoint.has_url() => {
                return Err("stdout takes no URL".to_owned());
            }
            ReceiverKind::Email if endpoint.has_url() => {
                return Err("email takes no URL".to_owned());
            }
            ReceiverKind::Email => {}
            _ if for_email => {
                return Err("`from`, `recipients`, `key_env`, `key_file` and `base_url` are for \
                            email only"
                    .to_owned());
            }
            _ => {}
        }
        Ok(match self.to {
            ReceiverKind::Stdout => Endpoint::Stdout,
            ReceiverKind::Webhook => Endpoint::Webhook(endpoint.read()?),
            ReceiverKind::Slack => Endpoint::Slack(endpoint.read()?),
            ReceiverKind::Alertmanager => Endpoint::Alertmanager(endpoint.read()?),
            ReceiverKind::Email => {
                let from = required("from", self.from)?;
                let recipients = required("recipients", self.recipients)?;
                let credential = match (self.key_env, self.key_file) {
                    (Some(env), None) => Credential::token(SecretValue::Env { env }.read()?),
                    (None, Some(file)) => {
                        let key = SecretValue::File { file: file.clone() }.read()?;
                        key_file(&file, key)
                    }
                    _ => return Err("set one of `key_env` and `key_file`".to_owned()),
                };
                Endpoint::Email(Mailer::new(
                    credential,
                    self.base_url.as_deref(),
                    &from,
                    recipients,
                )?)
            }
        })
    }
}

impl TryFrom<ReceiverTable> for Receiver {
    type Error = String;

    fn try_from(table: ReceiverTable) -> Result<Self, String> {
        let name = table.name.clone();
        let endpoint = table.endpoint().map_err(|problem| format!("notify `{name}`: {problem}"))?;
        Ok(Self { name, endpoint })
    }
}
