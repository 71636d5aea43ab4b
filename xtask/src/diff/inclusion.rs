//! Tells whether one schema admits every value that another one admits, keyword by keyword.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::annotations::is_annotation;
use super::document::Document;
use super::{constraints, pattern, shape};

type Keywords = Map<String, Value>;

/// A schema, and the document that its references lead into.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'d> {
    pub(crate) document: &'d Document,
    pub(crate) value: &'d Value,
}

/// How two schemas relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Same,
    /// The new schema admits only a part of what the old one admits.
    Tightened,
    Loosened,
    /// Each may admit what the other does not.
    Unknown,
}

/// Compares what two schemas admit. What cannot be told is [`Order::Unknown`].
pub(crate) fn order(old: Schema<'_>, new: Schema<'_>) -> Order {
    match (admits(old, new), admits(new, old)) {
        (true, true) => Order::Same,
        (true, false) => Order::Tightened,
        (false, true) => Order::Loosened,
        (false, false) => Order::Unknown,
    }
}

/// Whether `general` is known to admit every value that `special` admits.
fn admits(general: Schema<'_>, special: Schema<'_>) -> bool {
    Search { known: HashMap::new(), budget: 20_000, depth: 0 }.admits(general, special)
}

struct Search {
    /// The pairs that were compared. One that is being compared, as it contains itself, counts as
    /// admitted: it is if the rest is.
    known: HashMap<(usize, usize), bool>,
    /// Questions that may still be asked.
    budget: usize,
    /// Pairs around the present one.
    depth: usize,
}

/// Deeper than anybody writes a constraint; the comparison is recursive.
const MAX_DEPTH: usize = 40;

/// What applies at once: a schema with what its `$ref` and `allOf` lead to.
struct Parts<'d> {
    keywords: Vec<&'d Keywords>,
    /// Whether no value is valid.
    never: bool,
    /// Whether there are more parts than anybody writes.
    too_many: bool,
}

static ANY: Value = Value::Bool(true);
static NEVER: Value = Value::Bool(false);

impl<'d> Schema<'d> {
    fn with(self, value: &'d Value) -> Self {
        Self { value, ..self }
    }

    /// Returns the schema under a keyword.
    fn under(self, keywords: &'d Keywords, key: &str) -> Option<Self> {
        keywords.get(key).map(|value| self.with(value))
    }

    fn parts(self) -> Parts<'d> {
        const MOST: usize = 64;
        let mut parts = Parts { keywords: Vec::new(), never: false, too_many: false };
        let mut open = vec![self.value];
        while let Some(value) = open.pop() {
            parts.never |= value == &NEVER;
            let Value::Object(keywords) = value else { continue };
            if parts.keywords.iter().any(|known| std::ptr::eq(*known, keywords)) {
                continue;
            }
            if parts.keywords.len() == MOST {
                parts.too_many = true;
                break;
            }
            parts.keywords.push(keywords);
            let target = keywords.get("$ref").and_then(Value::as_str);
            let target = target.and_then(|target| self.document.target(target));
            open.extend(target.map(|target| target.value));
            open.extend(list(keywords, "allOf"));
        }
        parts
    }
}

impl Search {
    fn admits(&mut self, general: Schema<'_>, special: Schema<'_>) -> bool {
        // What is known counts too: a union asks for each pair of branches.
        let Some(budget) = self.budget.checked_sub(1) else { return false };
        self.budget = budget;
        let address = |schema: Schema<'_>| std::ptr::from_ref(schema.value).addr();
        let pair = (address(general), address(special));
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        if self.depth == MAX_DEPTH {
            return false;
        }
        self.depth += 1;
        self.known.insert(pair, true);
        let (demanding, implying) = (general.parts(), special.parts());
        let admitted = implying.never
            || (!demanding.never
                && !demanding.too_many
                && demanding.keywords.iter().all(|keywords| {
                    let demands = keywords.iter().filter(|(key, _)| !is_annotation(key));
                    demands.into_iter().all(|(key, demand)| {
                        let demand = Demand { schema: general, beside: keywords, key, demand };
                        self.implied(&demand, special, &implying.keywords)
                    })
                }));
        self.known.insert(pair, admitted);
        self.depth -= 1;
        admitted
    }

    /// Whether what applies at once demands at least what a keyword demands.
    fn implied(&mut self, wanted: &Demand<'_>, special: Schema<'_>, parts: &[&Keywords]) -> bool {
        let &Demand { schema: general, beside, key, demand } = wanted;
        let whole = general.with(demand);
        let any = special.with(&ANY);
        match key {
            // What they lead to is among the parts.
            "allOf" => true,
            "$ref" => {
                let found = demand.as_str().and_then(|target| general.document.target(target));
                found.is_some() || parts.iter().any(|part| part.get(key) == Some(demand))
            }
            // They mean something only beside the first keyword of their group.
            "else" | "maxContains" | "minContains" | "then" => true,
            "if" => self.implied_choice(wanted, special, parts),
            "contains" => self.implied_count(wanted, special, parts),
            "not" => {
                self.admits(special.with(&NEVER), whole)
                    || parts.iter().any(|part| {
                        special.under(part, key).is_some_and(|own| self.admits(own, whole))
                    })
            }
            "dependentSchemas" | "patternProperties" | "properties" => {
                let schemas = demand.as_object().into_iter().flatten();
                schemas.into_iter().all(|(name, schema)| {
                    let schema = general.with(schema);
                    self.admits(schema, any)
                        || parts.iter().any(|part| {
                            let own = part.get(key).and_then(|own| own.get(name));
                            own.is_some_and(|own| self.admits(schema, special.with(own)))
                        })
                })
            }
            "prefixItems" => {
                let schemas: Vec<&Value> = list(beside, key).collect();
                let empty = Keywords::new();
                parts.iter().copied().chain([&empty]).any(|part| {
                    let own: Vec<&Value> = list(part, key).collect();
                    let open = !beside.contains_key("items") && !part.contains_key("items");
                    (open || own.len() == schemas.len())
                        && schemas.iter().enumerate().all(|(index, schema)| {
                            let own = own.get(index).copied().unwrap_or(&ANY);
                            self.admits(general.with(schema), special.with(own))
                        })
                })
            }
            "contentSchema" | "propertyNames" => {
                self.admits(whole, any)
                    || parts.iter().any(|part| {
                        special.under(part, key).is_some_and(|own| self.admits(whole, own))
                    })
            }
            "additionalItems"
            | "additionalProperties"
            | "items"
            | "unevaluatedItems"
            | "unevaluatedProperties" => {
                self.admits(whole, any)
                    || parts.iter().any(|part| {
                        covered(part) == covered(beside)
                            && special.under(part, key).is_some_and(|own| self.admits(whole, own))
                    })
            }
            "anyOf" => parts.iter().any(|part| {
                let own = if part.contains_key(key) { key } else { "oneOf" };
                part.contains_key(own)
                    && list(part, own).all(|one| {
                        list(beside, key)
                            .any(|branch| self.admits(general.with(branch), special.with(one)))
                    })
            }),
            _ => is_implied(key, demand, beside.get("nullable") == Some(&ANY), parts),
        }
    }

    fn implied_choice(
        &mut self,
        wanted: &Demand<'_>,
        special: Schema<'_>,
        parts: &[&Keywords],
    ) -> bool {
        let &Demand { schema: general, beside, key, demand } = wanted;
        let (whole, any) = (general.with(demand), special.with(&ANY));
        let chosen = |key: &str| general.under(beside, key).unwrap_or(general.with(&ANY));
        if self.admits(chosen("then"), any) && self.admits(chosen("else"), any) {
            return true;
        }
        parts.iter().any(|part| {
            let own = |key: &str| special.under(part, key).unwrap_or(any);
            special.under(part, key).is_some_and(|condition| {
                self.admits(whole, condition)
                    && self.admits(condition, whole)
                    && self.admits(chosen("then"), own("then"))
                    && self.admits(chosen("else"), own("else"))
            })
        })
    }

    fn implied_count(
        &mut self,
        wanted: &Demand<'_>,
        special: Schema<'_>,
        parts: &[&Keywords],
    ) -> bool {
        let &Demand { schema: general, beside, key, demand } = wanted;
        let whole = general.with(demand);
        let counts = |keywords: &Keywords| {
            let count = |key: &str| keywords.get(key).and_then(Value::as_f64);
            (count("minContains").unwrap_or(1.0), count("maxContains").unwrap_or(f64::INFINITY))
        };
        let (least, most) = counts(beside);
        (least <= 0.0 && most.is_infinite())
            || parts.iter().any(|part| {
                let (own_least, own_most) = counts(part);
                special.under(part, key).is_some_and(|own| {
                    (least <= 0.0 || (least <= own_least && self.admits(whole, own)))
                        && (most.is_infinite() || (own_most <= most && self.admits(own, whole)))
                })
            })
    }
}

/// A keyword of a schema, and the keywords beside it.
struct Demand<'d> {
    schema: Schema<'d>,
    beside: &'d Keywords,
    key: &'d str,
    demand: &'d Value,
}

/// Whether keywords other than those with schemas inside imply one of them.
fn is_implied(key: &str, demand: &Value, nullable: bool, parts: &[&Keywords]) -> bool {
    let names = |key: &str| -> BTreeSet<&str> {
        parts.iter().flat_map(|part| list(part, key)).filter_map(Value::as_str).collect()
    };
    let any =
        |test: &dyn Fn(&Value) -> bool| parts.iter().any(|part| part.get(key).is_some_and(test));
    match key {
        "$anchor" | "$defs" | "$id" | "$schema" | "default" | "definitions" | "nullable"
        | "readOnly" | "writeOnly" => true,
        "required" => {
            let required = names(key);
            strings(demand).all(|name| required.contains(name))
        }
        "dependentRequired" => demand.as_object().into_iter().flatten().all(|(name, all)| {
            let own = parts.iter().filter_map(|part| part.get(key)?.get(name));
            let own: BTreeSet<&str> = own.flat_map(strings).collect();
            strings(all).all(|name| own.contains(name))
        }),
        "const" | "enum" => {
            let wanted: BTreeSet<String> = values(key, demand).map(shape::canonical).collect();
            let listed = |part: &&Keywords| {
                let own =
                    ["const", "enum"].into_iter().filter_map(|key| Some((key, part.get(key)?)));
                own.into_iter().any(|(key, own)| {
                    values(key, own).all(|value| wanted.contains(&shape::canonical(value)))
                })
            };
            parts.iter().any(listed)
        }
        "pattern" => demand.as_str().is_some_and(|general| {
            pattern::is_general(general)
                || any(&|own| own.as_str().is_some_and(|own| pattern::admits(general, own)))
        }),
        "type" => {
            let mut named = constraints::names_of(demand);
            named.extend(nullable.then_some("null"));
            constraints::implies_type(parts, &named)
        }
        _ => {
            any(&|own| own == demand)
                || parts.iter().any(|part| constraints::implies(part, key, demand))
        }
    }
}

/// Returns what the keywords beside one that is about the rest describe already.
fn covered(keywords: &Keywords) -> [Vec<&str>; 3] {
    ["patternProperties", "prefixItems", "properties"].map(|key| match keywords.get(key) {
        Some(Value::Object(schemas)) => schemas.keys().map(String::as_str).collect(),
        Some(Value::Array(schemas)) => vec![""; schemas.len()],
        _ => Vec::new(),
    })
}

fn list<'d>(keywords: &'d Keywords, key: &str) -> impl Iterator<Item = &'d Value> + use<'d> {
    keywords.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Returns the values that `const` or `enum` lists.
fn values<'d>(key: &str, listed: &'d Value) -> impl Iterator<Item = &'d Value> + use<'d> {
    let all = (key == "enum").then(|| listed.as_array()).flatten();
    let one = (key == "const").then_some(listed);
    all.into_iter().flatten().chain(one)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(old: Value, new: Value) -> Order {
        let leaf = |maximum: u8| {
            json!({"type": "object", "properties": {
            "next": {"$ref": "#/components/schemas/Tree"}, "size": {"maximum": maximum}}})
        };
        let document = |maximum| {
            let root =
                json!({"openapi": "3.1.0", "components": {"schemas": {"Tree": leaf(maximum)}}});
            Document::from_value(root).unwrap()
        };
        let (before, after) = (document(9), document(5));
        let side = |document, value| Schema { document, value };
        order(side(&before, &old), side(&after, &new))
    }

    #[test]
    fn schemas_are_ordered_keyword_by_keyword() {
        for (loose, tight) in [
            (json!({}), json!({"type": "string"})),
            (json!({"type": ["string", "null"]}), json!({"type": "string"})),
            (json!({"type": "number"}), json!({"enum": [1, 2]})),
            (json!({"enum": [1, 2]}), json!({"const": 1.0})),
            (json!({"minimum": 1}), json!({"exclusiveMinimum": 1})),
            (json!({"maxLength": 3}), json!({"allOf": [{"maxLength": 3}, {"minLength": 1}]})),
            (json!({"multipleOf": 0.1}), json!({"multipleOf": 0.5})),
            (json!({"not": {"const": 1}}), json!({"not": {"enum": [1, 2]}})),
            (json!({"required": ["a"]}), json!({"required": ["b", "a"]})),
            (json!({"properties": {"a": {}}}), json!({"properties": {"a": {"type": "string"}}})),
            (json!({"items": {"maximum": 2}}), json!({"items": {"maximum": 1}})),
            (json!({"additionalProperties": {}}), json!({"additionalProperties": false})),
            (json!({"anyOf": [{"const": 1}, {"const": 2}]}), json!({"oneOf": [{"const": 2}]})),
            (json!({"contains": {}, "minContains": 1}), json!({"contains": {"const": 1}})),
            (
                json!({"contains": {"const": 1}, "maxContains": 2}),
                json!({"contains": {"const": 1}, "maxContains": 1}),
            ),
            (json!({"if": {"const": 1}}), json!({"if": {"const": 1}, "then": false})),
            (json!({"prefixItems": [{}]}), json!({"prefixItems": [{}, {"type": "string"}]})),
            (
                json!({"dependentRequired": {"a": ["b"]}}),
                json!({"dependentRequired": {"a": ["c", "b"]}}),
            ),
            (
                json!({"$ref": "#/components/schemas/Tree"}),
                json!({"$ref": "#/components/schemas/Tree"}),
            ),
        ] {
            assert_eq!(compared(loose.clone(), tight.clone()), Order::Tightened, "{loose} {tight}");
        }
        for (one, other) in [
            (json!({"enum": ["a", "b"]}), json!({"enum": ["b", "a", "b"]})),
            (json!({"not": false}), json!(true)),
            (json!({"then": false}), json!({"description": "Words."})),
            (json!({"contains": {}}), json!({"minContains": 1, "contains": true})),
        ] {
            assert_eq!(compared(one, other), Order::Same);
        }
        for (one, other) in [
            (json!({"format": "a"}), json!({"format": "b"})),
            (json!({"oneOf": [{}, {"const": 1}]}), json!({"oneOf": [{}]})),
            (
                json!({"properties": {"a": {}}, "additionalProperties": false}),
                json!({"additionalProperties": false, "properties": {"b": {}}}),
            ),
        ] {
            assert_eq!(compared(one, other), Order::Unknown);
        }
    }
}
