//! A server on loopback that follows a script and records the requests.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use socket2::SockRef;

use crate::clock::FakeClock;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// Serves the next request of the connection.
    KeepAlive,
    /// The same, after sending one byte at a time.
    Drip,
    Close,
    /// Closes the connection in a way that discards what was on the way.
    Reset,
    /// Sends nothing more, and expires a timeout of the client.
    Stall,
    /// Sends nothing more, until the client disconnects by itself.
    Hang,
}

impl Reply {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::KeepAlive }
    }

    pub(crate) fn dripping(self) -> Self {
        Self { then: Then::Drip, ..self }
    }

    pub(crate) fn then_close(self) -> Self {
        Self { then: Then::Close, ..self }
    }

    pub(crate) fn then_reset(self) -> Self {
        Self { then: Then::Reset, ..self }
    }

    pub(crate) fn then_stall(self) -> Self {
        Self { then: Then::Stall, ..self }
    }

    pub(crate) fn then_hang(self) -> Self {
        Self { then: Then::Hang, ..self }
    }

    /// Returns the reply with another content type.
    pub(crate) fn relabelled(&self, media_type: &str) -> Self {
        let text = String::from_utf8(self.bytes.clone()).unwrap();
        Self::new(text.replace("application/json", media_type))
    }

    /// Truncates the reply to this fraction of its bytes.
    pub(crate) fn cut(mut self, numerator: usize, denominator: usize) -> Self {
        self.bytes.truncate(self.bytes.len() * numerator / denominator);
        self
    }
}

/// A received request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone)]
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    clock: FakeClock,
    script: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    disconnects: AtomicUsize,
    /// Notified of each request and each disconnect.
    changed: Condvar,
}

impl Server {
    /// Starts a server that responds to requests in the order of the script.
    pub(crate) fn start(clock: &FakeClock, script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self::at(listener.local_addr().unwrap(), clock, script);
        server.listen(listener);
        server
    }

    /// Starts a server that refuses connections until the client first waits.
    pub(crate) fn start_late(clock: &FakeClock, script: impl IntoIterator<Item = Reply>) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = Self::at(socket.local_addr().unwrap(), clock, script);
        let late = server.clone();
        clock.on_wait(move || {
            let listener = socket.listen(16).unwrap().into_std().unwrap();
            listener.set_nonblocking(false).unwrap();
            late.listen(listener);
        });
        server
    }

    fn at(address: SocketAddr, clock: &FakeClock, script: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Shared {
            clock: clock.clone(),
            script: Mutex::new(script.into_iter().collect()),
            received: Mutex::default(),
            connections: AtomicUsize::new(0),
            disconnects: AtomicUsize::new(0),
            changed: Condvar::new(),
        };
        Self { address, shared: Arc::new(shared) }
    }

    /// Starts a server that accepts one connection only.
    pub(crate) fn start_once(clock: &FakeClock, script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self::at(listener.local_addr().unwrap(), clock, script);
        let shared = Arc::clone(&server.shared);
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            drop(listener);
            shared.serve(&stream);
        });
        server
    }

    fn listen(&self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                shared.connections.fetch_add(1, SeqCst);
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the requests received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Waits until this many requests have been received.
    pub(crate) async fn wait_for(&self, requests: usize) {
        self.wait_until(move |_, received| received.len() >= requests).await;
    }

    /// Waits for this many disconnects of the client after replies that do not keep the connection.
    pub(crate) async fn wait_for_disconnects(&self, times: usize) {
        self.wait_until(move |shared, _| shared.disconnects.load(SeqCst) >= times).await;
    }

    /// Waits for a condition; only a test that fails waits for the timeout.
    async fn wait_until(&self, done: impl Fn(&Shared, &[Received]) -> bool + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let wait = move || {
            let received = shared.received.lock().unwrap();
            let timeout = Duration::from_secs(30);
            let pending = |received: &mut Vec<Received>| !done(&shared, received);
            let waited = shared.changed.wait_timeout_while(received, timeout, pending);
            let (received, result) = waited.unwrap();
            assert!(!result.timed_out(), "received only {received:?}");
        };
        tokio::task::spawn_blocking(wait).await.unwrap();
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }

    /// Returns the number of replies of the script that were not used.
    pub(crate) fn unused_replies(&self) -> usize {
        self.shared.script.lock().unwrap().len()
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(request) = read(&mut reader) {
            self.received.lock().unwrap().push(request);
            self.changed.notify_all();
            let exhausted =
                || Reply::new("HTTP/1.1 418 Script Exhausted\r\nContent-Length: 0\r\n\r\n");
            let reply = self.script.lock().unwrap().pop_front().unwrap_or_else(exhausted);
            let mut writer = stream;
            let wrote = if reply.then == Then::Drip {
                reply.bytes.iter().try_for_each(|byte| writer.write_all(&[*byte]))
            } else {
                writer.write_all(&reply.bytes)
            };
            match reply.then {
                Then::KeepAlive | Then::Drip if wrote.is_ok() => continue,
                Then::KeepAlive | Then::Drip => {}
                Then::Close => {
                    let _ = stream.shutdown(Shutdown::Write);
                    self.await_disconnect(&mut reader);
                }
                Then::Reset => SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap(),
                Then::Stall => {
                    self.clock.expire();
                    self.await_disconnect(&mut reader);
                }
                Then::Hang => self.await_disconnect(&mut reader),
            }
            return;
        }
    }

    /// Waits until the client disconnects. What it still sends is not a request.
    fn await_disconnect(&self, reader: &mut impl Read) {
        let _ = reader.read_to_end(&mut Vec::new());
        let _received = self.received.lock().unwrap();
        self.disconnects.fetch_add(1, SeqCst);
        self.changed.notify_all();
    }
}

/// Reads one request; `None` after a disconnect.
pub(crate) fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(": ") {
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut request = Received { method, target, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
