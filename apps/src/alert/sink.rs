//! Where notices go.

use std::io::Write;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use sendmux_client::Secret;

use super::notice::Notice;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Sink {
    pub(super) name: String,
    pub(super) address: Address,
}

/// URLs of webhooks are secrets: whoever knows one can write there.
#[derive(Debug)]
pub(super) enum Address {
    Stdout,
    Webhook(Secret),
    Slack(Secret),
}

impl Address {
    /// # Errors
    /// What is wrong with the URL, without the URL.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Stdout => Ok(()),
            Self::Webhook(url) | Self::Slack(url) => parse(url).map(drop),
        }
    }
}

impl Sink {
    pub(super) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), address: Address::Stdout }
    }

    /// Tries once.
    ///
    /// # Errors
    /// Why the notice may not have arrived, without the URL.
    pub(super) async fn send(&self, http: &Client, notice: &Notice) -> Result<(), String> {
        let (url, body) = match &self.address {
            Address::Stdout => {
                let mut out = std::io::stdout().lock();
                let written = writeln!(out, "{notice}").and_then(|()| out.flush());
                return written.map_err(|error| error.to_string());
            }
            Address::Webhook(url) => (url, notice.to_json()),
            Address::Slack(url) => (url, notice.to_slack()),
        };
        let request = http.post(parse(url)?).header("content-type", "application/json");
        match request.body(body.to_string()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answered with status {}", answer.status().as_u16())),
            Err(error) if error.is_timeout() => Err("it did not answer in time".to_owned()),
            Err(error) if error.is_connect() => Err("it cannot be reached".to_owned()),
            Err(error) => Err(error.without_url().to_string()),
        }
    }
}

/// The HTTP client of all sinks: no redirects, which could carry a notice elsewhere.
pub(super) fn http() -> Result<Client, String> {
    Client::builder()
        .user_agent(concat!("sendmux-alert/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| error.without_url().to_string())
}

fn parse(url: &Secret) -> Result<Url, String> {
    let url = Url::parse(url.expose()).map_err(|error| format!("its URL is unusable: {error}"))?;
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
        _ => Err("its URL has to begin with https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_taken() {
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
