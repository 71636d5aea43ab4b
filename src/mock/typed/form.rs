//! The forms that answers have.

use std::any::type_name;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reply::Body;
use super::sample::Sample;
use crate::values::misfit::Misfit;

/// What a successful answer of an operation looks like.
///
/// Implemented by the forms in this module; not for implementing elsewhere.
pub trait Form: sealed::Sealed + 'static {}

pub(super) mod sealed {
    use super::Body;

    #[expect(unnameable_types, reason = "nobody else implements a form")]
    pub trait Sealed {
        #[expect(private_interfaces, reason = "nobody else calls it")]
        fn sample() -> (u16, Body);
    }
}

macro_rules! forms {
    ($($(#[$words:meta])* $name:ident $(<$type:ident>)? => $status:literal, $sample:expr;)*) => {
        $(
            $(#[$words])*
            #[derive(Debug)]
            pub struct $name$(<$type>)?(PhantomData<fn() -> ($($type,)?)>);

            impl$(<$type: Sample + Serialize + 'static>)? Form for $name$(<$type>)? {}

            impl$(<$type: Sample + Serialize + 'static>)? sealed::Sealed for $name$(<$type>)? {
                #[expect(private_interfaces, reason = "nobody else calls it")]
                fn sample() -> (u16, Body) {
                    ($status, $sample)
                }
            }
        )*
    };
}

forms! {
    /// `{ok, data, meta}`, of which the caller gets `data`.
    Data<T> => 200, Body::Data(T::sample_json());
    /// A page of a list.
    Items<T> => 200, Body::Page { items: vec![T::sample_json()], next_cursor: None };
    /// JSON without an envelope.
    Bare<T> => 200, Body::Bare(T::sample_json());
    /// Plain text.
    Text => 200, Body::Raw { content_type: "text/plain; charset=utf-8".into(), bytes: b"text".to_vec() };
    /// Server-sent events.
    Events => 200, Body::Raw { content_type: "text/event-stream".into(), bytes: Vec::new() };
    /// Bytes of any kind.
    Bytes => 200, Body::Raw { content_type: "application/octet-stream".into(), bytes: b"bytes".to_vec() };
    /// No content.
    Empty => 204, Body::Empty;
}

/// A value as the answer has it.
pub(super) fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value)
        .unwrap_or_else(|error| panic!("this {} cannot be written ({error})", type_name::<T>()))
}

/// JSON as the type that the client will read it as.
pub(super) fn read<T: DeserializeOwned>(json: Value) -> T {
    let text = json.to_string();
    serde_json::from_str(&text).unwrap_or_else(|_| {
        let Misfit { field, what } = Misfit::find::<T>(text.as_bytes());
        panic!("the JSON is no `{}`: field `{field}`: {what}", type_name::<T>())
    })
}

/// The same JSON, once it was found to fit the type.
pub(super) fn fitting<T: DeserializeOwned>(json: Value) -> Value {
    let _: T = read(json.clone());
    json
}
