//! Versions of resources, and calls that depend on them (RFC 9110, section 13).

pub(crate) mod conditional;
pub(crate) mod etag;
pub(crate) mod modify;
