//! Lists: one page, all pages, all items.

pub(crate) mod items;
pub(crate) mod page;
#[allow(dead_code, reason = "what generated code uses depends on the surfaces built")]
pub(crate) mod pages;
