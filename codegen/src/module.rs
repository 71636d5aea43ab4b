//! The modules of the client that are generated, and the parts of the API that they cover.

use std::fmt;

/// A generated module of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// The operations of a surface and their types.
    Surface(Surface),
    /// The types of webhook deliveries, without any operation.
    Webhooks,
}

impl Module {
    /// Every module, the surfaces first.
    pub const ALL: [Module; 4] = [
        Module::Surface(Surface::Management),
        Module::Surface(Surface::Mailbox),
        Module::Surface(Surface::Sending),
        Module::Webhooks,
    ];

    /// The schema that [`Self::Webhooks`] starts from.
    pub const EVENT_SCHEMA: &str = "WebhookEventPayload";

    /// Returns the name of the module in the client, which is also its cargo feature.
    pub fn name(self) -> &'static str {
        match self {
            Module::Surface(surface) => surface.module(),
            Module::Webhooks => "webhooks",
        }
    }

    /// Returns the file name of the vendored document that the module is generated from.
    pub fn document(self) -> &'static str {
        match self {
            Module::Surface(surface) => surface.document(),
            Module::Webhooks => Surface::Management.document(),
        }
    }
}

impl From<Surface> for Module {
    fn from(surface: Surface) -> Self {
        Module::Surface(surface)
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Module::Surface(surface) => write!(f, "{} surface", surface.module()),
            Module::Webhooks => f.write_str("webhooks module"),
        }
    }
}

/// A part of the API: the operations that share a host and a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// Everything on the app host outside `/mailbox/`.
    Management,
    /// The `/mailbox/` operations of the app host.
    Mailbox,
    /// The sending host, which has its own document.
    Sending,
}

impl Surface {
    /// Every surface, in the order in which the client documents them.
    pub const ALL: [Surface; 3] = [Surface::Management, Surface::Mailbox, Surface::Sending];

    /// Returns the name of the client's module, of its cargo feature, and of the prefix of operation
    /// ids.
    pub fn module(self) -> &'static str {
        match self {
            Surface::Management => "management",
            Surface::Mailbox => "mailbox",
            Surface::Sending => "sending",
        }
    }

    /// Returns the file name of the vendored document that describes this surface.
    pub fn document(self) -> &'static str {
        match self {
            Surface::Management | Surface::Mailbox => "openapi.json",
            Surface::Sending => "openapi-sending.json",
        }
    }

    /// Returns whether the operations at a path of [`Self::document`] belong to this surface.
    pub(crate) fn covers(self, path: &str) -> bool {
        let mailbox = path.split('/').nth(1) == Some("mailbox");
        match self {
            Surface::Management => !mailbox,
            Surface::Mailbox => mailbox,
            Surface::Sending => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_decides() {
        assert!(Surface::Mailbox.covers("/mailbox/messages:batch-get"));
        assert!(Surface::Management.covers("/mailboxes/{public_id}"));
        assert!(Surface::Management.covers("/mailbox-send-policies/{scope}"));
        assert!(!Surface::Management.covers("/mailbox/me"));
    }
}
