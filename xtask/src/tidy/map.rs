//! The module maps of ARCHITECTURE.md.

use std::collections::BTreeMap;

/// One map: a fenced block that is headed by `text modules:CRATE` or `text modules:CRATE/MODULE`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) line: usize,
    /// Each module with its line; modules of one line are peers.
    pub(super) layers: BTreeMap<String, usize>,
    /// Pairs that may use each other, with their line.
    pub(super) recursions: BTreeMap<(String, String), usize>,
}

/// A line that has no meaning in a map.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// Reads the maps of a Markdown text, by what they are of.
pub(super) fn read(text: &str) -> (BTreeMap<String, Map>, Vec<Malformed>) {
    let mut maps: BTreeMap<String, Map> = BTreeMap::new();
    let mut malformed = Vec::new();
    let mut open: Option<(String, Map)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let mut reject = |problem: String| malformed.push(Malformed { line: number, problem });
        match &mut open {
            None => {
                if let Some(subject) = line.strip_prefix("```text modules:") {
                    let subject = subject.trim().to_owned();
                    open = Some((subject, Map { line: number, ..Map::default() }));
                }
            }
            Some(_) if line.starts_with("```") => {
                let Some((subject, map)) = open.take() else { continue };
                if maps.contains_key(&subject) {
                    reject(format!("a second map of {subject}"));
                }
                maps.entry(subject).or_insert(map);
            }
            // What a line says of its modules goes on in the next, which is indented.
            Some(_) if line.is_empty() || line.starts_with(' ') => {}
            Some((_, map)) => {
                if let Err(problem) = map.take(number, line) {
                    reject(problem);
                }
            }
        }
    }
    if let Some((subject, map)) = open {
        malformed.push(Malformed {
            line: map.line,
            problem: format!("the map of {subject} has no end"),
        });
    }
    (maps, malformed)
}

impl Map {
    fn take(&mut self, number: usize, line: &str) -> Result<(), String> {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if let Some((left, rest)) = line.split_once('⇄') {
            let (right, reason) = rest.split_once(':').unwrap_or((rest, ""));
            let (left, right) = (left.trim(), right.trim());
            if !is_name(left) || !is_name(right) || reason.trim().is_empty() {
                return Err("a recursion is written `a ⇄ b: reason`".to_owned());
            }
            self.recursions.insert((left.to_owned(), right.to_owned()), number);
            return Ok(());
        }
        let names = line.split_once("  ").map_or(line, |(names, _)| names);
        for name in names.split(',').map(str::trim) {
            if !is_name(name) {
                return Err(format!(
                    "`{name}` is not a module; a line is written `a, b` and, after two blanks, \
                     what they are"
                ));
            }
            if self.layers.insert(name.to_owned(), number).is_some() {
                return Err(format!("`{name}` is listed twice"));
            }
        }
        Ok(())
    }

    /// Whether two modules may use each other.
    pub(super) fn allows_recursion(&self, one: &str, other: &str) -> bool {
        self.recursions
            .keys()
            .any(|(left, right)| (left == one && right == other) || (left == other && right == one))
    }
}
