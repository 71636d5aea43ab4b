//! The `meta` object of an envelope.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The `meta` object of a response.
///
/// Every response has a request id; some mailbox lists add synchronization tokens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meta {
    request_id: Option<Box<str>>,
    more: Map<String, Value>,
}

impl Meta {
    #[cfg(feature = "mock")]
    #[allow(dead_code, reason = "mocks need a surface")]
    pub(crate) fn from_members(mut more: Map<String, Value>) -> Self {
        match more.remove("request_id") {
            Some(Value::String(id)) => Self { request_id: Some(id.into()), more },
            Some(other) => {
                more.insert("request_id".to_owned(), other);
                Self { request_id: None, more }
            }
            None => Self { request_id: None, more },
        }
    }

    /// Returns the request id, the same as in the `X-Request-Id` header.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns another member by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.more.get(name)
    }

    /// Returns all other members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.more
    }

    /// Returns the state to pass to the message change feeds as `since_state`.
    pub fn sync_state(&self) -> Option<&str> {
        self.text("sync_state")
    }

    /// Returns the state to pass to the query change feeds as `since_query_state`.
    pub fn query_state(&self) -> Option<&str> {
        self.text("query_state")
    }

    /// Returns the state of the identities.
    pub fn identity_state(&self) -> Option<&str> {
        self.text("identity_state")
    }

    /// Returns the id of the thread that a list of messages belongs to.
    pub fn thread_id(&self) -> Option<&str> {
        self.text("thread_id")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.more.get(name)?.as_str()
    }
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Meta;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a meta object")
            }

            // Metadata never makes a call fail.
            fn visit_unit<E>(self) -> Result<Meta, E> {
                Ok(Meta::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Meta, A::Error> {
                let mut meta = Meta::default();
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match (name.as_ref(), map.next_value()?) {
                        ("request_id", Value::String(id)) => meta.request_id = Some(id.into()),
                        (_, value) => {
                            meta.more.insert(name.into_owned(), value);
                        }
                    }
                }
                Ok(meta)
            }
        }

        deserializer.deserialize_any(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_metadata_does_not_fail() {
        let meta: Meta = serde_json::from_str(r#"{"request_id":7}"#).unwrap();
        assert_eq!((meta.request_id(), meta.get("request_id")), (None, Some(&Value::from(7))));
        assert_eq!(serde_json::from_str::<Meta>("null").unwrap(), Meta::default());
    }

    #[test]
    fn unknown_members_are_kept() {
        let meta: Meta =
            serde_json::from_str(r#"{"request_id":"req_1","sync_state":"s1","states":{"a":1}}"#)
                .unwrap();
        assert_eq!(meta.request_id(), Some("req_1"));
        assert_eq!(meta.sync_state(), Some("s1"));
        assert_eq!(meta.get("states"), Some(&serde_json::json!({"a": 1})));
        assert_eq!(meta.members().len(), 2);
    }
}
