//! Refuses a choice between itself and something else: it would be read without end.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Context;
use crate::error::Error;
use crate::pointer::Pointer;
use crate::schema::{branches, reference};
use crate::walk::{self, MAX_DEPTH};

pub(super) fn run(document: &mut Value, _: &Context<'_>) -> Result<(), Error> {
    let Some(components) = walk::components(document) else { return Ok(()) };
    let mut finished = BTreeSet::new();
    for start in components.keys() {
        // Depth first, without recursion: each entry is a component and the branches left in it.
        let mut open = vec![(start.as_str(), leads_to(components, start))];
        while let Some((name, branches)) = open.last_mut() {
            let name = *name;
            let Some(next) = branches.pop() else {
                finished.insert(name);
                open.pop();
                continue;
            };
            if open.iter().any(|(other, _)| *other == next) {
                return Err(Error::new(
                    Pointer::schema(next),
                    "the schema is itself, or a choice of which one branch is itself",
                    "leave that branch or reference out",
                ));
            }
            if open.len() > MAX_DEPTH {
                return Err(Error::new(
                    Pointer::schema(start),
                    format!("more than {MAX_DEPTH} references lead on from here"),
                    "refer to the schema itself",
                ));
            }
            if !finished.contains(next) {
                open.push((next, leads_to(components, next)));
            }
        }
    }
    Ok(())
}

/// The components that a value of this one may be.
fn leads_to<'a>(components: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let schema = components.get(name).into_iter();
    let branches = schema.clone().filter_map(branches).flatten();
    schema.chain(branches).filter_map(reference).collect()
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
