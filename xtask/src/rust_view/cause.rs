//! Ties each changed item to the findings that caused it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sendmux_client_codegen::Item;
use serde_json::Value;

use super::changes::{Change, changes};
use super::fit;
use super::reach;
use crate::diff::rules::{self, Weight};
use crate::diff::{Document, Finding, Level};

/// How many types away from a finding an item can be.
const DISTANCE: usize = 6;

/// Fills in the items of each finding, and lets them have their say on levels. Takes out what is no
/// change of the API, and gives back of it what changes items all the same.
pub(crate) fn explain(
    findings: &mut Vec<Finding>,
    (before, after): (&[Item], &[Item]),
    (old, new): (&Document, &Document),
) -> Vec<Finding> {
    let changes = changes(before, after);
    let search = Search::new(findings, &changes, (before, after), (old, new));
    let causes = search.causes();
    let mut breaks = vec![false; findings.len()];
    for (change, causes) in changes.iter().zip(&causes) {
        for index in causes {
            findings[*index].rust.push(change.path.clone());
            breaks[*index] |= change.breaks();
        }
    }
    for (finding, breaks) in findings.iter_mut().zip(breaks) {
        finding.rust.sort();
        finding.rust.dedup();
        weigh(finding, breaks);
    }
    let unexplained = changes.iter().zip(&causes).filter(|(_, causes)| causes.is_empty());
    findings.extend(unexplained.map(|(change, _)| without_cause(change)));
    findings.extract_if(.., |finding| finding.silent).filter(|one| !one.rust.is_empty()).collect()
}

fn weigh(finding: &mut Finding, breaks: bool) {
    let weight =
        rules::all().into_iter().find(|rule| rule.id == finding.id).map(|rule| rule.weight);
    match weight {
        Some(Weight::RustDecides(level)) if !breaks => finding.level = level,
        _ if breaks => finding.level = Level::Breaking,
        _ => {}
    }
    if finding.level == Level::Breaking && finding.rust.is_empty() {
        finding.message.push_str("; no Rust item changes, so it shows at run time only");
    }
}

/// A change of the crate that the comparison should have foreseen.
fn without_cause(change: &Change) -> Finding {
    let rule = &rules::document::UNEXPLAINED;
    let level = if change.breaks() { Level::Breaking } else { Level::Compatible };
    let origin = |item: &Option<Item>| item.as_ref().map(|item| item.origin.clone());
    let signature = |item: &Option<Item>| {
        item.as_ref().map_or(Value::Null, |item| Value::from(item.signature.clone()))
    };
    let (old_at, new_at) = (origin(&change.old), origin(&change.new));
    let words = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    let (old, new) = (signature(&change.old), signature(&change.new));
    Finding {
        id: rule.id,
        level,
        direction: rule.direction,
        location: new_at.clone().or_else(|| old_at.clone()).unwrap_or_default(),
        operations: Vec::new(),
        message: format!("`{}` changes: {} → {}", change.path, words(&old), words(&new)),
        rust: vec![change.path.clone()],
        old,
        new,
        document: None,
        old_at,
        new_at,
        parameter: None,
        silent: false,
    }
}

struct Search<'s> {
    findings: &'s [Finding],
    changes: &'s [Change],
    documents: (&'s Document, &'s Document),
    /// Findings by the component or operation they stand in.
    by_root: HashMap<&'s str, Vec<usize>>,
    /// Items by the types that their signatures name.
    users: HashMap<String, Vec<&'s Item>>,
}

impl<'s> Search<'s> {
    fn new(
        findings: &'s [Finding],
        changes: &'s [Change],
        (before, after): (&'s [Item], &'s [Item]),
        documents: (&'s Document, &'s Document),
    ) -> Self {
        let mut by_root: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, finding) in findings.iter().enumerate() {
            let places = [&finding.old_at, &finding.new_at];
            let roots: BTreeSet<&str> =
                places.into_iter().flatten().map(|at| fit::root(at)).collect();
            for root in roots {
                by_root.entry(root).or_default().push(index);
            }
        }
        let mut users: HashMap<String, Vec<&Item>> = HashMap::new();
        for item in before.iter().chain(after) {
            for name in fit::types_named(item) {
                users.entry(name).or_default().push(item);
            }
        }
        Self { findings, changes, documents, by_root, users }
    }

    /// The causes of each change: the first way of looking that finds any.
    fn causes(&self) -> Vec<BTreeSet<usize>> {
        let mut causes: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.changes.len()];
        for admitted in [fit::Admitted::Loud, fit::Admitted::Silent, fit::Admitted::Words] {
            self.fill(&mut causes, |change| self.at_place(change, admitted));
            self.fill(&mut causes, |change| self.by_parts(change, admitted));
            self.fill(&mut causes, |change| self.by_users(change, admitted));
            self.inherit(&mut causes);
            let reached = self.reached(admitted, &causes);
            self.fill(&mut causes, |change| self.by_reach(change, &reached));
            self.inherit(&mut causes);
            self.fill(&mut causes, |change| self.by_neighbours(change, admitted));
            self.fill(&mut causes, |change| self.by_namesakes(change, admitted));
            self.inherit(&mut causes);
        }
        causes
    }

    fn fill(&self, causes: &mut [BTreeSet<usize>], look: impl Fn(&Change) -> BTreeSet<usize>) {
        for (change, causes) in self.changes.iter().zip(causes) {
            if causes.is_empty() {
                *causes = look(change);
            }
        }
    }

    /// Findings at the place that the item comes from, or around it.
    fn at_place(&self, change: &Change, admitted: fit::Admitted) -> BTreeSet<usize> {
        let origins = [&change.old, &change.new].into_iter().flatten().map(|item| &item.origin);
        let fits = |finding: &Finding| fit::fits(change, finding);
        origins.flat_map(|origin| self.near(origin, admitted, &fits)).collect()
    }

    fn near(
        &self,
        origin: &str,
        admitted: fit::Admitted,
        fits: &dyn Fn(&Finding) -> bool,
    ) -> Vec<usize> {
        let root = fit::root(origin);
        let candidates = self.by_root.get(root).into_iter().flatten().copied();
        let fitting = candidates.filter(|index| {
            let finding = &self.findings[*index];
            admitted.admits(finding)
                && [&finding.old_at, &finding.new_at]
                    .into_iter()
                    .flatten()
                    .any(|at| fit::related(at, origin))
                && fits(finding)
        });
        fitting.collect()
    }

    /// Findings at the schemas that the item's own is put together from, and at the parameters that
    /// its operation shares with others.
    fn by_parts(&self, change: &Change, admitted: fit::Admitted) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let (old, new) = self.documents;
        for (document, item) in [(old, &change.old), (new, &change.new)] {
            let Some(item) = item else { continue };
            for part in reach::spine(document, &item.origin) {
                let candidates = self.by_root.get(fit::root(&part)).into_iter().flatten();
                found.extend(candidates.copied().filter(|index| {
                    let finding = &self.findings[*index];
                    let places = [&finding.old_at, &finding.new_at];
                    admitted.admits(finding)
                        && places.into_iter().flatten().any(|at| fit::is_shallow(at, &part))
                        && fit::fits(change, finding)
                }));
            }
            if let Some(shared) = reach::label(document, &item.origin) {
                found.extend(self.shared(&shared, change, admitted));
            }
        }
        found
    }

    fn shared(&self, label: &str, change: &Change, admitted: fit::Admitted) -> Vec<usize> {
        let fitting = self.findings.iter().enumerate().filter(|(_, finding)| {
            !finding.location.starts_with("/components/schemas/")
                && admitted.admits(finding)
                && finding.operations.iter().any(|operation| operation == label)
                && fit::fits(change, finding)
        });
        fitting.map(|(index, _)| index).collect()
    }

    /// Any finding in the same schema, or in one that it refers to: some fields are read by what
    /// stands beside them, and some forms are named by what is in them.
    fn by_neighbours(&self, change: &Change, admitted: fit::Admitted) -> BTreeSet<usize> {
        let (old, new) = self.documents;
        let mut found = BTreeSet::new();
        for (document, item) in [(old, &change.old), (new, &change.new)] {
            let Some(item) = item else { continue };
            let mut roots = reach::components(document, &item.origin);
            roots.insert(fit::root(&item.origin).to_owned());
            let near = roots.iter().filter_map(|root| self.by_root.get(root.as_str())).flatten();
            found.extend(near.copied().filter(|index| admitted.admits(&self.findings[*index])));
        }
        found
    }

    /// Findings at the items that use the type.
    fn by_users(&self, change: &Change, admitted: fit::Admitted) -> BTreeSet<usize> {
        let Some(name) = fit::type_of(&change.path) else { return BTreeSet::new() };
        let fits = |finding: &Finding| fit::fits(change, finding);
        self.at_users(BTreeSet::from([name]), admitted, &fits)
    }

    /// Equal types of one name are one type. When one of them changes, they part, and all of them
    /// may get other names.
    fn by_namesakes(&self, change: &Change, admitted: fit::Admitted) -> BTreeSet<usize> {
        let sides = [&change.old, &change.new].into_iter().flatten();
        let mut names: BTreeSet<String> = sides.flat_map(fit::types_named).collect();
        names.extend(fit::type_of(&change.path));
        let changed = |finding: &Finding| !fit::is_limit(finding);
        self.at_users(names, admitted, &changed)
    }

    fn at_users(
        &self,
        mut level: BTreeSet<String>,
        admitted: fit::Admitted,
        fits: &dyn Fn(&Finding) -> bool,
    ) -> BTreeSet<usize> {
        let mut seen = level.clone();
        for _ in 0..DISTANCE {
            let mut found = BTreeSet::new();
            let mut next = BTreeSet::new();
            for name in &level {
                for user in self.users.get(name).into_iter().flatten() {
                    found.extend(self.near(&user.origin, admitted, fits));
                    if let Some(outer) = fit::type_of(&user.path)
                        && seen.insert(outer.clone())
                    {
                        next.insert(outer);
                    }
                }
            }
            if !found.is_empty() {
                return found;
            }
            level = next;
        }
        BTreeSet::new()
    }

    /// An item whose type goes by another name changed for the same reasons as that type, and a
    /// type came or went for the reasons of the items that name it.
    fn inherit(&self, causes: &mut [BTreeSet<usize>]) {
        let mut by_type: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for _ in 0..DISTANCE {
            by_type.clear();
            for (change, causes) in self.changes.iter().zip(causes.iter()) {
                let whole_type = fit::type_of(&change.path).filter(|name| *name == change.path);
                if let Some(name) = whole_type.filter(|_| !causes.is_empty()) {
                    by_type.entry(name).or_default().extend(causes);
                }
            }
            let mut by_use: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
            for (change, causes) in self.changes.iter().zip(causes.iter()) {
                for item in [&change.old, &change.new].into_iter().flatten() {
                    for name in fit::types_named(item) {
                        by_use.entry(name).or_default().extend(causes);
                    }
                }
            }
            let mut moved = false;
            for (change, causes) in self.changes.iter().zip(causes.iter_mut()) {
                if !causes.is_empty() {
                    continue;
                }
                let sides = [&change.old, &change.new].into_iter().flatten();
                let names = sides.flat_map(fit::types_named);
                causes.extend(names.filter_map(|name| by_type.get(&name)).flatten());
                if let Some(own) = fit::type_of(&change.path).and_then(|name| by_type.get(&name))
                    && causes.is_empty()
                {
                    causes.extend(own);
                }
                if causes.is_empty() {
                    causes.extend(by_use.get(&change.path).into_iter().flatten());
                }
                moved |= !causes.is_empty();
            }
            if !moved {
                return;
            }
        }
    }

    /// Which components each finding leads to, for those that may still be needed.
    fn reached(
        &self,
        admitted: fit::Admitted,
        causes: &[BTreeSet<usize>],
    ) -> Vec<(usize, BTreeSet<String>)> {
        if causes.iter().all(|causes| !causes.is_empty()) {
            return Vec::new();
        }
        let (old, new) = self.documents;
        let admitted =
            self.findings.iter().enumerate().filter(|(_, finding)| admitted.admits(finding));
        let reached = admitted.map(|(index, finding)| {
            let mut components = BTreeSet::new();
            if let Some(at) = &finding.old_at {
                components.extend(reach::components(old, at));
            }
            if let Some(at) = &finding.new_at {
                components.extend(reach::components(new, at));
            }
            (index, components)
        });
        reached.collect()
    }

    fn by_reach(&self, change: &Change, reached: &[(usize, BTreeSet<String>)]) -> BTreeSet<usize> {
        let origins: Vec<&str> = [&change.old, &change.new]
            .into_iter()
            .flatten()
            .map(|item| fit::root(&item.origin))
            .collect();
        let leads = |components: &BTreeSet<String>| {
            origins.iter().any(|origin| components.contains(*origin))
        };
        let found = reached.iter().filter(|(index, components)| {
            leads(components) && fit::fits(change, &self.findings[*index])
        });
        found.map(|(index, _)| *index).collect()
    }
}
