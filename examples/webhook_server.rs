//! Receives webhook deliveries in an axum server:
//! `cargo run --example webhook_server --features webhooks`
//!
//! It serves one route on loopback and posts one delivery to itself, twice.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::post};
use sendmux_client::Timestamp;
use sendmux_client::webhooks::{Verifier, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Receiver = (Verifier, Mutex<HashSet<String>>);

/// The body must be the bytes as received: they are what is signed.
async fn receive(
    State(state): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let (verifier, seen) = &*state;
    let Ok(delivery) = verifier.verify(&headers, &body) else { return StatusCode::UNAUTHORIZED };
    // The API delivers an event again if the response was late. A program that must not handle
    // one twice keeps the ids with its data.
    if seen.lock().is_ok_and(|mut seen| seen.insert(delivery.event.id.clone())) {
        println!("received {} {}", delivery.event.type_, delivery.event.id);
    }
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let state = (Verifier::new("whsec_example")?, Mutex::default());
    let router = Router::new().route("/", post(receive)).with_state(Arc::new(state));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });

    let body = r#"{"id":"evt_1","type":"sendmux.test"}"#;
    let mut request = format!("POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in sign("whsec_example", Timestamp::now(), body)? {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        stream.read_to_string(&mut response).await?;
        println!("{}", response.lines().next().unwrap_or_default());
    }
    Ok(())
}
