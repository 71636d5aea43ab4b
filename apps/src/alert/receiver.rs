//! Receivers of notifications.

use std::io::Write;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use sendmux_client::Secret;

use super::lifecycle::Notification;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A named destination for notifications.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
}

/// Where a receiver is. A webhook URL is a secret: anyone who knows it can post to it.
#[derive(Debug)]
pub(super) enum Endpoint {
    Stdout,
    Webhook(Secret),
    Slack(Secret),
}

impl Endpoint {
    /// Validates the URL.
    ///
    /// # Errors
    /// What is wrong with the URL, without the URL itself.
    pub(super) fn validate(&self) -> Result<(), String> {
        match self {
            Self::Stdout => Ok(()),
            Self::Webhook(url) | Self::Slack(url) => parse(url).map(drop),
        }
    }
}

impl Receiver {
    pub(super) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), endpoint: Endpoint::Stdout }
    }

    /// Sends a notification, without retries.
    ///
    /// # Errors
    /// Why it may not have arrived, without the URL.
    pub(super) async fn send(
        &self,
        http: &Client,
        notification: &Notification,
    ) -> Result<(), String> {
        let (url, body) = match &self.endpoint {
            Endpoint::Stdout => {
                let mut out = std::io::stdout().lock();
                let written = writeln!(out, "{notification}").and_then(|()| out.flush());
                return written.map_err(|error| error.to_string());
            }
            Endpoint::Webhook(url) => (url, notification.to_json()),
            Endpoint::Slack(url) => (url, notification.to_slack()),
        };
        let request = http.post(parse(url)?).header("content-type", "application/json");
        match request.body(body.to_string()).send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("responded with status {}", response.status().as_u16())),
            Err(error) if error.is_timeout() => Err("did not respond in time".to_owned()),
            Err(error) if error.is_connect() => Err("cannot be reached".to_owned()),
            Err(error) => Err(error.without_url().to_string()),
        }
    }
}

/// Creates the HTTP client for all receivers. It does not follow redirects, which could send a
/// notification elsewhere.
pub(super) fn http_client() -> Result<Client, String> {
    Client::builder()
        .user_agent(concat!("sendmux-alert/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| error.without_url().to_string())
}

fn parse(url: &Secret) -> Result<Url, String> {
    let url = Url::parse(url.expose()).map_err(|error| format!("the URL is not valid: {error}"))?;
    let loopback = match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        _ => Err("the URL must begin with https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_urls_are_accepted() {
        for good in
            ["https://example.com/a", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost"]
        {
            assert!(parse(&Secret::new(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://example.com/t0ken",
            "ftp://127.0.0.1/t0ken",
            "t0ken",
            "",
            "http://127.0.0.1.example.com/t0ken",
        ] {
            let problem = parse(&Secret::new(bad)).unwrap_err();
            assert!(!problem.contains("t0ken"), "{problem}");
        }
    }
}
