//! Changes of operations, their parameters, bodies and responses.

use super::{Direction, ELSE_DOCS, FIXED, Level, Rule};

rules! {
    OPERATION_ADDED = "operation-added" <-> "operation-removed", Compatible Both FIXED,
        "a further method of the client";
    OPERATION_REMOVED = "operation-removed" <-> "operation-added", Breaking Both FIXED,
        "a method of the client is gone";
    ID_ADDED = "operation-id-added" <-> "operation-id-removed", Breaking Both ELSE_DOCS,
        "an operation got an id, from which its method takes its name";
    ID_REMOVED = "operation-id-removed" <-> "operation-id-added", Breaking Both ELSE_DOCS,
        "an operation lost its id; its method takes its name from the path";
    ID_CHANGED = "operation-id-changed" <-> "operation-id-changed", Breaking Both ELSE_DOCS,
        "an operation has another id, and its method another name";
    TAGS_CHANGED = "operation-tags-changed" <-> "operation-tags-changed", Docs Both FIXED,
        "an operation is listed under other tags";
    ACCESS_ADDED = "security-alternative-added" <-> "security-alternative-removed",
        Compatible Request FIXED, "a further kind of credential is accepted";
    ACCESS_REMOVED = "security-alternative-removed" <-> "security-alternative-added",
        Breaking Request FIXED, "a kind of credential is not accepted any more";
    ACCESS_NARROWED = "security-scopes-narrowed" <-> "security-scopes-widened",
        Breaking Request FIXED, "a credential needs a scope it did not need";
    ACCESS_WIDENED = "security-scopes-widened" <-> "security-scopes-narrowed",
        Compatible Request FIXED, "a credential needs fewer scopes";
    ACCESS_REPLACED = "security-scopes-replaced" <-> "security-scopes-replaced",
        Breaking Request FIXED, "a credential needs other scopes";
    REQUIRED_PARAMETER_ADDED = "required-parameter-added" <-> "required-parameter-removed",
        Breaking Request FIXED, "a parameter that requests must have now, headers too";
    REQUIRED_PARAMETER_REMOVED = "required-parameter-removed" <-> "required-parameter-added",
        Breaking Request FIXED, "a required parameter is gone, and an argument with it";
    OPTIONAL_PARAMETER_ADDED = "optional-parameter-added" <-> "optional-parameter-removed",
        Compatible Request FIXED, "a further setter of the request";
    OPTIONAL_PARAMETER_REMOVED = "optional-parameter-removed" <-> "optional-parameter-added",
        Breaking Request FIXED, "an optional parameter is gone, and its setter with it";
    PARAMETER_REQUIRED = "parameter-became-required" <-> "parameter-became-optional",
        Breaking Request FIXED, "requests without it fail; the setter becomes an argument";
    PARAMETER_OPTIONAL = "parameter-became-optional" <-> "parameter-became-required",
        Breaking Request FIXED, "the server asks for less, but the argument becomes a setter";
    PATH_PARAMETER_RENAMED = "path-parameter-renamed" <-> "path-parameter-renamed",
        Docs Request FIXED, "the same segment of the same path under another name";
    PARAMETER_STYLE = "parameter-style-changed" <-> "parameter-style-changed",
        Breaking Request FIXED, "a value is written in another way (style, explode, reserved characters)";
    REQUIRED_BODY_ADDED = "required-request-body-added" <-> "required-request-body-removed",
        Breaking Request FIXED, "a request must have a body now";
    REQUIRED_BODY_REMOVED = "required-request-body-removed" <-> "required-request-body-added",
        Breaking Request FIXED, "a body that was required is gone";
    OPTIONAL_BODY_ADDED = "optional-request-body-added" <-> "optional-request-body-removed",
        Compatible Request FIXED, "a request can have a body";
    OPTIONAL_BODY_REMOVED = "optional-request-body-removed" <-> "optional-request-body-added",
        Breaking Request FIXED, "a body that was optional is gone";
    BODY_REQUIRED = "request-body-became-required" <-> "request-body-became-optional",
        Breaking Request FIXED, "requests without a body fail";
    BODY_OPTIONAL = "request-body-became-optional" <-> "request-body-became-required",
        Compatible Request FIXED, "the server takes requests without a body; the crate sends one";
    REQUEST_MEDIA_ADDED = "request-media-type-added" <-> "request-media-type-removed",
        Compatible Request FIXED, "a body is accepted in a further format";
    REQUEST_MEDIA_REMOVED = "request-media-type-removed" <-> "request-media-type-added",
        Breaking Request FIXED, "a body is not accepted in a format any more";
    REQUEST_MEDIA_CHANGED = "request-media-type-changed" <-> "request-media-type-changed",
        Breaking Request FIXED, "a body has to be in another format";
    ENCODING_CHANGED = "request-encoding-changed" <-> "request-encoding-changed",
        Breaking Request FIXED, "the parts of a form are written in another way";
    SUCCESS_ADDED = "response-success-status-added" <-> "response-success-status-removed",
        Compatible Response FIXED, "a further status means success; breaking where it changes the type of the answer";
    SUCCESS_REMOVED = "response-success-status-removed" <-> "response-success-status-added",
        Breaking Response FIXED, "a success status is gone";
    SUCCESS_CHANGED = "response-success-status-changed" <-> "response-success-status-changed",
        Breaking Response FIXED, "success comes with another status";
    ERROR_ADDED = "response-error-status-added" <-> "response-error-status-removed",
        Compatible Response FIXED, "a further error is described; errors are read by their envelope";
    ERROR_REMOVED = "response-error-status-removed" <-> "response-error-status-added",
        Compatible Response FIXED, "an error is not described any more; programs may go on handling it";
    RESPONSE_BODY_ADDED = "response-body-added" <-> "response-body-removed",
        Breaking Response FIXED, "an answer that had no described body has one";
    RESPONSE_BODY_REMOVED = "response-body-removed" <-> "response-body-added",
        Breaking Response FIXED, "an answer has no described body any more";
    RESPONSE_MEDIA_ADDED = "response-media-type-added" <-> "response-media-type-removed",
        Compatible Response FIXED, "an answer can come in a further format";
    RESPONSE_MEDIA_REMOVED = "response-media-type-removed" <-> "response-media-type-added",
        Breaking Response FIXED, "an answer does not come in a format any more";
    RESPONSE_MEDIA_CHANGED = "response-media-type-changed" <-> "response-media-type-changed",
        Breaking Response FIXED, "an answer comes in another format";
    HEADER_ADDED = "response-header-added" <-> "response-header-removed",
        Compatible Response FIXED, "an answer carries a further header";
    HEADER_REMOVED = "response-header-removed" <-> "response-header-added",
        Breaking Response FIXED, "an answer does not carry a header any more";
    HEADER_REQUIRED = "response-header-became-required" <-> "response-header-became-optional",
        Compatible Response FIXED, "a header always comes; reading it stays the same";
    HEADER_OPTIONAL = "response-header-became-optional" <-> "response-header-became-required",
        Breaking Response FIXED, "a header that always came can be missing";
}
