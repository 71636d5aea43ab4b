#[derive(Debug, Clone, Copy)]
struct Billing;

impl sendmux_client::Surface for Billing {}

fn main() {}
