//! Lists: one page, all pages, all items, and what changed in them.

#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
pub(crate) mod feed;
pub(crate) mod items;
pub(crate) mod page;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
pub(crate) mod pages;
pub(crate) mod seen;
