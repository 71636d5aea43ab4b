//! Circles in a directed graph of names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The edges of a graph: from a name to those it points to.
pub(super) type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A set of names each of which leads to every other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Knot<'a> {
    pub(super) names: Vec<&'a str>,
    /// The shortest way round: each name points to the next, the last to the first.
    pub(super) circle: Vec<&'a str>,
}

/// Finds the knots of a graph, that with the shortest circle first.
pub(super) fn knots<'a>(edges: &Edges<'a>) -> Vec<Knot<'a>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|&name| (name, reachable(edges, name))).collect();
    let leads = |from: &str, to: &str| reach.get(from).is_some_and(|names| names.contains(to));
    let mut knots: Vec<Knot<'a>> = Vec::new();
    for &name in edges.keys().filter(|name| leads(name, name)) {
        if knots.iter().any(|knot| knot.names.contains(&name)) {
            continue;
        }
        let names: Vec<&str> = edges
            .keys()
            .copied()
            .filter(|other| leads(name, other) && leads(other, name))
            .collect();
        let circles = names.iter().filter_map(|&from| way_round(edges, from));
        if let Some(circle) = circles.min_by_key(Vec::len) {
            knots.push(Knot { names, circle });
        }
    }
    knots.sort_by_key(|knot| knot.circle.len());
    knots
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

/// The shortest way from a name back to itself.
fn way_round<'a>(edges: &Edges<'a>, from: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        for &next in edges.get(last).into_iter().flatten() {
            if next == from {
                return Some(way);
            }
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

/// Sorts a graph without circles into layers, each of which points only to later ones.
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
