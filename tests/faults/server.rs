//! A server that does what a script says, and keeps a log of what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use socket2::SockRef;

use crate::clock::Fake;

/// What becomes of one request.
#[derive(Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// The connection serves the next request.
    KeepAlive,
    /// One byte at a time, then as usual.
    Drip,
    Close,
    /// Closed in a way that discards what was on the way.
    Reset,
    /// Silence, until a time limit of the client runs out.
    Stall,
    /// Silence, until the client hangs up of its own accord.
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

    /// The reply with its content said to be of another type.
    pub(crate) fn relabelled(&self, media_type: &str) -> Self {
        let text = String::from_utf8(self.bytes.clone()).unwrap();
        Self::new(text.replace("application/json", media_type))
    }

    /// The reply up to this part of its bytes.
    pub(crate) fn cut(mut self, numerator: usize, denominator: usize) -> Self {
        self.bytes.truncate(self.bytes.len() * numerator / denominator);
        self
    }
}

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
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
    clock: Fake,
    script: Mutex<VecDeque<Reply>>,
    log: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    hung_up: AtomicUsize,
    /// Told of each request, and when a client hangs up.
    news: Condvar,
}

impl Server {
    /// A server that answers requests in the order of the script.
    pub(crate) fn start(clock: &Fake, script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self::at(listener.local_addr().unwrap(), clock, script);
        server.listen(listener);
        server
    }

    /// A server that refuses connections until the client first waits.
    pub(crate) fn start_late(clock: &Fake, script: impl IntoIterator<Item = Reply>) -> Self {
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

    fn at(address: SocketAddr, clock: &Fake, script: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Shared {
            clock: clock.clone(),
            script: Mutex::new(script.into_iter().collect()),
            log: Mutex::default(),
            connections: AtomicUsize::new(0),
            hung_up: AtomicUsize::new(0),
            news: Condvar::new(),
        };
        Self { address, shared: Arc::new(shared) }
    }

    /// A server that is gone after its first connection.
    pub(crate) fn start_once(clock: &Fake, script: impl IntoIterator<Item = Reply>) -> Self {
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

    /// The requests received so far.
    pub(crate) fn log(&self) -> Vec<Seen> {
        self.shared.log.lock().unwrap().clone()
    }

    /// Waits until this many requests have been received.
    pub(crate) async fn wait_for(&self, requests: usize) {
        self.wait_until(move |_, log| log.len() >= requests).await;
    }

    /// Waits until the client has hung up so often after a reply that did not keep the connection.
    pub(crate) async fn wait_for_hang_ups(&self, times: usize) {
        self.wait_until(move |shared, _| shared.hung_up.load(SeqCst) >= times).await;
    }

    /// The time is for tests that fail.
    async fn wait_until(&self, done: impl Fn(&Shared, &[Seen]) -> bool + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let wait = move || {
            let log = shared.log.lock().unwrap();
            let patience = Duration::from_secs(30);
            let more = |log: &mut Vec<Seen>| !done(&shared, log);
            let (log, late) = shared.news.wait_timeout_while(log, patience, more).unwrap();
            assert!(!late.timed_out(), "waited in vain after {log:?}");
        };
        tokio::task::spawn_blocking(wait).await.unwrap();
    }

    /// Connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }

    /// Replies of the script that were not used.
    pub(crate) fn left(&self) -> usize {
        self.shared.script.lock().unwrap().len()
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(seen) = read(&mut reader) {
            self.log.lock().unwrap().push(seen);
            self.news.notify_all();
            let over = || Reply::new("HTTP/1.1 418 Script Over\r\nContent-Length: 0\r\n\r\n");
            let reply = self.script.lock().unwrap().pop_front().unwrap_or_else(over);
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
                    self.await_hang_up(&mut reader);
                }
                Then::Reset => SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap(),
                Then::Stall => {
                    self.clock.expire();
                    self.await_hang_up(&mut reader);
                }
                Then::Hang => self.await_hang_up(&mut reader),
            }
            return;
        }
    }
}

impl Shared {
    /// Waits until the client is gone. What it still sends is not a request.
    fn await_hang_up(&self, reader: &mut impl Read) {
        let _ = reader.read_to_end(&mut Vec::new());
        let _log = self.log.lock().unwrap();
        self.hung_up.fetch_add(1, SeqCst);
        self.news.notify_all();
    }
}

/// Reads one request; `None` if the client is gone.
fn read(reader: &mut impl BufRead) -> Option<Seen> {
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
    let mut seen = Seen { method, target, headers, body: Vec::new() };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    seen.body.resize(length, 0);
    reader.read_exact(&mut seen.body).ok()?;
    Some(seen)
}
