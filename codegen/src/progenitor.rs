//! The boundary to progenitor, to typify beneath it and to the `openapiv3` crate: whatever has to
//! be known of their ways is known here. A lowered document goes in; the fields of each struct and
//! one function per operation that builds its HTTP request come out.

mod request_fn;

use std::collections::BTreeMap;

use progenitor::{GenerationSettings, Generator};
use serde_json::{Value, json};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, GenericArgument, Ident, ImplItem, Item, Lit, Meta, PathArguments, Token, Type,
};

pub(crate) use request_fn::{Argument, Passing, RequestFn};

use crate::client;
use crate::document::{operations, operations_mut, schemas_mut};
use crate::error::Error;
use crate::extensions::ScalarType;
use crate::schema::{is_nullable, is_structural};

/// What progenitor reads of an operation.
const READ_OF_OPERATIONS: [&str; 4] = ["operationId", "parameters", "requestBody", "responses"];

/// What progenitor made of a document.
pub(crate) struct Output {
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

impl Output {
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
pub(crate) fn run(document: &Value, replaced: &BTreeMap<String, String>) -> Result<Output, Error> {
    let respelled = respelled(document)?;
    let api = serde_json::from_value(respelled).map_err(|error| {
        Error::new(
            "",
            format!("the lowered document is not OpenAPI ({error})"),
            "check the document against the OpenAPI specification",
        )
    })?;
    let tokens = Generator::new(&settings(replaced)?).generate_tokens(&api);
    drop(api);
    let tokens = tokens.map_err(|error| {
        Error::new(
            "",
            format!("progenitor rejected the document ({error})"),
            "simplify what it names",
        )
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
    Ok(Output { structs, request_fns })
}

fn settings(replaced: &BTreeMap<String, String>) -> Result<GenerationSettings, Error> {
    let mut settings = GenerationSettings::default();
    settings.with_map_type("::std::collections::BTreeMap");
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

/// Returns a document as openapiv3 and typify read it, without what only the emitter reads.
fn respelled(document: &Value) -> Result<Value, Error> {
    let mut document = document.clone();
    schemas_mut(&mut document, &mut |_, node| {
        let Value::Object(keywords) = node else { return Ok(()) };
        // Extensions would keep a schema from being equal to one that is converted.
        keywords.retain(|keyword, _| is_structural(keyword));
        if let Some(reference) = node.get("$ref") {
            let reference = json!({ "$ref": reference });
            // openapiv3 ignores whatever stands beside `$ref`.
            *node = match is_nullable(node) {
                true => json!({"allOf": [reference], "nullable": true}),
                false => reference,
            };
        }
        Ok(())
    })?;
    // openapiv3 would check what is of no use to progenitor.
    operations_mut(&mut document, &mut |_, operation| {
        if let Value::Object(keys) = operation {
            keys.retain(|key, _| READ_OF_OPERATIONS.contains(&key.as_str()));
        }
        Ok(())
    })?;
    if let Some(root) = document.as_object_mut() {
        root.remove("servers");
    }
    Ok(document)
}

fn field(field: syn::Field) -> Option<Field> {
    let name = field.ident?;
    let property = renamed(&field.attrs).unwrap_or_else(|| name.to_string());
    Some(Field { name, property, ty: without_option(field.ty).0 })
}

/// Returns the name that `#[serde(rename = "…")]` gives to a field.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    let arguments = Punctuated::<Meta, Token![,]>::parse_terminated;
    let metas = serde.filter_map(|attribute| attribute.parse_args_with(arguments).ok()).flatten();
    metas.filter(|meta| meta.path().is_ident("rename")).find_map(|meta| {
        let Expr::Lit(literal) = &meta.require_name_value().ok()?.value else { return None };
        let Lit::Str(text) = &literal.lit else { return None };
        Some(text.value())
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::reference_to;

    #[test]
    fn nullable_references_survive() {
        let document = json!({"paths": {}, "components": {"schemas": {"X": {
        "type": "object", "x-origin": "/", "properties": {
            "y": {"$ref": "#/components/schemas/Y", "nullable": true, "description": "d"},
            "z": {"$ref": "#/components/schemas/Y", "description": "d"},
        }}}}});
        let schemas = respelled(&document).unwrap()["components"]["schemas"].take();
        assert_eq!(
            schemas["X"],
            json!({"type": "object", "properties": {
                "y": {"allOf": [reference_to("Y")], "nullable": true},
                "z": reference_to("Y"),
            }})
        );
    }
}
