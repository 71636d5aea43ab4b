//! Runs progenitor on the lowered document and takes its output apart.

use std::collections::BTreeMap;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use syn::{ImplItem, ImplItemFn, Item, ItemStruct};

use super::Source;
use crate::error::Error;
use crate::lower::spelling::spell;
use crate::schema::{branches, enum_values};
use crate::special::Special;

/// What the client takes from progenitor.
pub(super) struct Generated {
    structs: BTreeMap<String, ItemStruct>,
    /// One method an operation, which builds the request and then would send it.
    pub(super) methods: Vec<ImplItemFn>,
}

impl Generated {
    pub(super) fn structure(&self, name: &str) -> Result<&ItemStruct, Error> {
        self.structs.get(name).ok_or_else(|| {
            Error::new(
                format!("/components/schemas/{name}"),
                "no struct came of this schema",
                "describe an object with properties",
            )
        })
    }
}

pub(super) fn run(source: &Source<'_>) -> Result<Generated, Error> {
    let spelled = spell(source.document)?;
    let api: openapiv3::OpenAPI = serde_json::from_value(spelled).map_err(|error| {
        Error::new(
            "",
            format!("the document is not OpenAPI after lowering ({error})"),
            "check the document against the OpenAPI specification",
        )
    })?;
    let tokens = Generator::new(&settings(source)).generate_tokens(&api).map_err(|error| {
        Error::new("", format!("progenitor refused the document ({error})"), "simplify it")
    })?;
    let file: syn::File = syn::parse2(tokens).map_err(|error| {
        Error::new("", format!("progenitor's output is not Rust ({error})"), "report this document")
    })?;
    let mut generated = Generated { structs: BTreeMap::new(), methods: Vec::new() };
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                for item in module.content.into_iter().flat_map(|(_, items)| items) {
                    if let Item::Struct(structure) = item {
                        generated.structs.insert(structure.ident.to_string(), structure);
                    }
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let methods = block.items.into_iter().filter_map(|item| match item {
                    ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
                    _ => None,
                });
                generated.methods.extend(methods);
            }
            _ => {}
        }
    }
    Ok(generated)
}

fn settings(source: &Source<'_>) -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_map_type("::std::collections::BTreeMap");
    for special in Special::ALL {
        settings.with_replacement(special.component(), special.rust_path(), [].into_iter());
    }
    for (name, schema) in &source.components {
        if enum_values(schema).is_some() || branches(schema).is_some() {
            settings.with_replacement(name, source.type_path(name), [].into_iter());
        }
    }
    settings
}
