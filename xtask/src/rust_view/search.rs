//! Searches for the findings that explain each changed item.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sendmux_client_codegen::Item;
use serde_json::Value;

use super::items::{ItemChange, LeftOut, View};
use super::relevance::{self, Filter};
use crate::diff::pointer::{escape, unescape};
use crate::diff::{Document, Finding};

/// How many findings inside a place are looked at: where there are more, these are reason enough.
const MAX_INSIDE: usize = 128;
/// How many types may lie between an item and a finding that explains it.
const MAX_DISTANCE: usize = 6;

/// Returns, for each changed item, the indexes of the findings that explain it.
pub(super) fn causes(
    findings: &[Finding],
    changes: &[ItemChange],
    views: (&View, &View),
    documents: (&Document, &Document),
) -> Vec<BTreeSet<usize>> {
    Search::new(findings, changes, views, documents).causes()
}

/// Causes by the name of a type.
type Causes = BTreeMap<String, BTreeSet<usize>>;

struct Search<'s> {
    findings: &'s [Finding],
    changes: &'s [ItemChange],
    documents: (&'s Document, &'s Document),
    /// The operations that each side leaves out.
    left_out: (&'s [LeftOut], &'s [LeftOut]),
    /// Findings by the component or operation that contains them.
    by_root: HashMap<&'s str, Vec<usize>>,
    /// Findings by each of their pointers, except those about a value of an enum.
    by_pointer: BTreeMap<&'s str, Vec<usize>>,
    /// Findings about a value of an enum, by the value.
    by_value: HashMap<&'s str, Vec<usize>>,
    /// Findings outside of component schemas by the operations that they affect.
    by_operation: HashMap<&'s str, Vec<usize>>,
    /// Items by the types in their signatures.
    users: HashMap<String, Vec<&'s Item>>,
}

impl<'s> Search<'s> {
    fn new(
        findings: &'s [Finding],
        changes: &'s [ItemChange],
        (before, after): (&'s View, &'s View),
        documents: (&'s Document, &'s Document),
    ) -> Self {
        let mut by_root: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, finding) in findings.iter().enumerate() {
            let roots: BTreeSet<&str> = finding.pointers().map(relevance::root).collect();
            for root in roots {
                by_root.entry(root).or_default().push(index);
            }
        }
        let mut by_pointer: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_value: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, finding) in findings.iter().enumerate() {
            if finding.id.contains("enum-value-") {
                let values = [&finding.old, &finding.new].into_iter().filter_map(Value::as_str);
                values.for_each(|value| by_value.entry(value).or_default().push(index));
                continue;
            }
            let pointers: BTreeSet<&str> = finding.pointers().collect();
            for pointer in pointers {
                by_pointer.entry(pointer).or_default().push(index);
            }
        }
        let mut by_operation: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, finding) in findings.iter().enumerate() {
            if !finding.location.starts_with("/components/schemas/") {
                for operation in &finding.operations {
                    by_operation.entry(operation).or_default().push(index);
                }
            }
        }
        let mut users: HashMap<String, Vec<&Item>> = HashMap::new();
        for item in before.items.iter().chain(&after.items) {
            for name in relevance::types_named(item) {
                users.entry(name).or_default().push(item);
            }
        }
        let left_out = (before.left_out.as_slice(), after.left_out.as_slice());
        Self {
            findings,
            changes,
            documents,
            left_out,
            by_root,
            by_pointer,
            by_value,
            by_operation,
            users,
        }
    }

    /// Returns the causes of each change: those that the first successful strategy finds.
    fn causes(&self) -> Vec<BTreeSet<usize>> {
        let mut causes: Vec<BTreeSet<usize>> =
            self.changes.iter().map(|change| self.by_refusal(change)).collect();
        for strict in [true, false] {
            for filter in [Filter::Reported, Filter::Unreported, Filter::Annotations] {
                self.fill(&mut causes, strict, |change| self.at_place(change, filter));
                self.fill(&mut causes, strict, |change| self.by_composition(change, filter));
                self.fill(&mut causes, strict, |change| self.by_users(change, filter));
                self.inherit(&mut causes, strict);
                let reached = self.reached(filter, &causes);
                self.fill(&mut causes, strict, |change| self.by_reach(change, &reached));
                self.inherit(&mut causes, strict);
                self.fill(&mut causes, strict, |change| self.by_neighbors(change, filter));
                self.fill(&mut causes, strict, |change| self.by_namesakes(change, filter));
                self.inherit(&mut causes, strict);
            }
        }
        causes
    }

    /// Findings at what keeps an operation out of the crate on one side, if that is why the item is
    /// missing there: the document still has what it is generated from.
    fn by_refusal(&self, change: &ItemChange) -> BTreeSet<usize> {
        let (old, new) = self.documents;
        let (item, document, other, refused, accepted) = match (&change.old, &change.new) {
            (Some(item), None) => (item, old, new, self.left_out.1, self.left_out.0),
            (None, Some(item)) => (item, new, old, self.left_out.0, self.left_out.1),
            _ => return BTreeSet::new(),
        };
        if other.value().pointer(&item.origin).is_none() {
            return BTreeSet::new();
        }
        let leads = |operation: &str| {
            relevance::related(&item.origin, operation)
                || components(document, operation).contains(relevance::root(&item.origin))
        };
        let refusals = refused.iter().filter(|refusal| {
            !accepted.iter().any(|other| other.operation == refusal.operation)
                && leads(&refusal.operation)
        });
        let mut found = BTreeSet::new();
        for refusal in refusals {
            let at = |place: &str| -> Vec<usize> {
                let all = self.findings.iter().enumerate();
                let near = all.filter(|(_, finding)| {
                    Filter::Reported.admits(finding)
                        && finding.pointers().any(|at| relevance::related(at, place))
                });
                near.map(|(index, _)| index).collect()
            };
            let near = at(&refusal.reason);
            found.extend(if near.is_empty() { at(&refusal.operation) } else { near });
        }
        found
    }

    /// Looks for the causes of changes that have none yet.
    fn fill(
        &self,
        causes: &mut [BTreeSet<usize>],
        strict: bool,
        look: impl Fn(&ItemChange) -> BTreeSet<usize>,
    ) {
        for (change, causes) in self.changes.iter().zip(causes) {
            if causes.is_empty() {
                *causes = look(change);
                causes.retain(|index| self.admits(change, *index, strict));
            }
        }
    }

    /// Whether a finding can be the cause of a change. A strict search leaves out what only adds
    /// when something is gone, and what only removes when something is new.
    fn admits(&self, change: &ItemChange, index: usize, strict: bool) -> bool {
        let finding = &self.findings[index];
        !relevance::is_access(finding) && (!strict || relevance::agrees(change, finding))
    }

    /// Findings at the place that the item is generated from, or around it.
    fn at_place(&self, change: &ItemChange, filter: Filter) -> BTreeSet<usize> {
        let fits = |finding: &Finding| relevance::fits(change, finding);
        let mut found = BTreeSet::new();
        for origin in change.sides().map(|item| item.origin.as_str()) {
            found.extend(self.near(origin, filter, &fits));
            let value = relevance::value_of(change);
            let listed = value.and_then(|value| self.by_value.get(value.as_str()));
            let related = listed.into_iter().flatten().copied().filter(|index| {
                self.findings[*index].pointers().any(|at| relevance::related(at, origin))
            });
            found.extend(self.fitting(related, filter, &fits));
        }
        found
    }

    /// Findings at or around a place, of those that fit.
    fn near(&self, origin: &str, filter: Filter, fits: &dyn Fn(&Finding) -> bool) -> Vec<usize> {
        let root = relevance::root(origin).len();
        let ends = origin.match_indices('/').map(|(end, _)| end).chain([origin.len()]);
        let around =
            ends.filter(|end| *end >= root).filter_map(|end| self.by_pointer.get(&origin[..end]));
        let around: Vec<usize> = around.flatten().copied().collect();
        self.fitting(around.into_iter().chain(self.inside(origin)), filter, fits)
    }

    /// Returns the findings at places inside another one; of very many, the first.
    fn inside(&self, origin: &str) -> Vec<usize> {
        let start = format!("{origin}/");
        let found = self.by_pointer.range(start.as_str()..);
        let found = found.take_while(|(pointer, _)| pointer.starts_with(&start));
        found.flat_map(|(_, found)| found).take(MAX_INSIDE).copied().collect()
    }

    fn fitting(
        &self,
        candidates: impl Iterator<Item = usize>,
        filter: Filter,
        fits: &dyn Fn(&Finding) -> bool,
    ) -> Vec<usize> {
        let fitting = candidates.filter(|index| {
            let finding = &self.findings[*index];
            filter.admits(finding) && fits(finding)
        });
        fitting.collect()
    }

    /// Findings at the schemas that the item's schema is composed of, and at the parameters that its
    /// operation shares with others.
    fn by_composition(&self, change: &ItemChange, filter: Filter) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let (old, new) = self.documents;
        for (document, item) in [(old, &change.old), (new, &change.new)] {
            let Some(item) = item else { continue };
            for part in composed_of(document, &item.origin) {
                let at = self.by_pointer.get(part.as_str()).into_iter().flatten().copied();
                found.extend(at.chain(self.inside(&part)).filter(|index| {
                    let finding = &self.findings[*index];
                    filter.admits(finding)
                        && finding.pointers().any(|at| relevance::is_shallow(at, &part))
                        && relevance::fits(change, finding)
                }));
            }
            if let Some(shared) = label(document, &item.origin) {
                found.extend(self.shared(&shared, change, filter));
            }
        }
        found
    }

    /// Findings that affect an operation from outside of component schemas.
    fn shared(&self, label: &str, change: &ItemChange, filter: Filter) -> Vec<usize> {
        let candidates = self.by_operation.get(label).into_iter().flatten().copied();
        let fitting = candidates.filter(|index| {
            let finding = &self.findings[*index];
            filter.admits(finding) && relevance::fits(change, finding)
        });
        fitting.collect()
    }

    /// Any finding in the same schema, or in one that it refers to. Some fields are decoded by their
    /// siblings, and some variants are named after their contents.
    fn by_neighbors(&self, change: &ItemChange, filter: Filter) -> BTreeSet<usize> {
        let (old, new) = self.documents;
        let mut found = BTreeSet::new();
        for (document, item) in [(old, &change.old), (new, &change.new)] {
            let Some(item) = item else { continue };
            let mut roots = components(document, &item.origin);
            roots.insert(relevance::root(&item.origin).to_owned());
            let near = roots.iter().filter_map(|root| self.by_root.get(root.as_str())).flatten();
            let near = near.copied().filter(|index| filter.admits(&self.findings[*index]));
            found.extend(near.take(MAX_INSIDE));
        }
        found
    }

    /// Findings at the items that use the type.
    fn by_users(&self, change: &ItemChange, filter: Filter) -> BTreeSet<usize> {
        let Some(name) = relevance::type_of(&change.path) else { return BTreeSet::new() };
        let fits = |finding: &Finding| relevance::fits(change, finding);
        self.at_users(BTreeSet::from([name]), filter, &fits)
    }

    /// Findings at types of the same name. Equal types share one name, so that all of them may be
    /// renamed when one changes.
    fn by_namesakes(&self, change: &ItemChange, filter: Filter) -> BTreeSet<usize> {
        let mut names: BTreeSet<String> = change.sides().flat_map(relevance::types_named).collect();
        names.extend(relevance::type_of(&change.path));
        let changed = |finding: &Finding| !relevance::is_constraint(finding);
        self.at_users(names, filter, &changed)
    }

    /// Findings at the nearest items that use one of the types, directly or through other types.
    fn at_users(
        &self,
        mut level: BTreeSet<String>,
        filter: Filter,
        fits: &dyn Fn(&Finding) -> bool,
    ) -> BTreeSet<usize> {
        let mut seen = level.clone();
        for _ in 0..MAX_DISTANCE {
            let mut next = BTreeSet::new();
            let mut origins: BTreeSet<&str> = BTreeSet::new();
            for user in level.iter().filter_map(|name| self.users.get(name)).flatten() {
                origins.insert(&user.origin);
                if let Some(outer) = relevance::type_of(&user.path)
                    && seen.insert(outer.clone())
                {
                    next.insert(outer);
                }
            }
            let found: BTreeSet<usize> =
                origins.into_iter().flat_map(|origin| self.near(origin, filter, fits)).collect();
            if !found.is_empty() {
                return found;
            }
            level = next;
        }
        BTreeSet::new()
    }

    /// Passes causes on: an item changes for the reasons of the types in its signature, and a type
    /// is added or removed for the reasons of the items that use it.
    fn inherit(&self, causes: &mut [BTreeSet<usize>], strict: bool) {
        for _ in 0..MAX_DISTANCE {
            let lacking: Vec<usize> =
                (0..causes.len()).filter(|index| causes[*index].is_empty()).collect();
            if lacking.is_empty() {
                return;
            }
            let (by_type, by_use) = self.known(causes, &lacking);
            let mut progress = false;
            for index in lacking {
                let (change, causes) = (&self.changes[index], &mut causes[index]);
                let names = change.sides().flat_map(relevance::types_named);
                causes.extend(names.filter_map(|name| by_type.get(&name)).flatten());
                if let Some(own) =
                    relevance::type_of(&change.path).and_then(|name| by_type.get(&name))
                    && causes.is_empty()
                {
                    causes.extend(own);
                }
                if causes.is_empty() {
                    causes.extend(by_use.get(&change.path).into_iter().flatten());
                }
                causes.retain(|index| self.admits(change, *index, strict));
                progress |= !causes.is_empty();
            }
            if !progress {
                return;
            }
        }
    }

    /// Returns the causes of the types that the lacking changes name, and of what uses them.
    fn known(&self, causes: &[BTreeSet<usize>], lacking: &[usize]) -> (Causes, Causes) {
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut used: BTreeSet<&str> = BTreeSet::new();
        for change in lacking.iter().map(|index| &self.changes[*index]) {
            named.extend(change.sides().flat_map(relevance::types_named));
            named.extend(relevance::type_of(&change.path));
            used.insert(&change.path);
        }
        let (mut by_type, mut by_use) = (Causes::new(), Causes::new());
        let explained = self.changes.iter().zip(causes).filter(|(_, causes)| !causes.is_empty());
        for (change, causes) in explained {
            let whole_type = relevance::type_of(&change.path);
            let whole_type = whole_type.filter(|name| *name == change.path && named.contains(name));
            if let Some(name) = whole_type {
                by_type.entry(name).or_default().extend(causes);
            }
            for name in change.sides().flat_map(relevance::types_named) {
                if used.contains(name.as_str()) {
                    by_use.entry(name).or_default().extend(causes);
                }
            }
        }
        (by_type, by_use)
    }

    /// Returns the components that each finding leads to, while any change lacks a cause.
    fn reached(
        &self,
        filter: Filter,
        causes: &[BTreeSet<usize>],
    ) -> Vec<(usize, BTreeSet<String>)> {
        if causes.iter().all(|causes| !causes.is_empty()) {
            return Vec::new();
        }
        let (old, new) = self.documents;
        let considered =
            self.findings.iter().enumerate().filter(|(_, finding)| filter.admits(finding));
        let reached = considered.map(|(index, finding)| {
            let mut reached = BTreeSet::new();
            if let Some(at) = &finding.old_at {
                reached.extend(components(old, at));
            }
            if let Some(at) = &finding.new_at {
                reached.extend(components(new, at));
            }
            (index, reached)
        });
        reached.collect()
    }

    /// Findings that lead to the component that the item is generated from.
    fn by_reach(
        &self,
        change: &ItemChange,
        reached: &[(usize, BTreeSet<String>)],
    ) -> BTreeSet<usize> {
        let origins: Vec<&str> = change.sides().map(|item| relevance::root(&item.origin)).collect();
        let leads = |components: &BTreeSet<String>| {
            origins.iter().any(|origin| components.contains(*origin))
        };
        let found = reached.iter().filter(|(index, components)| {
            leads(components) && relevance::fits(change, &self.findings[*index])
        });
        found.map(|(index, _)| *index).collect()
    }
}

const SCHEMAS: &str = "#/components/schemas/";

/// Returns pointers to the component schemas that a place refers to, directly or indirectly.
fn components(document: &Document, pointer: &str) -> BTreeSet<String> {
    let root = document.value();
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = root.pointer(pointer).into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(keys) => {
                let reference = keys.get("$ref").and_then(Value::as_str);
                if let Some(reference) = reference.filter(|text| text.starts_with(SCHEMAS)) {
                    let target = reference.trim_start_matches('#');
                    if found.insert(target.to_owned()) {
                        open.extend(root.pointer(target));
                    }
                }
                open.extend(keys.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    found
}

/// Returns pointers to the schemas that the responses of an operation, or a schema, are composed of
/// by `$ref` and `allOf`.
fn composed_of(document: &Document, pointer: &str) -> BTreeSet<String> {
    let root = document.value();
    let mut found = BTreeSet::new();
    let mut open = response_schemas(root, pointer);
    if open.is_empty() {
        open.push(pointer.to_owned());
    }
    while let Some(pointer) = open.pop() {
        let Some(schema) = root.pointer(&pointer).filter(|_| !found.contains(&pointer)) else {
            continue;
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            open.push(target.trim_start_matches('#').to_owned());
        }
        let members = schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
        open.extend((0..members).map(|index| format!("{pointer}/allOf/{index}")));
        found.insert(pointer);
    }
    found
}

/// Returns how findings name the operation that a pointer leads to.
fn label(document: &Document, pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("/paths/")?;
    let (path, method) = rest.split_once('/')?;
    let operation = document.value().pointer(pointer)?;
    Some(match operation.get("operationId").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => format!("{} {}", method.to_uppercase(), unescape(path)),
    })
}

/// Returns pointers to the schemas of the responses, if the pointer leads to an operation.
fn response_schemas(root: &Value, operation: &str) -> Vec<String> {
    let mut schemas = Vec::new();
    let responses = root.pointer(operation).and_then(|value| value.get("responses")?.as_object());
    for (status, response) in responses.into_iter().flatten() {
        let content = response.get("content").and_then(Value::as_object);
        for media in content.into_iter().flat_map(|content| content.keys()) {
            let (status, media) = (escape(status), escape(media));
            schemas.push(format!("{operation}/responses/{status}/content/{media}/schema"));
        }
    }
    schemas
}
