//! The resources of the API, a file for each group: what is asked of the world, and how it is
//! written.

pub(super) mod billing;
pub(super) mod connection;
pub(super) mod domains;
pub(super) mod emails;
pub(super) mod inboxes;
pub(super) mod mailboxes;
pub(super) mod providers;
pub(super) mod webhooks;

use super::world::Micros;
use crate::Timestamp;

pub(super) fn time(at: i64) -> String {
    Timestamp::from_unix_seconds(at).map(|time| time.to_string()).unwrap_or_default()
}

/// Six places, as DECIMAL(19,6) has.
fn money(amount: Micros) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::answer::{Answer, Outcome};
    use super::super::page::Query;
    use super::*;

    pub(super) fn data(outcome: Outcome) -> Value {
        match outcome.unwrap() {
            Answer::Data(data) | Answer::Resource(data) => data,
            other => panic!("{other:?}"),
        }
    }

    /// All items of a list, over all of its pages.
    pub(super) fn all(list: impl Fn(&Query) -> Outcome, filters: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut query = format!("{filters}&limit=100");
        loop {
            let Answer::Page { items, next_cursor } = list(&Query::parse("/", &query)).unwrap()
            else {
                panic!("not a page");
            };
            all.extend(items);
            let Some(cursor) = next_cursor else { return all };
            query = format!("{filters}&limit=100&cursor={cursor}");
        }
    }

    #[test]
    fn money_has_six_places() {
        assert_eq!(money(-1_500), "-0.001500");
        assert_eq!(money(0), "0.000000");
        assert_eq!(money(12_345_678), "12.345678");
    }
}
