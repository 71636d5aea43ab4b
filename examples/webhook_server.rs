//! Receives webhook deliveries in an axum server, until Ctrl-C:
//! `SENDMUX_WEBHOOK_SECRET=whsec_… cargo run --example webhook_server --features webhooks`

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::post};
use sendmux_client::webhooks::Verifier;

type Receiver = Arc<(Verifier, Mutex<HashSet<String>>)>;

/// Takes the body as bytes, since the signature covers them as they were sent.
async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let (verifier, seen) = &*receiver;
    let Ok(delivery) = verifier.verify(&headers, &body) else {
        return StatusCode::UNAUTHORIZED;
    };
    // The API delivers an event again if the response was late. To recognize it after a restart as
    // well, keep the ids where the results are kept.
    let event = delivery.event;
    if seen.lock().is_ok_and(|mut seen| seen.insert(event.id)) {
        println!("{} {:?}", event.type_, event.data.recipients);
    }
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::new(std::env::var("SENDMUX_WEBHOOK_SECRET")?)?;
    let receiver = Receiver::new((verifier, Mutex::default()));
    let router = Router::new().route("/webhook", post(receive)).with_state(receiver);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    Ok(())
}
