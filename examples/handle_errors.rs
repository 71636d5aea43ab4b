//! Tells errors apart: `cargo run --example handle_errors`

use sendmux_client::{Error, RetryPolicy, management::Client};
use sendmux_mock::DemoAccount;

fn explain(error: &Error) -> String {
    if error.is_unauthorized() {
        "the key is wrong or was revoked".to_owned()
    } else if error.is_permission_denied() {
        format!("the key lacks the permission {}", error.missing_permissions().join(", "))
    } else if error.is_not_found() {
        "there is no such resource".to_owned()
    } else if error.is_retryable() {
        format!("try again later: {error}")
    } else {
        error.to_string()
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::builder()
        .without_permission("billing.read")
        .fail_path("/providers", 503)
        .start();
    let builder = Client::builder(account.key()).base_url(account.base_url());
    let client = builder.retry(RetryPolicy::none()).build()?;

    for result in [
        client.get_balance().await.map(drop),
        client.get_domain("mdom_none").await.map(drop),
        client.list_providers().await.map(drop),
    ] {
        if let Err(error) = result {
            println!("{} (code {:?})", explain(&error), error.code());
        }
    }
    Ok(())
}
