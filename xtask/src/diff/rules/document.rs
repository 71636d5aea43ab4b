//! Changes of the document around its operations.

use super::{Direction, Level, Rule, Weight};

rules! {
    SERVER_ADDED = "server-added" <-> "server-removed", Compatible Both Fixed,
        "a further base URL";
    SERVER_REMOVED = "server-removed" <-> "server-added", Breaking Both Fixed,
        "a base URL is gone; a client pointed at it stops working";
    SERVER_URL_CHANGED = "server-url-changed" <-> "server-url-changed", Breaking Both Fixed,
        "the API moved; the base URL built into the crate is the old one";
    SECURITY_SCHEME_ADDED = "security-scheme-added" <-> "security-scheme-removed",
        Compatible Request Fixed, "a further kind of credential is described";
    SECURITY_SCHEME_REMOVED = "security-scheme-removed" <-> "security-scheme-added",
        Breaking Request Fixed, "a kind of credential is gone";
    SECURITY_SCHEME_CHANGED = "security-scheme-changed" <-> "security-scheme-changed",
        Breaking Request Fixed, "a credential is sent in another way, or got from another place";
    SCOPE_ADDED = "oauth-scope-added" <-> "oauth-scope-removed", Compatible Request Fixed,
        "a further scope can be asked for";
    SCOPE_REMOVED = "oauth-scope-removed" <-> "oauth-scope-added", Breaking Request Fixed,
        "a scope cannot be asked for any more";
    WEBHOOK_ADDED = "webhook-added" <-> "webhook-removed", Compatible Response Fixed,
        "a further event is delivered";
    WEBHOOK_REMOVED = "webhook-removed" <-> "webhook-added", Breaking Response Fixed,
        "an event is not delivered any more";
    CALLBACK_ADDED = "callback-added" <-> "callback-removed", Compatible Response Fixed,
        "an operation calls back in a further way";
    CALLBACK_REMOVED = "callback-removed" <-> "callback-added", Breaking Response Fixed,
        "an operation does not call back any more";
    COMPONENT_ADDED = "unused-schema-added" <-> "unused-schema-removed", Docs Both Fixed,
        "a component that no operation uses";
    COMPONENT_REMOVED = "unused-schema-removed" <-> "unused-schema-added", Docs Both Fixed,
        "a component that no operation used is gone";
    SCHEMA_RENAMED = "schema-renamed" <-> "schema-renamed", Breaking Both RustDecides,
        "a component goes by another name, and its Rust type with it";
    SCHEMA_MOVED = "schema-moved" <-> "schema-moved", Breaking Both RustOnly,
        "a schema stands elsewhere and its Rust type took the name of the new place";
    UNEXPLAINED = "unexplained-rust-change" <-> "unexplained-rust-change", Breaking Both Fixed,
        "an item of the crate changes and no finding says why; compatible if it is new. Please report it: the comparison missed something";
    INFO_CHANGED = "info-changed" <-> "info-changed", Docs Both Fixed,
        "title, version, contact or terms of the document";
    TAG_CHANGED = "tag-definition-changed" <-> "tag-definition-changed", Docs Both Fixed,
        "the list of tags that the document explains";
    DESCRIPTION_CHANGED = "description-changed" <-> "description-changed", Docs Both Fixed,
        "a `description`, anywhere";
    SUMMARY_CHANGED = "summary-changed" <-> "summary-changed", Docs Both Fixed,
        "a `summary`, anywhere";
    TITLE_CHANGED = "title-changed" <-> "title-changed", Docs Both Fixed,
        "the `title` of a schema";
    EXAMPLE_CHANGED = "example-changed" <-> "example-changed", Docs Both Fixed,
        "an `example` or `examples`, anywhere";
    NOTE_CHANGED = "annotation-changed" <-> "annotation-changed", Docs Both Fixed,
        "`externalDocs`, `xml`, `$comment`, links or an `x-` extension";
    DEPRECATED = "deprecated" <-> "deprecation-withdrawn", Docs Both Fixed,
        "an operation, parameter, header or schema is on its way out";
    UNDEPRECATED = "deprecation-withdrawn" <-> "deprecated", Docs Both Fixed,
        "a deprecation is taken back";
}
