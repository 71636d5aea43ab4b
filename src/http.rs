//! Readers of HTTP headers: pure functions and value types.

pub(crate) mod content_disposition;
pub(crate) mod etag;
#[allow(dead_code, reason = "only uploads have a media type, depending on the surfaces built")]
pub(crate) mod media_type;
pub(crate) mod rate_limit;
pub(crate) mod response_head;
pub(crate) mod retry_after;
