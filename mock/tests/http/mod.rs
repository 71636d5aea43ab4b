//! A client for one request.

use std::io::{Read, Write};
use std::net::TcpStream;

use sendmux_mock::DemoAccount;
use serde_json::Value;

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request. A body that is a string is sent as it is, null is none.
pub(crate) fn call(
    account: &DemoAccount,
    method: &str,
    path: &str,
    key: &str,
    headers: &[(&str, String)],
    body: &Value,
) -> Answer {
    let (authority, base) =
        account.base_url().trim_start_matches("http://").split_once('/').unwrap();
    let (media_type, body) = match body {
        Value::Null => ("text/plain", String::new()),
        Value::String(text) => ("text/plain", text.clone()),
        body => ("application/json", body.to_string()),
    };
    let mut request = format!("{method} /{base}{path} HTTP/1.1\r\nHost: {authority}\r\n");
    request += &format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", body.len());
    if !key.is_empty() {
        request += &format!("Authorization: Bearer {key}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Connection: close\r\n\r\n{body}");
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&response[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Answer { status, headers, body: response[end + 4..].to_vec() }
}
