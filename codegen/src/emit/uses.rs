//! Where a type is used: what its documentation says of the methods and the types around it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::operation::Operation;
use crate::document;
use crate::module::Module;
use crate::schema::reference;

/// Most places that a sentence names.
const MAX_NAMED: usize = 6;

/// The places of each type, as links.
#[derive(Default)]
pub(super) struct Uses {
    returned: Places,
    passed: Places,
    contained: Places,
}

type Places = BTreeMap<String, BTreeSet<String>>;

impl Uses {
    pub(super) fn of(module: Module, document: &Value) -> Self {
        let mut uses = Self::default();
        // Deliveries are no calls of a client.
        let is_called = matches!(module, Module::Surface(_));
        for operation in Operation::all(document).into_iter().filter(|_| is_called) {
            let link = format!("[`Client::{0}`](super::Client::{0})", operation.name());
            let part = |key| operation.value().get(key).unwrap_or(&Value::Null);
            record(part("responses"), &link, &mut uses.returned);
            record(part("requestBody"), &link, &mut uses.passed);
            record(part("parameters"), &link, &mut uses.passed);
        }
        for (name, schema) in document::components(document).into_iter().flatten() {
            record(schema, &format!("[`{name}`]"), &mut uses.contained);
            if let Some(places) = uses.contained.get_mut(name) {
                places.remove(&format!("[`{name}`]"));
            }
        }
        uses
    }

    /// Returns what follows the description of a type.
    pub(super) fn describe(&self, name: &str) -> String {
        let sentence = |words: &str, places: &Places| {
            let places = places.get(name).filter(|places| !places.is_empty())?;
            Some(format!("{words} {}.", list(places)))
        };
        let methods =
            [sentence("Returned by", &self.returned), sentence("Passed to", &self.passed)];
        let methods: Vec<String> = methods.into_iter().flatten().collect();
        if methods.is_empty() {
            return sentence("Part of", &self.contained).unwrap_or_default();
        }
        methods.join(" ")
    }
}

/// Adds a place to each type that a part of the document refers to.
fn record(part: &Value, link: &str, places: &mut Places) {
    if let Some(name) = reference(part) {
        places.entry(name.to_owned()).or_default().insert(link.to_owned());
    }
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| record(part, link, places)),
        Value::Object(parts) => parts.values().for_each(|part| record(part, link, places)),
        _ => {}
    }
}

fn list(places: &BTreeSet<String>) -> String {
    let mut named: Vec<&str> = places.iter().map(String::as_str).collect();
    if named.len() > MAX_NAMED {
        named.truncate(MAX_NAMED);
        named.push("others");
    }
    match named.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::module::Surface;

    #[test]
    fn a_type_leads_to_its_methods_or_else_to_the_types_around_it() {
        let refers =
            |name: &str| json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
        let operation = json!({
            "x-method-name": "get_parcel",
            "responses": {"2XX": {"content": {"application/json": refers("Parcel")}}},
            "requestBody": {"content": {"application/json": refers("Wish")}},
        });
        let document = json!({
            "paths": {"/parcels": {"post": operation}},
            "components": {"schemas": {"Parcel": {"properties": {"from": refers("Place")}}}},
        });
        let uses = Uses::of(Surface::Mailbox.into(), &document);
        let link = "[`Client::get_parcel`](super::Client::get_parcel)";
        assert_eq!(uses.describe("Parcel"), format!("Returned by {link}."));
        assert_eq!(uses.describe("Wish"), format!("Passed to {link}."));
        assert_eq!(uses.describe("Place"), "Part of [`Parcel`].");
        assert_eq!(uses.describe("Other"), "");
    }

    #[test]
    fn a_long_list_is_cut() {
        let all: BTreeSet<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(list(&all), "0, 1, 2, 3, 4, 5 and others");
        assert_eq!(list(&BTreeSet::from(["a".to_owned(), "b".to_owned()])), "a and b");
    }
}
