//! Types of the client that replace plain strings of the document.

/// A hand-written type of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    Decimal,
    Secret,
    Timestamp,
}

impl Special {
    pub(crate) const ALL: [Special; 3] = [Special::Decimal, Special::Secret, Special::Timestamp];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Special::Decimal => "Decimal",
            Special::Secret => "Secret",
            Special::Timestamp => "Timestamp",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|special| special.name() == name)
    }

    /// Path of the type in the client.
    pub(crate) fn rust_path(self) -> String {
        format!("crate::{}", self.name())
    }

    /// Component that stands for the type while progenitor runs.
    pub(crate) fn component(self) -> String {
        format!("Special{}", self.name())
    }
}
