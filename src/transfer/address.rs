//! Addresses that the API hands out.

use reqwest::Url;

use crate::client::base_url;
use crate::client::core::Core;
use crate::error::{Error, Kind};

/// Where a signed URL leads: as it is, or below the client's own origin if it has none (the API's
/// guide shows both forms). What it says is a secret, so no error repeats it.
pub(crate) fn resolve(core: &Core, text: &str) -> Result<Url, Error> {
    let refuse = |what: &str| Error::because(Kind::Request, format!("the signed URL {what}"));
    let base = Url::parse(&core.endpoint.baseurl).map_err(|_| refuse("has no origin"))?;
    let rooted = text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
    let url = if rooted { base.join(text) } else { Url::parse(text) };
    let url = url.map_err(|_| refuse("is no absolute URL"))?;
    check(core, &url).map_err(refuse)?;
    Ok(url)
}

/// Why a URL is not to be called, if it is not.
pub(crate) fn check(core: &Core, url: &Url) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name or password in it");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if core.plain_http || base_url::is_loopback(url) => Ok(()),
        "http" => Err("is plain http, which shows the file to everyone on the way"),
        _ => Err("is neither https nor http"),
    }
}
