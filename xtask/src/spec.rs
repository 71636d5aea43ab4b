//! The documents of the API, the modules that are generated from each, and their canonical form.

use sendmux_client_codegen::{Generated, Module, Surface, generate};
use serde_json::{Map, Value};

/// A vendored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spec {
    /// The document of the app host: management and mailbox.
    App,
    /// The document of the sending host.
    Sending,
}

impl Spec {
    /// Both documents.
    pub const ALL: [Spec; 2] = [Spec::App, Spec::Sending];

    /// Returns the URL where the API publishes the document.
    pub fn url(self) -> &'static str {
        match self {
            Spec::App => "https://app.sendmux.ai/api/v1/openapi.json",
            Spec::Sending => "https://smtp.sendmux.ai/api/v1/openapi.json",
        }
    }

    /// Returns the name in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Spec::App => "app",
            Spec::Sending => "sending",
        }
    }

    /// Returns the modules of the crate that are generated from the document.
    pub fn modules(self) -> &'static [Module] {
        match self {
            Spec::App => &[
                Module::Surface(Surface::Management),
                Module::Surface(Surface::Mailbox),
                Module::Webhooks,
            ],
            Spec::Sending => &[Module::Surface(Surface::Sending)],
        }
    }

    /// Returns the name of the vendored file.
    pub fn file(self) -> &'static str {
        match self {
            Spec::App => Surface::Management.document(),
            Spec::Sending => Surface::Sending.document(),
        }
    }

    /// Detects which of the two a document is, by its operation ids or else by its servers.
    pub fn detect(document: &Value) -> Self {
        let paths = document.get("paths").and_then(Value::as_object);
        let items = paths.into_iter().flat_map(|paths| paths.values());
        let operations = items.filter_map(Value::as_object).flat_map(|item| item.values());
        let ids = operations.filter_map(|operation| operation.get("operationId")?.as_str());
        let (mut sending, mut app) = (0_usize, 0_usize);
        for id in ids {
            sending += usize::from(id.starts_with("sending"));
            app += usize::from(id.starts_with("management") || id.starts_with("mailbox"));
        }
        let servers = document.get("servers").and_then(Value::as_array);
        let on_smtp = servers.into_iter().flatten().any(|server| {
            server.get("url").and_then(Value::as_str).is_some_and(|url| url.contains("//smtp."))
        });
        if sending > app || (sending == app && on_smtp) { Spec::Sending } else { Spec::App }
    }

    /// Returns the modules that can be generated from a document: those that it has operations or
    /// events of.
    pub fn modules_in(document: &Value) -> Vec<Module> {
        let paths = document.get("paths").and_then(Value::as_object);
        let mailbox = |path: &String| path.split('/').nth(1) == Some("mailbox");
        let has = |wanted: bool| {
            paths.is_some_and(|paths| paths.keys().any(|path| mailbox(path) == wanted))
        };
        let modules = Spec::detect(document).modules().iter().copied();
        let present = modules.filter(|module| match module {
            Module::Surface(Surface::Management) => has(false),
            Module::Surface(Surface::Mailbox) => has(true),
            Module::Surface(Surface::Sending) => true,
            Module::Webhooks => {
                let schemas = document.pointer("/components/schemas");
                schemas.is_some_and(|schemas| schemas.get(Module::EVENT_SCHEMA).is_some())
            }
        });
        present.collect()
    }
}

/// Generates a module of the crate from a document.
///
/// # Errors
/// Fails if the document is refused, with the module and the reason.
pub fn generated(document: &str, module: Module) -> Result<Generated, String> {
    generate(document, module).map_err(|error| format!("{module}: {error}"))
}

/// Writes a document in the one form in which it is vendored: sorted keys, two spaces of indentation,
/// a final newline. Equal documents have equal texts.
pub fn canonical(document: &Value) -> String {
    // serde_json keeps keys sorted, unless a feature elsewhere in the build turns that off.
    format!("{:#}\n", sorted(document))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(keys) => {
            let mut entries: Vec<(&String, &Value)> = keys.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_detected_by_ids_then_by_servers() {
        let ids = json!({"paths": {"/a": {"get": {"operationId": "sendingA"}}}});
        assert_eq!(Spec::detect(&ids), Spec::Sending);
        let servers = json!({"servers": [{"url": "https://smtp.sendmux.ai/api/v1"}], "paths": {}});
        assert_eq!(Spec::detect(&servers), Spec::Sending);
        assert_eq!(Spec::detect(&json!({"paths": {}})), Spec::App);
        let mailbox = json!({"paths": {"/mailbox/me": {}}});
        assert_eq!(Spec::modules_in(&mailbox), [Surface::Mailbox.into()]);
        let events = json!({"paths": {}, "components": {"schemas": {"WebhookEventPayload": {}}}});
        assert_eq!(Spec::modules_in(&events), [Module::Webhooks]);
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let one: Value =
            serde_json::from_str(r#"{"b": [1, {"d": 1.50, "c": "é"}], "a": {}}"#).unwrap();
        let text = canonical(&one);
        assert_eq!(
            text,
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"c\": \"é\",\n      \"d\": 1.5\n    }\n  ]\n}\n"
        );
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(canonical(&again), text);
    }

    #[test]
    fn the_vendored_documents_are_canonical() {
        for document in
            [include_str!("../../openapi.json"), include_str!("../../openapi-sending.json")]
        {
            let value: Value = serde_json::from_str(document).unwrap();
            assert!(canonical(&value) == document);
        }
    }
}
