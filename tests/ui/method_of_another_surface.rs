use sendmux_client::management::Client;

fn send(client: Client) {
    let _ = client.send_email(());
}

fn main() {}
