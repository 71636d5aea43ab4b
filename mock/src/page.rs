//! Cursor pages over a list.

use serde_json::Value;

use crate::error::ApiError;
use crate::hash::fnv1a;
use crate::request::Query;
use crate::response::{Content, HandlerResult};

const MAX_LIMIT: usize = 100;

/// Cuts one page out of a sorted list.
pub(crate) fn paginate<'a, T: 'a>(
    query: &Query,
    default_limit: usize,
    items: impl IntoIterator<Item = &'a T>,
    to_json: impl Fn(&T) -> Value,
) -> HandlerResult {
    let limit = query.limit(default_limit, MAX_LIMIT)?;
    let start = query.get("cursor").map(|cursor| decode(cursor, query.list));
    let start = start.unwrap_or(Some(0)).ok_or(ApiError::InvalidParameter("cursor"))?;
    let mut rest = items.into_iter().skip(start).peekable();
    let items = rest.by_ref().take(limit).map(to_json).collect();
    let next_cursor = rest.peek().map(|_| encode(start + limit, query.list));
    Ok(Content::Page { items, next_cursor })
}

/// Makes a cursor that is opaque, as the API's are, and valid for one list only: a client that
/// drops its filters on the next page gets an error.
fn encode(position: usize, list: u64) -> String {
    let position = u64::try_from(position).unwrap_or(u64::MAX);
    let check = fnv1a(format!("{position} {list}").as_bytes());
    format!("cur_{:016x}{check:016x}", position ^ list)
}

fn decode(cursor: &str, list: u64) -> Option<usize> {
    let digits = cursor.strip_prefix("cur_")?.get(..16)?;
    let position = usize::try_from(u64::from_str_radix(digits, 16).ok()? ^ list).ok()?;
    (encode(position, list) == cursor).then_some(position)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(query: &str, count: usize) -> Result<(Vec<Value>, Option<String>), ApiError> {
        let items: Vec<usize> = (0..count).collect();
        match paginate(&Query::parse("/list", query), 2, &items, |index| json!(index))? {
            Content::Page { items, next_cursor } => Ok((items, next_cursor)),
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
                    let (items, next) = page(&query, count).unwrap();
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
    fn each_list_has_its_own_default_limit() {
        assert_eq!(page("", 5).unwrap().0.len(), 2);
        assert_eq!(page("limit=100", 5).unwrap().1, None);
    }

    #[test]
    fn invalid_limits_and_cursors_are_refused() {
        let limits = ["0", "101", "x", "", "-1", "1.5"];
        let cursors = ["", "x", "cur_", "cur_ffffffff", "cur_\u{e9}", &"cur_0".repeat(9)];
        for (name, values) in [("limit", limits), ("cursor", cursors)] {
            for value in values {
                let refused = page(&format!("{name}={value}"), 5);
                assert_eq!(refused, Err(ApiError::InvalidParameter(name)), "{value}");
            }
        }
    }

    #[test]
    fn a_cursor_is_valid_for_its_filters_only() {
        let cursor = page("status=sent", 5).unwrap().1.unwrap();
        assert!(page(&format!("cursor={cursor}&status=sent"), 5).is_ok());
        assert!(page(&format!("cursor={cursor}&limit=1&status=sent"), 5).is_ok());
        let refused = page(&format!("cursor={cursor}"), 5);
        assert_eq!(refused, Err(ApiError::InvalidParameter("cursor")));
    }
}
