use sendmux_client::Secret;

fn main() {
    println!("{}", Secret::new("whsec_example"));
}
