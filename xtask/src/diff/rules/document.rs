//! Changes of the document around its operations.

use super::{Direction, ELSE_DOCS, FIXED, Level, Rule, Weight};

rules! {
    SERVER_ADDED = "server-added" <-> "server-removed", Compatible Both FIXED,
        "a further base URL";
    SERVER_REMOVED = "server-removed" <-> "server-added", Breaking Both FIXED,
        "a base URL is gone; a client pointed at it stops working";
    SERVER_URL_CHANGED = "server-url-changed" <-> "server-url-changed", Breaking Both FIXED,
        "the API moved; the base URL built into the crate is the old one";
    SECURITY_SCHEME_ADDED = "security-scheme-added" <-> "security-scheme-removed",
        Compatible Request FIXED, "a further kind of credential is described";
    SECURITY_SCHEME_REMOVED = "security-scheme-removed" <-> "security-scheme-added",
        Breaking Request FIXED, "a kind of credential is gone";
    SECURITY_SCHEME_CHANGED = "security-scheme-changed" <-> "security-scheme-changed",
        Breaking Request FIXED, "a credential is sent in another way, or got from another place";
    SCOPE_ADDED = "oauth-scope-added" <-> "oauth-scope-removed", Compatible Request FIXED,
        "a further scope can be asked for";
    SCOPE_REMOVED = "oauth-scope-removed" <-> "oauth-scope-added", Breaking Request FIXED,
        "a scope cannot be asked for any more";
    WEBHOOK_ADDED = "webhook-added" <-> "webhook-removed", Compatible Response FIXED,
        "a further event is delivered";
    WEBHOOK_REMOVED = "webhook-removed" <-> "webhook-added", Breaking Response FIXED,
        "an event is not delivered any more";
    CALLBACK_ADDED = "callback-added" <-> "callback-removed", Compatible Response FIXED,
        "an operation calls back in a further way";
    CALLBACK_REMOVED = "callback-removed" <-> "callback-added", Breaking Response FIXED,
        "an operation does not call back any more";
    COMPONENT_ADDED = "unused-schema-added" <-> "unused-schema-removed", Docs Both FIXED,
        "a component that no operation uses";
    COMPONENT_REMOVED = "unused-schema-removed" <-> "unused-schema-added", Docs Both FIXED,
        "a component that no operation used is gone";
    SCHEMA_RENAMED = "schema-renamed" <-> "schema-renamed", Breaking Both ELSE_DOCS,
        "a component goes by another name, and its Rust type with it";
    UNEXPLAINED = "unexplained-rust-change" <-> "unexplained-rust-change", Breaking Both FIXED,
        "an item of the crate changes and no finding says why; compatible if it is new. Please report it: the comparison missed something";
    INFO_CHANGED = "info-changed" <-> "info-changed", Docs Both FIXED,
        "title, version, contact or terms of the document";
    TAG_CHANGED = "tag-definition-changed" <-> "tag-definition-changed", Docs Both FIXED,
        "the list of tags that the document explains";
    DESCRIPTION_CHANGED = "description-changed" <-> "description-changed", Docs Both FIXED,
        "a `description`, anywhere";
    SUMMARY_CHANGED = "summary-changed" <-> "summary-changed", Docs Both FIXED,
        "a `summary`, anywhere";
    TITLE_CHANGED = "title-changed" <-> "title-changed", Docs Both FIXED,
        "the `title` of a schema";
    EXAMPLE_CHANGED = "example-changed" <-> "example-changed", Docs Both FIXED,
        "an `example` or `examples`, anywhere";
    NOTE_CHANGED = "annotation-changed" <-> "annotation-changed", Docs Both FIXED,
        "`externalDocs`, `xml`, `$comment`, links or an `x-` extension";
    DEPRECATED = "deprecated" <-> "deprecation-withdrawn", Docs Both FIXED,
        "an operation, parameter, header or schema is on its way out";
    UNDEPRECATED = "deprecation-withdrawn" <-> "deprecated", Docs Both FIXED,
        "a deprecation is taken back";
}

/// A schema that stands elsewhere is no change of the API, and no row of the matrix. Where its
/// Rust type takes its name from the new place, the report says so beside the findings.
pub(crate) static SCHEMA_MOVED: Rule = Rule {
    id: "schema-moved",
    level: Level::Breaking,
    direction: Direction::Both,
    mirror: "schema-moved",
    meaning: "a schema stands elsewhere",
    weight: Weight::Unlisted,
};
