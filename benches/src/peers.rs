//! The peers, each doing the same work.

mod hand;
mod ours;
mod vendor;

use crate::allocations;

/// Does one piece of work `count` times; the allocations it took, or `None` if the peer cannot do
/// it.
pub async fn run(work: &str, peer: &str, count: u32, url: &str) -> Option<u64> {
    let before = allocations::count();
    let result = match (work, peer) {
        ("balance", "ours") => ours::balance(count, url).await,
        ("balance", "hand") => hand::balance(count, url).await,
        ("balance", "vendor") => vendor::get(count, url, "/billing/balance").await,
        ("logs", "ours") => ours::logs(count, url).await,
        ("logs", "hand") => hand::logs(count, url).await,
        ("logs", "vendor") => vendor::get(count, url, "/emails/logs?limit=100").await,
        ("new", "ours") => ours::construct(count, url),
        ("new", "hand") => hand::construct(count),
        _ => return None,
    };
    match result {
        Ok(checked) => {
            assert_eq!(checked, u64::from(count), "the server answered something else");
            Some(allocations::count() - before)
        }
        Err(error) => panic!("{work} by {peer}: {error}"),
    }
}

pub type Outcome = Result<u64, Box<dyn std::error::Error>>;
