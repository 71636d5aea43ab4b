//! Query parameters.

use reqwest::Url;
use serde::Serialize;
use serde_json::Value;

use crate::transport::outbound_request::BuildError;

/// The value of a query parameter: a scalar, a list of them, or nothing.
pub(crate) trait QueryValue {
    fn to_json(&self) -> serde_json::Result<Value>;
}

impl<T: Serialize> QueryValue for T {
    fn to_json(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

/// Parses a URL and adds query parameters: one for a scalar, one for each item of a list, none for
/// what is absent.
pub(crate) fn with_query(
    url: &str,
    parameters: &[(&str, &dyn QueryValue)],
) -> Result<Url, BuildError> {
    let invalid = || BuildError::Input("a query parameter does not make a valid URL");
    let mut url = Url::parse(url).map_err(|_| invalid())?;
    for (name, value) in parameters {
        match value.to_json().map_err(|_| invalid())? {
            Value::Array(items) => items.into_iter().for_each(|item| add(&mut url, name, item)),
            scalar => add(&mut url, name, scalar),
        }
    }
    Ok(url)
}

fn add(url: &mut Url, name: &str, value: Value) {
    let text = match value {
        Value::Null => return,
        Value::String(text) => text,
        other => other.to_string(),
    };
    url.query_pairs_mut().append_pair(name, &text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_what_is_absent_is_left_out() {
        let when: crate::Timestamp = "2026-05-21T09:12:00.123456Z".parse().unwrap();
        let parameters: &[(&str, &dyn QueryValue)] = &[
            ("none", &None::<i64>),
            ("text", &Some("a b&c=d/é")),
            ("empty", &""),
            ("whole", &Some(-7)),
            ("fraction", &1.5),
            ("flag", &true),
            ("list", &vec!["a", "b"]),
            ("nothing", &Vec::<String>::new()),
            ("when", &when),
        ];
        let url = with_query("https://example.org/a%20b", parameters).unwrap();
        let expected = "text=a+b%26c%3Dd%2F%C3%A9&empty=&whole=-7&fraction=1.5&flag=true&list=a&\
                        list=b&when=2026-05-21T09%3A12%3A00.123Z";
        assert_eq!(url.as_str(), format!("https://example.org/a%20b?{expected}"));
        let bare = with_query("https://example.org/a", &parameters[..1]).unwrap();
        assert_eq!(bare.as_str(), "https://example.org/a");
    }
}
