//! The surfaces of the API as types.

use std::fmt::Debug;

/// Facts about a surface.
#[derive(Debug, Clone, Copy)]
pub struct SurfaceInfo {
    pub(crate) module: &'static str,
    pub(crate) server: &'static str,
    /// Prefixes of the keys it accepts.
    pub(crate) prefixes: &'static [&'static str],
}

/// A part of the API with its own operations, server and keys.
///
/// Implemented by the `Surface` types of `management`, `mailbox` and `sending`, and not meant to be
/// implemented elsewhere.
pub trait Surface: sealed::Sealed + Debug + Clone + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const INFO: SurfaceInfo;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "nobody else implements a surface")]
    pub trait Sealed {}
}

/// Declares the module of a surface: its generated code, its marker type and its client.
///
/// The generated code also defines `if_documented!`, which keeps the modules that stand on
/// operations and types of the document, and drops those for which it lacks one.
#[allow(unused_macros, reason = "a build without any surface has none to declare")]
macro_rules! surface {
    ($module:literal, $prefixes:expr) => {
        $crate::generated::generated!(module $module);

        #[cfg(feature = "mock")]
        mod mocks {
            use super::types;

            $crate::generated::generated!(mocks $module);
        }

        #[doc = concat!("The ", $module, " surface, as a type.")]
        #[derive(Debug, Clone, Copy)]
        pub struct Surface(());

        impl $crate::client::surface::sealed::Sealed for Surface {}

        impl $crate::client::surface::Surface for Surface {
            const INFO: $crate::client::surface::SurfaceInfo =
                $crate::client::surface::SurfaceInfo {
                    module: $module,
                    server: SERVER,
                    prefixes: &$prefixes,
                };
        }

        #[doc = concat!("A client of the ", $module, " surface.")]
        pub type Client = $crate::client::Client<Surface>;

        #[doc = concat!("A builder of a [`Client`] of the ", $module, " surface.")]
        pub type Builder = $crate::client::Builder<Surface>;
    };
}
#[allow(unused_imports, reason = "a build without any surface has none to declare")]
pub(crate) use surface;
