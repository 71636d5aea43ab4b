//! What the answer of an operation is.

/// The form of a successful answer, as the caller gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `{ok, data, meta}`: the caller gets `data`.
    Enveloped,
    /// `{ok, data: [], pagination, meta}`: the caller gets a page.
    Page,
    /// JSON without an envelope.
    Bare,
    /// Text of any kind.
    Text,
    /// Server-sent events.
    Events,
    /// Bytes of any kind.
    Bytes,
    /// No content.
    Empty,
}

impl Answer {
    const ALL: [(Answer, &'static str); 7] = [
        (Answer::Enveloped, "enveloped"),
        (Answer::Page, "page"),
        (Answer::Bare, "bare"),
        (Answer::Text, "text"),
        (Answer::Events, "events"),
        (Answer::Bytes, "bytes"),
        (Answer::Empty, "empty"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find_map(|(answer, name)| (*answer == self).then_some(*name))
            .unwrap_or_default()
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find_map(|(answer, known)| (*known == name).then_some(*answer))
    }
}
