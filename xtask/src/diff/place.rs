//! A value together with where it stands.

use serde_json::{Map, Value};

use super::trail::Trail;

#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) at: Trail<'a>,
    pub(crate) value: &'a Value,
}

impl<'a> Place<'a> {
    pub(crate) fn new(at: Trail<'a>, value: &'a Value) -> Self {
        Self { at, value }
    }

    /// What tells this place from every other one of its document.
    pub(crate) fn identity(&self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }

    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let (key, value) = self.value.as_object()?.get_key_value(key)?;
        Some(Self::new(self.at.key(key), value))
    }

    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    pub(crate) fn object(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    /// The values of an object by key; none of anything else.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let at = self.at.clone();
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(key, value)| (key.as_str(), Self::new(at.key(key), value)))
    }

    /// The values of an array in order; none of anything else.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> + use<'a> {
        let at = self.at.clone();
        self.value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, value)| Self::new(at.index(index), value))
    }
}
