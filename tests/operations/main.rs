//! Every operation of both documents, through the public API: what goes out is what the document
//! says, and what the document allows to come back decodes without loss.
//!
//! The generator emits the cases, one for each operation, so a new document needs no edit here. Each
//! operation has a test of its own name: `cargo test --test operations management::list_domains`.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod answers;
mod case;
mod default_mailbox;
mod document;
#[path = "../../src/generated.rs"]
mod generated;
mod lists;
mod mocks;
mod observed;
mod requests;
mod sample;
mod secrets;
mod server;

mod management {
    use sendmux_client::management::types;

    use crate::case::cases;

    crate::generated::generated!(cases "management");
}

mod mailbox {
    use sendmux_client::mailbox::types;

    use crate::case::cases;

    crate::generated::generated!(cases "mailbox");
}

mod sending {
    use sendmux_client::sending::types;

    use crate::case::cases;

    crate::generated::generated!(cases "sending");
}
