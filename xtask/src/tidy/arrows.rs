//! Which module uses which: paths followed through imports to the modules they lead through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::modules::{Crate, ModulePath};
use super::paths::{Module, Name};

/// The uses among the modules directly within one module, the scope.
#[derive(Debug, Default)]
pub(super) struct Arrows {
    /// The modules within the scope, and their files.
    pub(super) modules: BTreeMap<String, PathBuf>,
    /// From a module to one that it uses, with the first place where it does.
    pub(super) uses: BTreeMap<(String, String), Use>,
    /// From a module to an item of the scope itself.
    pub(super) of_scope: BTreeMap<String, Use>,
}

/// A place where a module uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    pub(super) file: PathBuf,
    pub(super) line: usize,
    /// As it is written there.
    pub(super) path: String,
}

/// The modules that a path leads through, in order.
#[derive(Debug, Default, Clone)]
struct Trace {
    modules: Vec<ModulePath>,
    /// Whether the last of them defines what the path names.
    defined: bool,
}

impl Arrows {
    /// Finds the uses among the modules directly within `scope`.
    pub(super) fn within(found: &Crate, scope: &[String]) -> Self {
        let mut arrows = Self::default();
        let child = |path: &ModulePath| -> Option<String> {
            path.strip_prefix(scope).and_then(|rest| rest.first()).cloned()
        };
        for (path, module) in &found.modules {
            let Some(from) = child(path) else { continue };
            if path.len() == scope.len() + 1 {
                let file = module.files.first().map(|file| file.to_path_buf());
                arrows.modules.insert(from.clone(), file.unwrap_or_default());
            }
            for reference in &module.references {
                let place = || Use {
                    file: reference.file.to_path_buf(),
                    line: reference.line,
                    path: reference.segments.join("::"),
                };
                for trace in Resolver::new(found).resolve(path, &reference.segments) {
                    let to = trace.modules.iter().filter_map(child).find(|to| *to != from);
                    if let Some(to) = to {
                        note(&mut arrows.uses, (from.clone(), to), place());
                    } else if trace.defined && trace.modules.last().is_some_and(|at| at == scope) {
                        note(&mut arrows.of_scope, from.clone(), place());
                    }
                }
            }
        }
        arrows
    }
}

fn note<K: Ord>(uses: &mut BTreeMap<K, Use>, key: K, place: Use) {
    let first = uses.entry(key).or_insert_with(|| place.clone());
    if place < *first {
        *first = place;
    }
}

/// Follows one path.
struct Resolver<'a> {
    found: &'a Crate,
    /// The names looked up so far, for imports that lead to themselves.
    looked_up: BTreeSet<(ModulePath, String)>,
    traces: Vec<Trace>,
}

impl<'a> Resolver<'a> {
    fn new(found: &'a Crate) -> Self {
        Self { found, looked_up: BTreeSet::new(), traces: Vec::new() }
    }

    fn resolve(mut self, from: &ModulePath, segments: &[String]) -> Vec<Trace> {
        let known = self.start(from, segments, &Trace::default());
        if let (false, [name]) = (known, segments)
            && let Some(home) = self.found.textual_macros.get(name)
        {
            self.traces.push(Trace { modules: vec![home.clone()], defined: true });
        }
        self.traces
    }

    /// Follows a path from the module that has it; returns whether its first name is known.
    fn start(&mut self, from: &ModulePath, segments: &[String], trace: &Trace) -> bool {
        let Some((first, rest)) = segments.split_first() else { return false };
        match first.as_str() {
            "crate" => self.walk(Vec::new(), rest, trace.clone()),
            "self" => self.walk(from.clone(), rest, trace.clone()),
            "super" => self.walk(parent(from), rest, trace.clone()),
            _ => return self.look_up(from, segments, trace),
        }
        true
    }

    /// Follows the rest of a path within a module.
    fn walk(&mut self, at: ModulePath, segments: &[String], mut trace: Trace) {
        match segments.first().map(String::as_str) {
            Some("super") => return self.walk(parent(&at), &segments[1..], trace),
            Some("self") => return self.walk(at, &segments[1..], trace),
            _ => {}
        }
        trace.modules.push(at.clone());
        if segments.is_empty() || !self.look_up(&at, segments, &trace) {
            self.traces.push(trace);
        }
    }

    /// Follows a path by its first name; returns whether the module has that name.
    fn look_up(&mut self, at: &ModulePath, segments: &[String], trace: &Trace) -> bool {
        let Some((name, rest)) = segments.split_first() else { return false };
        let Some(module) = self.found.modules.get(at) else { return false };
        if !self.looked_up.insert((at.clone(), name.clone())) {
            return false;
        }
        let Some(meanings) = module.names.get(name) else {
            return self.look_up_in_globs(at, module, segments, trace);
        };
        for meaning in meanings {
            match meaning {
                Name::Module => {
                    let inner = [at.as_slice(), std::slice::from_ref(name)].concat();
                    self.walk(inner, rest, trace.clone());
                }
                // A function can have the name of a module, which is what is meant.
                Name::Item if meanings.contains(&Name::Module) => {}
                Name::Item => {
                    let mut trace = trace.clone();
                    trace.modules.push(at.clone());
                    trace.defined = true;
                    self.traces.push(trace);
                }
                Name::Import(path) => {
                    let whole = [path.as_slice(), rest].concat();
                    // What comes from another crate ends here.
                    if !self.start(at, &whole, trace) {
                        self.traces.push(trace.clone());
                    }
                }
            }
        }
        true
    }

    fn look_up_in_globs(
        &mut self,
        at: &ModulePath,
        module: &Module,
        segments: &[String],
        trace: &Trace,
    ) -> bool {
        let mut known = false;
        for glob in &module.globs {
            let whole = [glob.as_slice(), &segments[..1]].concat();
            let mut probe = Resolver::new(self.found);
            probe.looked_up = self.looked_up.clone();
            probe.start(at, &whole, &Trace::default());
            if probe.traces.iter().any(|trace| trace.defined) {
                known = true;
                let whole = [glob.as_slice(), segments].concat();
                self.start(at, &whole, trace);
            }
        }
        known
    }
}

fn parent(path: &ModulePath) -> ModulePath {
    path.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()
}
