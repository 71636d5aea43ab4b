//! Figures that are read together.

/// A group of figures with a reading, a permission and an age of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Providers,
    Usage,
    Limits,
    Emails,
    Balance,
    Spend,
}

impl Group {
    pub(super) const ALL: [Self; 6] =
        [Self::Providers, Self::Usage, Self::Limits, Self::Emails, Self::Balance, Self::Spend];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Providers => "providers",
            Self::Usage => "usage",
            Self::Limits => "limits",
            Self::Emails => "emails",
            Self::Balance => "balance",
            Self::Spend => "spend",
        }
    }
}
