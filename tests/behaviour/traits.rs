//! The traits of the public types, against the table in `docs/traits.md`.

use std::fmt::Write as _;

use sendmux_client as client;
use sendmux_client::{mailbox, management, mock, sending, webhooks};

/// Returns whether a type has a trait.
macro_rules! has {
    ($type:ty, $($bound:tt)+) => {{
        #[allow(dead_code, reason = "an inherent constant comes before that of a trait")]
        const HAS: bool = {
            struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
            trait Otherwise {
                const HAS: bool = false;
            }
            impl<T: ?Sized> Otherwise for Probe<T> {}
            impl<T: ?Sized + $($bound)+> Probe<T> {
                const HAS: bool = true;
            }
            <Probe<$type>>::HAS
        };
        HAS
    }};
}

/// Returns one row for each type, with a mark for each trait that it has.
macro_rules! rows {
    ($($type:ty;)*) => {
        vec![$((
            stringify!($type).replace("client::", "").replace(" ", ""),
            [
                has!($type, Send),
                has!($type, Sync),
                has!($type, Unpin),
                has!($type, std::panic::UnwindSafe),
                has!($type, Clone),
                has!($type, std::fmt::Debug),
                has!($type, std::fmt::Display),
                has!($type, PartialEq),
                has!($type, Eq),
                has!($type, std::hash::Hash),
                has!($type, Default),
                has!($type, serde::Serialize),
                has!($type, serde::de::DeserializeOwned),
            ],
        )),*]
    };
}

const TRAITS: [&str; 13] = [
    "Send",
    "Sync",
    "Unpin",
    "UnwindSafe",
    "Clone",
    "Debug",
    "Display",
    "PartialEq",
    "Eq",
    "Hash",
    "Default",
    "Serialize",
    "Deserialize",
];

type Webhook = management::types::Webhook;

fn table() -> Vec<(String, [bool; TRAITS.len()])> {
    rows! {
        management::Client;
        management::Builder;
        management::GetWebhook;
        management::ListWebhooks;
        Webhook;
        management::types::WebhookUpdate;
        management::types::EventType;
        client::Response<Webhook>;
        client::ResponseParts;
        client::Meta;
        client::Page<Webhook>;
        client::MalformedItem;
        client::Pages<Webhook>;
        client::Items<Webhook>;
        client::Conditional<client::Response<Webhook>>;
        client::NotModified;
        client::IfNoneMatch<management::GetWebhook>;
        client::Modified<Webhook, client::Response<Webhook>>;
        client::Error;
        client::ErrorCode;
        client::Issue;
        client::Kind;
        client::Operation;
        client::RateLimit;
        client::ETag;
        client::RetryPolicy;
        client::Credential;
        client::CredentialWarning;
        client::RawRequest;
        client::FetchUrl;
        client::Download;
        client::ByteRange;
        client::Upload;
        client::Progress;
        client::Feed<mailbox::types::Changes>;
        client::Change<mailbox::types::Changes>;
        client::Events<mailbox::types::RealtimeEvent>;
        client::Event<mailbox::types::RealtimeEvent>;
        client::EventData<mailbox::types::RealtimeEvent>;
        client::MalformedEvent;
        client::CallOutcome;
        client::WaitReason;
        client::AttemptReport<'static>;
        client::CallReport<'static>;
        client::BodyReport;
        client::WaitReport;
        client::Blocking;
        client::Timestamp;
        client::ParseTimestampError;
        client::Decimal;
        client::Nullable<String>;
        client::Secret;
        mailbox::ChangeStream;
        mailbox::ResourceType;
        mailbox::ResourceChange;
        mailbox::DraftHandle;
        mailbox::DraftState;
        mailbox::ExtractedText;
        sending::SendBatch;
        sending::BatchReport;
        webhooks::Verifier;
        webhooks::VerifyError;
        webhooks::Delivery;
        mock::Server;
        mock::ResultBuilder;
    }
}

fn markdown() -> String {
    let mut text = String::from(
        "# Traits of the public types\n\n\
         Written by `UPDATE_DOCS=1 cargo test --features full --test behaviour traits`, which also \
         checks it.\nGenerated request and data types are like those of `Webhook`.\n\n",
    );
    let _ = writeln!(text, "| type | {} |", TRAITS.join(" | "));
    let _ = writeln!(text, "|---|{}", ":-:|".repeat(TRAITS.len()));
    for (name, has) in table() {
        let marks: Vec<&str> = has.iter().map(|has| if *has { "✓" } else { "" }).collect();
        let _ = writeln!(text, "| `{name}` | {} |", marks.join(" | "));
    }
    text
}

#[test]
fn the_documented_table_is_current() {
    let docs = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
    if !docs.join("operations.md").exists() {
        return; // a packed crate, which has none of these documents
    }
    let path = docs.join("traits.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, markdown()).unwrap();
    }
    let documented = std::fs::read_to_string(path).unwrap_or_default();
    assert!(documented == markdown(), "docs/traits.md is not current:\n{}", markdown());
}

#[test]
fn every_public_type_can_cross_threads_and_be_shown() {
    for (name, has) in table() {
        assert!(has[0] && has[2], "{name} is not Send and Unpin");
        // A builder is moved, and takes functions that can be called once.
        assert!(has[1] || name == "management::Builder", "{name} is not Sync");
        assert!(has[5], "{name} is not Debug");
    }
}
