//! The document as published: text in, checked JSON out.

use serde_json::{Map, Value};

use crate::error::Error;

/// Larger than any API description; keeps a wrong file from eating the memory of a build.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Parses a document and refuses what is not OpenAPI 3.0 or 3.1.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(
            "",
            format!("{} bytes are more than an OpenAPI document has", text.len()),
            format!("give a JSON document of at most {MAX_BYTES} bytes"),
        ));
    }
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
    let Value::Object(root) = &document else {
        return Err(Error::new(
            "",
            "the top level is not a JSON object",
            "give an OpenAPI document",
        ));
    };
    version(root)?;
    object(root, "paths")?;
    Ok(document)
}

fn not_json(text: &str, error: &serde_json::Error) -> Error {
    let start = text.trim_start();
    let remedy = if start.starts_with('<') {
        "this looks like HTML or XML: check the address it came from"
    } else if start.starts_with(['{', '[']) {
        "fix the JSON, or fetch the document again"
    } else if start.is_empty() {
        "the document is empty: fetch it again"
    } else {
        "this looks like YAML: convert it to JSON first"
    };
    Error::new("", format!("not a JSON document ({error})"), remedy)
}

fn version(root: &Map<String, Value>) -> Result<(), Error> {
    const REMEDY: &str = "give an OpenAPI 3.0 or 3.1 document";
    if root.contains_key("swagger") {
        return Err(Error::new("/swagger", "Swagger 2.0 is not supported", REMEDY));
    }
    match root.get("openapi") {
        Some(Value::String(version))
            if ["3.0", "3.1"]
                .iter()
                .any(|known| version == known || version.starts_with(&format!("{known}."))) =>
        {
            Ok(())
        }
        Some(other) => {
            Err(Error::new("/openapi", format!("version {other} is not supported"), REMEDY))
        }
        None => Err(Error::new("/openapi", "the version is missing", REMEDY)),
    }
}

fn object<'a>(root: &'a Map<String, Value>, key: &str) -> Result<&'a Map<String, Value>, Error> {
    root.get(key).and_then(Value::as_object).ok_or_else(|| {
        Error::new(
            format!("/{key}"),
            "an object is required here",
            "check that this is a complete OpenAPI document",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, String) {
        let error = parse(text).unwrap_err();
        (error.pointer().to_owned(), error.to_string())
    }

    #[test]
    fn accepts_both_versions() {
        for version in ["3.0.3", "3.1.0", "3.1"] {
            let text = format!(r#"{{"openapi":"{version}","paths":{{}}}}"#);
            assert!(parse(&text).is_ok(), "{version}");
        }
    }

    #[test]
    fn names_the_place() {
        assert_eq!(refusal(r#"{"swagger":"2.0","paths":{}}"#).0, "/swagger");
        assert_eq!(refusal(r#"{"openapi":"3.2.0","paths":{}}"#).0, "/openapi");
        assert_eq!(refusal(r#"{"openapi":"3.10.0","paths":{}}"#).0, "/openapi");
        assert_eq!(refusal(r#"{"paths":{}}"#).0, "/openapi");
        assert_eq!(refusal(r#"{"openapi":"3.1.0"}"#).0, "/paths");
        assert_eq!(refusal(r#"{"openapi":"3.1.0","paths":[]}"#).0, "/paths");
    }

    #[test]
    fn says_what_it_looks_like() {
        assert!(refusal("openapi: 3.1.0\npaths: {}").1.contains("YAML"));
        assert!(refusal("<!doctype html>").1.contains("HTML"));
        assert!(refusal("  ").1.contains("empty"));
        assert!(refusal(r#"{"openapi":"#).1.contains("fetch"));
        assert!(refusal("[]").1.contains("not a JSON object"));
    }

    #[test]
    fn deep_nesting_is_an_error_not_an_overflow() {
        let text = "[".repeat(2_000_000);
        assert!(refusal(&text).1.contains("recursion limit"));
    }

    #[test]
    fn an_oversized_document_is_refused_before_parsing() {
        let text = " ".repeat(MAX_BYTES + 1);
        assert!(refusal(&text).1.contains("bytes"));
    }
}
