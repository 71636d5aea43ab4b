//! Finds what of OLD is what of NEW, by a key.

use std::collections::BTreeMap;

pub(crate) struct Matching<K, T> {
    pub(crate) pairs: Vec<(T, T)>,
    pub(crate) removed: Vec<(K, T)>,
    pub(crate) added: Vec<(K, T)>,
}

/// Matches two lists; where a key comes twice, its first value counts.
pub(crate) fn by_key<K: Ord + Clone, T>(
    old: impl IntoIterator<Item = (K, T)>,
    new: impl IntoIterator<Item = (K, T)>,
) -> Matching<K, T> {
    let mut before = first(old);
    let mut matching = Matching { pairs: Vec::new(), removed: Vec::new(), added: Vec::new() };
    for (key, value) in first(new) {
        match before.remove(&key) {
            Some(old) => matching.pairs.push((old, value)),
            None => matching.added.push((key, value)),
        }
    }
    matching.removed = before.into_iter().collect();
    matching
}

fn first<K: Ord, T>(list: impl IntoIterator<Item = (K, T)>) -> BTreeMap<K, T> {
    let mut map = BTreeMap::new();
    for (key, value) in list {
        map.entry(key).or_insert(value);
    }
    map
}
