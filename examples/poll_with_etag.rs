//! Polls a resource and downloads it only if it has changed: `cargo run --example poll_with_etag`

use sendmux_client::{Conditional, Error, management::Client};
use sendmux_mock::DemoAccount;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;

    let id = client.list_domains().await?.into_items().remove(0).id;
    let domain = client.get_domain(&*id).await?;
    println!("{} is {}", domain.domain, domain.verification_status);
    let mut version = domain.parts().etag();

    while let Some(known) = version.take() {
        match client.get_domain(&*id).if_none_match(&known).await? {
            Conditional::Fresh(domain) => {
                println!("{} is now {}", domain.domain, domain.verification_status);
                version = domain.parts().etag(); // a program would sleep, and poll again
            }
            Conditional::NotModified(_) => println!("{known}: not modified"),
        }
    }
    Ok(())
}
