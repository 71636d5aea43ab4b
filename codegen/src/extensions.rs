//! What lowering notes in the document for whatever reads it next: extension keys on operations and
//! schemas, the content of responses, and the formats of strings that become types of the client.

use serde_json::Value;

/// On an operation: name of the method on the client.
pub(crate) const METHOD_NAME: &str = "x-method-name";
/// On an operation: its id in the published document.
pub(crate) const PUBLISHED_ID: &str = "x-published-id";
/// On an operation: the scopes that a credential needs.
pub(crate) const PERMISSIONS: &str = "x-permissions";
/// On an operation: whether it takes no credential.
pub(crate) const PUBLIC: &str = "x-public";
/// On an operation: the name of its [`ResponseContent`].
pub(crate) const RESPONSE_CONTENT: &str = "x-response-content";
/// On an operation: the media type of a body of bytes, where the document names another than
/// `application/octet-stream`.
pub(crate) const MEDIA_TYPE: &str = "x-media-type";
/// On a component: JSON pointer to its place in the published document.
pub(crate) const ORIGIN: &str = "x-origin";
/// On a component: the places that it stands for, as `names.lock.json` writes them.
pub(crate) const PLACES: &str = "x-places";
/// On a component that events alone lead to: that it is read as leniently as they are.
pub(crate) const STREAMED: &str = "x-streamed";
/// On a parameter or a property: its name on the wire, where another name had to be found for Rust.
pub(crate) const WIRE_NAME: &str = "x-wire-name";
/// On a union: whether the document tells its branches apart by a discriminator.
pub(crate) const DISCRIMINATOR: &str = "x-discriminator";
/// On a document: what lowering left out, or could not keep.
pub(crate) const NOTES: &str = "x-notes";
/// On a component that was inline: the property or parameter that it was the schema of.
pub(crate) const PROPERTY: &str = "x-property";
/// On a property or a component: whether its default stands in for absence and null.
pub(crate) const DEFAULT: &str = "x-default";
/// On a reference: whether null is excluded although the component allows it.
pub(crate) const NOT_NULL: &str = "x-not-null";
/// On a streamed event: the property that tells its type.
pub(crate) const EVENT_TYPE: &str = "x-event-type";

/// JSON pointer from a lowered operation to the schema of the events that it streams.
pub(crate) const EVENT_SCHEMA: &str = "/responses/2XX/content/text~1event-stream/schema";
/// JSON pointer from a lowered operation to the schema of its JSON response.
pub(crate) const JSON_SCHEMA: &str = "/responses/2XX/content/application~1json/schema";

/// Returns the name of a parameter or a property on the wire.
pub(crate) fn wire_name<'a>(schema: &'a Value, name: &'a str) -> &'a str {
    schema.get(WIRE_NAME).and_then(Value::as_str).unwrap_or(name)
}

/// Returns what identifies a parameter among those of its operation: `query limit`.
pub(crate) fn input_key(parameter: &Value) -> String {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("in"), wire_name(parameter, text("name")))
}

/// Content of a successful response, as the caller gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseContent {
    /// `{ok, data, meta}`: the caller gets `data`.
    Enveloped,
    /// `{ok, data: [], pagination, meta}`: the caller gets a page.
    Page,
    /// JSON without an envelope.
    Bare,
    /// Text of any type.
    Text,
    /// Server-sent events.
    EventStream,
    /// Bytes of any type.
    Bytes,
    /// No content.
    Empty,
}

impl ResponseContent {
    const ALL: [(ResponseContent, &'static str); 7] = [
        (ResponseContent::Enveloped, "enveloped"),
        (ResponseContent::Page, "page"),
        (ResponseContent::Bare, "bare"),
        (ResponseContent::Text, "text"),
        (ResponseContent::EventStream, "event-stream"),
        (ResponseContent::Bytes, "bytes"),
        (ResponseContent::Empty, "empty"),
    ];

    /// Returns the content of a lowered operation's response.
    pub(crate) fn of(operation: &Value) -> Self {
        let noted = operation.get(RESPONSE_CONTENT).and_then(Value::as_str);
        let known = Self::ALL.iter().find(|(_, name)| noted == Some(name));
        known.map_or(ResponseContent::Bytes, |(content, _)| *content)
    }

    pub(crate) fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(content, _)| *content == self);
        known.map(|(_, name)| *name).unwrap_or_default()
    }
}

/// A string that becomes a type of the client. The document says so by a format of the OpenAPI
/// Format Registry; where it does not, lowering adds the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScalarType {
    Decimal,
    Secret,
    Timestamp,
}

impl ScalarType {
    pub(crate) const ALL: [ScalarType; 3] =
        [ScalarType::Decimal, ScalarType::Secret, ScalarType::Timestamp];

    pub(crate) fn format(self) -> &'static str {
        match self {
            ScalarType::Decimal => "decimal",
            ScalarType::Secret => "password",
            ScalarType::Timestamp => "date-time",
        }
    }

    /// Returns the type of a lowered schema, unless it is a plain string or no string at all.
    pub(crate) fn of(schema: &Value) -> Option<Self> {
        if schema.get("type")? != "string" {
            return None;
        }
        let format = schema.get("format")?.as_str()?;
        Self::ALL.into_iter().find(|scalar| scalar.format() == format)
    }
}
