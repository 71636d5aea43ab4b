//! Receivers of notifications.

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use sendmux_client::Secret;

use super::notification::{Notification, Status};
use crate::mailer::{Email, Mailer};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A named destination for notifications.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
}

/// Where a receiver is.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    Stdout,
    Webhook(HttpEndpoint),
    Slack(HttpEndpoint),
    Alertmanager(HttpEndpoint),
    Email(Mailer),
}

/// A URL with headers. Both are secrets: anyone who knows them can post to it.
#[derive(Debug, Clone)]
pub(super) struct HttpEndpoint {
    url: Secret,
    headers: Vec<(HeaderName, Secret)>,
}

/// Why a notification may not have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SendError {
    /// Does not contain the URL.
    pub(super) problem: String,
    /// True if only this notification was rejected, so that others may be accepted.
    pub(super) rejected: bool,
}

impl From<String> for SendError {
    fn from(problem: String) -> Self {
        Self { problem, rejected: false }
    }
}

impl HttpEndpoint {
    /// Validates URL and headers.
    ///
    /// # Errors
    /// What is wrong, without the secrets.
    pub(super) fn new(
        url: Secret,
        headers: Vec<(String, Secret)>,
        allow_plain_http: bool,
    ) -> Result<Self, String> {
        let parsed = parse(&url)?;
        match parsed.scheme() {
            "https" => {}
            "http" if is_loopback(&parsed) => {}
            "http" if allow_plain_http && is_private(&parsed) => {}
            "http" if is_private(&parsed) => {
                return Err(
                    "the URL must begin with https://, unless `allow_plain_http = true`".to_owned()
                );
            }
            _ => return Err("the URL must begin with https://".to_owned()),
        }
        let headers = headers.into_iter().map(|(name, value)| {
            let wrong = || format!("the header `{name}` is not valid");
            HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
            Ok((name.parse::<HeaderName>().map_err(|_| wrong())?, value))
        });
        Ok(Self { url, headers: headers.collect::<Result<_, String>>()? })
    }

    /// Sends a request: GET without a body, POST with JSON.
    pub(super) async fn request(
        &self,
        http: &HttpClients,
        path: &str,
        body: Option<String>,
    ) -> Result<(), SendError> {
        let mut url = parse(&self.url)?;
        if !path.is_empty() && !url.path().ends_with(path) {
            url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        }
        let client = if is_private(&url) { &http.direct } else { &http.proxied };
        let mut request = match body {
            Some(body) => client.post(url).header("content-type", "application/json").body(body),
            None => client.get(url),
        };
        for (name, value) in &self.headers {
            let mut value = HeaderValue::from_str(value.expose())
                .map_err(|_| "a header is not valid".to_owned())?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => {
                let status = response.status().as_u16();
                // Of these, the others concern every request.
                let rejected = matches!(status, 400 | 409 | 413 | 415 | 422);
                Err(SendError { problem: format!("responded with status {status}"), rejected })
            }
            Err(error) if error.is_timeout() => Err("did not respond in time".to_owned().into()),
            Err(error) if error.is_connect() => Err("cannot be reached".to_owned().into()),
            Err(error) => Err(error.without_url().to_string().into()),
        }
    }
}

impl Receiver {
    pub(super) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), endpoint: Endpoint::Stdout }
    }

    /// Returns true if the receiver forgets alerts that are not repeated.
    pub(super) fn needs_repeats(&self) -> bool {
        matches!(self.endpoint, Endpoint::Alertmanager(_))
    }

    /// Sends a notification, without retries. `expires` is the time until which it is valid.
    ///
    /// # Errors
    /// Why it may not have arrived.
    pub(super) async fn send(
        &self,
        http: &HttpClients,
        notification: &Notification,
        expires: i64,
    ) -> Result<(), SendError> {
        match &self.endpoint {
            Endpoint::Stdout => {
                let text = notification.to_text();
                // A pipe that nobody reads must not block the other receivers.
                let written = tokio::task::spawn_blocking(move || {
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "{text}").and_then(|()| out.flush())
                });
                let written = written.await.map_err(|error| error.to_string())?;
                written.map_err(|error| error.to_string().into())
            }
            Endpoint::Webhook(endpoint) => {
                endpoint.request(http, "", Some(notification.to_json().to_string())).await
            }
            Endpoint::Slack(endpoint) => {
                endpoint.request(http, "", Some(notification.to_slack().to_string())).await
            }
            Endpoint::Alertmanager(endpoint) => {
                let body = notification.to_alertmanager(expires).to_string();
                endpoint.request(http, "/api/v2/alerts", Some(body)).await
            }
            Endpoint::Email(mailer) => {
                let email = email(notification);
                let sent = mailer.send(&email, &notification.key);
                match tokio::time::timeout(3 * TIMEOUT, sent).await {
                    Ok(sent) => sent.map_err(|problem| problem.to_string().into()),
                    Err(_) => Err("did not respond in time".to_owned().into()),
                }
            }
        }
    }

    /// Describes where notifications go, without secrets.
    pub(super) fn description(&self) -> String {
        let host = |endpoint: &HttpEndpoint| {
            let url = parse(&endpoint.url).ok();
            url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
        };
        match &self.endpoint {
            Endpoint::Stdout => "standard output".to_owned(),
            Endpoint::Webhook(endpoint) => format!("a webhook at {}", host(endpoint)),
            Endpoint::Slack(endpoint) => format!("a Slack webhook at {}", host(endpoint)),
            Endpoint::Alertmanager(endpoint) => format!("Alertmanager at {}", host(endpoint)),
            Endpoint::Email(mailer) => format!("email to {}", mailer.recipients().join(", ")),
        }
    }
}

fn email(notification: &Notification) -> Email {
    let mark = if notification.status == Status::Resolved { "Resolved" } else { "Alert" };
    let text = notification.to_text();
    Email {
        subject: format!("{mark}: {}", notification.rule),
        html: maud::html! { pre { (text) } }.into_string(),
        text,
        attachment: None,
    }
}

/// The HTTP clients for all receivers.
#[derive(Debug, Clone)]
pub(super) struct HttpClients {
    /// Uses the proxy of the environment, if any.
    proxied: Client,
    /// For receivers on this machine or in this network.
    direct: Client,
}

impl HttpClients {
    /// Creates the clients. They do not follow redirects, which could send a notification
    /// elsewhere.
    pub(super) fn new() -> Result<Self, String> {
        let builder = || {
            Client::builder()
                .user_agent(concat!("sendmux-alert/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TIMEOUT)
                .redirect(redirect::Policy::none())
        };
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let problem = |error: reqwest::Error| error.without_url().to_string();
        let proxied = builder().build().map_err(problem)?;
        Ok(Self { proxied, direct: builder().no_proxy().build().map_err(problem)? })
    }
}

fn parse(url: &Secret) -> Result<Url, String> {
    Url::parse(url.expose()).map_err(|error| format!("the URL is not valid: {error}"))
}

fn address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some("localhost") || address(url).is_some_and(|address| address.is_loopback())
}

/// Returns true if the host is on this machine or in this network: a private address (RFC 1918,
/// RFC 4193, link-local) or a name that is not public, such as a service of Kubernetes.
fn is_private(url: &Url) -> bool {
    if is_loopback(url) {
        return true;
    }
    match (address(url), url.host_str()) {
        (Some(IpAddr::V4(address)), _) => address.is_private() || address.is_link_local(),
        (Some(IpAddr::V6(address)), _) => {
            address.is_unique_local() || address.is_unicast_link_local()
        }
        (None, Some(host)) => {
            let host = host.trim_end_matches('.');
            const SUFFIXES: [&str; 6] =
                [".svc", ".cluster.local", ".internal", ".local", ".localhost", ".home.arpa"];
            !host.contains('.') || SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
        }
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str, allow_plain_http: bool) -> Result<HttpEndpoint, String> {
        HttpEndpoint::new(Secret::new(url), Vec::new(), allow_plain_http)
    }

    #[test]
    fn only_https_and_loopback_urls_are_accepted() {
        for good in
            ["https://example.com/a", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost"]
        {
            assert!(endpoint(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://example.com/t0ken",
            "ftp://127.0.0.1/t0ken",
            "t0ken",
            "",
            "http://127.0.0.1.example.com/t0ken",
            "http://alertmanager.monitoring.svc:9093/t0ken",
        ] {
            let problem = endpoint(bad, false).unwrap_err();
            assert!(!problem.contains("t0ken"), "{problem}");
        }
    }

    #[test]
    fn plain_http_within_a_cluster_needs_an_option() {
        for url in [
            "http://alertmanager:9093",
            "http://alertmanager.monitoring.svc:9093",
            "http://alertmanager.monitoring.svc.cluster.local",
            "http://10.1.2.3/",
            "http://[fd00::1]/",
        ] {
            assert!(endpoint(url, false).unwrap_err().contains("allow_plain_http"), "{url}");
            assert!(endpoint(url, true).is_ok(), "{url}");
        }
        for public in ["http://example.com/", "http://203.0.113.1/", "http://svc.example.com/"] {
            assert!(endpoint(public, true).is_err(), "{public}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let headers = vec![("authorization".to_owned(), Secret::new("Bearer t0ken"))];
        let url = Secret::new("https://example.com/t0ken");
        let endpoint = HttpEndpoint::new(url.clone(), headers, false).unwrap();
        let receiver = Receiver { name: "hook".to_owned(), endpoint: Endpoint::Webhook(endpoint) };
        let shown = format!("{receiver:?} {}", receiver.description());
        assert!(!shown.contains("t0ken") && shown.contains("example.com"), "{shown}");
        for (name, value) in [("a b", "t0ken"), ("x", "t0ken\r\nhost: b")] {
            let headers = vec![(name.to_owned(), Secret::new(value))];
            let problem = HttpEndpoint::new(url.clone(), headers, false).unwrap_err();
            assert!(!problem.contains("t0ken"), "{problem}");
        }
    }
}
