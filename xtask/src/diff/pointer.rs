//! Values together with where they stand in their document.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

/// One step from a value to a value inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Key(&'a str),
    Index(usize),
}

/// A JSON pointer (RFC 6901), kept as a chain that shares its beginning with its neighbors.
///
/// A comparison visits far more places than it reports, so a pointer is only written out by
/// `Display`, when a finding needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pointer<'a>(Option<Rc<Link<'a>>>);

#[derive(Debug)]
struct Link<'a> {
    parent: Pointer<'a>,
    token: Token<'a>,
}

impl<'a> Pointer<'a> {
    pub(crate) fn root() -> Self {
        Self(None)
    }

    pub(crate) fn key(&self, key: &'a str) -> Self {
        self.push(Token::Key(key))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.push(Token::Index(index))
    }

    fn push(&self, token: Token<'a>) -> Self {
        Self(Some(Rc::new(Link { parent: self.clone(), token })))
    }

    /// Returns the steps from the root on.
    pub(crate) fn tokens(&self) -> Vec<Token<'a>> {
        let mut tokens = Vec::new();
        let mut current = self;
        while let Some(link) = &current.0 {
            tokens.push(link.token);
            current = &link.parent;
        }
        tokens.reverse();
        tokens
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in self.tokens() {
            match token {
                Token::Key(key) => write!(f, "/{}", escape(key))?,
                Token::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

/// Writes a key as a token of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Reads a token of a JSON pointer as a key.
pub(crate) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A value of a document and the pointer to it.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) at: Pointer<'a>,
    pub(crate) value: &'a Value,
}

impl<'a> Place<'a> {
    pub(crate) fn new(at: Pointer<'a>, value: &'a Value) -> Self {
        Self { at, value }
    }

    /// Returns a number that no other place of the document has.
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

    /// Iterates over an object; anything else yields nothing.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let at = self.at.clone();
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(key, value)| (key.as_str(), Self::new(at.key(key), value)))
    }

    /// Iterates over the object under a key; nothing if there is none.
    pub(crate) fn entries_of(&self, key: &str) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        self.get(key).into_iter().flat_map(|place| place.entries())
    }

    /// Iterates over an array; anything else yields nothing.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> + use<'a> {
        let at = self.at.clone();
        self.value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, value)| Self::new(at.index(index), value))
    }

    /// Iterates over the array under a key; nothing if there is none.
    pub(crate) fn elements_of(&self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.get(key).into_iter().flat_map(|place| place.elements())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped_in_order() {
        let pointer = Pointer::root().key("paths").key("/a~b").key("parameters").index(2);
        assert_eq!(pointer.to_string(), "/paths/~1a~0b/parameters/2");
        assert_eq!(Pointer::root().to_string(), "");
        assert_eq!(unescape(&escape("/a~1b~")), "/a~1b~");
    }
}
