//! Rules about single files: their length, what is left behind in them, and that they are compiled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Violation;
use super::workspace::{Package, read, rust_files};
use crate::outcome::Failure;

const LONGEST_FILE: usize = 700;
/// Written in two parts, as this file is checked too.
const LEFT_BEHIND: [(&str, &str); 4] = [
    (concat!("TO", "DO"), "do it, or describe it in an issue"),
    (concat!("FIX", "ME"), "fix it, or describe it in an issue"),
    (concat!("/ho", "me/"), "use a path relative to the workspace, or a temporary folder"),
    (concat!("/ro", "ot/"), "use a path relative to the workspace, or a temporary folder"),
];

/// Checks the files of a package; `compiled` are those that its crates consist of.
pub(super) fn check(
    root: &Path,
    package: &Package,
    compiled: &BTreeSet<PathBuf>,
) -> Result<Vec<Violation>, Failure> {
    let mut violations = Vec::new();
    for folder in ["src", "tests", "examples", "benches"] {
        for file in rust_files(root, &package.folder.join(folder))? {
            let text = read(root, &file)?;
            if text.lines().next().is_some_and(|line| line.contains("@generated")) {
                continue;
            }
            if !compiled.contains(&file) && !is_ui_test(&file) {
                violations.push(
                    Violation::new(
                        "file is not part of any crate",
                        "declare it with `mod`, or delete it",
                    )
                    .at(&file, 1, ""),
                );
            }
            violations.extend(check_text(&file, &text));
        }
    }
    Ok(violations)
}

/// Cases of what must not compile are compiled one by one by a test.
fn is_ui_test(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "ui")
}

fn check_text(file: &Path, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let length = text.lines().count();
    if length > LONGEST_FILE {
        violations.push(
            Violation::new(
                &format!("file has {length} lines; {LONGEST_FILE} is the limit"),
                "split it where a reader of one part does not need the other",
            )
            .at(file, length, ""),
        );
    }
    for (number, line) in (1..).zip(text.lines()) {
        for (word, help) in LEFT_BEHIND.iter().filter(|(word, _)| line.contains(word)) {
            let message = format!("`{}` is left behind", word);
            violations.push(Violation::new(&message, help).at(file, number, ""));
        }
    }
    violations
}
