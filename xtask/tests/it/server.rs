//! A server on loopback with scripted responses, one per request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A response as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    status: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// `Content-Length`, if it is not the length of the body.
    content_length: Option<usize>,
}

impl Response {
    pub(crate) fn status(status: &'static str) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), content_length: None }
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        let response = Self { body: body.into(), ..Self::status("200 OK") };
        response.header("Content-Type", "application/json")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Cuts the body, so that the connection ends before it is complete.
    pub(crate) fn truncated(mut self, bytes: usize) -> Self {
        self.content_length = Some(self.body.len());
        self.body.truncate(bytes);
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let length = self.content_length.unwrap_or(self.body.len());
        write!(stream, "HTTP/1.1 {}\r\nContent-Length: {length}\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "Connection: close\r\n\r\n")?;
        stream.write_all(&self.body)
    }
}

/// The server. It stops after its last response.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(responses: Vec<Response>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v1/openapi.json", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let thread = std::thread::spawn(move || {
            for response in responses {
                let (mut stream, _) = listener.accept().unwrap();
                let head = BufReader::new(&stream)
                    .lines()
                    .map(Result::unwrap)
                    .take_while(|line| !line.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
                seen.lock().unwrap().push(head);
                // The client may have disconnected.
                let _ = response.send(&mut stream);
            }
        });
        Self { url, requests, thread }
    }

    /// Waits for the last response and returns the requests.
    pub(crate) fn requests(self) -> Vec<String> {
        self.thread.join().unwrap();
        Arc::try_unwrap(self.requests).unwrap().into_inner().unwrap()
    }
}
