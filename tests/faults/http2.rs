//! A server of HTTP/2 that shuts down while requests are on their way (RFC 9113, section 6.8).

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sendmux_client::{Error, Kind, Method, RetryPolicy, management};

use crate::clock::{FakeClock, LIMIT};

/// What the server does with the streams of one connection, the first of which has the number 0.
type Plan = fn(usize) -> Act;

#[derive(Clone, Copy, PartialEq)]
enum Act {
    Answer,
    /// Works on the request, answers, and names its stream as the last one.
    AnswerAsTheLast,
    /// Works on the request, names its stream as the last one, and disconnects.
    DieAsTheLast,
    /// Shuts down with this error, without naming a stream that it worked on.
    Fail(u32),
    Refuse,
    Ignore,
}

#[derive(Clone)]
struct Server {
    address: SocketAddr,
    /// How often the server worked on each request, by its body.
    worked: Arc<Mutex<HashMap<Vec<u8>, u32>>>,
}

impl Server {
    fn start(plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), worked: Arc::default() };
        let shared = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || shared.serve(stream, plan));
            }
        });
        server
    }

    /// Returns how often the server worked on the requests: in all, and at most on one.
    fn worked(&self) -> (u32, u32) {
        let worked = self.worked.lock().unwrap();
        (worked.values().sum(), worked.values().copied().max().unwrap_or_default())
    }

    fn client(&self, clock: &FakeClock) -> management::Client {
        let builder = management::Client::builder("smx_root_test");
        builder
            .base_url(format!("http://{}", self.address))
            .configure_http(|http| http.http2_prior_knowledge())
            .attempt_timeout(LIMIT)
            .call_timeout(100 * LIMIT)
            .clock(clock.clone())
            .build()
            .unwrap()
    }

    /// Reads frames and answers each complete request, until the client disconnects.
    fn serve(&self, mut stream: TcpStream, plan: Plan) -> Option<()> {
        stream.set_nodelay(true).unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).ok()?;
        write(&mut stream, SETTINGS, 0, 0, &[])?;
        let mut bodies: HashMap<u32, Vec<u8>> = HashMap::new();
        let (mut requests, mut highest, mut last) = (0, 0, 0);
        loop {
            let (kind, flags, id, payload) = read(&mut stream)?;
            match kind {
                SETTINGS if flags & ACK == 0 => write(&mut stream, SETTINGS, ACK, 0, &[])?,
                PING if flags & ACK == 0 => write(&mut stream, PING, ACK, 0, &payload)?,
                HEADERS => drop(bodies.insert(id, Vec::new())),
                DATA => bodies.entry(id).or_default().extend(payload),
                _ => {}
            }
            if !matches!(kind, HEADERS | DATA) || flags & END_STREAM == 0 {
                continue;
            }
            // A stream below the last one may be complete only now.
            let act = if id < last { Act::Answer } else { plan(requests) };
            requests += 1;
            highest = highest.max(id);
            if !matches!(act, Act::Refuse | Act::Ignore | Act::Fail(_)) {
                let body = bodies.remove(&id).unwrap_or_default();
                *self.worked.lock().unwrap().entry(body).or_default() += 1;
            }
            match act {
                Act::Ignore => continue,
                Act::Refuse => write(&mut stream, RST_STREAM, 0, id, &REFUSED_STREAM)?,
                Act::Answer => answer(&mut stream, id)?,
                Act::AnswerAsTheLast => {
                    last = highest;
                    go_away(&mut stream, last, NO_ERROR)?;
                    answer(&mut stream, id)?;
                }
                Act::Fail(code) => {
                    go_away(&mut stream, 0, code)?;
                    stream.shutdown(Shutdown::Both).ok()?;
                }
                Act::DieAsTheLast => {
                    go_away(&mut stream, id, NO_ERROR)?;
                    stream.shutdown(Shutdown::Both).ok()?;
                }
            }
        }
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const ENHANCE_YOUR_CALM: u32 = 11;
const REFUSED_STREAM: [u8; 4] = 7_u32.to_be_bytes();

fn read(stream: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).ok()?;
    let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Some((head[3], head[4], id, payload))
}

fn write(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) -> Option<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &id.to_be_bytes()].concat();
    stream.write_all(&[&head, payload].concat()).ok()
}

fn answer(stream: &mut TcpStream, id: u32) -> Option<()> {
    // `:status: 200` of the static table (RFC 7541, appendix A).
    write(stream, HEADERS, END_HEADERS, id, &[0x88])?;
    write(stream, DATA, END_STREAM, id, br#"{"ok":true,"data":{}}"#)
}

fn go_away(stream: &mut TcpStream, last: u32, code: u32) -> Option<()> {
    write(stream, GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// Makes a POST without an idempotency key, and returns its attempts.
async fn post(client: &management::Client, number: u32) -> Result<u32, Error> {
    let request = client.request(Method::POST, "/things").json(&number);
    request.send::<serde_json::Value>().await.map(|response| response.parts().attempts())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_shuts_down_every_ten_requests_loses_and_doubles_none() {
    const CALLERS: u32 = 40;
    const CALLS: u32 = 25;
    let server = Server::start(|request| match request {
        0..9 => Act::Answer,
        9 => Act::AnswerAsTheLast,
        _ => Act::Ignore,
    });
    let client = server.client(&FakeClock::new());
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let client = client.clone();
            tokio::spawn(async move {
                for call in 0..CALLS {
                    post(&client, caller * CALLS + call).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(server.worked(), (CALLERS * CALLS, 1));
}

#[tokio::test]
async fn a_refused_stream_is_repeated_without_an_idempotency_key() {
    let server = Server::start(|request| if request < 6 { Act::Refuse } else { Act::Answer });
    let clock = FakeClock::new();
    assert_eq!(post(&server.client(&clock), 1).await.unwrap(), 7);
    assert_eq!((server.worked(), clock.waits().len()), ((1, 1), 6));
}

#[tokio::test]
async fn endless_refusal_ends_when_the_retry_budget_is_used_up() {
    let server = Server::start(|_| Act::Refuse);
    let client = server.client(&FakeClock::new());
    let error = post(&client, 1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Connection, false));
    assert!(error.is_retryable() && error.attempts() > 100, "{error}");
    assert_eq!(post(&client, 2).await.unwrap_err().attempts(), 1);
}

#[tokio::test]
async fn a_policy_of_one_attempt_holds_for_a_refused_stream() {
    let server = Server::start(|_| Act::Refuse);
    let client = server.client(&FakeClock::new());
    let request = client.request(Method::POST, "/things").retry(RetryPolicy::none());
    let error = request.send::<serde_json::Value>().await.unwrap_err();
    assert_eq!((error.attempts(), error.may_have_been_sent()), (1, false));
}

#[tokio::test]
async fn a_stream_that_the_server_may_have_processed_is_not_repeated() {
    let server = Server::start(|_| Act::DieAsTheLast);
    let error = post(&server.client(&FakeClock::new()), 1).await.unwrap_err();
    assert_eq!((error.attempts(), server.worked()), (1, (1, 1)));
    assert!(error.may_have_been_sent());
}

#[tokio::test]
async fn a_shutdown_with_an_error_promises_nothing() {
    for plan in [
        (|request| if request == 0 { Act::Fail(INTERNAL_ERROR) } else { Act::Answer }) as Plan,
        |request| if request == 0 { Act::Fail(ENHANCE_YOUR_CALM) } else { Act::Answer },
        |request| if request == 0 { Act::Fail(u32::MAX) } else { Act::Answer },
    ] {
        let error = post(&Server::start(plan).client(&FakeClock::new()), 1).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (Kind::Connection, 1), "{error:?}");
        assert!(error.may_have_been_sent());
    }
}
