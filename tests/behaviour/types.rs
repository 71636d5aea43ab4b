//! Types of data, encoded and decoded.

use sendmux_client::mailbox::types::{ChangesResult, SendAttachment};
use sendmux_client::management::types::{
    EmailStatus, EventType, FilterRule, FilterRuleType, Provider, ProviderQuota,
    ProviderQuotaRange, ProviderQuotasSet, ProviderUpdate, Transaction, WebhookCreate,
    WebhookUpdate,
};
use sendmux_client::sending::types::{Address, Attachment, DeliveryGroup, EmailSend};
use sendmux_client::{Decimal, Nullable, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json, to_value};

#[test]
fn a_patch_field_has_three_states() {
    assert_eq!(to_value(WebhookUpdate::new()).unwrap(), json!({}));
    assert_eq!(to_value(WebhookUpdate::new().name("ops")).unwrap(), json!({"name": "ops"}));
    assert_eq!(to_value(WebhookUpdate::new().name(Nullable::Null)).unwrap(), json!({"name": null}));
    let back: WebhookUpdate = from_value(json!({"name": null})).unwrap();
    assert_eq!(back.name, Nullable::Null);
    let quotas = ProviderQuotasSet::new()
        .per_day(ProviderQuota::Fixed(500))
        .per_hour(ProviderQuota::from(ProviderQuotaRange::new(10, 20)))
        .per_minute(None);
    assert_eq!(
        to_value(ProviderUpdate::new().quotas(quotas)).unwrap(),
        json!({"quotas": {"per_day": 500, "per_hour": {"min": 10, "max": 20}, "per_minute": null}})
    );
}

#[test]
fn a_patch_field_is_set_from_what_a_program_has() {
    let name = |name: Nullable<String>| to_value(WebhookUpdate::new().name(name)).unwrap();
    let set = json!({"name": "ops"});
    let owned = "ops".to_owned();
    assert_eq!(name("ops".into()), set);
    assert_eq!(name(owned.clone().into()), set);
    assert_eq!(name(Some("ops").into()), set);
    assert_eq!(name(Some(owned.clone()).into()), set);
    assert_eq!(name(Some(owned.as_str()).into()), set);
    assert_eq!(name(None::<&str>.into()), json!({"name": null}));
    assert_eq!(name(Nullable::default()), json!({}));
    let field = Nullable::Value(owned);
    assert_eq!(field.as_ref().map(String::len), Nullable::Value(3));
    assert_eq!(Option::from(field), Some("ops".to_owned()));
}

#[test]
fn empty_lists_are_sent_if_set() {
    assert_eq!(
        to_value(WebhookUpdate::new().event_types([] as [EventType; 0])).unwrap(),
        json!({"event_types": []})
    );
    let variables: [(&str, &str); 0] = [];
    assert_eq!(
        to_value(ProviderUpdate::new().variables(variables)).unwrap(),
        json!({"variables": {}})
    );
}

#[test]
fn constructors_take_the_required_fields() {
    let webhook =
        WebhookCreate::new("https://example.com", [EventType::MessageBounced]).name("ops");
    assert_eq!(
        to_value(webhook).unwrap(),
        json!({"url": "https://example.com", "event_types": ["message.bounced"], "name": "ops"})
    );
    let rule = FilterRule::new(FilterRuleType::Deny, "spam.example");
    assert_eq!(to_value(rule).unwrap(), json!({"type": "deny", "pattern": "spam.example"}));
    let mail =
        EmailSend::new(Address::new("a@example.com"), Address::new("b@example.org"), "s", "<p>")
            .delivery_group("dgrp_1");
    assert_eq!(mail.delivery_group, Some(DeliveryGroup::One("dgrp_1".to_owned())));
}

#[test]
fn unknown_values_are_preserved() {
    let status: EmailStatus = from_value(json!("brand_new")).unwrap();
    assert_eq!(status, EmailStatus::Unknown("brand_new".to_owned()));
    assert_eq!(to_value(&status).unwrap(), json!("brand_new"));
    assert!(EmailStatus::KNOWN.contains(&"sent"));
    let odd: DeliveryGroup = from_value(json!({"new": "form"})).unwrap();
    assert_eq!(odd, DeliveryGroup::Unknown(json!({"new": "form"})));
    let many: DeliveryGroup = from_value(json!(["dgrp_1"])).unwrap();
    assert_eq!(many, DeliveryGroup::Many(vec!["dgrp_1".to_owned()]));
}

/// Decodes a value, and checks that nothing is lost when it is encoded again.
fn round_trip<T: DeserializeOwned + Serialize>(value: Value) -> T {
    let read: T = from_value(value.clone()).unwrap();
    assert_eq!(to_value(&read).unwrap(), value);
    read
}

#[test]
fn unions_are_decoded_by_their_form() {
    let inline = json!({"filename": "a", "content_type": "text/plain", "content": "YQ=="});
    let blob = json!({"filename": "a", "content_type": "text/plain", "blob_id": "b"});
    assert!(matches!(round_trip(inline), SendAttachment::Inline(_)));
    assert!(matches!(round_trip(blob), SendAttachment::Blob(_)));
    let encoded = json!({"filename": "a", "content": "YQ=="});
    assert!(matches!(round_trip(encoded), Attachment::Inline(_)));
    assert!(matches!(round_trip(json!({"attachment_id": "att_1"})), Attachment::Uploaded(_)));
    assert!(matches!(round_trip(json!({"new": true})), Attachment::Unknown(_)));
    let range = json!({"min": 1, "max": 2});
    assert!(matches!(round_trip(range), ProviderQuota::Range(_)));
    assert!(matches!(round_trip(json!(5)), ProviderQuota::Fixed(5)));
    for five in [json!(5.0), json!("5"), json!("0.5e1")] {
        assert_eq!(from_value::<ProviderQuota>(five).unwrap(), ProviderQuota::Fixed(5));
    }
    assert!(matches!(round_trip(json!("5 or so")), ProviderQuota::Unknown(_)));
    let typed = from_value(json!({"types": {}})).unwrap();
    assert!(matches!(typed, ChangesResult::ByType(_)), "{typed:?}");
    let flat = json!({"old_state": "a", "new_state": "b", "has_more": false, "created": [],
        "updated": [], "destroyed": []});
    let flat = from_value(flat).unwrap();
    assert!(matches!(flat, ChangesResult::Messages(_)), "{flat:?}");
}

#[test]
fn timestamps_are_decoded_as_the_api_writes_them() {
    for text in ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.120Z", "2026-03-01"] {
        round_trip::<Timestamp>(json!(text));
    }
    let moment = |text: &str| from_value::<Timestamp>(json!(text));
    let noon = moment("2026-03-01T12:00:00Z").unwrap();
    for text in ["2026-03-01T14:00:00+02:00", "2026-03-01t12:00:00.000z"] {
        assert_eq!(moment(text).unwrap(), noon);
    }
    assert!(moment("2026-03-01").unwrap() < noon);
    for text in ["", "yesterday", "2026-02-30T00:00:00Z"] {
        assert!(moment(text).is_err(), "{text}");
    }
}

#[test]
fn decimals_keep_their_scale_and_integers_may_have_a_fraction() {
    let transaction: Transaction = from_value(json!({
        "id": "tx_1", "type": "USAGE", "amount": "-0.001500", "quantity": 3.0, "description": "d",
        "balance_before": "1.000000", "balance_after": null, "created_at": "2026-03-01T10:00:00Z",
        "new_field": [1],
    }))
    .unwrap();
    assert_eq!(transaction.quantity, Some(3));
    assert_eq!(transaction.amount, Decimal::new(-1500, 6));
    let back = to_value(&transaction).unwrap();
    assert_eq!(back["amount"], json!("-0.001500"));
    assert_eq!(back["quantity"], json!(3));
    assert_eq!(back["balance_after"], json!(null));
}

/// The table of accepted spellings in the documentation of the crate.
#[test]
fn the_documented_spellings_are_read() {
    let transaction = |quantity: Value, amount: Value| {
        from_value::<Transaction>(json!({
            "id": "tx_1", "type": "USAGE", "amount": amount, "quantity": quantity,
            "description": "d", "created_at": "2026-03-01 10:00:00",
        }))
    };
    for quantity in [json!(3), json!(3.0), json!(3e0), json!("3"), json!("3.0")] {
        let read = transaction(quantity.clone(), json!("1")).unwrap();
        assert_eq!(read.quantity, Some(3), "{quantity}");
        assert_eq!(to_value(read).unwrap()["quantity"], json!(3));
    }
    for amount in [json!("12.50"), json!(12.5), json!("1.25e1")] {
        let read = transaction(json!(1), amount.clone()).unwrap();
        assert_eq!(read.amount, Decimal::new(125, 1), "{amount}");
    }
    assert_eq!(transaction(json!(1), json!(12)).unwrap().amount, Decimal::from(12));
    for odd in [json!(3.5), json!("3.5"), json!(true), json!(1e20)] {
        assert!(transaction(odd.clone(), json!("1")).is_err(), "{odd}");
    }
    for odd in [json!(""), json!("1,5"), json!(true), json!("1".repeat(40))] {
        assert!(transaction(json!(1), odd.clone()).is_err(), "{odd}");
    }
    assert!(from_value::<EmailStatus>(json!(1)).is_err());
    for flag in [json!("true"), json!(1)] {
        assert!(from_value::<WebhookUpdate>(json!({"enabled": flag})).is_err(), "{flag}");
    }
}

#[test]
fn nullable_fields_may_be_missing() {
    let provider = from_value::<Provider>(json!({
        "id": "p", "name": "n", "type": "smtp", "status": "active", "is_active": true,
        "is_editable": true, "is_shared": false, "has_refresh_token": false, "has_smtp_password": true,
        "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z", "quotas": {},
        "allowed_actions": {"activate": true, "deactivate": true, "delete": true, "test": true,
            "update": true, "update_variables": true},
    }));
    assert_eq!(provider.unwrap().smtp_host, None);
}

#[test]
fn decimals_are_read_in_every_spelling() {
    for (spelled, exact) in [
        (json!("-12.50"), "-12.50"),
        (json!("1250e-2"), "12.50"),
        (json!("1.25E+1"), "12.5"),
        (json!("0.000000000000000001"), "0.000000000000000001"),
        (json!("7"), "7"),
        (json!(7), "7"),
        (json!(-7), "-7"),
        (json!(0.1), "0.1"),
        (json!(1e3), "1000"),
    ] {
        let text = spelled.to_string();
        let read: Decimal = serde_json::from_str(&text).unwrap();
        assert_eq!(read, exact.parse().unwrap(), "{text}");
    }
    for other in ["\"\"", "\"NaN\"", "\"1,5\"", "true", "null", "[1]"] {
        assert!(serde_json::from_str::<Decimal>(other).is_err(), "{other}");
    }
}

#[test]
fn data_can_be_compared_collected_and_made_empty() {
    fn is_key<T: Clone + Eq + std::hash::Hash + std::fmt::Debug>() {}
    is_key::<Provider>();
    is_key::<Transaction>();
    is_key::<FilterRule>();
    is_key::<ProviderQuota>();
    is_key::<SendAttachment>();
    is_key::<ChangesResult>();
    is_key::<EmailSend>();
    is_key::<Nullable<Timestamp>>();
    fn is_empty_by_default<T: Default + Serialize>() {
        assert_eq!(to_value(T::default()).unwrap(), json!({}));
    }
    is_empty_by_default::<WebhookUpdate>();
    is_empty_by_default::<ProviderQuotasSet>();
    let secret: sendmux_client::Secret = "s".parse().unwrap();
    assert_eq!(secret.expose(), "s");
}
