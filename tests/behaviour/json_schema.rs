//! JSON Schemas of the types of data.

use schemars::{JsonSchema, SchemaGenerator, schema_for};
use sendmux_client::mock::Sample;
use sendmux_client::{Nullable, Secret, Timestamp, mailbox, management, sending, webhooks};
use serde::Serialize;
use serde_json::{Value, json};

/// Checks that a schema accepts what the type serializes, and rejects other values.
fn check<T: JsonSchema + Sample + Serialize>() {
    let name = T::schema_name();
    let schema = schema_for!(T).to_value();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for sample in [T::sample_json(), json!(T::sample())] {
        let errors: Vec<_> =
            validator.iter_errors(&sample).map(|error| error.to_string()).collect();
        assert_eq!(errors, [] as [String; 0], "{name}: {sample:#}");
    }
    assert!(!validator.is_valid(&json!(17)), "{name} takes a number");
    assert!(schema["description"].as_str().is_some_and(|words| !words.is_empty()), "{name}");
    let mut required = schema["required"].as_array().into_iter().flatten();
    if let Some(field) = required.next().and_then(Value::as_str) {
        let mut lacking = T::sample_json();
        lacking.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&lacking), "{name} without {field}");
    }
}

#[test]
fn schemas_accept_what_the_types_serialize() {
    check::<management::types::Balance>();
    check::<management::types::Connection>();
    check::<management::types::Domain>();
    check::<management::types::EmailLog>();
    check::<management::types::EmailMetrics>();
    check::<management::types::FilterState>();
    check::<management::types::InboxLog>();
    check::<management::types::Mailbox>();
    check::<management::types::Provider>();
    check::<management::types::ProviderUsage>();
    check::<management::types::SpendSummary>();
    check::<management::types::Transaction>();
    check::<management::types::Webhook>();
    check::<mailbox::types::Changes>();
    check::<mailbox::types::Folder>();
    check::<mailbox::types::Message>();
    check::<mailbox::types::Session>();
    check::<mailbox::types::Thread>();
    check::<sending::types::BatchSent>();
    check::<sending::types::Connection>();
    check::<sending::types::EmailSent>();
}

#[test]
fn schemas_of_enums_are_open_and_list_the_known_values() {
    let schema = schema_for!(management::types::EmailStatus).to_value();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json!("failed")) && validator.is_valid(&json!("postponed")));
    assert!(!validator.is_valid(&json!(1)));
    assert!(schema["anyOf"][0]["enum"].as_array().unwrap().contains(&json!("failed")));
}

#[test]
fn types_of_two_surfaces_have_distinct_definitions() {
    let mut generator = SchemaGenerator::default();
    generator.subschema_for::<management::types::Connection>();
    generator.subschema_for::<mailbox::types::Connection>();
    generator.subschema_for::<sending::types::Connection>();
    generator.subschema_for::<webhooks::Event>();
    let definitions = generator.definitions();
    // A number tells those of one name apart.
    let digits = |rest: &str| rest.chars().all(|digit| digit.is_ascii_digit());
    let connections = definitions.keys().filter_map(|name| name.strip_prefix("Connection"));
    assert_eq!(connections.filter(|rest| digits(rest)).count(), 3);
    assert!(definitions.contains_key("EventType"));
}

#[test]
fn types_written_by_hand_have_schemas() {
    let secret = schema_for!(Secret).to_value();
    assert_eq!(secret["format"], "password");
    assert_eq!(schema_for!(Timestamp).to_value()["format"], "date-time");
    let resource =
        jsonschema::validator_for(&schema_for!(mailbox::ResourceType).to_value()).unwrap();
    assert!(mailbox::ResourceType::ALL.iter().all(|kind| resource.is_valid(&json!(kind))));
    let nullable = schema_for!(Nullable<String>).to_value();
    assert_eq!(nullable["type"], json!(["string", "null"]));
    let update = schema_for!(management::types::WebhookUpdate).to_value();
    let validator = jsonschema::validator_for(&update).unwrap();
    for body in [json!({}), json!({ "name": null }), json!({ "name": "ops", "enabled": true })] {
        assert!(validator.is_valid(&body), "{body}");
    }
    let money = schema_for!(sendmux_client::Decimal).to_value();
    let validator = jsonschema::validator_for(&money).unwrap();
    assert!(validator.is_valid(&json!("-0.001500")), "{money}");
}
