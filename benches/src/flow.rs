//! What a bulk read gets out of the rate limit, how well fetching and work overlap, and what memory
//! a long list takes. These take real seconds.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use sendmux_client::management::Client;

use crate::limited::{Manner, start};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const LIMIT: u64 = 60;
const SECONDS: u64 = 12;

/// Reads at full speed from so many clients that share a key and know nothing of each other.
pub async fn pace(clients: u64) -> Outcome {
    let (url, log) = start(Manner { limit: LIMIT, delay: Duration::ZERO, pages: 1 })?;
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let client = Client::builder("smx_root_bench").base_url(&url).build()?;
        for _ in 0..4 {
            let client = client.clone();
            tasks.push(tokio::spawn(async move {
                while Instant::now() < end {
                    // A refusal that outlasts its retries is counted by the server.
                    let _ = client.list_transactions().limit(100).await;
                }
            }));
        }
    }
    for task in tasks {
        task.await?;
    }
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    let (used, refused) = log.shares(LIMIT);
    println!(
        "| {clients} client(s), {LIMIT} requests a second | {:.1} % of the allowance used | {:.2} % refused |",
        used * 100.0,
        refused * 100.0
    );
    Ok(())
}

/// Works on each page for as long as fetching one takes.
pub async fn overlap() -> Outcome {
    const PAGES: u64 = 40;
    const EACH: Duration = Duration::from_millis(50);
    let (url, _) = start(Manner { limit: 0, delay: EACH, pages: PAGES })?;
    let client = Client::builder("smx_root_bench").base_url(&url).build()?;
    let begin = Instant::now();
    let mut pages = client.list_transactions().limit(100).pages();
    while pages.try_next().await?.is_some() {
        tokio::time::sleep(EACH).await;
    }
    let ratio = begin.elapsed().as_secs_f64() / (EACH * 40).as_secs_f64();
    println!(
        "| {PAGES} pages, fetching and work equally long | {ratio:.2} × one of the two | aim 1.15 |"
    );
    Ok(())
}

/// Streams a million items.
pub async fn memory() -> Outcome {
    let (url, _) = start(Manner { limit: 0, delay: Duration::ZERO, pages: 10_000 })?;
    let client = Client::builder("smx_root_bench").base_url(&url).build()?;
    let mut items = client.list_transactions().limit(100).stream();
    let (mut count, mut before) = (0_u64, 0);
    while items.try_next().await?.is_some() {
        count += 1;
        if count == 20_000 {
            before = resident_kib()?;
        }
    }
    let grown = resident_kib()?.saturating_sub(before);
    println!("| {count} items streamed | {grown} KiB more memory | aim 8192 KiB |");
    Ok(())
}

fn resident_kib() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}
