//! Schemas in a few words.

use super::document::Document;
use super::excerpt;
use super::node::Node;
use super::shape::{Rest, Shape};

const COMPONENTS: &str = "/components/schemas/";

/// The name of a component at the end of its pointer.
pub(crate) fn name(pointer: &str) -> String {
    pointer.strip_prefix(COMPONENTS).unwrap_or(pointer).to_owned()
}

/// A schema in two or three words.
pub(crate) fn of_shape(shape: &Shape<'_>) -> String {
    if shape.never {
        return "nothing".to_owned();
    }
    if let Some(reference) = shape.opaque.first() {
        return format!("`{}`", excerpt::text(reference));
    }
    if shape.is_union() {
        let forms: usize = shape.unions.iter().map(|union| union.branches.len()).sum();
        return format!("a choice of {forms} forms");
    }
    match shape.types {
        None => "any value".to_owned(),
        Some(types) if types.is_none() => "null".to_owned(),
        Some(types) => types.to_string(),
    }
}

/// A schema in a few words, with null and the name of its component.
pub(crate) fn of_node(document: &Document, node: &Node<'_>) -> String {
    let Some(shape) = Shape::of(document, node) else { return "any value".to_owned() };
    let mut words = match &shape.component {
        Some(component) => format!("`{}`", excerpt::text(&name(&component.at.to_string()))),
        None => of_shape(&shape),
    };
    if let (Some(items), None) = (&shape.items, &shape.component) {
        let inner = Shape::of(document, items).map(|shape| of_shape(&shape)).unwrap_or_default();
        words = format!("array of {inner}");
    }
    if shape.nullable {
        words.push_str(" or null");
    }
    words
}

pub(crate) fn of_rest(document: &Document, shape: &Shape<'_>) -> String {
    match &shape.rest {
        Rest::Anything => "object with any values".to_owned(),
        Rest::Nothing(_) => "object of its own fields".to_owned(),
        Rest::Values(node) => format!("object with values of type {}", of_node(document, node)),
    }
}
