//! The boundary to progenitor, to typify beneath it and to the `openapiv3` crate: whatever has to
//! be known of their ways is known here. A lowered document goes in; the fields of each struct and
//! one function per operation that builds its HTTP request come out.

mod openapiv3;
mod request_fn;

use std::collections::BTreeMap;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use serde_json::{Value, json};
use syn::{Attribute, GenericArgument, Ident, ImplItem, Item, LitStr, PathArguments, Type};

pub(crate) use request_fn::{Argument, Passing, RequestFn};

use crate::client;
use crate::document::operations;
use crate::error::Error;
use crate::extensions::ScalarType;

/// What progenitor made of a document.
pub(crate) struct Generated {
    structs: BTreeMap<String, Vec<Field>>,
    request_fns: BTreeMap<String, RequestFn>,
}

/// A property that became a field of a struct.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) property: String,
    /// Type of a value that is present and not null.
    pub(crate) ty: Type,
}

impl Generated {
    /// Returns the fields of the struct that a component became.
    pub(crate) fn fields(&self, component: &str) -> Result<&[Field], Error> {
        self.structs.get(component).map(Vec::as_slice).ok_or_else(|| {
            Error::new(
                format!("/components/schemas/{component}"),
                "this schema did not become a struct",
                "describe an object with properties",
            )
        })
    }

    /// Removes the function that builds the request of an operation.
    pub(crate) fn take_request_fn(&mut self, operation_id: &str) -> Option<RequestFn> {
        self.request_fns.remove(operation_id)
    }
}

/// Runs progenitor on a lowered document. Components in `replaced` become the types named there
/// instead of generated ones.
pub(crate) fn run(
    document: &Value,
    replaced: &BTreeMap<String, String>,
) -> Result<Generated, Error> {
    let respelled = openapiv3::respelled(document, replaced)?;
    let api = serde_json::from_value(respelled).map_err(|error| {
        Error::new(
            "",
            format!("the lowered document is not OpenAPI ({error})"),
            "check the document against the OpenAPI specification",
        )
    })?;
    let tokens = Generator::new(&settings(replaced)?).generate_tokens(&api).map_err(|error| {
        Error::new("", format!("progenitor rejected the document ({error})"), "simplify it")
    })?;
    let file: syn::File = syn::parse2(tokens).map_err(|error| {
        Error::new("", format!("progenitor's output is not Rust ({error})"), "report this document")
    })?;
    let (mut structs, mut methods) = (BTreeMap::new(), BTreeMap::new());
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                for item in module.content.into_iter().flat_map(|(_, items)| items) {
                    if let Item::Struct(item) = item {
                        let fields = item.fields.into_iter().filter_map(field).collect();
                        structs.insert(item.ident.to_string(), fields);
                    }
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                for item in block.items {
                    if let ImplItem::Fn(method) = item
                        && method.sig.asyncness.is_some()
                    {
                        methods.insert(method.sig.ident.to_string(), method);
                    }
                }
            }
            _ => {}
        }
    }
    let mut request_fns = BTreeMap::new();
    for operation in operations(document) {
        let id = operation.value["operationId"].as_str().unwrap_or_default();
        if let Some(method) = methods.remove(id) {
            request_fns.insert(id.to_owned(), request_fn::cut(&operation, method)?);
        }
    }
    Ok(Generated { structs, request_fns })
}

fn settings(replaced: &BTreeMap<String, String>) -> Result<GenerationSettings, Error> {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_map_type("::std::collections::BTreeMap");
    for scalar in ScalarType::ALL {
        let schema = serde_json::from_value(json!({"type": "string", "format": scalar.format()}))
            .map_err(|error| Error::new("", error.to_string(), "report this document"))?;
        settings.with_conversion(schema, client::scalar(scalar).0, [].into_iter());
    }
    for (component, path) in replaced {
        settings.with_replacement(component, path, [].into_iter());
    }
    Ok(settings)
}

fn field(field: syn::Field) -> Option<Field> {
    let name = field.ident?;
    let property = renamed(&field.attrs).unwrap_or_else(|| name.to_string());
    Some(Field { name, property, ty: without_option(field.ty).0 })
}

/// Returns the name that `#[serde(rename = "…")]` gives to a field.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // The keys that typify writes are all names, with or without a value.
        let _ = attribute.parse_nested_meta(|meta| {
            if let Ok(value) = meta.value() {
                let literal: LitStr = value.parse()?;
                if meta.path.is_ident("rename") {
                    found = Some(literal.value());
                }
            }
            Ok(())
        });
    }
    found
}

/// Returns `T` and true for `Option<T>`, and any other type with false.
fn without_option(ty: Type) -> (Type, bool) {
    let is_option = matches!(&ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == "Option"));
    match first_argument(&ty).filter(|_| is_option) {
        Some(inner) => (inner, true),
        None => (ty, false),
    }
}

/// Returns the first type argument of a path: `T` of `Vec<T>`.
fn first_argument(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}
