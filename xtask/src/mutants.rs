//! Mutation tests: whether the unit tests of the modules that decide notice each change to them.
//!
//! A mutant that survives is a missing test, or a change that makes no difference. The latter are
//! explained in a list; one that is not in it makes the task fail.

use std::path::Path;

use serde::Deserialize;

use crate::cli::Mutants;
use crate::outcome::Failure;
use crate::process;

/// The survivors that are explained.
const LIST: &str = ".cargo/surviving-mutants.toml";

/// Modules whose wrong decisions would cost most.
const MODULES: &[&str] = &[
    "src/download/plan.rs",
    "src/download/range.rs",
    "src/http/rate_limit.rs",
    "src/http/retry_after.rs",
    "src/paging.rs",
    "src/paging/pages.rs",
    "src/response/envelope.rs",
    "src/transport/idempotency.rs",
    "src/transport/rate_limiter.rs",
    "src/transport/rate_limiter/schedule.rs",
    "src/transport/retry.rs",
    "src/transport/retry_budget.rs",
    "src/webhooks/header.rs",
    "src/webhooks/signature.rs",
    "src/webhooks/verifier.rs",
];

/// The smallest set of features that has these modules: no surface, so no generated code.
const FEATURES: &str = "_client,webhooks";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// A mutant that no test can tell from the original, or need not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Survivor {
    /// What `cargo mutants` calls it, without line and column.
    mutant: String,
    why: String,
}

/// Runs `cargo mutants` and returns whether each survivor is explained.
///
/// # Errors
/// Fails if the list cannot be read, or if `cargo mutants` or the tests without a mutant fail.
pub fn run(arguments: &Mutants, root: &Path) -> Result<bool, Failure> {
    let explained = read_list(root)?;
    let all = || MODULES.iter().map(|module| (*module).to_owned()).collect();
    let modules: Vec<String> =
        if arguments.modules.is_empty() { all() } else { arguments.modules.clone() };
    let mut words = vec![
        "mutants".to_owned(),
        "--package=sendmux-client".to_owned(),
        "--no-default-features".to_owned(),
        format!("--features={FEATURES}"),
        "--cargo-test-arg=--lib".to_owned(),
        // They need no more than these features either.
        "--cargo-test-arg=--test=webhooks".to_owned(),
        // A mutant that loops is one that was noticed.
        "--timeout=60".to_owned(),
        "--output=target".to_owned(),
        "--colors=never".to_owned(),
    ];
    words.extend(modules.iter().map(|module| format!("--file={module}")));
    let mut command = process::command("cargo", &words, root);
    command
        .env("CARGO_TARGET_DIR", root.join("target/mutants"))
        .env("CARGO_INCREMENTAL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    let status = command.status();
    let status = status.map_err(|error| Failure(format!("cannot run cargo mutants: {error}")))?;
    // 2: some survive; 3: some time out.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err(Failure("cargo mutants failed".to_owned()));
    }
    let named = |file: &str| -> Result<Vec<String>, Failure> {
        let path = root.join("target/mutants.out").join(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    let missed = named("missed.txt")?;
    let noticed = named("caught.txt")?.len() + named("timeout.txt")?.len();
    let unviable = named("unviable.txt")?.len();
    let judged = judge(&missed, &explained, &modules);
    anstream::println!(
        "{} mutants: {noticed} noticed, {unviable} that do not compile, {} explained, {} not \
         explained",
        noticed + unviable + missed.len(),
        missed.len() - judged.unexplained.len(),
        judged.unexplained.len()
    );
    for mutant in &judged.unexplained {
        anstream::println!("survives: {mutant}");
    }
    for mutant in &judged.outdated {
        anstream::println!("no longer survives, remove it from {LIST}: {mutant}");
    }
    Ok(judged.unexplained.is_empty())
}

fn read_list(root: &Path) -> Result<Vec<Survivor>, Failure> {
    let failure = |error: String| Failure(format!("{LIST}: {error}"));
    let text = std::fs::read_to_string(root.join(LIST));
    let list: List = toml::from_str(&text.map_err(|error| failure(error.to_string()))?)
        .map_err(|error| failure(error.to_string()))?;
    match list.survivor.iter().find(|survivor| survivor.why.trim().is_empty()) {
        Some(survivor) => Err(failure(format!("`{}` is not explained", survivor.mutant))),
        None => Ok(list.survivor),
    }
}

#[derive(Debug, PartialEq)]
struct Judged {
    unexplained: Vec<String>,
    /// Entries of the list that no survivor needs.
    outdated: Vec<String>,
}

fn judge(missed: &[String], explained: &[Survivor], modules: &[String]) -> Judged {
    let is_known = |mutant: &String| explained.iter().any(|known| known.mutant == name(mutant));
    let concerns = |mutant: &str| modules.iter().any(|module| mutant.starts_with(module.as_str()));
    let survives = |mutant: &str| missed.iter().any(|missed| name(missed) == mutant);
    Judged {
        unexplained: missed.iter().filter(|mutant| !is_known(mutant)).cloned().collect(),
        outdated: explained
            .iter()
            .map(|known| known.mutant.clone())
            .filter(|mutant| concerns(mutant) && !survives(mutant))
            .collect(),
    }
}

/// Removes line and column: `src/a.rs:3:9: replace …` → `src/a.rs: replace …`.
fn name(mutant: &str) -> String {
    let mut parts = mutant.splitn(4, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(file), Some(_), Some(_), Some(change)) => format!("{file}:{change}"),
        _ => mutant.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_exist_and_each_survivor_is_explained() {
        for module in MODULES {
            assert!(Path::new("..").join(module).is_file(), "{module}");
        }
        for survivor in read_list(Path::new("..")).unwrap() {
            let module = survivor.mutant.split(':').next().unwrap_or_default();
            assert!(MODULES.contains(&module), "{}", survivor.mutant);
        }
    }

    #[test]
    fn a_survivor_must_be_explained_and_an_explanation_needed() {
        let known = |mutant: &str| Survivor { mutant: mutant.to_owned(), why: "w".to_owned() };
        let owned =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let missed = owned(&["src/a.rs:3:9: replace a -> b::C with d", "src/a.rs:4:1: delete !"]);
        let explained =
            [known("src/a.rs: delete !"), known("src/a.rs: delete -"), known("src/b.rs: delete !")];
        let judged = judge(&missed, &explained, &owned(&["src/a.rs"]));
        assert_eq!(judged.unexplained, missed[..1]);
        assert_eq!(judged.outdated, ["src/a.rs: delete -"]);
    }
}
