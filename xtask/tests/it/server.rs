//! A server on loopback that gives scripted answers, one per request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// One answer, as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// How many bytes of the body are promised, if not as many as there are.
    promised: Option<usize>,
}

impl Answer {
    pub(crate) fn status(status: &'static str) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), promised: None }
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        let answer = Self { body: body.into(), ..Self::status("200 OK") };
        answer.header("Content-Type", "application/json")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ends the connection before the body is complete.
    pub(crate) fn truncated(mut self, bytes: usize) -> Self {
        self.promised = Some(self.body.len());
        self.body.truncate(bytes);
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let length = self.promised.unwrap_or(self.body.len());
        write!(stream, "HTTP/1.1 {}\r\nContent-Length: {length}\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "Connection: close\r\n\r\n")?;
        stream.write_all(&self.body)
    }
}

/// The server; it ends with its last answer.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v1/openapi.json", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let thread = std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let head = BufReader::new(&stream)
                    .lines()
                    .map(Result::unwrap)
                    .take_while(|line| !line.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
                seen.lock().unwrap().push(head);
                // A client that has seen enough may be gone already.
                let _ = answer.send(&mut stream);
            }
        });
        Self { url, requests, thread }
    }

    /// The requests, once every answer was given.
    pub(crate) fn requests(self) -> Vec<String> {
        self.thread.join().unwrap();
        Arc::try_unwrap(self.requests).unwrap().into_inner().unwrap()
    }
}
