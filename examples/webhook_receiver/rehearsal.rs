//! The receiver, and somebody who posts to it, on this machine.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use sendmux_client::webhooks::{Verifier, header, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::{Problem, QUEUE, receiver, summary};

const SECRET: &str = "whsec_rehearsal";

const BOUNCED: &str = r#"{"id":"evt_1","type":"message.bounced","team_public_id":"team_1","occurred_at":"2026-05-21T09:12:00Z","data":{"bounce_type":"Permanent","recipients":["nobody@example.org"]}}"#;
const RECEIVED: &str =
    r#"{"id":"evt_2","type":"message.received","data":{"sender":"somebody@example.org"}}"#;
const NEWER: &str = r#"{"id":"evt_3","type":"domain.verified","data":{"domain":"example.org"}}"#;

/// One request, and the status it should be answered with.
struct Attempt {
    what: &'static str,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
    expected: u16,
}

/// Posts good and bad deliveries, and says what came of each.
///
/// # Errors
/// If one of them is answered in another way than it should be.
pub(crate) async fn run() -> Result<(), Problem> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (work, mut queue) = mpsc::channel(QUEUE);
    let app = receiver::router(Verifier::new(SECRET)?, work);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    println!("receiving on http://{address}/\n");
    let mut surprises = 0;
    for attempt in attempts()? {
        let status = post(address, &attempt).await?;
        println!("{status}  {}", attempt.what);
        surprises += usize::from(status != attempt.expected);
    }
    server.abort();
    println!("\nhanded on for work:");
    while let Ok(delivery) = queue.try_recv() {
        println!("     {}", summary(&delivery));
    }
    match surprises {
        0 => Ok(()),
        count => Err(format!("{count} deliveries were not answered as they should be").into()),
    }
}

fn attempts() -> Result<Vec<Attempt>, Problem> {
    let now = SystemTime::now();
    let signed = |at: SystemTime, body| sign(SECRET, at.into(), body).map(Vec::from);
    let version_1 = |body| {
        let headers = signed(now, body)?;
        Ok::<_, Problem>(headers.into_iter().filter(|(name, _)| *name == header::SIGNATURE))
    };
    let forged = sign("whsec_guessed", now.into(), BOUNCED)?;
    let repeat = [(header::DELIVERY_ATTEMPT, "2".to_owned())];
    let old = now - Duration::from_secs(600);
    let attempt = |expected, what, headers, body| Attempt { what, headers, body, expected };
    Ok(vec![
        attempt(204, "an event", signed(now, BOUNCED)?, BOUNCED),
        attempt(
            204,
            "the same event again, as after a late answer",
            signed(now, BOUNCED)?.into_iter().chain(repeat).collect(),
            BOUNCED,
        ),
        attempt(204, "signed with version 1 alone", version_1(RECEIVED)?.collect(), RECEIVED),
        attempt(204, "an event of a newer type", signed(now, NEWER)?, NEWER),
        attempt(401, "forged: signed with another secret", forged.into(), BOUNCED),
        attempt(401, "the signature of another body", signed(now, RECEIVED)?, BOUNCED),
        attempt(401, "not signed", Vec::new(), BOUNCED),
        attempt(400, "stale: signed ten minutes ago", signed(old, BOUNCED)?, BOUNCED),
        attempt(400, "signed, but no event", signed(now, "[]")?, "[]"),
    ])
}

/// The status that one POST is answered with.
async fn post(address: SocketAddr, attempt: &Attempt) -> Result<u16, Problem> {
    let mut request = format!("POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in &attempt.headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = attempt.body;
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).ok_or("no answer")?;
    Ok(status.parse()?)
}
