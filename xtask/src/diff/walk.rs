//! Compares schemas pair by pair, each pair once, and remembers which operation led to which.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::change::Change;
use super::composition::{Node, NodeKey};
use super::document::Document;
use super::finding::Direction;
use super::pointer::Place;
use super::schema::{self, Context};

/// More pairs than any two real documents have between them.
const MAX_PAIRS: usize = 1_000_000;

/// A schema of OLD and one of NEW, after they were compared.
struct SchemaPair<'a> {
    changes: Vec<Change<'a>>,
    inner: Vec<usize>,
}

/// The schemas refer to each other in too many ways to be compared.
#[derive(Debug)]
pub(crate) struct TooComplex;

/// The graph of schema pairs that the operations lead to.
///
/// Operations are known by their index, pairs by theirs. A pair is compared once, however many
/// operations use it; the changes inside it are reported for all of them.
pub(crate) struct Walk<'a> {
    old: &'a Document,
    new: &'a Document,
    pairs: Vec<SchemaPair<'a>>,
    index: HashMap<(NodeKey, NodeKey, Direction), usize>,
    /// Pairs that remain to be compared. A list instead of recursion, as schemas can be deep.
    open: Vec<(usize, Node<'a>, Node<'a>, Direction)>,
    /// The pairs at which an operation starts.
    roots: Vec<(usize, usize)>,
    /// The changes of the operations themselves.
    own: Vec<(usize, Change<'a>)>,
    /// The pairs that were read from a place of either document.
    visited: HashMap<usize, Vec<usize>>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(old: &'a Document, new: &'a Document) -> Self {
        Self {
            old,
            new,
            pairs: Vec::new(),
            index: HashMap::new(),
            open: Vec::new(),
            roots: Vec::new(),
            own: Vec::new(),
            visited: HashMap::new(),
        }
    }

    /// Records changes of an operation itself.
    pub(crate) fn record(
        &mut self,
        operation: usize,
        changes: impl IntoIterator<Item = Change<'a>>,
    ) {
        self.own.extend(changes.into_iter().map(|change| (operation, change)));
    }

    /// Schedules the comparison of two schemas for an operation.
    pub(crate) fn compare_schemas(
        &mut self,
        operation: usize,
        old: Place<'a>,
        new: Place<'a>,
        direction: Direction,
    ) {
        let pair = self.pair(Node::new(old), Node::new(new), direction);
        self.roots.push((operation, pair));
    }

    fn pair(&mut self, old: Node<'a>, new: Node<'a>, direction: Direction) -> usize {
        let next = self.pairs.len();
        let index = *self.index.entry((old.key(), new.key(), direction)).or_insert(next);
        if index == next {
            self.pairs.push(SchemaPair { changes: Vec::new(), inner: Vec::new() });
            self.open.push((index, old, new, direction));
        }
        index
    }

    /// Compares all scheduled pairs and what is inside them.
    pub(crate) fn run(&mut self) -> Result<(), TooComplex> {
        while let Some((index, old, new, direction)) = self.open.pop() {
            if self.pairs.len() > MAX_PAIRS {
                return Err(TooComplex);
            }
            let context = Context { old: self.old, new: self.new, direction };
            let diff = schema::compare(context, &old, &new);
            for place in diff.through {
                self.visited.entry(place).or_default().push(index);
            }
            let inner =
                diff.inner.into_iter().map(|(old, new, direction)| self.pair(old, new, direction));
            let inner = inner.collect();
            self.pairs[index] = SchemaPair { changes: diff.changes, inner };
        }
        Ok(())
    }

    /// Whether any comparison read this place.
    pub(crate) fn has_visited(&self, place: &Place<'_>) -> bool {
        self.visited.contains_key(&place.identity())
    }

    /// Records changes at a place of NEW, for every operation that leads there.
    pub(crate) fn record_at(&mut self, nobody: usize, place: &Place<'a>, changes: Vec<Change<'a>>) {
        if changes.is_empty() {
            return;
        }
        match self.visited.get(&place.identity()) {
            Some(pairs) => {
                for pair in pairs {
                    self.pairs[*pair].changes.extend(changes.iter().cloned());
                }
            }
            None => self.record(nobody, changes),
        }
    }

    /// Returns every change with the operations that it affects.
    pub(crate) fn into_changes(self) -> Vec<(Change<'a>, BTreeSet<usize>)> {
        let dirty = self.dirty();
        let mut affected: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.pairs.len()];
        let mut roots: HashMap<usize, Vec<usize>> = HashMap::new();
        for (operation, pair) in &self.roots {
            roots.entry(*operation).or_default().push(*pair);
        }
        for (operation, mut open) in roots {
            let mut seen: HashSet<usize> = HashSet::new();
            while let Some(pair) = open.pop() {
                if !dirty[pair] || !seen.insert(pair) {
                    continue;
                }
                if !self.pairs[pair].changes.is_empty() {
                    affected[pair].insert(operation);
                }
                open.extend(&self.pairs[pair].inner);
            }
        }
        let own =
            self.own.into_iter().map(|(operation, change)| (change, BTreeSet::from([operation])));
        let inside = self.pairs.into_iter().zip(affected).flat_map(|(pair, operations)| {
            pair.changes.into_iter().map(move |change| (change, operations.clone()))
        });
        own.chain(inside).collect()
    }

    /// Tells for each pair whether it or anything inside it changed.
    fn dirty(&self) -> Vec<bool> {
        let mut outer: Vec<Vec<usize>> = vec![Vec::new(); self.pairs.len()];
        for (index, pair) in self.pairs.iter().enumerate() {
            for inner in &pair.inner {
                outer[*inner].push(index);
            }
        }
        let mut dirty = vec![false; self.pairs.len()];
        let mut open: Vec<usize> =
            (0..self.pairs.len()).filter(|index| !self.pairs[*index].changes.is_empty()).collect();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut dirty[index], true) {
                open.extend(&outer[index]);
            }
        }
        dirty
    }
}
