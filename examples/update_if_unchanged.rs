//! Changes a resource that others may change at the same time:
//! `cargo run --example update_if_unchanged --features mock`
//!
//! Runs against mocks, of which the first write meets a conflict.

use sendmux_client::management::types::{FilterMode, FilterRule, FilterRuleType, FilterStateSet};
use sendmux_client::management::{Client, GetDomainFilters, SetDomainFilters};
use sendmux_client::mock::Server;
use sendmux_client::{ETag, Error, Modified, modify};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::start();
    let version = |number| ETag::new(format!("\"{number}\""));
    let reads = server.when_any::<GetDomainFilters>();
    let reads = reads.then(|reply| reply.etag(version(7))).then(|reply| reply.etag(version(8)));
    let writes = server.when_any::<SetDomainFilters>();
    let writes = writes
        .then(|reply| reply.error(409, "conflict", "The filters have changed."))
        .then(|reply| reply.etag(version(9)));
    let client: Client = server.client();

    // Reads, changes and writes with `If-Match`; starts over after a conflict.
    let outcome = modify(client.get_domain_filters("mdom_1"), |current| {
        let known = current.rules.iter().any(|rule| rule.pattern == "spam.example");
        let new = FilterRule::new(FilterRuleType::Deny, "spam.example");
        let rules = current.rules.iter().cloned().chain([new]);
        let filters = FilterStateSet::new(FilterMode::Denylist, rules);
        (!known).then(|| client.set_domain_filters("mdom_1", filters))
    });
    match outcome.await? {
        Modified::Written(filters) => println!("written, now {:?}", filters.parts().etag()),
        Modified::Unneeded(_) => println!("nothing to change"),
    }
    println!("{} reads, {} writes with If-Match", reads.calls(), writes.calls());
    Ok(())
}
