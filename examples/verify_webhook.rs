//! Verifies a webhook delivery: `cargo run --example verify_webhook --features webhooks`

use sendmux_client::Timestamp;
use sendmux_client::webhooks::{EventType, Verifier, sign};

const SECRET: &str = "whsec_example";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::new(SECRET)?;

    // A delivery as the API posts it. `sign` is meant for tests.
    let body =
        r#"{"id":"evt_1","type":"message.bounced","data":{"recipients":["ada@example.org"]}}"#;
    let headers = sign(SECRET, Timestamp::now(), body)?;

    let delivery = verifier.verify(headers.clone(), body.as_bytes())?;
    match delivery.event.type_ {
        EventType::MessageBounced => println!("bounced: {:?}", delivery.event.data.recipients),
        other => println!("{other}: ignored"),
    }

    let forged = body.replace("ada", "eve");
    if let Err(error) = verifier.verify(headers, forged.as_bytes()) {
        println!("rejected: {error} (signed with the secret: {})", error.is_authentic());
    }
    Ok(())
}
