//! The surfaces as types.

use std::fmt::Debug;

/// What sets one surface apart.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub(crate) module: &'static str,
    pub(crate) server: &'static str,
    /// Key prefixes that fit.
    pub(crate) prefixes: &'static [&'static str],
}

/// A part of the API with operations, a host and keys of its own.
///
/// Implemented by the `Surface` types of [`management`](crate::management),
/// `mailbox` and `sending`; not for implementing elsewhere.
pub trait Surface: sealed::Sealed + Debug + Clone + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const ABOUT: About;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "nobody else implements a surface")]
    pub trait Sealed {}
}
