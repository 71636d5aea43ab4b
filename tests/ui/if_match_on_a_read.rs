use sendmux_client::ETag;
use sendmux_client::management::Client;

fn read(client: Client) {
    let _ = client.get_domain("mdom_1").if_match(ETag::new("\"v1\""));
}

fn main() {}
