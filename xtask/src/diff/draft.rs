//! A finding before it is known which operations it reaches.

use serde_json::Value;

use super::rules::Rule;
use super::trail::Trail;

#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) old_at: Option<Trail<'a>>,
    pub(crate) new_at: Option<Trail<'a>>,
    /// What happened, to follow the subject: "has the type string → integer".
    pub(crate) what: String,
    pub(crate) old: Value,
    pub(crate) new: Value,
}

impl<'a> Draft<'a> {
    pub(crate) fn added(rule: &'static Rule, at: Trail<'a>, what: impl Into<String>) -> Self {
        Self {
            rule,
            old_at: None,
            new_at: Some(at),
            what: what.into(),
            old: Value::Null,
            new: Value::Null,
        }
    }

    pub(crate) fn removed(rule: &'static Rule, at: Trail<'a>, what: impl Into<String>) -> Self {
        Self { old_at: Some(at), new_at: None, ..Self::added(rule, Trail::root(), what) }
    }

    pub(crate) fn changed(
        rule: &'static Rule,
        old: Trail<'a>,
        new: Trail<'a>,
        what: impl Into<String>,
    ) -> Self {
        Self { old_at: Some(old), ..Self::added(rule, new, what) }
    }

    pub(crate) fn values(mut self, old: impl Into<Value>, new: impl Into<Value>) -> Self {
        self.old = old.into();
        self.new = new.into();
        self
    }
}
