//! Names a place the way people speak of it: `EmailLog.status`, `GET /emails query limit`.

use serde_json::Value;

use super::excerpt;
use super::trail::{Token, Trail};

/// The subject of a sentence about a place.
pub(crate) fn of(root: &Value, trail: &Trail<'_>) -> String {
    let tokens = trail.tokens();
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
        ["servers", ..] => ("the server".to_owned(), 2),
        ["tags", ..] => ("the list of tags".to_owned(), 2),
        ["security", ..] => ("the credential of every operation".to_owned(), 1),
        [] => ("the document".to_owned(), 0),
        [first, ..] => ((*first).to_owned(), 1),
    };
    let mut value = tokens.iter().take(skip).try_fold(root, |value, token| step(value, *token));
    let mut words = head;
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
                    words.push('.');
                    words.push_str(name);
                }
            }
            Token::Key("items") => words.push_str("[]"),
            Token::Key("additionalProperties" | "unevaluatedProperties") => words.push_str("{}"),
            Token::Key("requestBody") => words.push_str(" body"),
            Token::Key("responses" | "headers" | "callbacks") => {
                if let [Token::Key(name)] = skip(1).as_slice() {
                    let noun = match token {
                        Token::Key("headers") => "header ",
                        Token::Key("callbacks") => "callback ",
                        _ => "",
                    };
                    words.push_str(&format!(" {noun}{name}"));
                }
            }
            Token::Key("parameters") => {
                skip(1);
                let text = |key: &str| value.and_then(|value| value.get(key)?.as_str());
                if let (Some(home), Some(name)) = (text("in"), text("name")) {
                    words.push_str(&format!(" {home} parameter {name}"));
                }
            }
            Token::Key("content") => {
                skip(1);
            }
            Token::Key("scopes") => {
                if let [Token::Key(name)] = skip(1).as_slice() {
                    words.push_str(&format!(" scope {name}"));
                }
            }
            _ => {}
        }
    }
    excerpt::text(&words)
}

/// The name of the parameter that a place is in.
pub(crate) fn parameter(root: &Value, trail: &Trail<'_>) -> Option<String> {
    let mut value = root;
    for token in trail.tokens() {
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
        "securitySchemes" => "credential",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_named_by_what_they_are() {
        let root = json!({"paths": {"/a": {"get": {
            "parameters": [{"in": "query", "name": "limit", "schema": {"maximum": 1}}]}}}});
        let get = Trail::root().key("paths").key("/a").key("get");
        let limit = get.key("parameters").index(0).key("schema").key("maximum");
        assert_eq!(of(&root, &limit), "GET /a query parameter limit");
        let field = get.key("responses").key("200").key("content").key("application/json");
        let field = field.key("schema").key("properties").key("data").key("items");
        assert_eq!(of(&root, &field), "GET /a 200.data[]");
        let component = Trail::root().key("components").key("schemas").key("A");
        assert_eq!(of(&root, &component.key("properties").key("b").key("enum").index(1)), "A.b");
        assert_eq!(of(&root, &Trail::root()), "the document");
    }
}
