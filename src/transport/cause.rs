//! Why an attempt received no response, in a sentence that says what to do.

use std::error::Error as StdError;
use std::io;

use crate::error::{Error, Kind};
use crate::upload::UploadBodyError;

/// Builds the error of an attempt that received no response.
pub(super) fn send_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(message) = UploadBodyError::message_in(&error) {
        return Error::because(Kind::Body, message).with_source(Box::new(error)).sent();
    }
    let (kind, sent, sentence) = explain(&error);
    let result = match sentence {
        Some(sentence) => Error::because(kind, sentence),
        None => Error::new(kind),
    };
    let result = result.with_source(Box::new(error));
    if sent { result.sent() } else { result }
}

/// Returns the kind of a failure, whether the request may have reached the server, and a sentence.
fn explain(error: &reqwest::Error) -> (Kind, bool, Option<&'static str>) {
    if error.is_builder() {
        return (Kind::Request, false, None);
    }
    if error.is_connect() {
        let (kind, sentence) = connect(error);
        return (kind, false, sentence);
    }
    if is_unprocessed(error) {
        let sentence = "the server closed the connection before it processed the request";
        return (Kind::Connection, false, Some(sentence));
    }
    if error.is_timeout() {
        return (Kind::Timeout, true, None);
    }
    let reset = "the connection was reset before the response: the server, a proxy or a firewall \
                 ended it";
    let closed = "the connection was closed before the response: the server, a proxy or a firewall \
                  ended it";
    let sentence = chain(error).find_map(|cause| match cause.downcast_ref::<io::Error>() {
        Some(cause) if is_reset(cause) => Some(reset),
        Some(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Some(closed),
        Some(_) => None,
        None => cause.downcast_ref::<hyper::Error>()?.is_incomplete_message().then_some(closed),
    });
    (Kind::Connection, true, sentence)
}

/// Explains why there is no connection.
fn connect(error: &reqwest::Error) -> (Kind, Option<&'static str>) {
    // The type is private to the HTTP client.
    let tunnel =
        chain(error).map(ToString::to_string).find(|text| text.starts_with("tunnel error"));
    if let Some(tunnel) = tunnel {
        let sentence = if tunnel.contains("authorization") {
            "the proxy demands authentication (407): set user and password in the proxy's URL"
        } else if tunnel.contains("unsuccessful") {
            "the proxy refused to connect to the API: ask its operator to allow the API's host"
        } else {
            "the proxy cannot be used: check its URL, and whether it is running"
        };
        return (Kind::Connect, Some(sentence));
    }
    if error.is_dns() {
        let sentence = "the host name was not found (DNS): check the base URL, and the name servers \
                        of this machine";
        return (Kind::Connect, Some(sentence));
    }
    #[cfg(feature = "rustls")]
    if let Some(cause) = chain(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return of_rustls(cause);
    }
    if chain(error).any(|cause| cause.to_string().contains("certificate")) {
        return of_native_tls(error);
    }
    let mut causes = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    let sentence = causes.find_map(|cause| match cause.kind() {
        io::ErrorKind::ConnectionRefused => Some(REFUSED),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Some(UNREACHABLE),
        io::ErrorKind::UnexpectedEof => Some(RESET),
        _ => is_reset(cause).then_some(RESET),
    });
    (Kind::Connect, sentence.or_else(|| error.is_timeout().then_some(TIMED_OUT)))
}

const REFUSED: &str = "the connection was refused: nothing listens at that host and port; check the \
                       base URL";
const UNREACHABLE: &str = "there is no route to the server: check the network of this machine";
const TIMED_OUT: &str = "the server did not accept a connection in time: check the base URL, and \
                         whether a firewall demands a proxy";
const RESET: &str = "the connection was reset while it was established: a proxy or a firewall may \
                     block it";
const EXPIRED: &str = "the server's certificate has expired: check the date of this machine, and \
                       tell the server's operator";
const OTHER_HOST: &str = "the server's certificate is for another host: check the base URL, and \
                          whether a proxy intercepts TLS";
const UNKNOWN_ISSUER: &str = "this machine does not trust the issuer of the server's certificate: if \
                              a proxy intercepts TLS, add its root certificate with \
                              `Builder::root_certificates`";
const BAD_CERTIFICATE: &str =
    "the server's certificate is not acceptable: tell the server's operator";

#[cfg(feature = "rustls")]
fn of_rustls(error: &rustls::Error) -> (Kind, Option<&'static str>) {
    use rustls::{AlertDescription, CertificateError as Certificate, Error as Tls, InvalidMessage};

    let sentence = match error {
        Tls::InvalidCertificate(reason) => {
            let sentence = match reason {
                Certificate::Expired | Certificate::ExpiredContext { .. } => EXPIRED,
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    "the server's certificate is not valid yet: check the date of this machine"
                }
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    OTHER_HOST
                }
                Certificate::UnknownIssuer => UNKNOWN_ISSUER,
                Certificate::Revoked => {
                    "the server's certificate has been revoked: tell the server's operator"
                }
                _ => BAD_CERTIFICATE,
            };
            return (Kind::Certificate, Some(sentence));
        }
        Tls::NoCertificatesPresented => return (Kind::Certificate, Some(BAD_CERTIFICATE)),
        Tls::PeerIncompatible(_)
        | Tls::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => {
            "the server has no secure version of TLS in common with this client, which needs 1.2 or \
             later: check the base URL, and whether a proxy intercepts TLS"
        }
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS on this port: check the scheme and port of the base URL"
        }
        _ => "no secure connection could be negotiated (TLS): check whether a proxy intercepts it",
    };
    (Kind::Connect, Some(sentence))
}

/// The platform's libraries tell the reason in words only.
fn of_native_tls(error: &reqwest::Error) -> (Kind, Option<&'static str>) {
    let says = |words: &[&str]| {
        chain(error).any(|cause| words.iter().any(|word| cause.to_string().contains(word)))
    };
    let sentence = if says(&["expired"]) {
        EXPIRED
    } else if says(&["hostname", "Hostname", "host name"]) {
        OTHER_HOST
    } else if says(&["issuer", "self-signed", "self signed", "not trusted"]) {
        UNKNOWN_ISSUER
    } else {
        BAD_CERTIFICATE
    };
    (Kind::Certificate, Some(sentence))
}

fn is_reset(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// Returns true if the server certainly did not process the request: it was still queued when the
/// connection closed, or the server refused its stream, or named an earlier stream as the last one
/// before it shut down (RFC 9113, section 8.7). Earlier streams fail with another error.
fn is_unprocessed(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| {
        #[cfg(feature = "http2")]
        if let Some(cause) = cause.downcast_ref::<h2::Error>() {
            return cause.is_remote()
                && match cause.reason() {
                    Some(h2::Reason::NO_ERROR) => cause.is_go_away(),
                    Some(h2::Reason::REFUSED_STREAM) => cause.is_reset(),
                    _ => false,
                };
        }
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
    })
}

/// Returns an error and its causes. Some are wrapped in an [`io::Error`], whose `source` skips them.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}
