//! Rules of the repository that no compiler checks.
//!
//! **Modules point one way.** No two top-level modules of a crate use each other, directly or
//! round about, and each uses only modules further down in the map of its crate in
//! ARCHITECTURE.md. `use` trees count, and so do qualified paths, paths in attributes, paths in
//! what macros are given or made of, and re-exports of `lib.rs`, which stand for the module they
//! come from. Unit tests and documentation are exempt.
//!
//! A map is a fenced block. Its head names the crate; each line names modules that do not use each
//! other, above everything that they use:
//!
//! ````text
//! ```text modules:sendmux-client
//! mailbox, management   the surfaces
//! send                  the last step of a call
//! values                what data is made of
//! ```
//! ````
//!
//! `modules:CRATE/MODULE` maps what is within a module. There, and nowhere else, two modules may
//! use each other, if a line of the form `a ⇄ b: reason` allows it. A binary that has modules is
//! `modules:PACKAGE/bin/NAME`.
//!
//! **Files** have at most 700 lines unless generated, belong to a crate, and have no leftovers in
//! them.

mod arrows;
mod graph;
mod map;
mod modules;
mod paths;
mod sources;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use self::arrows::{Arrows, Use};
use self::graph::Edges;
use self::map::Map;
use self::modules::Crate;
use self::workspace::shown;
use crate::outcome::Failure;

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// A broken rule: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    message: String,
    places: Vec<Use>,
    help: String,
}

impl Violation {
    fn new(message: &str, help: &str) -> Self {
        Self { message: message.to_owned(), places: Vec::new(), help: help.to_owned() }
    }

    fn at(mut self, file: &Path, line: usize, path: &str) -> Self {
        self.places.push(Use { file: file.to_owned(), line, path: path.to_owned() });
        self
    }

    fn seen(self, place: &Use) -> Self {
        self.at(&place.file, place.line, &place.path)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        for place in &self.places {
            write!(f, "  --> {}:{}", shown(&place.file), place.line)?;
            if !place.path.is_empty() {
                write!(f, ": {}", place.path)?;
            }
            writeln!(f)?;
        }
        writeln!(f, "  help: {}", self.help)
    }
}

/// Checks the workspace at `root` and returns what it breaks.
///
/// # Errors
/// If a file cannot be read or parsed.
pub fn check(root: &Path) -> Result<Vec<Violation>, Failure> {
    let text = workspace::read(root, Path::new(ARCHITECTURE)).unwrap_or_default();
    let (mut maps, malformed) = map::read(&text);
    let mut violations: Vec<Violation> = malformed
        .into_iter()
        .map(|malformed| {
            Violation::new(&malformed.problem, "`cargo doc -p xtask` describes maps under `tidy`")
                .at(Path::new(ARCHITECTURE), malformed.line, "")
        })
        .collect();
    let packages = workspace::packages(root)?;
    for package in &packages {
        let mut compiled = BTreeSet::new();
        for target in &package.targets {
            let found = Crate::read(root, &target.root, target.map.is_some())?;
            compiled.extend(found.files.iter().cloned());
            if let Some(subject) = &target.map {
                violations.extend(check_modules(&found, subject, &mut maps));
            }
        }
        violations.extend(sources::check(root, package, &compiled)?);
    }
    for (subject, map) in maps {
        violations.push(
            Violation::new(
                &format!("{ARCHITECTURE} maps {subject}, which does not exist or has no modules"),
                "remove the map, or correct its head",
            )
            .at(Path::new(ARCHITECTURE), map.line, ""),
        );
    }
    Ok(violations)
}

/// Checks a crate, and each module within it that has a map; takes the maps that it uses.
fn check_modules(found: &Crate, subject: &str, maps: &mut BTreeMap<String, Map>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (scope, module) in &found.modules {
        let subject = [&[subject.to_owned()], scope.as_slice()].concat().join("/");
        let map = maps.remove(&subject);
        if map.is_none() && !scope.is_empty() {
            continue;
        }
        let arrows = Arrows::within(found, scope);
        if arrows.modules.is_empty() {
            maps.extend(map.map(|map| (subject, map)));
            continue;
        }
        let root = module.files.first().map_or(Path::new(""), |file| file);
        let scope = Scope { subject, root, is_crate: scope.is_empty(), arrows };
        violations.extend(scope.check(map.as_ref()));
    }
    violations
}

/// The modules directly within a crate or a module.
struct Scope<'a> {
    subject: String,
    root: &'a Path,
    is_crate: bool,
    arrows: Arrows,
}

impl Scope<'_> {
    fn check(&self, map: Option<&Map>) -> Vec<Violation> {
        let mut edges: Edges<'_> =
            self.arrows.modules.keys().map(|name| (name.as_str(), BTreeSet::new())).collect();
        for (from, to) in self.arrows.uses.keys() {
            if map.is_none_or(|map| !map.allows_recursion(from, to)) {
                edges.entry(from).or_default().insert(to);
            }
        }
        let mut violations: Vec<Violation> = graph::cyclic_components(&edges)
            .iter()
            .map(|component| self.cycle(component))
            .collect();
        let cyclic = !violations.is_empty();
        for (from, place) in &self.arrows.of_scope {
            let message = format!(
                "module `{from}` uses `{}`, which {} defines, above all its modules",
                place.path,
                shown(self.root)
            );
            let help = format!("move it into a module below `{from}`");
            violations.push(Violation::new(&message, &help).seen(place));
        }
        match map {
            Some(map) => violations.extend(self.compare(map)),
            None => {
                let layers = if cyclic { Vec::new() } else { graph::layers(&edges) };
                violations.push(self.no_map(&layers));
            }
        }
        violations
    }

    fn cycle(&self, component: &graph::Component<'_>) -> Violation {
        let names: Vec<String> = component.cycle.iter().map(|name| format!("`{name}`")).collect();
        let mut message =
            format!("modules {} of {} use each other", names.join(", "), self.subject);
        if component.names.len() > component.cycle.len() {
            let all = component.names.join(", ");
            message += &format!("; directly or through others, so do all of {all}");
        }
        let help = "move what both need into a module below both, or hand it over from a module \
                    above both";
        let mut violation = Violation::new(&message, help);
        let next = component.cycle.iter().cycle().skip(1);
        for (from, to) in component.cycle.iter().zip(next) {
            if let Some(place) = self.arrows.uses.get(&((*from).to_owned(), (*to).to_owned())) {
                violation = violation.seen(place);
            }
        }
        violation
    }

    fn no_map(&self, layers: &[Vec<&str>]) -> Violation {
        let lines: Vec<String> = layers.iter().map(|names| names.join(", ")).collect();
        let block = format!("```text modules:{}\n{}\n```", self.subject, lines.join("\n"));
        let help = match layers.is_empty() {
            true => "add one when no modules use each other any longer".to_owned(),
            false => format!("add it, and say what each module is:\n\n{block}"),
        };
        Violation::new(&format!("{ARCHITECTURE} has no map of {}", self.subject), &help)
            .at(self.root, 1, "")
    }

    /// Holds the modules against their map.
    fn compare(&self, map: &Map) -> Vec<Violation> {
        let mut violations = Vec::new();
        let architecture = Path::new(ARCHITECTURE);
        for (name, file) in &self.arrows.modules {
            if !map.layers.contains_key(name) {
                let message =
                    format!("module `{name}` is missing from the map of {}", self.subject);
                let help = "add it above every module that it uses";
                let violation = Violation::new(&message, help);
                violations.push(violation.at(file, 1, "").at(architecture, map.line, ""));
            }
        }
        for (name, line) in &map.layers {
            if !self.arrows.modules.contains_key(name) {
                let message = format!("{} has no module `{name}`", self.subject);
                let violation = Violation::new(&message, "remove it from the map");
                violations.push(violation.at(architecture, *line, ""));
            }
        }
        for ((from, to), place) in &self.arrows.uses {
            let (Some(above), Some(below)) = (map.layers.get(from), map.layers.get(to)) else {
                continue;
            };
            if above >= below && !map.allows_recursion(from, to) {
                let message = match above == below {
                    true => format!("module `{from}` uses `{to}`, which the map puts beside it"),
                    false => format!("module `{from}` uses `{to}`, which the map puts above it"),
                };
                let help = format!(
                    "move what `{from}` needs into a module below it, or correct the map of {}",
                    self.subject
                );
                let violation = Violation::new(&message, &help);
                violations.push(violation.seen(place).at(architecture, *above, ""));
            }
        }
        for ((left, right), line) in &map.recursions {
            let uses = |from: &String, to: &String| {
                self.arrows.uses.contains_key(&(from.clone(), to.clone()))
            };
            if self.is_crate {
                let violation = Violation::new(
                    "a map of a crate allows no recursion",
                    "move what both need into a module below both",
                );
                violations.push(violation.at(architecture, *line, ""));
            } else if !(uses(left, right) && uses(right, left)) {
                let message = format!("`{left}` and `{right}` no longer use each other");
                let violation = Violation::new(&message, "remove the line from the map");
                violations.push(violation.at(architecture, *line, ""));
            }
        }
        violations
    }
}
