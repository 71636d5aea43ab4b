//! The documents of the API and what is generated from each.

use sendmux_client_codegen::{Module, Surface};
use serde_json::Value;

/// A vendored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spec {
    /// The app host: management and mailbox.
    App,
    /// The sending host.
    Sending,
}

impl Spec {
    /// Both documents.
    pub const ALL: [Spec; 2] = [Spec::App, Spec::Sending];

    /// Where the API publishes it.
    pub fn address(self) -> &'static str {
        match self {
            Spec::App => "https://app.sendmux.ai/api/v1/openapi.json",
            Spec::Sending => "https://smtp.sendmux.ai/api/v1/openapi.json",
        }
    }

    /// The argument that names it.
    pub fn name(self) -> &'static str {
        match self {
            Spec::App => "app",
            Spec::Sending => "sending",
        }
    }

    /// The modules of the crate that are generated from it.
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

    /// File name of the vendored document.
    pub fn file(self) -> &'static str {
        match self {
            Spec::App => Surface::Management.document(),
            Spec::Sending => Surface::Sending.document(),
        }
    }

    /// Which of the two a document is, judged by its operation ids and, without any, its servers.
    pub fn of(document: &Value) -> Self {
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

    /// The modules that a document describes: one without mailbox operations makes no mailbox.
    pub fn described(document: &Value) -> Vec<Module> {
        let paths = document.get("paths").and_then(Value::as_object);
        let mailbox = |path: &String| path.split('/').nth(1) == Some("mailbox");
        let has = |wanted: bool| {
            paths.is_some_and(|paths| paths.keys().any(|path| mailbox(path) == wanted))
        };
        let modules = Spec::of(document).modules().iter().copied();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_told_by_ids_then_by_servers() {
        let ids = json!({"paths": {"/a": {"get": {"operationId": "sendingA"}}}});
        assert_eq!(Spec::of(&ids), Spec::Sending);
        let servers = json!({"servers": [{"url": "https://smtp.sendmux.ai/api/v1"}], "paths": {}});
        assert_eq!(Spec::of(&servers), Spec::Sending);
        assert_eq!(Spec::of(&json!({"paths": {}})), Spec::App);
        let mailbox = json!({"paths": {"/mailbox/me": {}}});
        assert_eq!(Spec::described(&mailbox), [Surface::Mailbox.into()]);
        let events = json!({"paths": {}, "components": {"schemas": {"WebhookEventPayload": {}}}});
        assert_eq!(Spec::described(&events), [Module::Webhooks]);
    }
}
