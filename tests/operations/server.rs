//! A server on loopback that gives one answer to everything and keeps what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::document::Answer;

type Pairs = Vec<(String, String)>;

pub(crate) struct Server {
    base_url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// One for each request; the last one for all that follow.
    answers: Vec<Vec<u8>>,
    requests: Vec<Request>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent, still encoded.
    pub(crate) path: String,
    /// Decoded, in the order of the names.
    pub(crate) query: Pairs,
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up ends its connection, not the server.
                let _ = serve(stream, &shared);
            }
        });
        Self { base_url, state }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Forgets what it was asked, and gives this answer from now on.
    pub(crate) fn answer_with(&self, answer: &Answer) {
        self.answer_in_turn(std::slice::from_ref(answer));
    }

    /// Forgets what it was asked, and gives one of these to each request.
    pub(crate) fn answer_in_turn(&self, answers: &[Answer]) {
        let answers = answers.iter().map(Answer::bytes).collect();
        *self.state.lock().unwrap() = State { answers, requests: Vec::new() };
    }

    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().requests.clear();
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    pub(crate) fn only_request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(());
    }
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = reqwest::Url::parse(&format!("http://localhost/?{query}")).unwrap();
    let mut query: Pairs = pairs.query_pairs().into_owned().collect();
    query.sort();
    let request = Request { method, path: path.to_owned(), query, headers, body };
    let answer = {
        let mut state = state.lock().unwrap();
        let last = state.answers.len() - 1;
        let answer = state.answers[state.requests.len().min(last)].clone();
        state.requests.push(request);
        answer
    };
    writer.write_all(&answer)
}
