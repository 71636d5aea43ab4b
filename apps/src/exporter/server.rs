//! The HTTP side.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::board::Shared;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long answers under way may take once the end is asked for.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `end` is over.
pub(super) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (ending, mut ended) = watch::channel(());
    let ask = async move {
        end.await;
        drop(ending);
    };
    let served = axum::serve(listener, routes(shared)).with_graceful_shutdown(ask).into_future();
    tokio::select! {
        served = served => served,
        () = async {
            // An error says that the sender is gone, which is what it is for.
            let _ = ended.changed().await;
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(shared)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], shared.exposition(SystemTime::now()))
}

async fn ready(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    match shared.is_ready(SystemTime::now()) {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "no figures yet, or none that are fresh\n"),
    }
}
