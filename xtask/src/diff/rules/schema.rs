//! Changes of values, judged for the program that sends them and for the one that reads them.

use super::{Direction, FIXED, Level, Rule, Sided, Weight};

sided_rules! {
    TYPE_CHANGED = "type-changed" <-> "type-changed",
        request Breaking "values of another type are asked for, a choice of types included",
        response Breaking "values of another type come back, a choice of types included";
    NULLABLE = "became-nullable" <-> "became-non-nullable",
        request Breaking "null is accepted as well; the Rust type changes",
        response Breaking "null can come back; the Rust type changes";
    NON_NULLABLE = "became-non-nullable" <-> "became-nullable",
        request Breaking "null is not accepted any more",
        response Breaking "null does not come back any more; the Rust type changes";
    REQUIRED_PROPERTY_ADDED = "required-property-added" <-> "required-property-removed",
        request Breaking "a field that every body must have now",
        response Compatible "a further field; unknown fields were ignored before";
    REQUIRED_PROPERTY_REMOVED = "required-property-removed" <-> "required-property-added",
        request Breaking "a required field is gone, and an argument with it",
        response Breaking "a field is gone";
    OPTIONAL_PROPERTY_ADDED = "optional-property-added" <-> "optional-property-removed",
        request Compatible "a further setter of the body",
        response Compatible "a further optional field; unknown fields were ignored before";
    OPTIONAL_PROPERTY_REMOVED = "optional-property-removed" <-> "optional-property-added",
        request Breaking "an optional field is gone, and its setter with it",
        response Breaking "an optional field is gone";
    PROPERTY_REQUIRED = "property-became-required" <-> "property-became-optional",
        request Breaking "bodies without the field fail; the setter becomes an argument",
        response Breaking "the field always comes; the Rust type loses its `Option`";
    PROPERTY_OPTIONAL = "property-became-optional" <-> "property-became-required",
        request Breaking "the server asks for less, but the argument becomes a setter",
        response Breaking "the field can be missing; the Rust type becomes an `Option`";
    ENUM_VALUE_ADDED = "enum-value-added" <-> "enum-value-removed",
        request Compatible "a further value is accepted",
        response Compatible "a further value can come back; it was read as unknown before";
    ENUM_VALUE_REMOVED = "enum-value-removed" <-> "enum-value-added",
        request Breaking "a value is not accepted any more",
        response Breaking "a value does not come back any more; its variant goes" unless Compatible;
    ENUM_INTRODUCED = "enum-introduced" <-> "enum-dropped",
        request Breaking "only listed values are accepted",
        response Breaking "values are listed; the Rust type becomes an enum";
    ENUM_DROPPED = "enum-dropped" <-> "enum-introduced",
        request Breaking "any value is accepted, but the enum becomes a plain type",
        response Breaking "any value can come back; the enum becomes a plain type";
    VARIANT_ADDED = "union-variant-added" <-> "union-variant-removed",
        request Compatible "a further form is accepted",
        response Compatible "a further form can come back; it was read as unknown before";
    VARIANT_REMOVED = "union-variant-removed" <-> "union-variant-added",
        request Breaking "a form is not accepted any more",
        response Breaking "a form does not come back any more; its variant is gone";
    BOUND_TIGHTENED = "bound-tightened" <-> "bound-loosened",
        request Breaking "values that were in range are refused (value, length, number of items or entries, step, uniqueness)",
        response Compatible "values come from a narrower range";
    BOUND_LOOSENED = "bound-loosened" <-> "bound-tightened",
        request Compatible "values of a wider range are accepted",
        response Compatible "values can come from a wider range; the crate does not check it";
    PATTERN_ADDED = "pattern-added" <-> "pattern-removed",
        request Breaking "text has to match a pattern",
        response Compatible "text follows a pattern";
    PATTERN_REMOVED = "pattern-removed" <-> "pattern-added",
        request Compatible "text does not have to match a pattern any more",
        response Compatible "text does not follow a pattern any more; the crate does not check it";
    PATTERN_CHANGED = "pattern-changed" <-> "pattern-changed",
        request Breaking "text has to match another pattern, which may refuse what was accepted",
        response Compatible "text follows another pattern; the crate does not check it";
    MOMENT_CHANGED = "date-time-format-changed" <-> "date-time-format-changed",
        request Breaking "text became a `date-time` or ceased to be one; the Rust type changes",
        response Breaking "text became a `date-time` or ceased to be one; the Rust type changes";
    FORMAT_ADDED = "format-added" <-> "format-removed",
        request Breaking "values have to be of a format",
        response Compatible "values are of a format; the Rust type stays";
    FORMAT_REMOVED = "format-removed" <-> "format-added",
        request Compatible "values do not have to be of a format any more",
        response Compatible "values are not of a format any more; the Rust type stays";
    FORMAT_CHANGED = "format-changed" <-> "format-changed",
        request Breaking "values have to be of another format",
        response Compatible "values are of another format; the Rust type stays";
    DEFAULT_ADDED = "default-added" <-> "default-removed",
        request Compatible "what the server takes for an absent value is now stated",
        response Compatible "what an absent value stands for is now stated";
    DEFAULT_REMOVED = "default-removed" <-> "default-added",
        request Compatible "what the server takes for an absent value is not stated any more",
        response Compatible "what an absent value stands for is not stated any more";
    DEFAULT_CHANGED = "default-changed" <-> "default-changed",
        request Breaking "requests that leave the value out now mean something else",
        response Compatible "an absent value stands for something else";
    CONSTRAINT_CHANGED = "constraint-changed" <-> "constraint-changed",
        request Breaking "a keyword whose effect cannot be ordered (`not`, `if`, `patternProperties`, `propertyNames`, …); values may be refused",
        response Compatible "a keyword whose effect cannot be ordered; the crate does not check it";
}

rules! {
    FIELDS_CLOSED = "request-additional-properties-closed" <-> "request-additional-properties-opened",
        Breaking Request FIXED, "fields of the program's own choice are refused";
    FIELDS_OPENED = "request-additional-properties-opened" <-> "request-additional-properties-closed",
        Compatible Request FIXED, "fields of the program's own choice are accepted";
    OBJECT_CLOSED = "request-object-closed" <-> "request-object-opened", Compatible Request FIXED,
        "an object with named fields refuses others; the crate sends none";
    OBJECT_OPENED = "request-object-opened" <-> "request-object-closed", Compatible Request FIXED,
        "an object with named fields accepts others; the crate sends none";
    READ_ONLY = "request-property-became-read-only" <-> "request-property-no-longer-read-only",
        Breaking Request FIXED, "the server does not take the field from programs any more";
    NOT_READ_ONLY = "request-property-no-longer-read-only" <-> "request-property-became-read-only",
        Compatible Request FIXED, "the server takes the field from programs";
    WRITE_ONLY = "response-property-became-write-only" <-> "response-property-no-longer-write-only",
        Breaking Response FIXED, "the field does not come back any more";
    NOT_WRITE_ONLY = "response-property-no-longer-write-only" <-> "response-property-became-write-only",
        Compatible Response FIXED, "the field comes back as well";
    UNION_KEYWORD = "union-keyword-changed" <-> "union-keyword-changed",
        Docs Both FIXED, "`anyOf` became `oneOf` or the reverse; the crate reads both alike";
    DISCRIMINATOR_CHANGED = "discriminator-changed" <-> "discriminator-changed",
        Docs Both FIXED, "the hint by which to tell forms apart; the crate does not need it";
}
