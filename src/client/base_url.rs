//! Where the API is.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, Kind};

/// A base URL without a trailing slash; refused if it would lose requests or leak the credential.
pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<String, Error> {
    let refuse =
        |what: &str| Err(Error::because(Kind::Configuration, format!("the base URL {what}")));
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("is no URL; it looks like `https://app.sendmux.ai/api/v1`");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("has a user name or password in it; give the credential to the client");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or a fragment, which no call would send");
    }
    if url.scheme() == "http" && !allow_plain_http && !is_loopback(&url) {
        return refuse(
            "is plain http, which shows the credential to everyone on the way; use https, or \
                 `allow_plain_http` if you know better",
        );
    }
    if url.scheme() == "https" && !crate::client::tls::AVAILABLE {
        return refuse(
            "is https, but this build has no TLS: enable the feature `rustls` or `native-tls` \
                 of sendmux-client",
        );
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

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
    fn loopback_may_be_plain() {
        for text in ["http://127.0.0.1:8080/api/v1/", "http://localhost/api/v1", "http://[::1]:1/"]
        {
            let url = parse(text, false).unwrap();
            assert_eq!(url, text.trim_end_matches('/'));
        }
    }

    #[test]
    fn what_would_leak_or_lose_is_refused() {
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
