//! Which addresses are fetched.

use url::{Host, Url};

/// An address that can be fetched: https, or http on this machine.
pub(super) fn checked(address: &str) -> Result<Url, String> {
    let url = Url::parse(address).map_err(|error| format!("{address}: no address: {error}"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local(&url) => Ok(url),
        "http" => Err(format!("{url}: plain http could be tampered with; use https")),
        other => Err(format!("{url}: `{other}` is no way to fetch a document; use https")),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Where a redirect leads, if it stays with the server: a document from elsewhere is not the one
/// that was asked for.
pub(super) fn redirected(from: &Url, target: &str) -> Result<Url, String> {
    let url = from
        .join(target)
        .map_err(|error| format!("redirect to `{target}`, no address: {error}"))?;
    let upgraded = from.scheme() == "http" && url.scheme() == "https" && from.host() == url.host();
    if url.origin() != from.origin() && !upgraded {
        return Err(format!(
            "redirect to another host, {url}; if that is right, pass it as --from"
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_are_fetched() {
        assert!(checked("https://app.sendmux.ai/x").is_ok());
        assert!(checked("http://127.0.0.1:8080/x").is_ok());
        assert!(checked("http://localhost/x").is_ok());
        assert!(checked("http://app.sendmux.ai/x").is_err());
        assert!(checked("ftp://app.sendmux.ai/x").is_err());
        assert!(checked("https://").is_err());
    }

    #[test]
    fn redirects_stay_with_the_server() {
        let from = Url::parse("https://app.sendmux.ai/a/b").unwrap();
        assert_eq!(redirected(&from, "c").unwrap().path(), "/a/c");
        assert_eq!(redirected(&from, "/c").unwrap().path(), "/c");
        for target in ["https://other.example/a", "http://app.sendmux.ai/a", "//other.example/a"] {
            assert!(redirected(&from, target).is_err(), "{target}");
        }
    }
}
