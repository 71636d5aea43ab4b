//! Tests code that calls the API, with a mock of the request:
//! `cargo test --example mock_in_test --features mock`

use sendmux_client::{Error, management::Client};
use sendmux_mock::DemoAccount;

async fn is_low(client: &Client) -> Result<bool, Error> {
    Ok(client.get_balance().await?.balance < 5.into())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let account = DemoAccount::start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build()?;
    println!("balance is low: {}", is_low(&client).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use sendmux_client::management::types::Balance;
    use sendmux_client::mock::{Sample, Server};

    use super::*;

    #[tokio::test]
    async fn a_balance_below_five_is_low() -> Result<(), Box<dyn std::error::Error>> {
        let server = Server::start();
        let client = server.client();
        let mut low = Balance::sample();
        low.balance = "4.99".parse()?;
        let balance = server
            .when(client.get_balance())
            .then(|reply| reply.error(503, "service_unavailable", "Try again later."))
            .then(|reply| reply.ok(&low));

        assert!(is_low(&client).await?);
        balance.assert_calls(2); // the first was retried, without waiting
        Ok(())
    }
}
