//! The account as Prometheus metrics.
//!
//! Values are read from the API in groups (`api`), each by its own task, which records the result
//! in a shared snapshot (`snapshot`). A scrape renders the snapshot as metrics (`exposition`) and
//! never waits for the API.

mod api;
mod exposition;
mod metrics;
mod snapshot;

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::account::Account;
use crate::cli::{CommonArgs, shutdown_requested};
use crate::text::parse_duration;
use api::Group;
use exposition::{ExpositionOptions, exposition};
use snapshot::{SharedSnapshot, refresh, refresh_forever};

/// Serves a Sendmux account to Prometheus: sending accounts, quotas, email volume and failures,
/// balance, spend and rate limit.
///
/// Paths: /metrics, /healthz (the process is running), /readyz (there is data to show). Exit status
/// with --once: 0 complete, 1 nothing could be read, 2 invalid arguments, 3 parts are missing.
#[derive(Debug, Clone, Parser)]
#[command(name = "sendmux-exporter", version)]
pub struct Args {
    /// Address to listen on.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SENDMUX_EXPORTER_LISTEN",
        default_value = "127.0.0.1:9464"
    )]
    pub listen: SocketAddr,

    /// Interval at which each group of metrics is read from the API, with a jitter of 10%.
    #[arg(
        long,
        value_name = "DURATION",
        env = "SENDMUX_EXPORTER_REFRESH",
        default_value = "1m",
        value_parser = interval
    )]
    pub refresh: Duration,

    /// Age at which data is dropped instead of shown.
    #[arg(
        long,
        value_name = "DURATION",
        env = "SENDMUX_EXPORTER_STALENESS",
        default_value = "15m",
        value_parser = interval
    )]
    pub staleness: Duration,

    /// Maximum number of sending accounts with their own series. The usage of the others is summed
    /// under the id `other`.
    #[arg(
        long,
        value_name = "NUMBER",
        env = "SENDMUX_EXPORTER_MAX_PROVIDERS",
        default_value_t = 100
    )]
    pub max_providers: usize,

    /// Print the metrics once and exit.
    #[arg(long)]
    pub once: bool,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// At least a second: a loop without a pause would use up the key's rate limit.
fn interval(text: &str) -> Result<Duration, String> {
    parse_duration(text, "7d")
}

/// Serves the metrics until a shutdown is requested, or prints them once. Returns the exit status.
pub async fn run(args: &Args) -> ExitCode {
    let account = match args.common.account.open() {
        Ok(account) => account,
        Err(error) => {
            eprintln!("sendmux-exporter: {error}");
            return ExitCode::from(2);
        }
    };
    if let Some(warning) = account.client.credential_warning() {
        eprintln!("sendmux-exporter: {warning}");
    }
    let options =
        ExpositionOptions { staleness: args.staleness, max_providers: args.max_providers };
    if args.once {
        print(args, &account, &options).await
    } else {
        serve(args, &account, options).await
    }
}

async fn print(args: &Args, account: &Account, options: &ExpositionOptions) -> ExitCode {
    let snapshot = SharedSnapshot::default();
    let mut tasks = JoinSet::new();
    for group in Group::ALL {
        let (client, snapshot) = (account.client.clone(), snapshot.clone());
        let timeout = args.staleness;
        tasks.spawn(async move { refresh(&client, group, &snapshot, timeout).await });
    }
    let succeeded = tokio::select! {
        biased;
        () = shutdown_requested() => return ExitCode::from(1),
        results = tasks.join_all() => results.iter().filter(|result| result.is_ok()).count(),
    };
    let text = snapshot.with(|snapshot| exposition(snapshot, options, SystemTime::now()));
    if let Err(error) = io::stdout().lock().write_all(text.as_bytes()) {
        eprintln!("sendmux-exporter: {error}");
        return ExitCode::from(1);
    }
    ExitCode::from(match succeeded {
        0 => 1,
        all if all == Group::ALL.len() => 0,
        _ => 3,
    })
}

async fn serve(args: &Args, account: &Account, options: ExpositionOptions) -> ExitCode {
    let listener = match TcpListener::bind(args.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("sendmux-exporter: cannot listen on {}: {error}", args.listen);
            return ExitCode::from(2);
        }
    };
    if let Ok(address) = listener.local_addr() {
        eprintln!("sendmux-exporter: http://{address}/metrics");
    }
    let snapshot = SharedSnapshot::default();
    let mut tasks = JoinSet::new();
    for group in Group::ALL {
        let (client, snapshot) = (account.client.clone(), snapshot.clone());
        let (interval, timeout) = (args.refresh, args.staleness);
        tasks.spawn(
            async move { refresh_forever(&client, group, &snapshot, interval, timeout).await },
        );
    }
    let app = routes(Arc::new(Served { snapshot, options }));
    match serve_until(listener, app, shutdown_requested()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sendmux-exporter: {error}");
            ExitCode::from(1)
        }
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long requests in progress may take after a shutdown is requested.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// Serves until `shutdown` completes and the requests in progress are finished.
async fn serve_until(
    listener: TcpListener,
    app: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, mut stopped) = watch::channel(());
    let signal = async move {
        shutdown.await;
        drop(stopping);
    };
    let server = axum::serve(listener, app).with_graceful_shutdown(signal).into_future();
    tokio::select! {
        result = server => result,
        () = async {
            // An error means that the sender is gone, which is the signal.
            let _ = stopped.changed().await;
            tokio::time::sleep(GRACE_PERIOD).await;
        } => Ok(()),
    }
}

struct Served {
    snapshot: SharedSnapshot,
    options: ExpositionOptions,
}

fn routes(served: Arc<Served>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "healthy\n" }))
        .route("/readyz", get(ready))
        .with_state(served)
}

async fn metrics(State(served): State<Arc<Served>>) -> impl IntoResponse {
    let now = SystemTime::now();
    let text = served.snapshot.with(|snapshot| exposition(snapshot, &served.options, now));
    ([(CONTENT_TYPE, OPEN_METRICS)], text)
}

async fn ready(State(served): State<Arc<Served>>) -> impl IntoResponse {
    let (now, staleness) = (SystemTime::now(), served.options.staleness);
    match served.snapshot.with(|snapshot| snapshot.has_fresh_data(now, staleness)) {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "no fresh data\n"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
