//! The receiving end: one route.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use sendmux_client::webhooks::{Delivery, Verifier, VerifyError};
use tokio::sync::mpsc;

use crate::seen::Seen;

/// Events carry no bodies of messages; nothing near this size is one.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Ids to remember: a day of repeats at one event a second.
const MEMORY: usize = 100_000;

struct Receiver {
    verifier: Verifier,
    seen: Mutex<Seen>,
    work: mpsc::Sender<Delivery>,
}

/// Takes deliveries at `/` and hands each event on once.
pub(crate) fn router(verifier: Verifier, work: mpsc::Sender<Delivery>) -> Router {
    let receiver = Receiver { verifier, seen: Mutex::new(Seen::new(MEMORY)), work };
    Router::new()
        .route("/", post(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(receiver))
}

/// The body is taken as bytes, since the signature is of bytes.
async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let delivery = match receiver.verifier.verify(&headers, &body) {
        Ok(delivery) => delivery,
        Err(error) => return refuse(&error),
    };
    // Room first: an event that is noted as seen but not worked on would be lost.
    let Ok(place) = receiver.work.try_reserve() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let mut seen = receiver.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.note(&delivery.event.id) {
        place.send(delivery);
    }
    StatusCode::NO_CONTENT
}

/// Anybody can send rubbish; only what carries the right signature is worth a line.
fn refuse(error: &VerifyError) -> StatusCode {
    if error.is_authentic() {
        eprintln!("refused a signed delivery: {error}");
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::UNAUTHORIZED
    }
}
