//! Names places the way people do: `EmailLog.status`, `GET /emails query parameter limit`.

use serde_json::Value;

use super::pointer::{Pointer, Token};

/// Returns the subject of a sentence about a place.
pub(crate) fn of(root: &Value, pointer: &Pointer<'_>) -> String {
    let tokens = pointer.tokens();
    let keys: Vec<&str> = tokens
        .iter()
        .map(|token| match token {
            Token::Key(key) => *key,
            Token::Index(_) => "",
        })
        .collect();
    let (head, skip) = match keys.as_slice() {
        ["components", "schemas", name, ..] => ((*name).to_owned(), 3),
        ["components", section, name, ..] => (format!("{} {name}", singular(section)), 3),
        ["paths", path, method, ..] if !["parameters", "servers"].contains(method) => {
            (format!("{} {path}", method.to_uppercase()), 3)
        }
        ["paths", path, ..] => ((*path).to_owned(), 2),
        ["webhooks", name, _, ..] => (format!("webhook {name}"), 3),
        ["info", ..] => ("the document's info".to_owned(), 1),
        ["servers"] | ["servers", _] | ["servers", _, "url"] => ("the document".to_owned(), 2),
        ["servers", ..] => ("the server".to_owned(), 2),
        ["tags", ..] => ("the list of tags".to_owned(), 2),
        ["security", ..] => ("the security of every operation".to_owned(), 1),
        [] => ("the document".to_owned(), 0),
        [first, ..] => ((*first).to_owned(), 1),
    };
    let mut value = tokens.iter().take(skip).try_fold(root, |value, token| step(value, *token));
    let mut text = head;
    let mut rest = tokens.get(skip..).unwrap_or_default();
    while let [token, after @ ..] = rest {
        value = value.and_then(|value| step(value, *token));
        rest = after;
        let mut skip = |count: usize| {
            for token in rest.iter().take(count) {
                value = value.and_then(|value| step(value, *token));
            }
            let skipped = rest.iter().take(count).copied().collect::<Vec<_>>();
            rest = rest.get(count..).unwrap_or_default();
            skipped
        };
        match token {
            Token::Key("properties") => {
                if let [Token::Key(name)] = skip(1).as_slice() {
                    text.push('.');
                    text.push_str(name);
                }
            }
            Token::Key("items") => text.push_str("[]"),
            Token::Key("additionalProperties" | "unevaluatedProperties") => text.push_str("{}"),
            Token::Key("requestBody") => text.push_str(" body"),
            Token::Key("responses" | "headers" | "callbacks") => {
                if let [Token::Key(name)] = skip(1).as_slice() {
                    let noun = match token {
                        Token::Key("headers") => "header ",
                        Token::Key("callbacks") => "callback ",
                        _ => "",
                    };
                    text.push_str(&format!(" {noun}{name}"));
                }
            }
            Token::Key("parameters") => {
                skip(1);
                let field = |key: &str| value.and_then(|value| value.get(key)?.as_str());
                if let (Some(location), Some(name)) = (field("in"), field("name")) {
                    text.push_str(&format!(" {location} parameter {name}"));
                }
            }
            Token::Key("content") => {
                skip(1);
            }
            Token::Key("scopes") => {
                if let [Token::Key(name)] = skip(1).as_slice() {
                    text.push_str(&format!(" scope {name}"));
                }
            }
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'")
}

/// Returns the name of the parameter that contains a place.
pub(crate) fn parameter(root: &Value, pointer: &Pointer<'_>) -> Option<String> {
    let mut value = root;
    for token in pointer.tokens() {
        value = step(value, token)?;
        if let (Some(_), Some(Value::String(name))) = (value.get("in"), value.get("name")) {
            return Some(name.clone());
        }
    }
    None
}

fn step<'v>(value: &'v Value, token: Token<'_>) -> Option<&'v Value> {
    match token {
        Token::Key(key) => value.get(key),
        Token::Index(index) => value.get(index),
    }
}

fn singular(section: &str) -> &str {
    match section {
        "requestBodies" => "body",
        "responses" => "response",
        "parameters" => "parameter",
        "headers" => "header",
        "securitySchemes" => "security scheme",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_have_readable_names() {
        let root = json!({"paths": {"/a": {"get": {
            "parameters": [{"in": "query", "name": "limit", "schema": {"maximum": 1}}]}}}});
        let get = Pointer::root().key("paths").key("/a").key("get");
        let limit = get.key("parameters").index(0).key("schema").key("maximum");
        assert_eq!(of(&root, &limit), "GET /a query parameter limit");
        let field = get.key("responses").key("200").key("content").key("application/json");
        let field = field.key("schema").key("properties").key("data").key("items");
        assert_eq!(of(&root, &field), "GET /a 200.data[]");
        let component = Pointer::root().key("components").key("schemas").key("A");
        assert_eq!(of(&root, &component.key("properties").key("b").key("enum").index(1)), "A.b");
        assert_eq!(of(&root, &Pointer::root()), "the document");
    }
}
