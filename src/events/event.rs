//! An event of a stream, and its decoding.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::values::decode::DecodeFailure;

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<T> {
    /// The id to resume from after this event (`Last-Event-ID`). An event without an id inherits
    /// the previous one (WHATWG HTML, section 9.2.6).
    pub id: Option<Arc<str>>,
    /// The `event` field of the stream; `message` without one.
    pub name: String,
    /// The content of the event.
    pub data: EventData<T>,
}

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventData<T> {
    /// Something happened. Kinds that this version of the crate does not know are among these, as
    /// `Unknown`.
    Happened(T),
    /// Events were lost that the stream will not repeat. Read the changes since the last saved
    /// state, with [`Client::get_changes`](crate::mailbox::Client::get_changes) and `feed()`,
    /// before polling for the next event: the stream is not reopened earlier.
    SyncRequired(T),
    /// The event could not be decoded. The stream continues after it; what it reported is also
    /// among the changes.
    Malformed(MalformedEvent),
}

impl<T> EventData<T> {
    /// Returns the content, including that of [`SyncRequired`](Self::SyncRequired), if it could be
    /// decoded.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Happened(data) | Self::SyncRequired(data) => Some(data),
            Self::Malformed(_) => None,
        }
    }

    /// Returns true if the caller must read the changes.
    pub fn is_sync_required(&self) -> bool {
        matches!(self, Self::SyncRequired(_))
    }
}

/// An event that could not be decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct MalformedEvent {
    pub(super) text: String,
    pub(super) reason: String,
}

impl MalformedEvent {
    /// Returns the raw data of the event; empty if it was too large. It may contain personal data
    /// that does not belong in a log, so `Debug` omits it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for MalformedEvent {
    /// Writes one line, without the data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event could not be decoded: {}", self.reason)
    }
}

impl fmt::Debug for MalformedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MalformedEvent").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// The kind of event that reports that others were lost.
const SYNC_REQUIRED: &str = "sync_required";

/// A type that the events of a stream are decoded as, implemented by generated code.
pub trait StreamEvent: DeserializeOwned {
    /// The property that distinguishes the kinds.
    const TAG: Option<&'static str> = None;
    /// The kinds that the document names.
    const KINDS: &'static [&'static str] = &[];

    fn kind(&self) -> Option<&str> {
        None
    }

    fn requires_sync(&self) -> bool {
        self.kind() == Some(SYNC_REQUIRED)
    }

    fn read(text: &str) -> Result<Self, DecodeFailure> {
        serde_json::from_str(text).map_err(|_| DecodeFailure::find::<Self>(text.as_bytes()))
    }
}

/// A type that the events of a stream are decoded as.
///
/// A bound for code that works with any [`Events`](crate::Events). This trait is sealed.
pub trait EventType: StreamEvent {}

impl<T: StreamEvent> EventType for T {}

/// Events that the document describes as plain text.
impl StreamEvent for String {
    fn read(text: &str) -> Result<Self, DecodeFailure> {
        Ok(text.to_owned())
    }
}

/// Returns true if data that could not be decoded is a heartbeat: empty, or called an event neither
/// by its name nor by its content. The API does not document the form of its heartbeats.
pub(crate) fn is_heartbeat<T: StreamEvent>(name: &str, has_id: bool, text: &str) -> bool {
    let unnamed = name.is_empty() || name == "message";
    match (T::TAG, unnamed) {
        _ if text.trim().is_empty() => true,
        (None, _) => false,
        (Some(_), false) => !T::KINDS.contains(&name),
        (Some(_), true) if has_id => false,
        (Some(tag), true) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => value.get(tag).is_none(),
            Err(_) => !text.trim_start().starts_with('{'),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Thing {
        event_type: String,
    }

    impl StreamEvent for Thing {
        const TAG: Option<&'static str> = Some("event_type");
        const KINDS: &'static [&'static str] = &["thing.made", "sync_required"];

        fn kind(&self) -> Option<&str> {
            Some(&self.event_type)
        }
    }

    #[test]
    fn heartbeats_are_recognized_in_many_forms() {
        for (name, has_id, text, expected) in [
            ("", false, "", true),
            ("thing.made", true, " ", true),
            ("ping", false, "{}", true),
            ("heartbeat", true, "{\"at\":1}", true),
            ("", false, "ping", true),
            ("message", false, "1", true),
            ("", false, "{\"type\":\"ping\"}", true),
            ("", false, "{\"event_type\":5}", false),
            ("", false, "{\"event_type\":\"thing.ma", false),
            ("", true, "ping", false),
            ("thing.made", false, "oops", false),
        ] {
            assert_eq!(is_heartbeat::<Thing>(name, has_id, text), expected, "{name} {text}");
        }
        assert!(is_heartbeat::<String>("", false, ""));
        assert!(!is_heartbeat::<String>("ping", false, "x"));
    }

    #[test]
    fn the_tag_decides_the_kind_of_an_event() {
        let read = |text| Thing::read(text).map(|thing| thing.requires_sync());
        assert!(read(r#"{"event_type":"sync_required"}"#).unwrap());
        assert!(!read(r#"{"event_type":"thing.unmade"}"#).unwrap());
        assert_eq!(read(r#"{"event_type":7}"#).unwrap_err().path, "event_type");
    }
}
