//! Cursor pages over a list.

use serde_json::Value;

use super::answer::Answer;

/// Query parameters of a request.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        // The base only completes the address; nothing of it is read.
        let url = reqwest::Url::parse(&format!("http://localhost/?{text}"));
        Self(url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One page of items that are in order already.
pub(super) fn page(query: &Query, default_limit: usize, items: Vec<Value>) -> Answer {
    let limit = match query.get("limit").map(str::parse::<usize>) {
        None => default_limit,
        Some(Ok(limit)) if (1..=100).contains(&limit) => limit,
        Some(_) => return Answer::invalid("limit"),
    };
    let start = match query.get("cursor").map(decode) {
        None => 0,
        Some(Some(start)) if start <= items.len() => start,
        Some(_) => return Answer::invalid("cursor"),
    };
    let end = (start + limit).min(items.len());
    let next_cursor = (end < items.len()).then(|| encode(end));
    Answer::Page { items: items.into_iter().skip(start).take(limit).collect(), next_cursor }
}

/// Opaque to the client, like the API's.
fn encode(position: usize) -> String {
    format!("cur_{:08x}", position ^ 0x5e4d)
}

fn decode(cursor: &str) -> Option<usize> {
    let position = usize::from_str_radix(cursor.strip_prefix("cur_")?, 16).ok()?;
    Some(position ^ 0x5e4d)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(query: &str, count: usize) -> Option<(Vec<Value>, Option<String>)> {
        let items = (0..count).map(|index| json!(index)).collect();
        match page(&Query::parse(query), 2, items) {
            Answer::Page { items, next_cursor } => Some((items, next_cursor)),
            _ => None,
        }
    }

    #[test]
    fn pages_hold_every_item_once() {
        let mut all = Vec::new();
        let mut query = String::new();
        while let Some((items, next)) = read(&query, 5) {
            all.extend(items);
            match next {
                Some(cursor) => query = format!("cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(json!(all), json!([0, 1, 2, 3, 4]));
    }

    #[test]
    fn nonsense_is_refused() {
        for query in
            ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=cur_ffffffff", "cursor="]
        {
            assert!(read(query, 5).is_none(), "{query}");
        }
        assert_eq!(read("limit=100", 5).unwrap().1, None);
    }
}
