//! Refuses a choice between itself and something else: it would be read without end.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Context;
use crate::error::Error;
use crate::pointer::Pointer;
use crate::schema::{branches, reference};
use crate::walk;

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let Some(components) = walk::components(document) else { return Ok(()) };
    for name in components.keys() {
        let mut pending = vec![name.as_str()];
        let mut seen = BTreeSet::new();
        while let Some(schema) = pending.pop().and_then(|next| components.get(next)) {
            let inner = branches(schema).into_iter().flatten().chain([schema]);
            for next in inner.filter_map(reference) {
                if next == name {
                    return Err(Error::new(
                        Pointer::schema(name),
                        "a choice of which one branch is the choice itself",
                        "leave that branch out",
                    ));
                }
                if seen.insert(next) {
                    pending.push(next);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::on_schemas;
    use crate::schema::reference_to;

    #[test]
    fn a_choice_may_not_be_its_own_branch() {
        for schemas in [
            json!({"A": {"anyOf": [reference_to("A"), {"type": "string"}]}}),
            json!({"A": {"anyOf": [reference_to("B"), {"type": "string"}]}, "B": reference_to("A")}),
        ] {
            let error = on_schemas(run, schemas).unwrap_err();
            assert_eq!(error.pointer(), "/components/schemas/A");
        }
        let tree = json!({"A": {"anyOf": [reference_to("B"), {"type": "string"}]},
            "B": {"type": "object", "properties": {"a": reference_to("A")}}});
        assert_eq!(on_schemas(run, tree.clone()).unwrap(), tree);
    }
}
