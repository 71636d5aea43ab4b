//! The account as Prometheus metrics.
//!
//! Values are read from the API in groups (`api`), each by its own task, which records the result
//! in a shared snapshot (`snapshot`). A scrape renders the snapshot as metrics (`exposition`) and
//! never waits for the API.

mod api;
mod exposition;
mod metrics;
mod snapshot;

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use clap::Parser;
use tokio::task::JoinSet;

use crate::account::Account;
use crate::check::Check;
use crate::cli::{self, CommonArgs, shutdown_requested};
use crate::log::Log;
use crate::server::{self, metrics_response};
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
        default_value = "127.0.0.1:19464"
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

    /// Ask the exporter that listens on --listen whether it is healthy, and exit with status 0 if it
    /// is; for containers.
    #[arg(long)]
    pub healthcheck: bool,

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
    let log = args.common.log("sendmux-exporter");
    if args.healthcheck {
        return match server::is_healthy(args.listen).await {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(1),
        };
    }
    let account = match args.common.account.open().map_err(|error| error.to_string()) {
        Ok(account) if args.refresh <= args.staleness => account,
        Ok(_) => {
            log.error("--refresh must not be longer than --staleness: data would be dropped early");
            return ExitCode::from(2);
        }
        Err(problem) => {
            log.error(problem);
            return ExitCode::from(2);
        }
    };
    if let Some(warning) = account.warning {
        log.warn(warning);
    }
    let options =
        ExpositionOptions { staleness: args.staleness, max_providers: args.max_providers };
    if args.common.check {
        check(args, &account).await
    } else if args.once {
        print(args, &account, &options, log).await
    } else {
        serve(args, &account, options, log).await
    }
}

async fn check(args: &Args, account: &Account) -> ExitCode {
    let mut check = Check::default();
    check.account(&account.client, &Group::PERMISSIONS).await;
    match server::bind(args.listen).await {
        Ok(_) => check.ok(format!("{} is free", args.listen)),
        Err(problem) => check.problem(problem),
    }
    let [refresh, staleness] = [args.refresh, args.staleness].map(humantime::format_duration);
    let groups = Group::ALL.map(Group::name).join(", ");
    check.plan(format!("read every {refresh}: {groups}"));
    check.plan(format!("drop what is older than {staleness}"));
    check.plan(format!("serve http://{}/metrics", args.listen));
    check.exit_code()
}

async fn print(args: &Args, account: &Account, options: &ExpositionOptions, log: Log) -> ExitCode {
    let snapshot = SharedSnapshot::new();
    let mut tasks = JoinSet::new();
    for group in Group::ALL {
        let (client, snapshot) = (account.client.clone(), snapshot.clone());
        let timeout = args.staleness;
        tasks.spawn(async move { refresh(&client, group, &snapshot, timeout, log).await });
    }
    let succeeded = tokio::select! {
        biased;
        () = shutdown_requested() => return ExitCode::from(1),
        results = tasks.join_all() => results.iter().filter(|result| result.is_ok()).count(),
    };
    let text = snapshot.with(|snapshot| exposition(snapshot, options, SystemTime::now()));
    if let Err(code) = cli::print(io::stdout().lock(), &text, log) {
        return code;
    }
    ExitCode::from(match succeeded {
        0 => 1,
        all if all == Group::ALL.len() => 0,
        _ => 3,
    })
}

async fn serve(args: &Args, account: &Account, options: ExpositionOptions, log: Log) -> ExitCode {
    let listener = match server::bind(args.listen).await {
        Ok(listener) => listener,
        Err(problem) => {
            log.error(problem);
            return ExitCode::from(2);
        }
    };
    if let Ok(address) = listener.local_addr() {
        log.info(format!("http://{address}/metrics"));
    }
    let snapshot = SharedSnapshot::new();
    let mut tasks = JoinSet::new();
    for group in Group::ALL {
        let (client, snapshot) = (account.client.clone(), snapshot.clone());
        let (interval, timeout) = (args.refresh, args.staleness);
        tasks.spawn(async move {
            refresh_forever(&client, group, &snapshot, interval, timeout, log).await
        });
    }
    let app = routes(Arc::new(Served { snapshot, options }));
    server::serve(listener, app, shutdown_requested()).await;
    ExitCode::SUCCESS
}

struct Served {
    snapshot: SharedSnapshot,
    options: ExpositionOptions,
}

fn routes(served: Arc<Served>) -> Router {
    Router::new()
        .route("/", get(landing_page))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "healthy\n" }))
        .route("/readyz", get(ready))
        .with_state(served)
}

async fn landing_page() -> Html<String> {
    let page = maud::html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "sendmux-exporter" }
            }
            body {
                h1 { "sendmux-exporter " (env!("CARGO_PKG_VERSION")) }
                p { "A Sendmux account for Prometheus, which scrapes " code { "/metrics" } "." }
                ul {
                    li { a href="/metrics" { "Metrics" } }
                    li { a href="/healthz" { "Health" } " – the process is running" }
                    li { a href="/readyz" { "Readiness" } " – there is data to show" }
                }
            }
        }
    };
    Html(page.into_string())
}

async fn metrics(State(served): State<Arc<Served>>, headers: HeaderMap) -> Response {
    let now = SystemTime::now();
    let text = served.snapshot.with(|snapshot| exposition(snapshot, &served.options, now));
    metrics_response(&headers, text)
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
