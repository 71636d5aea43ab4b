//! What an event is read as.

use serde::de::DeserializeOwned;

use crate::values::misfit::Misfit;

/// The kind of event that says that others were lost.
const SYNC_REQUIRED: &str = "sync_required";

/// A type of events that generated code knows from the document.
pub(crate) trait Streamed: DeserializeOwned {
    /// The property that tells one kind from another.
    const TAG: Option<&'static str> = None;
    /// The kinds that the document names.
    const KINDS: &'static [&'static str] = &[];

    fn kind(&self) -> Option<&str> {
        None
    }

    fn requires_sync(&self) -> bool {
        self.kind() == Some(SYNC_REQUIRED)
    }

    fn read(text: &str) -> Result<Self, Misfit> {
        serde_json::from_str(text).map_err(|_| Misfit::find::<Self>(text.as_bytes()))
    }
}

/// Events of which the document only says that they are text.
impl Streamed for String {
    fn read(text: &str) -> Result<Self, Misfit> {
        Ok(text.to_owned())
    }
}

/// Whether what cannot be read is no event at all, but a sign of life: nothing, or something that
/// neither its name nor its content calls an event. How the API writes a heartbeat is not said.
pub(super) fn is_heartbeat<T: Streamed>(name: &str, has_id: bool, text: &str) -> bool {
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

    impl Streamed for Thing {
        const TAG: Option<&'static str> = Some("event_type");
        const KINDS: &'static [&'static str] = &["thing.made", "sync_required"];

        fn kind(&self) -> Option<&str> {
            Some(&self.event_type)
        }
    }

    #[test]
    fn heartbeats_come_in_many_forms() {
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
    fn an_event_is_told_by_its_tag() {
        let read = |text| Thing::read(text).map(|thing| thing.requires_sync());
        assert!(read(r#"{"event_type":"sync_required"}"#).unwrap());
        assert!(!read(r#"{"event_type":"thing.unmade"}"#).unwrap());
        assert_eq!(read(r#"{"event_type":7}"#).unwrap_err().field, "event_type");
    }
}
