//! Cycles and layers of a directed graph of names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The edges of a graph: from a name to those it points to.
pub(super) type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A strongly connected component of more than one name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Component<'a> {
    pub(super) names: Vec<&'a str>,
    /// Its shortest cycle: each name points to the next, the last to the first.
    pub(super) cycle: Vec<&'a str>,
}

/// Finds the components of a graph that are cyclic, that with the shortest cycle first.
pub(super) fn cyclic_components<'a>(edges: &Edges<'a>) -> Vec<Component<'a>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|&name| (name, reachable(edges, name))).collect();
    let leads = |from: &str, to: &str| reach.get(from).is_some_and(|names| names.contains(to));
    let mut components: Vec<Component<'a>> = Vec::new();
    for &name in edges.keys().filter(|name| leads(name, name)) {
        if components.iter().any(|component| component.names.contains(&name)) {
            continue;
        }
        let names: Vec<&str> = edges
            .keys()
            .copied()
            .filter(|other| leads(name, other) && leads(other, name))
            .collect();
        let cycles = names.iter().filter_map(|&from| shortest_cycle(edges, from));
        if let Some(cycle) = cycles.min_by_key(Vec::len) {
            components.push(Component { names, cycle });
        }
    }
    components.sort_by_key(|component| component.cycle.len());
    components
}

/// The names that can be reached from one by at least one edge.
fn reachable<'a>(edges: &Edges<'a>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for &next in edges.get(name).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

/// The shortest path from a name back to itself.
fn shortest_cycle<'a>(edges: &Edges<'a>, from: &'a str) -> Option<Vec<&'a str>> {
    let mut paths = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop_front() {
        let last = *path.last()?;
        for &next in edges.get(last).into_iter().flatten() {
            if next == from {
                return Some(path);
            }
            if seen.insert(next) {
                paths.push_back([path.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

/// Sorts a graph without cycles into layers, each of which points only to later ones.
pub(super) fn layers<'a>(edges: &Edges<'a>) -> Vec<Vec<&'a str>> {
    let mut height: BTreeMap<&str, usize> = BTreeMap::new();
    while height.len() < edges.len() {
        let before = height.len();
        for (&name, below) in edges {
            let below: Option<Vec<usize>> =
                below.iter().map(|name| height.get(name).copied()).collect();
            if let Some(below) = below {
                height.insert(name, below.into_iter().max().map_or(0, |top| top + 1));
            }
        }
        if height.len() == before {
            break;
        }
    }
    let mut layers: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (name, height) in height {
        layers.entry(height).or_default().push(name);
    }
    layers.into_values().rev().collect()
}
