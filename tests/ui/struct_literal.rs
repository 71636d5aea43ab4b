use sendmux_client::sending::types::Address;

fn main() {
    let _ = Address { email: "ada@example.org".to_owned(), name: None };
}
