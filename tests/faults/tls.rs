//! Certificates that are not acceptable, and other reasons why there is no connection.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sendmux_client::{Error, Kind, management};

use crate::class::BALANCE;
use crate::clock::{FakeClock, LIMIT};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Starts a server with a certificate for this host that is valid until the end of this year;
    /// returns its port.
    fn serve(&self, host: &str, until: i32) -> u16 {
        let body = format!(r#"{{"ok":true,"data":{BALANCE}}}"#);
        let length = body.len();
        self.answer(
            host,
            until,
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"),
        )
    }

    /// Starts a server for `localhost` that answers with these bytes and disconnects.
    fn serve_bytes(&self, response: String) -> u16 {
        self.answer("localhost", 2090, response)
    }

    fn answer(&self, host: &str, until: i32, response: String) -> u16 {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        listen(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                stream.write_all(response.as_bytes()).unwrap();
            }
        })
    }
}

/// Starts a server that handles each connection with this function; returns its port.
fn listen(handle: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(handle));
    port
}

fn builder(base_url: String) -> (management::Builder, FakeClock) {
    let clock = FakeClock::new();
    let builder = management::Client::builder("smx_root_test")
        .base_url(base_url)
        .attempt_timeout(LIMIT)
        .call_timeout(100 * LIMIT)
        .clock(clock.clone());
    (builder, clock)
}

/// Runs once more in a process that has no root certificates.
#[tokio::test]
async fn without_root_certificates_loopback_works_and_https_says_where_it_looked() {
    const CHILD: &str = "SENDMUX_TEST_CHILD";
    const NAME: &str =
        "tls::without_root_certificates_loopback_works_and_https_says_where_it_looked";
    if std::env::var_os(CHILD).is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let child = child.args(["--exact", NAME]).env(CHILD, "1").env_remove("SSL_CERT_DIR");
        let output = child.env("SSL_CERT_FILE", "/nowhere/roots.pem").output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
        return;
    }
    let clock = FakeClock::new();
    let server = crate::server::Server::start(&clock, [crate::class::success(BALANCE)]);
    crate::class::management(&server, &clock).get_balance().await.unwrap();
    let error = management::Client::new("smx_root_test").unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration);
    assert!(error.to_string().contains("SSL_CERT_FILE (/nowhere/roots.pem)"), "{error}");
    let (builder, _) = builder("https://localhost:1/api/v1".to_owned());
    let authority = Authority::new("company");
    assert!(builder.root_certificates(authority.0.pem()).build().is_ok());
}

async fn failure(base_url: String, roots: Option<&Authority>) -> Error {
    let (builder, _) = builder(base_url);
    let builder = match roots {
        Some(authority) => builder.root_certificates(authority.0.pem()),
        None => builder,
    };
    builder.build().unwrap().get_balance().await.unwrap_err()
}

#[tokio::test]
async fn a_root_certificate_of_the_builder_is_trusted() {
    let authority = Authority::new("one");
    let port = authority.serve("localhost", 2090);
    let (builder, _) = builder(format!("https://localhost:{port}"));
    let client = builder.root_certificates(authority.0.pem()).build().unwrap();
    assert_eq!(client.get_balance().await.unwrap().parts().attempts(), 1);
}

#[tokio::test]
async fn a_certificate_that_is_not_acceptable_is_named_and_not_retried() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    for (host, until, roots, expected) in [
        ("localhost", 2002, Some(&authority), "has expired"),
        ("elsewhere.example", 2090, Some(&authority), "is for another host"),
        ("localhost", 2090, Some(&other), "does not trust the issuer"),
        ("localhost", 2090, None, "does not trust the issuer"),
    ] {
        let port = authority.serve(host, until);
        let error = failure(format!("https://localhost:{port}"), roots).await;
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.is_certificate() && !error.is_retryable() && !error.is_connect());
        assert_eq!((error.attempts(), error.may_have_been_sent()), (1, false));
    }
}

#[tokio::test]
async fn a_body_that_an_attacker_cuts_off_is_not_taken_for_whole() {
    // The server ends the connection without saying so in TLS, as anybody on the way could.
    let authority = Authority::new("one");
    for lines in ["", "Connection: close\r\n", "Transfer-Encoding: chunked\r\n"] {
        let body = format!(r#"{{"ok":true,"data":{BALANCE}}}"#);
        let framed = match lines.contains("chunked") {
            true => format!("{:x}\r\n{body}\r\n", body.len()),
            false => body,
        };
        let port = authority.serve_bytes(format!("HTTP/1.1 200 OK\r\n{lines}\r\n{framed}"));
        let error = failure(format!("https://localhost:{port}"), Some(&authority)).await;
        assert_eq!(error.kind(), Kind::Connection, "{lines} {error:?}");
    }
}

#[test]
fn root_certificates_that_are_none_are_a_mistake_of_configuration() {
    for pem in ["", "not a certificate"] {
        let (builder, _) = builder("https://localhost".to_owned());
        let error = builder.root_certificates(pem).build().unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration);
        assert!(error.to_string().contains("root certificates"), "{error}");
    }
}

#[tokio::test]
async fn each_failure_to_connect_has_its_own_sentence() {
    let plain = listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    // An alert: fatal, protocol version (RFC 8446, section 6).
    let old = listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&[21, 3, 1, 0, 2, 2, 70]);
    });
    let closed = listen(drop);
    let unused = {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    for (url, expected) in [
        (format!("https://localhost:{plain}"), "does not speak TLS"),
        (format!("https://localhost:{old}"), "no secure version of TLS"),
        (format!("https://localhost:{closed}"), "was reset while it was established"),
        (format!("https://127.0.0.1:{unused}"), "was refused"),
        ("https://no-such-host.invalid".to_owned(), "was not found (DNS)"),
    ] {
        let error = failure(url, None).await;
        assert!(error.to_string().contains(expected), "{error:?}");
        assert!(error.is_connect() && !error.may_have_been_sent(), "{error:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_says_so() {
    for (answer, expected) in [
        ("407 Proxy Authentication Required", "the proxy demands authentication"),
        ("403 Forbidden", "the proxy refused to connect"),
    ] {
        let proxy = listen(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let page = "<html>No.</html>";
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 16\r\n\r\n{page}");
        });
        let (builder, _) = builder("https://app.sendmux.ai".to_owned());
        let proxy = reqwest::Proxy::all(format!("http://127.0.0.1:{proxy}")).unwrap();
        let client = builder.configure_http(|http| http.proxy(proxy)).build().unwrap();
        let error = client.get_balance().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.is_connect(), "{error:?}");
    }
}
