//! The table of rules: every kind of change and what it means.
//!
//! Each rule names its mirror image, the rule that reports the same change with OLD and NEW
//! swapped. [`matrix`] writes the table of `docs/spec-drift.md`.

use super::finding::{Direction, Level};

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// The level, unless the policy lets the Rust view decide.
    pub level: Level,
    /// Which way the value travels.
    pub direction: Direction,
    /// The id of the rule for the reverse change.
    pub mirror: &'static str,
    /// What changed, and why the level is what it is.
    pub meaning: &'static str,
    /// How the level is decided.
    pub policy: LevelPolicy,
}

/// How the level of a finding is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelPolicy {
    /// The rule's level holds. A changed Rust item can only raise it.
    Fixed,
    /// This level, if the Rust view is known and no item was removed or changed.
    RustDecides(Level),
    /// Never reported by itself; only explains why Rust items change.
    Unreported,
}

/// The two rules for one change of a schema, one for each direction.
#[derive(Debug)]
pub struct RulePair {
    /// Applies to values that a program sends.
    pub request: Rule,
    /// Applies to values that a program receives.
    pub response: Rule,
}

impl RulePair {
    /// Returns the rule for one direction.
    pub fn for_direction(&self, direction: Direction) -> &Rule {
        match direction {
            Direction::Request => &self.request,
            Direction::Response | Direction::Both => &self.response,
        }
    }
}

/// Returns every rule, in the order of the matrix.
pub fn all() -> Vec<&'static Rule> {
    let pairs = VALUE_RULES.iter().flat_map(|pair| [&pair.request, &pair.response]);
    DOCUMENT_RULES
        .iter()
        .chain(OPERATION_RULES)
        .copied()
        .chain(pairs)
        .chain(OBJECT_RULES.iter().copied())
        .collect()
}

/// Writes the matrix as a Markdown table.
pub fn matrix() -> String {
    let mut table = String::from("| id | level | direction | meaning | reverse |\n");
    table.push_str("|---|---|---|---|---|\n");
    for rule in all() {
        let level = match rule.policy {
            LevelPolicy::Fixed => rule.level.name().to_owned(),
            LevelPolicy::RustDecides(other) => {
                format!("{}; {other} if no Rust item is removed or changed", rule.level)
            }
            LevelPolicy::Unreported => continue,
        };
        let Rule { id, direction, meaning, mirror, .. } = rule;
        table.push_str(&format!("| `{id}` | {level} | {direction} | {meaning} | `{mirror}` |\n"));
    }
    table
}

macro_rules! rules {
    ($list:ident: $($name:ident = $id:literal <-> $mirror:literal, $level:ident $direction:ident $policy:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) static $name: Rule = Rule {
                id: $id,
                level: Level::$level,
                direction: Direction::$direction,
                mirror: $mirror,
                meaning: $meaning,
                policy: $policy,
            };
        )*
        static $list: &[&Rule] = &[$(&$name),*];
    };
}

macro_rules! rule_pairs {
    (@policy) => { LevelPolicy::Fixed };
    (@policy $other:ident) => { LevelPolicy::RustDecides(Level::$other) };
    ($list:ident: $($name:ident = $stem:literal <-> $mirror:literal,
        request $request:ident $sent:literal $(unless $else_sent:ident)?,
        response $response:ident $received:literal $(unless $other:ident)?;)*) => {
        $(
            #[doc = concat!($sent, " / ", $received)]
            pub(crate) static $name: RulePair = RulePair {
                request: Rule {
                    id: concat!("request-", $stem),
                    level: Level::$request,
                    direction: Direction::Request,
                    mirror: concat!("request-", $mirror),
                    meaning: $sent,
                    policy: rule_pairs!(@policy $($else_sent)?),
                },
                response: Rule {
                    id: concat!("response-", $stem),
                    level: Level::$response,
                    direction: Direction::Response,
                    mirror: concat!("response-", $mirror),
                    meaning: $received,
                    policy: rule_pairs!(@policy $($other)?),
                },
            };
        )*
        static $list: &[&RulePair] = &[$(&$name),*];
    };
}

const FIXED: LevelPolicy = LevelPolicy::Fixed;
const ELSE_DOCS: LevelPolicy = LevelPolicy::RustDecides(Level::Docs);
const ELSE_COMPATIBLE: LevelPolicy = LevelPolicy::RustDecides(Level::Compatible);

rules! { DOCUMENT_RULES:
    SERVER_ADDED = "server-added" <-> "server-removed", Compatible Both FIXED,
        "another base URL is listed";
    SERVER_REMOVED = "server-removed" <-> "server-added", Breaking Both FIXED,
        "a base URL is no longer listed; clients that use it may stop working";
    SERVER_URL_CHANGED = "server-url-changed" <-> "server-url-changed", Breaking Both FIXED,
        "the API moved; the crate still has the old base URL";
    SECURITY_SCHEME_ADDED = "security-scheme-added" <-> "security-scheme-removed",
        Compatible Request FIXED, "a new kind of credential is described";
    SECURITY_SCHEME_REMOVED = "security-scheme-removed" <-> "security-scheme-added",
        Breaking Request FIXED, "a kind of credential was removed";
    SECURITY_SCHEME_CHANGED = "security-scheme-changed" <-> "security-scheme-changed",
        Breaking Request FIXED, "a credential is sent or obtained in another way";
    FLOW_ADDED = "oauth-flow-added" <-> "oauth-flow-removed", Compatible Request FIXED,
        "a token can be obtained in another way too";
    FLOW_REMOVED = "oauth-flow-removed" <-> "oauth-flow-added", Breaking Request FIXED,
        "a token can no longer be obtained in a way";
    SCOPE_ADDED = "oauth-scope-added" <-> "oauth-scope-removed", Compatible Request FIXED,
        "a new OAuth scope can be requested";
    SCOPE_REMOVED = "oauth-scope-removed" <-> "oauth-scope-added", Breaking Request FIXED,
        "an OAuth scope can no longer be requested";
    WEBHOOK_ADDED = "webhook-added" <-> "webhook-removed", Compatible Response FIXED,
        "a new event is delivered";
    WEBHOOK_REMOVED = "webhook-removed" <-> "webhook-added", Breaking Response FIXED,
        "an event is no longer delivered";
    CALLBACK_ADDED = "callback-added" <-> "callback-removed", Compatible Response FIXED,
        "an operation sends a new callback";
    CALLBACK_REMOVED = "callback-removed" <-> "callback-added", Breaking Response FIXED,
        "an operation no longer sends a callback";
    COMPONENT_ADDED = "unused-schema-added" <-> "unused-schema-removed", Docs Both FIXED,
        "a component was added that no operation uses";
    COMPONENT_REMOVED = "unused-schema-removed" <-> "unused-schema-added", Docs Both FIXED,
        "a component was removed that no operation used";
    SCHEMA_RENAMED = "schema-renamed" <-> "schema-renamed", Breaking Both ELSE_DOCS,
        "a component was renamed, and its Rust type with it";
    SCHEMA_REPLACED = "schema-replaced" <-> "schema-replaced", Breaking Both ELSE_DOCS,
        "a reference leads to another component, and its Rust type has another name";
    UNEXPLAINED = "unexplained-rust-change" <-> "unexplained-rust-change", Breaking Both FIXED,
        "a Rust item changes and no finding explains it; compatible if the item is new. Please report it as a bug of the comparison";
    INFO_CHANGED = "info-changed" <-> "info-changed", Docs Both FIXED,
        "the document's title, version, contact or terms changed";
    TAG_CHANGED = "tag-definition-changed" <-> "tag-definition-changed", Docs Both FIXED,
        "the document's list of tags changed";
    DESCRIPTION_CHANGED = "description-changed" <-> "description-changed", Docs Both FIXED,
        "a `description` changed";
    SUMMARY_CHANGED = "summary-changed" <-> "summary-changed", Docs Both FIXED,
        "a `summary` changed";
    TITLE_CHANGED = "title-changed" <-> "title-changed", Docs Both FIXED,
        "the `title` of a schema changed";
    EXAMPLE_CHANGED = "example-changed" <-> "example-changed", Docs Both FIXED,
        "an `example` or `examples` changed";
    ANNOTATION_CHANGED = "annotation-changed" <-> "annotation-changed", Docs Both FIXED,
        "`externalDocs`, `xml`, `$comment`, links or an `x-` extension changed";
    DEPRECATED = "deprecated" <-> "deprecation-withdrawn", Docs Both FIXED,
        "an operation, parameter, header or schema was deprecated";
    UNDEPRECATED = "deprecation-withdrawn" <-> "deprecated", Docs Both FIXED,
        "a deprecation was withdrawn";
}

/// A schema that is defined elsewhere. The API stays the same, so this is not a row of the matrix;
/// the report mentions the Rust types whose names come from the new place.
pub(crate) static SCHEMA_MOVED: Rule = Rule {
    id: "schema-moved",
    level: Level::Breaking,
    direction: Direction::Both,
    mirror: "schema-moved",
    meaning: "a schema is defined elsewhere",
    policy: LevelPolicy::Unreported,
};

rules! { OPERATION_RULES:
    OPERATION_ADDED = "operation-added" <-> "operation-removed", Compatible Both FIXED,
        "the client gains a method";
    OPERATION_REMOVED = "operation-removed" <-> "operation-added", Breaking Both FIXED,
        "the client loses a method";
    ID_ADDED = "operation-id-added" <-> "operation-id-removed", Breaking Both ELSE_DOCS,
        "an operation gained the id that names its method";
    ID_REMOVED = "operation-id-removed" <-> "operation-id-added", Breaking Both ELSE_DOCS,
        "an operation lost its id; its method is named after the path";
    ID_CHANGED = "operation-id-changed" <-> "operation-id-changed", Breaking Both ELSE_DOCS,
        "an operation has another id, and its method another name";
    TAGS_CHANGED = "operation-tags-changed" <-> "operation-tags-changed", Docs Both FIXED,
        "an operation is listed under other tags";
    ACCESS_ADDED = "security-alternative-added" <-> "security-alternative-removed",
        Compatible Request FIXED, "another kind of credential is accepted";
    ACCESS_REMOVED = "security-alternative-removed" <-> "security-alternative-added",
        Breaking Request FIXED, "a kind of credential is no longer accepted";
    ACCESS_NARROWED = "security-scopes-narrowed" <-> "security-scopes-widened",
        Breaking Request FIXED, "a credential needs more scopes, or another one beside it";
    ACCESS_WIDENED = "security-scopes-widened" <-> "security-scopes-narrowed",
        Compatible Request FIXED, "a credential needs fewer scopes, or none beside it";
    ACCESS_REPLACED = "security-scopes-replaced" <-> "security-scopes-replaced",
        Breaking Request FIXED, "a credential needs other scopes";
    REDUNDANT_ACCESS_ADDED = "redundant-security-alternative-added" <-> "redundant-security-alternative-removed",
        Compatible Request FIXED, "a credential is listed again with more than it needs";
    REDUNDANT_ACCESS_REMOVED = "redundant-security-alternative-removed" <-> "redundant-security-alternative-added",
        Compatible Request FIXED, "a credential is still accepted with less";
    REQUIRED_PARAMETER_ADDED = "required-parameter-added" <-> "required-parameter-removed",
        Breaking Request FIXED, "every request needs a new parameter or header";
    REQUIRED_PARAMETER_REMOVED = "required-parameter-removed" <-> "required-parameter-added",
        Breaking Request FIXED, "a required parameter was removed, and its argument with it";
    OPTIONAL_PARAMETER_ADDED = "optional-parameter-added" <-> "optional-parameter-removed",
        Compatible Request FIXED, "the request gains a setter";
    OPTIONAL_PARAMETER_REMOVED = "optional-parameter-removed" <-> "optional-parameter-added",
        Breaking Request FIXED, "an optional parameter was removed, and its setter with it";
    PARAMETER_REQUIRED = "parameter-became-required" <-> "parameter-became-optional",
        Breaking Request FIXED, "requests without the parameter fail; the setter becomes an argument";
    PARAMETER_OPTIONAL = "parameter-became-optional" <-> "parameter-became-required",
        Breaking Request ELSE_COMPATIBLE, "the server requires less, but the argument becomes a setter";
    PATH_PARAMETER_RENAMED = "path-parameter-renamed" <-> "path-parameter-renamed",
        Docs Request FIXED, "a segment of the path has another name";
    PARAMETER_STYLE = "parameter-style-changed" <-> "parameter-style-changed",
        Breaking Request FIXED, "a parameter is serialized in another way (style, explode, media type)";
    PARAMETER_LOOSENED = "parameter-syntax-loosened" <-> "parameter-syntax-tightened",
        Compatible Request FIXED, "a parameter may be empty or contain reserved characters";
    PARAMETER_TIGHTENED = "parameter-syntax-tightened" <-> "parameter-syntax-loosened",
        Breaking Request FIXED, "a parameter must have a value or encode reserved characters";
    EVENT_PARAMETER_ADDED = "event-parameter-added" <-> "event-parameter-removed",
        Compatible Response FIXED, "an event arrives with another parameter or header";
    EVENT_PARAMETER_REMOVED = "event-parameter-removed" <-> "event-parameter-added",
        Breaking Response FIXED, "an event arrives without a parameter or header";
    EVENT_PARAMETER_REQUIRED = "event-parameter-became-required" <-> "event-parameter-became-optional",
        Compatible Response FIXED, "an event always has a parameter or header";
    EVENT_PARAMETER_OPTIONAL = "event-parameter-became-optional" <-> "event-parameter-became-required",
        Breaking Response FIXED, "a parameter or header of an event can be missing";
    EVENT_BODY_ADDED = "event-body-added" <-> "event-body-removed",
        Compatible Response FIXED, "an event arrives with a body";
    EVENT_BODY_REMOVED = "event-body-removed" <-> "event-body-added",
        Breaking Response FIXED, "an event arrives without a body";
    EVENT_BODY_REQUIRED = "event-body-became-required" <-> "event-body-became-optional",
        Compatible Response FIXED, "an event always has a body";
    EVENT_BODY_OPTIONAL = "event-body-became-optional" <-> "event-body-became-required",
        Breaking Response FIXED, "the body of an event can be missing";
    REQUIRED_BODY_ADDED = "required-request-body-added" <-> "required-request-body-removed",
        Breaking Request FIXED, "every request needs a body";
    REQUIRED_BODY_REMOVED = "required-request-body-removed" <-> "required-request-body-added",
        Breaking Request FIXED, "a required body was removed";
    OPTIONAL_BODY_ADDED = "optional-request-body-added" <-> "optional-request-body-removed",
        Compatible Request FIXED, "a request can have a body";
    OPTIONAL_BODY_REMOVED = "optional-request-body-removed" <-> "optional-request-body-added",
        Breaking Request FIXED, "an optional body was removed";
    BODY_REQUIRED = "request-body-became-required" <-> "request-body-became-optional",
        Breaking Request FIXED, "requests without a body fail";
    BODY_OPTIONAL = "request-body-became-optional" <-> "request-body-became-required",
        Compatible Request FIXED, "the server accepts requests without a body; the crate sends one";
    REQUEST_MEDIA_ADDED = "request-media-type-added" <-> "request-media-type-removed",
        Compatible Request FIXED, "another media type is accepted";
    REQUEST_MEDIA_REMOVED = "request-media-type-removed" <-> "request-media-type-added",
        Breaking Request FIXED, "a media type is no longer accepted";
    REQUEST_MEDIA_CHANGED = "request-media-type-changed" <-> "request-media-type-changed",
        Breaking Request FIXED, "the body must have another media type";
    ENCODING_CHANGED = "request-encoding-changed" <-> "request-encoding-changed",
        Breaking Request FIXED, "the parts of a form are encoded in another way";
    SUCCESS_ADDED = "response-success-status-added" <-> "response-success-status-removed",
        Compatible Response FIXED, "another status means success; breaking if the type of the response changes";
    SUCCESS_REMOVED = "response-success-status-removed" <-> "response-success-status-added",
        Breaking Response FIXED, "a success status was removed";
    SUCCESS_CHANGED = "response-success-status-changed" <-> "response-success-status-changed",
        Breaking Response FIXED, "success has another status";
    ERROR_ADDED = "response-error-status-added" <-> "response-error-status-removed",
        Compatible Response FIXED, "another error status is described; the crate reads errors by their envelope";
    ERROR_REMOVED = "response-error-status-removed" <-> "response-error-status-added",
        Compatible Response FIXED, "an error status is no longer described; code that handles it still compiles";
    RESPONSE_BODY_ADDED = "response-body-added" <-> "response-body-removed",
        Breaking Response ELSE_COMPATIBLE, "a response gained a body";
    RESPONSE_BODY_REMOVED = "response-body-removed" <-> "response-body-added",
        Breaking Response FIXED, "a response lost its body";
    RESPONSE_MEDIA_ADDED = "response-media-type-added" <-> "response-media-type-removed",
        Compatible Response FIXED, "a response can have another media type";
    RESPONSE_MEDIA_REMOVED = "response-media-type-removed" <-> "response-media-type-added",
        Breaking Response FIXED, "a response no longer comes in a media type";
    RESPONSE_MEDIA_CHANGED = "response-media-type-changed" <-> "response-media-type-changed",
        Breaking Response FIXED, "a response has another media type";
    HEADER_ADDED = "response-header-added" <-> "response-header-removed",
        Compatible Response FIXED, "a response carries another header";
    HEADER_REMOVED = "response-header-removed" <-> "response-header-added",
        Breaking Response FIXED, "a response no longer carries a header";
    HEADER_REQUIRED = "response-header-became-required" <-> "response-header-became-optional",
        Compatible Response FIXED, "a header is always present; it is read as before";
    HEADER_OPTIONAL = "response-header-became-optional" <-> "response-header-became-required",
        Breaking Response FIXED, "a header that was always present can be missing";
    HEADER_STYLE = "response-header-style-changed" <-> "response-header-style-changed",
        Breaking Response FIXED, "a header is serialized in another way";
}

rule_pairs! { VALUE_RULES:
    TYPE_CHANGED = "type-changed" <-> "type-changed",
        request Breaking "the server expects another type, or another choice of types",
        response Breaking "the server returns another type, or another choice of types";
    TYPE_WIDENED = "type-widened" <-> "type-narrowed",
        request Breaking "values of more types are accepted; the Rust type changes" unless Compatible,
        response Breaking "values of more types can be returned";
    TYPE_NARROWED = "type-narrowed" <-> "type-widened",
        request Breaking "values of fewer types are accepted",
        response Breaking "values of fewer types are returned; the Rust type changes" unless Compatible;
    NULLABLE = "became-nullable" <-> "became-non-nullable",
        request Breaking "null is accepted too; the Rust type changes" unless Compatible,
        response Breaking "null can be returned; the Rust type changes";
    NON_NULLABLE = "became-non-nullable" <-> "became-nullable",
        request Breaking "null is no longer accepted",
        response Breaking "null is no longer returned; the Rust type changes" unless Compatible;
    REQUIRED_PROPERTY_ADDED = "required-property-added" <-> "required-property-removed",
        request Breaking "every body needs a new field",
        response Compatible "a new field is returned; unknown fields were ignored before";
    REQUIRED_PROPERTY_REMOVED = "required-property-removed" <-> "required-property-added",
        request Breaking "a required field was removed, and its argument with it",
        response Breaking "a field was removed";
    OPTIONAL_PROPERTY_ADDED = "optional-property-added" <-> "optional-property-removed",
        request Compatible "the body gains a setter",
        response Compatible "a new optional field can be returned; unknown fields were ignored before";
    OPTIONAL_PROPERTY_REMOVED = "optional-property-removed" <-> "optional-property-added",
        request Breaking "an optional field was removed, and its setter with it",
        response Breaking "an optional field was removed";
    PROPERTY_REQUIRED = "property-became-required" <-> "property-became-optional",
        request Breaking "bodies without the field fail; the setter becomes an argument",
        response Breaking "the field is always present; the Rust type loses its `Option`" unless Compatible;
    PROPERTY_OPTIONAL = "property-became-optional" <-> "property-became-required",
        request Breaking "the server requires less, but the argument becomes a setter" unless Compatible,
        response Breaking "the field can be missing; the Rust type becomes an `Option`";
    ENUM_VALUE_ADDED = "enum-value-added" <-> "enum-value-removed",
        request Compatible "another value is accepted",
        response Compatible "another value can be returned; it was read as unknown before";
    ENUM_VALUE_REMOVED = "enum-value-removed" <-> "enum-value-added",
        request Breaking "a value is no longer accepted",
        response Breaking "a value is no longer returned; its variant is removed" unless Compatible;
    ENUM_INTRODUCED = "enum-introduced" <-> "enum-dropped",
        request Breaking "only listed values are accepted",
        response Breaking "the values are listed; the Rust type becomes an enum" unless Compatible;
    ENUM_DROPPED = "enum-dropped" <-> "enum-introduced",
        request Breaking "any value is accepted, but the enum becomes a plain type" unless Compatible,
        response Breaking "any value can be returned; the enum becomes a plain type" unless Compatible;
    VARIANT_ADDED = "union-variant-added" <-> "union-variant-removed",
        request Compatible "another variant is accepted",
        response Compatible "another variant can be returned; it was read as unknown before";
    VARIANT_REMOVED = "union-variant-removed" <-> "union-variant-added",
        request Breaking "a variant is no longer accepted",
        response Breaking "a variant is no longer returned; its Rust variant is removed";
    BOUND_TIGHTENED = "bound-tightened" <-> "bound-loosened",
        request Breaking "values that were in range are rejected (value, length, number of items or properties, step, uniqueness)",
        response Compatible "values come from a narrower range";
    BOUND_LOOSENED = "bound-loosened" <-> "bound-tightened",
        request Compatible "values from a wider range are accepted",
        response Compatible "values can come from a wider range; the crate does not check it";
    PATTERN_ADDED = "pattern-added" <-> "pattern-removed",
        request Breaking "strings must match a pattern",
        response Compatible "strings match a pattern";
    PATTERN_REMOVED = "pattern-removed" <-> "pattern-added",
        request Compatible "strings no longer need to match a pattern",
        response Compatible "strings may not match a pattern; the crate does not check it";
    PATTERN_CHANGED = "pattern-changed" <-> "pattern-changed",
        request Breaking "strings must match another pattern, which may reject what was accepted",
        response Compatible "strings match another pattern; the crate does not check it";
    PATTERN_TIGHTENED = "pattern-tightened" <-> "pattern-loosened",
        request Breaking "strings must match a pattern that matches fewer",
        response Compatible "strings match a pattern that matches fewer";
    PATTERN_LOOSENED = "pattern-loosened" <-> "pattern-tightened",
        request Compatible "strings may match a pattern that matches more",
        response Compatible "strings match a pattern that matches more; the crate does not check it";
    DATE_TIME_CHANGED = "date-time-format-changed" <-> "date-time-format-changed",
        request Breaking "a string became a `date-time` or is no longer one; the Rust type changes",
        response Breaking "a string became a `date-time` or is no longer one; the Rust type changes";
    FORMAT_ADDED = "format-added" <-> "format-removed",
        request Breaking "values must have a format",
        response Compatible "values have a format; the Rust type stays the same";
    FORMAT_REMOVED = "format-removed" <-> "format-added",
        request Compatible "values no longer need to have a format",
        response Compatible "values no longer have a format; the Rust type stays the same";
    FORMAT_CHANGED = "format-changed" <-> "format-changed",
        request Breaking "values must have another format",
        response Compatible "values have another format; the Rust type stays the same";
    FORMAT_WIDENED = "format-widened" <-> "format-narrowed",
        request Compatible "numbers of a wider range are accepted",
        response Compatible "numbers of a wider range can be returned";
    FORMAT_NARROWED = "format-narrowed" <-> "format-widened",
        request Breaking "only numbers of a narrower range are accepted",
        response Compatible "numbers of a narrower range are returned";
    DEFAULT_ADDED = "default-added" <-> "default-removed",
        request Compatible "the value that the server assumes is now documented",
        response Compatible "the meaning of a missing value is now documented";
    DEFAULT_REMOVED = "default-removed" <-> "default-added",
        request Compatible "the value that the server assumes is no longer documented",
        response Compatible "the meaning of a missing value is no longer documented";
    DEFAULT_CHANGED = "default-changed" <-> "default-changed",
        request Breaking "requests that omit the value now mean something else",
        response Compatible "a missing value means something else";
    CONSTRAINT_ADDED = "constraint-added" <-> "constraint-removed",
        request Breaking "a keyword restricts values (`not`, `if`, `patternProperties`, `propertyNames`, …)",
        response Compatible "a keyword restricts values; the crate does not check it";
    CONSTRAINT_REMOVED = "constraint-removed" <-> "constraint-added",
        request Compatible "a keyword restricts values no more",
        response Compatible "a keyword restricts values no more; the crate does not check it";
    CONSTRAINT_TIGHTENED = "constraint-tightened" <-> "constraint-loosened",
        request Breaking "a keyword restricts values more than before",
        response Compatible "a keyword restricts values more than before; the crate does not check it";
    CONSTRAINT_LOOSENED = "constraint-loosened" <-> "constraint-tightened",
        request Compatible "a keyword restricts values less than before",
        response Compatible "a keyword restricts values less than before; the crate does not check it";
    CONSTRAINT_CHANGED = "constraint-changed" <-> "constraint-changed",
        request Breaking "a keyword changed whose effect cannot be compared; values may be rejected",
        response Compatible "a keyword changed whose effect cannot be compared; the crate does not check it";
}

rules! { OBJECT_RULES:
    UNNAMED_REQUIRED = "request-unnamed-field-required" <-> "request-unnamed-field-not-required",
        Breaking Request FIXED, "bodies need a field that the schema requires without describing it";
    UNNAMED_NOT_REQUIRED = "request-unnamed-field-not-required" <-> "request-unnamed-field-required",
        Compatible Request FIXED, "a field that the schema does not describe is optional";
    UNNAMED_RETURNED = "response-unnamed-field-required" <-> "response-unnamed-field-not-required",
        Compatible Response FIXED, "a field that the schema does not describe is always present";
    UNNAMED_NOT_RETURNED = "response-unnamed-field-not-required" <-> "response-unnamed-field-required",
        Compatible Response FIXED, "a field that the schema does not describe can be missing; the crate does not read it";
    EXTRA_FIELDS_CHANGED = "additional-properties-changed" <-> "additional-properties-changed",
        Breaking Both ELSE_COMPATIBLE, "fields besides the named ones have another type";
    FIELDS_CLOSED = "request-additional-properties-closed" <-> "request-additional-properties-opened",
        Breaking Request FIXED, "arbitrary fields are no longer accepted";
    FIELDS_OPENED = "request-additional-properties-opened" <-> "request-additional-properties-closed",
        Compatible Request FIXED, "arbitrary fields are accepted";
    OBJECT_CLOSED = "request-object-closed" <-> "request-object-opened", Compatible Request FIXED,
        "an object with named fields rejects others; the crate sends none";
    OBJECT_OPENED = "request-object-opened" <-> "request-object-closed", Compatible Request FIXED,
        "an object with named fields accepts others; the crate sends none";
    READ_ONLY = "request-property-became-read-only" <-> "request-property-no-longer-read-only",
        Breaking Request FIXED, "the server no longer accepts the field";
    NOT_READ_ONLY = "request-property-no-longer-read-only" <-> "request-property-became-read-only",
        Compatible Request FIXED, "the server accepts the field";
    WRITE_ONLY = "response-property-became-write-only" <-> "response-property-no-longer-write-only",
        Breaking Response FIXED, "the server no longer returns the field";
    NOT_WRITE_ONLY = "response-property-no-longer-write-only" <-> "response-property-became-write-only",
        Compatible Response FIXED, "the server returns the field";
    UNION_KEYWORD = "union-keyword-changed" <-> "union-keyword-changed",
        Docs Both FIXED, "`anyOf` became `oneOf` or vice versa; the crate reads both the same way";
    DISCRIMINATOR_CHANGED = "discriminator-changed" <-> "discriminator-changed",
        Docs Both FIXED, "the discriminator of a union changed; the crate does not use it";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn ids_are_unique_kebab_case_and_mirrored() {
        let by_id: BTreeMap<_, _> = all().into_iter().map(|rule| (rule.id, rule)).collect();
        assert_eq!(by_id.len(), all().len());
        for rule in all() {
            assert!(
                rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{}",
                rule.id
            );
            let mirror = by_id.get(rule.mirror).unwrap_or_else(|| panic!("{}", rule.id));
            assert_eq!(mirror.mirror, rule.id);
            assert_eq!(mirror.direction, rule.direction, "{}", rule.id);
            assert!(!rule.meaning.is_empty() && !rule.meaning.contains('|'), "{}", rule.id);
        }
    }
}
