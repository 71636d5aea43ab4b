//! The base URL of the API.

use std::net::IpAddr;

use reqwest::Url;

use crate::client::tls;
use crate::error::{Error, Kind};

/// Parses a base URL and strips a trailing slash; rejects one that would misdirect requests or leak
/// the credential.
pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<String, Error> {
    let invalid =
        |message: &str| Err(Error::because(Kind::Configuration, format!("the base URL {message}")));
    let Ok(url) = Url::parse(text.trim()) else {
        return invalid("is not a valid URL; expected one like `https://app.sendmux.ai/api/v1`");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("contains a user name or password; pass the credential to the client");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return invalid("has a query or fragment, which would not be sent");
    }
    if url.scheme() == "http" && !allow_plain_http && !is_loopback(&url) {
        return invalid(
            "is plain http, which exposes the credential in transit; use https, or set \
                 `allow_plain_http` if the network is trusted",
        );
    }
    if url.scheme() == "https" && !tls::AVAILABLE {
        return invalid(
            "is https, but this build has no TLS: enable the feature `rustls` or `native-tls` of \
                 sendmux-client",
        );
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Returns true if the host of a URL is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_may_use_plain_http() {
        for text in ["http://127.0.0.1:8080/api/v1/", "http://localhost/api/v1", "http://[::1]:1/"]
        {
            let url = parse(text, false).unwrap();
            assert_eq!(url, text.trim_end_matches('/'));
        }
    }

    #[test]
    fn unsafe_base_urls_are_rejected() {
        for text in [
            "",
            "app.sendmux.ai",
            "ftp://localhost/",
            "http://api.example/v1",
            "http://127.0.0.1.example/v1",
            "http://user:secret-word@localhost/",
            "http://localhost/?key=secret-word",
            "http://localhost/#x",
        ] {
            let error = parse(text, false).unwrap_err();
            assert_eq!(error.kind(), Kind::Configuration, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret-word"));
        }
        assert!(parse("http://api.example/v1", true).is_ok());
    }
}
