//! A server with a rate limit of so many requests a second, and with lists that take their time.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// What the server does to each request.
#[derive(Clone, Copy)]
pub struct Manner {
    /// Requests a second; 0 for no limit and no figures.
    pub limit: u64,
    pub delay: Duration,
    pub pages: u64,
}

/// Requests in each second, granted and refused.
#[derive(Default)]
pub struct Log {
    seconds: Vec<(u64, u64, u64)>,
}

impl Log {
    fn request(&mut self, limit: u64) -> Option<u64> {
        let now = unix_time().as_secs();
        if self.seconds.last().is_none_or(|(second, ..)| *second != now) {
            self.seconds.push((now, 0, 0));
        }
        let (_, granted, refused) = self.seconds.last_mut()?;
        if limit == 0 || *granted < limit {
            *granted += 1;
            Some(limit.saturating_sub(*granted))
        } else {
            *refused += 1;
            None
        }
    }

    /// Share of the allowance used in whole seconds after the first, and of requests refused.
    pub fn shares(&self, limit: u64) -> (f64, f64) {
        let whole = self.seconds.get(1..self.seconds.len().saturating_sub(1)).unwrap_or_default();
        let granted: u64 = whole.iter().map(|(_, granted, _)| granted).sum();
        let refused: u64 = whole.iter().map(|(.., refused)| refused).sum();
        let allowance = limit * whole.len() as u64;
        (granted as f64 / allowance as f64, refused as f64 / (granted + refused) as f64)
    }
}

fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub fn start(manner: Manner) -> std::io::Result<(String, Arc<Mutex<Log>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/api/v1", listener.local_addr()?);
    let log = Arc::new(Mutex::new(Log::default()));
    let shared = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = Arc::clone(&shared);
            std::thread::spawn(move || serve(stream, manner, &log));
        }
    });
    Ok((url, log))
}

fn serve(stream: TcpStream, manner: Manner, log: &Mutex<Log>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let item = json!({"id": "tx_1", "type": "USAGE", "amount": "-0.001500", "quantity": 1,
        "description": "d", "balance_before": "1.000000", "balance_after": "0.998500",
        "created_at": "2026-03-01T10:00:00Z"});
    let items = vec![item; 100];
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let page = line.split_once("cursor=").map_or(1, |(_, rest)| {
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(1)
        });
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line).ok()?;
        }
        std::thread::sleep(manner.delay);
        let room = log.lock().ok()?.request(manner.limit);
        let body = match room {
            Some(_) => success(&items, page, manner.pages),
            None => json!({"ok": false, "meta": {"request_id": "r"}, "error": {
                "code": "rate_limit_exceeded", "message": "m", "retryable": true}}),
        };
        let body = body.to_string();
        let mut head = String::from(if room.is_some() {
            "HTTP/1.1 200 OK\r\n"
        } else {
            "HTTP/1.1 429 X\r\nretry-after: 1\r\n"
        });
        if manner.limit > 0 {
            let (left, reset) = (room.unwrap_or(0), unix_time().as_secs() + 1);
            head += &format!(
                "x-ratelimit-limit: {}\r\nx-ratelimit-remaining: {left}\r\nx-ratelimit-reset: {reset}\r\n",
                manner.limit
            );
        }
        head +=
            &format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(body.as_bytes()).ok()?;
    }
}

fn success(items: &[Value], page: u64, pages: u64) -> Value {
    let mut pagination = json!({"has_more": page < pages});
    if page < pages {
        pagination["next_cursor"] = (page + 1).to_string().into();
    }
    json!({"ok": true, "data": items, "pagination": pagination, "meta": {"request_id": "r"}})
}
