//! The HTTP server of the programs that are watched.

use std::convert::Infallible;
use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long a connection may last, which bounds those whose client does not read.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(300);

/// How long requests in progress may take after a shutdown is requested.
const GRACE_PERIOD: Duration = Duration::from_secs(1);

/// What clients may take up.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// How long a client may take to send the headers of a request.
    header_timeout: Duration,
    connections: usize,
}

const LIMITS: Limits = Limits { header_timeout: Duration::from_secs(5), connections: 256 };

/// Binds an address.
///
/// # Errors
/// A sentence that names the address.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Asks the server that listens on an address, on this machine, whether it is healthy.
pub(crate) async fn is_healthy(listen: SocketAddr) -> bool {
    let local: IpAddr = match listen {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let address = if listen.ip().is_unspecified() { local } else { listen.ip() };
    let request = async {
        let mut stream = TcpStream::connect((address, listen.port())).await?;
        let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut response = Vec::new();
        stream.take(1024).read_to_end(&mut response).await?;
        io::Result::Ok(response.starts_with(b"HTTP/1.1 200 "))
    };
    matches!(timeout(Duration::from_secs(2), request).await, Ok(Ok(true)))
}

/// Serves until `shutdown` completes, then finishes the requests in progress within a second.
pub(crate) async fn serve(listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) {
    let (stopping, stopped) = tokio::sync::watch::channel(());
    let mut connections = JoinSet::new();
    tokio::select! {
        () = shutdown => {}
        _ = accept(&listener, &app, LIMITS, &mut connections, &stopped) => {}
    }
    drop((listener, stopping));
    let _ = timeout(GRACE_PERIOD, async { while connections.join_next().await.is_some() {} }).await;
}

async fn accept(
    listener: &TcpListener,
    app: &Router,
    limits: Limits,
    connections: &mut JoinSet<()>,
    stopped: &tokio::sync::watch::Receiver<()>,
) -> Infallible {
    let slots = Arc::new(Semaphore::new(limits.connections));
    loop {
        // A slot becomes free within the timeouts of the connections.
        let slot = slots.clone().acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, for example.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let (app, mut stopped) = (TowerToHyperService::new(app.clone()), stopped.clone());
        connections.spawn(async move {
            let _slot = slot;
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
            let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), app));
            // What goes wrong on a connection concerns its client only.
            let _ = timeout(CONNECTION_TIMEOUT, async {
                tokio::select! {
                    result = connection.as_mut() => return result,
                    _ = stopped.changed() => {}
                }
                connection.as_mut().graceful_shutdown();
                connection.await
            })
            .await;
        });
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Responds with metrics in the format and encoding that the client prefers: OpenMetrics if it is
/// accepted at least as much as the Prometheus text format, and gzip if it is accepted.
pub(crate) fn metrics_response(headers: &HeaderMap, open_metrics: String) -> Response {
    let open = quality(headers, &ACCEPT, "application/openmetrics-text").unwrap_or_default();
    let text = ["text/plain", "text/*", "*/*"];
    let text = text.iter().find_map(|range| quality(headers, &ACCEPT, range)).unwrap_or_default();
    let (content_type, body) = match open > 0.0 && open >= text {
        true => (OPEN_METRICS, open_metrics),
        false => (PROMETHEUS_TEXT, crate::families::to_prometheus_text(&open_metrics)),
    };
    let gzip = quality(headers, &ACCEPT_ENCODING, "gzip");
    let gzip = gzip.or_else(|| quality(headers, &ACCEPT_ENCODING, "*")).unwrap_or_default();
    let head = [(CONTENT_TYPE, content_type), (VARY, "accept, accept-encoding")];
    match (gzip > 0.0).then(|| compress(body.as_bytes())).flatten() {
        Some(compressed) => (head, [(CONTENT_ENCODING, "gzip")], compressed).into_response(),
        None => (head, body).into_response(),
    }
}

/// Returns the quality of a value in a header of content negotiation (RFC 9110, section 12.4.2),
/// if the header names it.
fn quality(headers: &HeaderMap, name: &HeaderName, value: &str) -> Option<f32> {
    let fields = headers.get_all(name).iter().filter_map(|field| field.to_str().ok());
    let mut members = fields.flat_map(|field| field.split(','));
    members.find_map(|member| {
        let mut parts = member.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(value) {
            return None;
        }
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        Some(quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0)))
    })
}

fn compress(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_type(accept: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, accept.parse().unwrap());
        }
        let response = metrics_response(&headers, "# EOF\n".to_owned());
        response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_format_is_negotiated() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,\
                          text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
        for (accept, expected) in [
            (None, PROMETHEUS_TEXT),
            (Some("*/*"), PROMETHEUS_TEXT),
            (Some("text/html,*/*;q=0.8"), PROMETHEUS_TEXT),
            (Some(prometheus), OPEN_METRICS),
            (Some("application/openmetrics-text"), OPEN_METRICS),
            (Some("application/openmetrics-text;q=0"), PROMETHEUS_TEXT),
            (Some("application/openmetrics-text;q=0.2, text/plain"), PROMETHEUS_TEXT),
        ] {
            assert_eq!(content_type(accept), expected, "{accept:?}");
        }
    }

    #[tokio::test]
    async fn half_open_requests_give_way_to_others() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let limits = Limits { header_timeout: Duration::from_millis(50), connections: 2 };
        let (_stopping, stopped) = tokio::sync::watch::channel(());
        let mut connections = JoinSet::new();
        let client = async {
            let mut half_open = Vec::new();
            for _ in 0..5 {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
                half_open.push(stream);
            }
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).await.unwrap();
            response
        };
        let response = tokio::select! {
            response = client => response,
            _ = accept(&listener, &app, limits, &mut connections, &stopped) => String::new(),
        };
        assert!(response.ends_with("here"), "{response}");
    }

    #[test]
    fn gzip_is_used_only_if_it_is_accepted() {
        for (accepted, gzip) in [("gzip", true), ("gzip;q=0", false), ("br", false), ("*", true)] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accepted.parse().unwrap())]);
            let response = metrics_response(&headers, "# EOF\n".to_owned());
            assert_eq!(response.headers().contains_key(CONTENT_ENCODING), gzip, "{accepted}");
        }
    }
}
