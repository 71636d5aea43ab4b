//! Compares schemas pair by pair, each pair once, and remembers which operation led where.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::document::Document;
use super::draft::Draft;
use super::finding::Direction;
use super::node::{Node, NodeKey};
use super::place::Place;
use super::schema::{self, Sides};

/// More pairs than any two real documents have between them.
const MAX_PAIRS: usize = 1_000_000;

/// One schema of OLD against one of NEW.
struct Pair<'a> {
    drafts: Vec<Draft<'a>>,
    inner: Vec<usize>,
}

/// The two documents are so entangled that comparing them would take forever.
#[derive(Debug)]
pub(crate) struct Entangled;

pub(crate) struct Walk<'a> {
    old: &'a Document,
    new: &'a Document,
    pairs: Vec<Pair<'a>>,
    index: HashMap<(NodeKey, NodeKey, Direction), usize>,
    /// Pairs that were met but not compared yet; a list and no recursion, as schemas can be deep.
    open: Vec<(usize, Node<'a>, Node<'a>, Direction)>,
    /// Which pairs an operation starts from.
    roots: Vec<(usize, usize)>,
    /// What is an operation's own.
    own: Vec<(usize, Draft<'a>)>,
    /// Which pairs were read from a place of either document.
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

    /// Notes what was found on an operation itself.
    pub(crate) fn note(&mut self, operation: usize, drafts: impl IntoIterator<Item = Draft<'a>>) {
        self.own.extend(drafts.into_iter().map(|draft| (operation, draft)));
    }

    /// Has two schemas compared for an operation.
    pub(crate) fn schema(
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
            self.pairs.push(Pair { drafts: Vec::new(), inner: Vec::new() });
            self.open.push((index, old, new, direction));
        }
        index
    }

    /// Compares everything that was asked for, and what is inside it.
    pub(crate) fn run(&mut self) -> Result<(), Entangled> {
        while let Some((index, old, new, direction)) = self.open.pop() {
            if self.pairs.len() > MAX_PAIRS {
                return Err(Entangled);
            }
            let sides = Sides { old: self.old, new: self.new, direction };
            let compared = schema::compare(sides, &old, &new);
            for place in compared.through {
                self.visited.entry(place).or_default().push(index);
            }
            let inner = compared.inner.into_iter().map(|(old, new)| self.pair(old, new, direction));
            let inner = inner.collect();
            self.pairs[index] = Pair { drafts: compared.drafts, inner };
        }
        Ok(())
    }

    /// Whether a place was compared with anything.
    pub(crate) fn has_visited(&self, place: &Place<'_>) -> bool {
        self.visited.contains_key(&place.identity())
    }

    /// Notes what was found at a place of NEW, for every operation that led there.
    pub(crate) fn note_at(&mut self, nobody: usize, place: &Place<'a>, drafts: Vec<Draft<'a>>) {
        if drafts.is_empty() {
            return;
        }
        match self.visited.get(&place.identity()) {
            Some(pairs) => {
                for pair in pairs {
                    self.pairs[*pair].drafts.extend(drafts.iter().cloned());
                }
            }
            None => self.note(nobody, drafts),
        }
    }

    /// Everything found, with the operations it reaches.
    pub(crate) fn into_found(self) -> Vec<(Draft<'a>, BTreeSet<usize>)> {
        let dirty = self.dirty();
        let mut reached: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.pairs.len()];
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
                if !self.pairs[pair].drafts.is_empty() {
                    reached[pair].insert(operation);
                }
                open.extend(&self.pairs[pair].inner);
            }
        }
        let own =
            self.own.into_iter().map(|(operation, draft)| (draft, BTreeSet::from([operation])));
        let inside = self.pairs.into_iter().zip(reached).flat_map(|(pair, operations)| {
            pair.drafts.into_iter().map(move |draft| (draft, operations.clone()))
        });
        own.chain(inside).collect()
    }

    /// Which pairs have a finding in them or below.
    fn dirty(&self) -> Vec<bool> {
        let mut outer: Vec<Vec<usize>> = vec![Vec::new(); self.pairs.len()];
        for (index, pair) in self.pairs.iter().enumerate() {
            for inner in &pair.inner {
                outer[*inner].push(index);
            }
        }
        let mut dirty = vec![false; self.pairs.len()];
        let mut open: Vec<usize> =
            (0..self.pairs.len()).filter(|index| !self.pairs[*index].drafts.is_empty()).collect();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut dirty[index], true) {
                open.extend(&outer[index]);
            }
        }
        dirty
    }
}
