//! Uploads to a signed URL.

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, COOKIE, EXPECT,
    HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use reqwest::{Method, Request};

use super::address;
use super::upload::Upload;
use crate::Secret;
use crate::call::Call;
use crate::call::operation::Operation;
use crate::call::request::Outgoing;
use crate::error::{Error, Kind};

/// What spans and errors call it: the URL is a secret.
pub(crate) static PUT: Operation = Operation {
    id: "putSignedUrl",
    method: "PUT",
    path: "(signed URL)",
    permissions: &[],
    public: true,
    idempotency_key: false,
};

/// Headers that the server may not ask for: they would send along a credential, or break the framing
/// of the request.
const REFUSED: [HeaderName; 13] = [
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    CONTENT_ENCODING,
    COOKIE,
    EXPECT,
    HOST,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What the API said of an upload to come.
pub(crate) struct Terms<'a> {
    pub(crate) url: &'a Secret,
    pub(crate) method: &'a str,
    pub(crate) max_size_bytes: i64,
}

/// The PUT, with exactly the headers that the API named and no credential.
pub(crate) fn put<'a>(
    call: &Call,
    terms: &Terms<'a>,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    upload: Upload,
) -> Result<Outgoing, Error> {
    let refuse = |what: String| Error::because(Kind::Request, what).with_operation(&PUT);
    let len = upload.len();
    if !terms.method.eq_ignore_ascii_case("PUT") {
        return Err(refuse("the upload asks for another method than PUT".to_owned()));
    }
    if u64::try_from(terms.max_size_bytes).is_ok_and(|most| most > 0 && len > most) {
        let most = terms.max_size_bytes;
        return Err(refuse(format!("the upload has {len} bytes; {most} are allowed")));
    }
    let url = address::resolve(&call.core, terms.url.expose())
        .map_err(|error| error.with_operation(&PUT))?;
    let mut request = Request::new(Method::PUT, url);
    for (name, value) in headers {
        let shown = name.escape_debug();
        let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value))
        else {
            return Err(refuse(format!("the upload asks for the unusable header `{shown}`")));
        };
        if REFUSED.contains(&name) || name.as_str().starts_with("proxy-") {
            return Err(refuse(format!("the upload asks for the header `{name}`")));
        }
        if name == CONTENT_LENGTH {
            if value.to_str().ok().and_then(|text| text.trim().parse().ok()) != Some(len) {
                let what = "the upload has {len} bytes, which is not what was announced";
                return Err(refuse(what.replace("{len}", &len.to_string())));
            }
            continue;
        }
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(Outgoing::with_upload(request, upload))
}
