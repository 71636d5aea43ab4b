//! Queries, and cursor pages over a list.

use serde_json::Value;

use super::answer::{Answer, Outcome, Refusal, fingerprint};

/// Query parameters of a request.
pub(super) struct Query {
    parameters: Vec<(String, String)>,
    /// What list the request reads: the path and the filters, but not the place in it.
    list: u64,
}

impl Query {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        // The base only completes the address; nothing of it is read.
        let url = reqwest::Url::parse(&format!("http://localhost/?{text}"));
        let mut parameters: Vec<(String, String)> =
            url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
        parameters.sort();
        let filters = parameters.iter().filter(|(name, _)| name != "cursor" && name != "limit");
        let list =
            filters.fold(path.to_owned(), |list, (name, value)| format!("{list}\n{name}={value}"));
        Self { list: fingerprint(list.as_bytes()), parameters }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that has a closed set of them.
    pub(super) fn choice(
        &self,
        name: &'static str,
        values: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let known = values.iter().find(|value| **value == text);
        known.map(|value| Some(*value)).ok_or(Refusal::Invalid(name))
    }

    /// Whether one of these texts holds what is searched for, if anything is.
    pub(super) fn finds<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        self.get("search").is_none_or(|wanted| {
            let wanted = wanted.to_lowercase();
            texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
        })
    }

    fn limit(&self, default: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get("limit") else { return Ok(default) };
        let limit = text.parse().ok().filter(|limit| (1..=100).contains(limit));
        limit.ok_or(Refusal::Invalid("limit"))
    }

    fn start(&self) -> Result<usize, Refusal> {
        let Some(text) = self.get("cursor") else { return Ok(0) };
        decode(text, self.list).ok_or(Refusal::Invalid("cursor"))
    }
}

/// One page of items that are in order already.
pub(super) fn page<'a, T: 'a>(
    query: &Query,
    default_limit: usize,
    items: impl IntoIterator<Item = &'a T>,
    write: impl Fn(&T) -> Value,
) -> Outcome {
    let (limit, start) = (query.limit(default_limit)?, query.start()?);
    let mut rest = items.into_iter().skip(start).peekable();
    let items = rest.by_ref().take(limit).map(write).collect();
    let next_cursor = rest.peek().map(|_| encode(start + limit, query.list));
    Ok(Answer::Page { items, next_cursor })
}

/// Opaque to the client, like the API's, and good for one list only: a client that loses its
/// filters on the way to the next page is told so.
fn encode(position: usize, list: u64) -> String {
    let position = u64::try_from(position).unwrap_or(u64::MAX);
    let check = fingerprint(format!("{position} {list}").as_bytes());
    format!("cur_{:016x}{check:016x}", position ^ list)
}

fn decode(cursor: &str, list: u64) -> Option<usize> {
    let place = cursor.strip_prefix("cur_")?.get(..16)?;
    let position = usize::try_from(u64::from_str_radix(place, 16).ok()? ^ list).ok()?;
    (encode(position, list) == cursor).then_some(position)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(query: &str, count: usize) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let items: Vec<usize> = (0..count).collect();
        match page(&Query::parse("/list", query), 2, &items, |index| json!(index))? {
            Answer::Page { items, next_cursor } => Ok((items, next_cursor)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pages_hold_every_item_once() {
        for count in 0..6 {
            for limit in 1..5 {
                let mut all = Vec::new();
                let mut query = format!("limit={limit}");
                loop {
                    let (items, next) = read(&query, count).unwrap();
                    assert!(items.len() <= limit);
                    all.extend(items);
                    let Some(cursor) = next else { break };
                    query = format!("limit={limit}&cursor={cursor}");
                }
                assert_eq!(json!(all), json!((0..count).collect::<Vec<_>>()));
            }
        }
    }

    #[test]
    fn the_default_limit_is_the_lists_own() {
        assert_eq!(read("", 5).unwrap().0.len(), 2);
        assert_eq!(read("limit=100", 5).unwrap().1, None);
    }

    #[test]
    fn nonsense_is_refused() {
        for limit in ["0", "101", "x", "", "-1", "1.5"] {
            assert_eq!(
                read(&format!("limit={limit}"), 5),
                Err(Refusal::Invalid("limit")),
                "{limit}"
            );
        }
        for cursor in ["", "x", "cur_", "cur_ffffffff", "cur_\u{e9}", &"cur_0".repeat(9)] {
            assert_eq!(
                read(&format!("cursor={cursor}"), 5),
                Err(Refusal::Invalid("cursor")),
                "{cursor}"
            );
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_filters() {
        let cursor = read("status=sent", 5).unwrap().1.unwrap();
        assert!(read(&format!("cursor={cursor}&status=sent"), 5).is_ok());
        assert!(read(&format!("cursor={cursor}&limit=1&status=sent"), 5).is_ok());
        assert_eq!(read(&format!("cursor={cursor}"), 5), Err(Refusal::Invalid("cursor")));
    }

    #[test]
    fn a_choice_is_one_of_its_values() {
        let query = Query::parse("/list", "status=sent&type=odd");
        assert_eq!(query.choice("status", &["failed", "sent"]), Ok(Some("sent")));
        assert_eq!(query.choice("type", &["even"]), Err(Refusal::Invalid("type")));
        assert_eq!(query.choice("other", &["even"]), Ok(None));
    }
}
