//! Places in a document, as chains that share their beginnings.

use std::fmt;
use std::rc::Rc;

/// One step from a value to a value inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Key(&'a str),
    Index(usize),
}

#[derive(Debug)]
struct Link<'a> {
    parent: Trail<'a>,
    token: Token<'a>,
}

/// A JSON pointer (RFC 6901) under construction; only findings write it out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail<'a>(Option<Rc<Link<'a>>>);

impl<'a> Trail<'a> {
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

    /// The steps from the root on.
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

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in self.tokens() {
            match token {
                Token::Key(key) => {
                    write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?;
                }
                Token::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped_in_order() {
        let trail = Trail::root().key("paths").key("/a~b").key("parameters").index(2);
        assert_eq!(trail.to_string(), "/paths/~1a~0b/parameters/2");
        assert_eq!(Trail::root().to_string(), "");
    }
}
