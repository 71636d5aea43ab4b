//! Random additions to a document: what an API may add without breaking a caller.

use serde_json::{Map, Value, json};

/// A reproducible source of choices (SplitMix64).
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap()
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

type Addition = fn(&mut Value, &mut Choices) -> Option<String>;

const ADDITIONS: [Addition; 13] = [
    operation,
    schema,
    field,
    field_like_another,
    parameter,
    parameter_like_another,
    value,
    branch,
    discriminator,
    response,
    ornament,
    envelope_member,
    order,
];

/// Makes one addition, and says what it was.
pub(crate) fn add(document: &mut Value, choices: &mut Choices) -> String {
    loop {
        let addition = ADDITIONS[choices.below(ADDITIONS.len())];
        if let Some(what) = addition(document, choices) {
            return what;
        }
    }
}

/// Returns the places of all values that satisfy a condition.
fn places(document: &Value, fits: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), document)];
    while let Some((at, value)) = open.pop() {
        if fits(&at, value) {
            found.push(at.clone());
        }
        let escape = |token: &str| token.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(keys) => {
                open.extend(
                    keys.iter().map(|(key, value)| (format!("{at}/{}", escape(key)), value)),
                );
            }
            Value::Array(all) => {
                let all = all.iter().enumerate();
                open.extend(all.map(|(index, value)| (format!("{at}/{index}"), value)));
            }
            _ => {}
        }
    }
    found.sort();
    found
}

/// Returns objects with properties of their own that are data, not envelopes.
fn objects(document: &Value) -> Vec<String> {
    places(document, |at, value| {
        let properties = value.get("properties").and_then(Value::as_object);
        let is_data = properties.is_some_and(|all| !all.contains_key("ok") && !all.is_empty());
        is_data && !at.contains("/properties/properties") && !in_envelope(document, at)
    })
}

fn in_envelope(document: &Value, at: &str) -> bool {
    at.contains("/allOf/") && {
        let parent = at.rsplit_once("/allOf/").map_or("", |(parent, _)| parent);
        document.pointer(parent).is_some_and(|all| all["allOf"].to_string().contains("Envelope"))
    }
}

fn enums(document: &Value) -> Vec<String> {
    places(document, |_, value| {
        let texts =
            |all: &Vec<Value>| all.len() > 1 && all.iter().all(|it| it.is_string() || it.is_null());
        value.get("enum").and_then(Value::as_array).is_some_and(texts)
            && value.get("properties").is_none()
    })
}

fn operations(document: &Value) -> Vec<String> {
    places(document, |at, value| {
        at.starts_with("/paths/") && at.split('/').count() == 4 && value.get("responses").is_some()
    })
}

fn names_of_schemas(document: &Value) -> Vec<String> {
    let all = document.pointer("/components/schemas").and_then(Value::as_object);
    all.into_iter().flat_map(Map::keys).cloned().collect()
}

fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn fresh(choices: &mut Choices) -> String {
    let words = [
        "status", "type", "mode", "state", "item", "body", "result", "list", "text", "new", "extra",
    ];
    let first = words[choices.below(words.len())];
    format!("{first}_{}", words[choices.below(words.len())])
}

/// Writes a name in another way that becomes the same Rust name.
fn respelled(name: &str, choices: &mut Choices) -> String {
    let spellings = [
        name.to_uppercase(),
        name.replace('_', "-"),
        name.replace('_', "."),
        format!("{name}_"),
        format!("_{name}"),
    ];
    spellings[choices.below(spellings.len())].clone()
}

/// Returns a schema for something new: plain, or like one that is there already.
fn some_schema(document: &Value, choices: &mut Choices) -> Value {
    match choices.below(6) {
        0 => json!({"type": "string"}),
        1 => json!({"type": ["integer", "null"]}),
        2 => json!({"type": "string", "enum": ["first", "second", fresh(choices)]}),
        3 => {
            let all = enums(document);
            choices.one(&all).and_then(|at| document.pointer(at)).cloned().unwrap_or(json!({}))
        }
        4 => {
            let names = names_of_schemas(document);
            let list = choices.one(&names).map_or(json!({}), |name| to(name));
            json!({"type": "array", "items": list})
        }
        _ => {
            let all = places(document, |at, value| {
                at.contains("/properties/")
                    && value["type"] == "object"
                    && value.get("properties").is_some()
            });
            choices.one(&all).and_then(|at| document.pointer(at)).cloned().unwrap_or(json!({}))
        }
    }
}

fn operation(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let there = operations(document);
    let like = choices.one(&there)?.clone();
    let id = document.pointer(&like)?["operationId"].as_str().unwrap_or("managementGet").to_owned();
    let id = match choices.below(3) {
        0 => id.to_uppercase(),
        1 => format!("{id}Extra"),
        _ => id.trim_start_matches("management").trim_start_matches("mailbox").to_owned(),
    };
    let prefix = if like.contains("/~1mailbox~1") { "/mailbox/aaa" } else { "/aaa" };
    let path = format!("{prefix}-{}", choices.below(1000));
    let names = names_of_schemas(document);
    let mut operation = json!({"operationId": id, "responses": {"200": {"description": "", "content": {
        "application/json": {"schema": to(choices.one(&names)?)}}}}});
    let data: Vec<String> = objects(document)
        .iter()
        .filter_map(|at| at.strip_prefix("/components/schemas/"))
        .filter(|name| !name.contains('/'))
        .map(str::to_owned)
        .collect();
    if let Some(name) = choices.one(&data).filter(|_| like.ends_with("post")) {
        operation["requestBody"] = json!({"content": {"application/json": {"schema": to(name)}}});
    }
    let schema = some_schema(document, choices);
    if schema.get("enum").is_some() {
        operation["parameters"] =
            json!([{"in": "query", "name": fresh(choices), "schema": schema}]);
    }
    document["paths"][&path] = json!({ "post": operation });
    Some(format!("operation {path} {id}"))
}

fn schema(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let names = names_of_schemas(document);
    let other = choices.one(&names)?;
    let name = match choices.below(5) {
        0 => format!("{}_", other.to_lowercase()),
        1 => other.replace("Mailbox", "").replace("Webhook", ""),
        2 => format!("{other}Status"),
        3 => format!("{other}Body"),
        _ => format!("{other}Type"),
    };
    if name.is_empty() || names.contains(&name) {
        return None;
    }
    let shape = match choices.below(2) {
        0 => {
            json!({"type": "object", "properties": {"unheard_of": some_schema(document, choices)}})
        }
        _ => json!({"type": "string", "enum": ["unheard", "of"]}),
    };
    document["components"]["schemas"][&name] = shape;
    let all = objects(document);
    let owner = choices.one(&all)?.clone();
    let property = format!("new_{}", choices.below(1000));
    document.pointer_mut(&owner)?["properties"][&property] = to(&name);
    Some(format!("schema {name} at {owner}"))
}

fn field(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = objects(document);
    let owner = choices.one(&all)?.clone();
    let name = fresh(choices);
    let schema = some_schema(document, choices);
    let properties = document.pointer_mut(&owner)?["properties"].as_object_mut()?;
    if properties.contains_key(&name) {
        return None;
    }
    properties.insert(name.clone(), schema);
    Some(format!("field {name} of {owner}"))
}

fn field_like_another(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = objects(document);
    let owner = choices.one(&all)?.clone();
    let names: Vec<String> =
        document.pointer(&owner)?["properties"].as_object()?.keys().cloned().collect();
    let name = match choices.below(4) {
        0 => "new".to_owned(),
        _ => respelled(choices.one(&names)?, choices),
    };
    if names.contains(&name) {
        return None;
    }
    let schema = some_schema(document, choices);
    document.pointer_mut(&owner)?["properties"][&name] = schema;
    Some(format!("field {name} of {owner}"))
}

fn add_parameter(document: &mut Value, at: &str, parameter: Value) -> Option<()> {
    let operation = document.pointer_mut(at)?;
    match operation.get_mut("parameters").and_then(Value::as_array_mut) {
        Some(all) => all.insert(0, parameter),
        None => operation["parameters"] = json!([parameter]),
    }
    Some(())
}

fn parameter(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = operations(document);
    let at = choices.one(&all)?.clone();
    let schema = Some(some_schema(document, choices)).filter(|schema| schema.get("enum").is_some());
    let name = fresh(choices);
    let schema = schema.unwrap_or(json!({"type": "string"}));
    let place = if choices.below(4) == 0 { "header" } else { "query" };
    add_parameter(document, &at, json!({"in": place, "name": name, "schema": schema}))?;
    Some(format!("parameter {name} of {at}"))
}

fn parameter_like_another(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = places(document, |at, value| {
        at.starts_with("/paths/")
            && at.contains("/parameters/")
            && value["in"].is_string()
            && value["name"].is_string()
    });
    let at = choices.one(&all)?.clone();
    let operation = at.split_once("/parameters/")?.0.to_owned();
    if operation.split('/').count() != 4 {
        return None;
    }
    let other = document.pointer(&at)?["name"].as_str()?.to_owned();
    let name = match choices.below(4) {
        0 => "body".to_owned(),
        _ => respelled(&other, choices),
    };
    let taken = document.pointer(&operation)?["parameters"].to_string().to_lowercase();
    if taken.contains(&format!("\"{}\"", name.to_lowercase())) {
        return None;
    }
    add_parameter(
        document,
        &operation,
        json!({"in": "query", "name": name, "schema": {"type": "string"}}),
    )?;
    Some(format!("parameter {name} of {operation}"))
}

fn value(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = enums(document);
    let at = choices.one(&all)?.clone();
    let values = document.pointer(&at)?["enum"].as_array()?.clone();
    let value = match choices.below(3) {
        0 => choices.one(&values)?.as_str()?.to_uppercase(),
        1 => "unknown".to_owned(),
        _ => fresh(choices),
    };
    if values.iter().any(|other| *other == value) {
        return None;
    }
    let place = choices.below(2) * values.len();
    let values = document.pointer_mut(&at)?["enum"].as_array_mut()?;
    values.insert(place, value.clone().into());
    Some(format!("value {value} of {at}"))
}

fn unions(document: &Value) -> Vec<String> {
    places(document, |at, value| {
        let several = |all: &Vec<Value>| {
            all.iter().filter(|branch| branch["type"] != "null").count() > 1
                && all.iter().any(|branch| branch.get("enum").is_none() && branch["type"] != "null")
        };
        let is_union = value.as_array().is_some_and(several);
        is_union
            && (at.ends_with("/anyOf") || at.ends_with("/oneOf"))
            && !at.contains("/responses/")
    })
}

fn branch(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = unions(document);
    let at = choices.one(&all)?.clone();
    let branches = document.pointer(&at)?.as_array()?.clone();
    let like = branches.iter().find_map(|branch| branch.get("required")?.as_array()).cloned();
    let mut required = like.unwrap_or_default();
    required.push("unheard_of".into());
    let mut properties = Map::new();
    for name in required.iter().filter_map(Value::as_str) {
        properties.insert(name.to_owned(), json!({"type": "string"}));
    }
    let branch = json!({"type": "object", "properties": properties, "required": required});
    let place = choices.below(2) * branches.len();
    document.pointer_mut(&at)?.as_array_mut()?.insert(place, branch);
    Some(format!("branch of {at}"))
}

fn discriminator(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = unions(document);
    let at = choices.one(&all)?.rsplit_once('/')?.0.to_owned();
    document.pointer_mut(&at)?["discriminator"] = json!({"propertyName": "kind"});
    Some(format!("discriminator of {at}"))
}

fn response(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = operations(document);
    let at = choices.one(&all)?.clone();
    let responses = document.pointer_mut(&at)?["responses"].as_object_mut()?;
    let success = responses.iter().find(|(status, _)| status.starts_with('2'))?.1.clone();
    let (status, response) = match choices.below(3) {
        0 => (
            "418",
            json!({"description": "", "content": {"application/json": {"schema": {
            "type": "object", "properties": {"error": {"type": "string", "enum": ["a", "b"]}}}}}}),
        ),
        1 => ("507", json!({"description": ""})),
        _ => ("203", success),
    };
    responses.insert(status.to_owned(), response);
    Some(format!("response {status} of {at}"))
}

fn ornament(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = operations(document);
    let at = choices.one(&all)?.clone();
    let operation = document.pointer_mut(&at)?;
    operation["tags"] = json!(["Another"]);
    operation["summary"] = "Another summary".into();
    operation["externalDocs"] = json!({"url": "https://example.com"});
    for response in operation["responses"].as_object_mut()?.values_mut() {
        response["headers"] =
            json!({"X-Another": {"schema": {"type": "string", "enum": ["a", "b"]}}});
    }
    document["tags"] = json!([{"name": "Another"}]);
    document["x-another"] = json!({"properties": {"a": {}}});
    Some(format!("ornaments of {at}"))
}

fn envelope_member(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = places(document, |_, value| {
        let properties = value.get("properties").and_then(Value::as_object);
        properties.is_some_and(|all| all.contains_key("ok") && all.contains_key("meta"))
    });
    let at = choices.one(&all)?.clone();
    document.pointer_mut(&at)?["properties"]["warnings"] =
        json!({"type": "array", "items": {"type": "string"}});
    Some(format!("member of the envelope {at}"))
}

fn order(document: &mut Value, choices: &mut Choices) -> Option<String> {
    let all = places(document, |at, value| {
        let last = at.rsplit('/').next().unwrap_or_default();
        let lists =
            ["required", "enum", "parameters", "anyOf", "oneOf", "tags", "type", "security"];
        value.as_array().is_some_and(|all| all.len() > 1)
            && lists.contains(&last)
            && !at.contains("/responses/")
    });
    for at in &all {
        let list = document.pointer_mut(at)?.as_array_mut()?;
        let middle = choices.below(list.len());
        list.rotate_left(middle);
    }
    Some("another order of every list".to_owned())
}
