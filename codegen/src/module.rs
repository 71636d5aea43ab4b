//! What is generated in one go.

use std::fmt;

use crate::surface::Surface;

/// One generated module of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// The operations of a surface and their types.
    Surface(Surface),
    /// The types of what the API posts to webhooks, without any operation.
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

    /// Name of the schema that [`Self::Webhooks`] starts from.
    pub const EVENT_SCHEMA: &str = "WebhookEventPayload";

    /// Name of the module in the client, and of its cargo feature.
    pub fn name(self) -> &'static str {
        match self {
            Module::Surface(surface) => surface.module(),
            Module::Webhooks => "webhooks",
        }
    }

    /// File name of the vendored document that the module comes from.
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
