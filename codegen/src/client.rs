//! Everything of the client that generated code refers to or keeps clear of, in one place: if
//! something is renamed or moved there, this is the file to change.
//!
//! Generated code also relies on `Client::call` and `Client::default_mailbox_id`, on
//! `Call::endpoint`, on the fields of `Endpoint`, and on the methods of the traits that it implements.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::extensions::{ResponseContent, ScalarType};

/// A path, as generated code writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path(pub(crate) &'static str);

impl ToTokens for Path {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for (index, segment) in self.0.split("::").enumerate() {
            if index > 0 {
                tokens.extend(quote! { :: });
            }
            Ident::new(segment, Span::call_site()).to_tokens(tokens);
        }
    }
}

// Calls.
pub(crate) const CALL: Path = Path("crate::transport::call::Call");
pub(crate) const ENDPOINT: Path = Path("crate::transport::call::Endpoint");
pub(crate) const BUILD_RESULT: Path = Path("crate::transport::outbound_request::BuildResult");
pub(crate) const BUILD_ERROR: Path = Path("crate::transport::outbound_request::BuildError");
pub(crate) const PATH_SEGMENT: Path = Path("crate::transport::outbound_request::path_segment");
pub(crate) const REQUEST_BUILDER: Path = Path("crate::transport::call::request_builder");
pub(crate) const OPERATION: Path = Path("crate::Operation");
pub(crate) const LIST: Path = Path("crate::List");
pub(crate) const CONDITIONAL_READ: Path = Path("crate::ConditionalRead");
pub(crate) const PENDING: Path = Path("crate::Pending");
pub(crate) const ERROR: Path = Path("crate::Error");
pub(crate) const UPLOAD: Path = Path("crate::Upload");
/// Makes the request that carries an upload and its media type.
pub(crate) const WITH_UPLOAD: Path =
    Path("crate::transport::outbound_request::OutboundRequest::with_typed_upload");

// Responses.
pub(crate) const RESPONSE: Path = Path("crate::Response");
pub(crate) const PAGE: Path = Path("crate::Page");
pub(crate) const PAGES: Path = Path("crate::Pages");
pub(crate) const ITEMS: Path = Path("crate::Items");
pub(crate) const FEED: Path = Path("crate::Feed");
pub(crate) const CHANGE_SET: Path = Path("crate::paging::feed::ChangeSet");
pub(crate) const EVENTS: Path = Path("crate::Events");
pub(crate) const STREAM_EVENT: Path = Path("crate::events::event::StreamEvent");
pub(crate) const DOWNLOAD: Path = Path("crate::Download");

// Conditional requests.
pub(crate) const ETAG: Path = Path("crate::ETag");
pub(crate) const CONDITIONAL: Path = Path("crate::Conditional");
pub(crate) const IF_MATCH: Path = Path("crate::IfMatch");
pub(crate) const IF_NONE_MATCH: Path = Path("crate::IfNoneMatch");

// Values.
pub(crate) const SECRET: Path = Path("crate::Secret");
pub(crate) const TIMESTAMP: Path = Path("crate::Timestamp");
pub(crate) const DECIMAL: Path = Path("crate::Decimal");
pub(crate) const NULLABLE: Path = Path("crate::Nullable");
pub(crate) const INTO_INTEGER: Path = Path("crate::IntoInteger");
pub(crate) const OPEN_ENUM: Path = Path("crate::values::open_enum::open_enum");

// Functions that serde's attributes name.
pub(crate) const IS_ABSENT: &str = "crate::Nullable::is_absent";
pub(crate) const OR_DEFAULT: &str = "crate::values::nullable::or_default";
pub(crate) const WHOLE: &str = "crate::values::number::whole";
pub(crate) const WHOLE_OR_NONE: &str = "crate::values::number::whole_or_none";
pub(crate) const WHOLE_OR_ABSENT: &str = "crate::values::number::whole_or_absent";
pub(crate) const FRACTION: &str = "crate::values::number::fraction";
pub(crate) const FRACTION_OR_NONE: &str = "crate::values::number::fraction_or_none";
pub(crate) const SHORTEST: &str = "crate::values::number::shortest";
pub(crate) const SHORTEST_OR_NONE: &str = "crate::values::number::shortest_or_none";

// Mocks.
pub(crate) const MOCKABLE: Path = Path("crate::mock::Mockable");
pub(crate) const MATCHER: Path = Path("crate::mock::Matcher");
pub(crate) const SAMPLE: Path = Path("crate::mock::Sample");
pub(crate) const PARSE_SAMPLE: Path = Path("crate::mock::parse_sample");

/// Hand-written methods of a client, which no operation may be called.
pub(crate) const CLIENT_METHODS: [&str; 16] = [
    "base_url",
    "builder",
    "call",
    "clone",
    "credential_warning",
    "default_mailbox_id",
    "draft",
    "fetch_url",
    "follow",
    "from_env",
    "new",
    "put_signed",
    "read_attachment_text",
    "request",
    "send_batch",
    "upload_signed",
];

/// Members of every request, which no input may be called.
pub(crate) const REQUEST_MEMBERS: [&str; 10] = [
    "call",
    "clone",
    "feed",
    "header",
    "into_future",
    "pages",
    "request",
    "retry",
    "stream",
    "timeout",
];

/// Names inside the functions that build requests, which no input may be called.
pub(crate) const RESERVED_INPUTS: [&str; 2] = ["header_map", "sendmux_endpoint"];

/// Hand-written types of the module of a surface, which no request may be called.
pub(crate) const MODULE_TYPES: [&str; 16] = [
    "BatchReport",
    "Builder",
    "ChangeStream",
    "Chunk",
    "Client",
    "DraftHandle",
    "DraftState",
    "ExtractedText",
    "Outcome",
    "ReadAttachmentText",
    "ResourceChange",
    "ResourceType",
    "SendBatch",
    "Surface",
    "SyncStates",
    "UploadSigned",
];

/// Returns the type that stands for a scalar.
pub(crate) fn scalar(scalar: ScalarType) -> Path {
    match scalar {
        ScalarType::Decimal => DECIMAL,
        ScalarType::Secret => SECRET,
        ScalarType::Timestamp => TIMESTAMP,
    }
}

/// Returns the type that an awaited request resolves to.
pub(crate) fn awaited(content: ResponseContent, data: &Type) -> TokenStream {
    match content {
        ResponseContent::Enveloped | ResponseContent::Bare => quote! { #RESPONSE<#data> },
        ResponseContent::Page => quote! { #PAGE<#data> },
        ResponseContent::Text => quote! { #RESPONSE<::std::string::String> },
        ResponseContent::Empty => quote! { #RESPONSE<()> },
        ResponseContent::EventStream => quote! { #EVENTS<#data> },
        ResponseContent::Bytes => quote! { #DOWNLOAD },
    }
}

/// Returns the method of [`CALL`] that sends a request and reads its response.
pub(crate) fn send(content: ResponseContent, takes_range: bool) -> Path {
    Path(match content {
        ResponseContent::Enveloped => "enveloped",
        ResponseContent::Page => "page",
        ResponseContent::Bare => "bare",
        ResponseContent::Text => "text",
        ResponseContent::Empty => "empty",
        // Event streams open themselves.
        ResponseContent::EventStream => "download",
        ResponseContent::Bytes if takes_range => "download",
        ResponseContent::Bytes => "download_whole",
    })
}

/// Returns the type of the replies that a mock gives to a request.
pub(crate) fn mock_reply(content: ResponseContent, data: &Type) -> TokenStream {
    let (reply, has_data) = match content {
        ResponseContent::Enveloped => (Path("crate::mock::reply::Data"), true),
        ResponseContent::Page => (Path("crate::mock::reply::Items"), true),
        ResponseContent::Bare => (Path("crate::mock::reply::Bare"), true),
        ResponseContent::Text => (Path("crate::mock::reply::Text"), false),
        ResponseContent::EventStream => (Path("crate::mock::reply::Events"), false),
        ResponseContent::Bytes => (Path("crate::mock::reply::Bytes"), false),
        ResponseContent::Empty => (Path("crate::mock::reply::Empty"), false),
    };
    if has_data {
        quote! { #reply<#data> }
    } else {
        quote! { #reply }
    }
}
