//! Adds a domain, shows its DNS records and which of them are found, and creates a mailbox:
//! `cargo run --example provision_domain --features mock`
//!
//! Runs against mocks, which answer with placeholders.

use sendmux_client::Error;
use sendmux_client::management::types::{DomainCreate, DomainMode, MailboxCreate};
use sendmux_client::management::{Client, CreateDomain, CreateMailbox, VerifyDomain};
use sendmux_client::mock::Server;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::start();
    let _mocks = (
        server.when_any::<CreateDomain>(),
        server.when_any::<VerifyDomain>(),
        server.when_any::<CreateMailbox>(),
    );
    let client: Client = server.client();

    let new = DomainCreate::new("example.com").mode(DomainMode::SendReceive);
    let domain = client.create_domain(new).await?;
    println!("publish these records for {}:", domain.domain);
    for record in domain.records() {
        println!("  {record}");
    }

    let check = client.verify_domain(&*domain.id).await?;
    println!("verification: {}", check.status);
    for record in domain.records().filter(|record| !record.is_found_by(&check)) {
        println!("  missing: {record}");
    }

    let created = client.create_mailbox(MailboxCreate::new("support@example.com")).await?;
    println!("mailbox: {}", created.mailbox.email);
    if let Some(credential) = &created.credential {
        println!("key: {:?}; `expose()` returns it", credential.secret);
    }
    Ok(())
}
