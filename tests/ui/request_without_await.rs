#![deny(unused_must_use)]

use sendmux_client::management::Client;

async fn delete(client: Client) {
    client.delete_webhook("whk_1");
    client.list_email_logs().stream();
}

fn main() {}
