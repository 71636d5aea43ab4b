//! Leaves operations out of a document: which one an error concerns, and what stays without it.

use serde_json::{Value, json};

use crate::document::{
    METHODS, components_mut, operation_schemas_mut, operations, references_of_operations,
};
use crate::error::{Error, Pointer};
use crate::schema::{reachable, reference};

/// The path and the method of an operation.
pub(crate) type Place = (String, &'static str);

/// Drops the schemas that no operation leads to, so that a fault in one of them costs nothing. What
/// nests too deep to be walked is kept: lowering says so.
pub(super) fn prune(selected: &mut Value) {
    let Ok(from) = references_of_operations(selected) else { return };
    let Some(components) = components_mut(selected) else { return };
    if let Ok(reached) = reachable(components, from) {
        components.retain(|name, _| reached.contains(name));
    }
}

/// Returns the operations that lead to the place of an error.
pub(crate) fn concerned(selected: &mut Value, error: &Error) -> Vec<Place> {
    let mut tokens = error.pointer().split('/').skip(1).map(unescaped);
    let mut next = || tokens.next().unwrap_or_default();
    match (next().as_str(), next(), next()) {
        ("paths", path, method) => {
            let method = METHODS.into_iter().find(|known| *known == method);
            let place = method.map(|method| (path, method));
            let exists = |(path, method): &Place| !selected["paths"][path][*method].is_null();
            place.filter(exists).into_iter().collect()
        }
        ("components", _, name) => leading_to(selected, &name),
        _ => Vec::new(),
    }
}

pub(super) fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Returns the operations that lead to a schema.
fn leading_to(selected: &mut Value, name: &str) -> Vec<Place> {
    let mut components = components_mut(selected).cloned().unwrap_or_default();
    if !components.contains_key(name) {
        return Vec::new();
    }
    let leads_there = |(path, method): &Place| {
        let mut from = Vec::new();
        let at = Pointer::operation(path, method);
        let mut operation = selected["paths"][path][*method].clone();
        let walked = operation_schemas_mut(&at, &mut operation, &mut |_, node| {
            from.extend(reference(node).map(str::to_owned));
            Ok(())
        });
        let reached = walked.and_then(|()| reachable(&mut components, from));
        reached.is_ok_and(|reached| reached.contains(name))
    };
    let places =
        operations(selected).map(|operation| (operation.path.to_owned(), operation.method));
    places.collect::<Vec<_>>().into_iter().filter(leads_there).collect()
}

/// Removes an operation, and the schemas that only it leads to.
pub(crate) fn remove_operation(selected: &mut Value, place: &Place) {
    let (path, method) = place;
    let Some(paths) = selected["paths"].as_object_mut() else { return };
    if let Some(Value::Object(item)) = paths.get_mut(path) {
        item.remove(*method);
        if item.is_empty() {
            paths.remove(path);
        }
    }
    prune(selected);
}

/// Returns a document with one operation, and the schemas that it leads to.
pub(crate) fn only_operation(selected: &Value, (path, method): &Place) -> Value {
    let mut only = json!({ "paths": { path: { *method: selected["paths"][path][*method] } } });
    for key in ["openapi", "info", "servers", "components"] {
        only[key] = selected[key].clone();
    }
    prune(&mut only);
    only
}
