//! Tells whether one regular expression matches every string that another one matches.

use std::collections::{BTreeMap, HashSet};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

/// Pairs of states that are visited at most.
const MAX_PAIRS: usize = 20_000;
/// Longest pattern that is read, in bytes.
const MAX_LENGTH: usize = 2_000;

/// Whether `general` matches every string that `special` matches. False if that is not known, as for
/// patterns with lookaround.
pub(crate) fn admits(general: &str, special: &str) -> bool {
    general == special || includes(general, special).unwrap_or(false)
}

/// Whether a pattern matches every string.
pub(crate) fn is_general(pattern: &str) -> bool {
    admits(pattern, "")
}

/// Looks for a string that only `special` matches.
fn includes(general: &str, special: &str) -> Option<bool> {
    let (mut general, mut special) = (Automaton::read(general)?, Automaton::read(special)?);
    let bytes = representatives(&general.dfa, &special.dfa);
    let mut open = vec![(special.start()?, general.start()?, false)];
    let mut seen: HashSet<(LazyStateID, LazyStateID, bool)> = open.iter().copied().collect();
    while let Some((inner, outer, matched)) = open.pop() {
        if seen.len() > MAX_PAIRS {
            return None;
        }
        let ends = matched || special.matches_at_end(inner)?;
        if ends && !general.matches_at_end(outer)? {
            return Some(false);
        }
        for byte in &bytes {
            let after = general.next(outer, *byte)?;
            // What has matched once goes on matching, whatever follows.
            if after.is_match() {
                continue;
            }
            let next = special.next(inner, *byte)?;
            let matched = matched || next.is_match();
            if next.is_dead() && !matched {
                continue;
            }
            if seen.insert((next, after, matched)) {
                open.push((next, after, matched));
            }
        }
    }
    Some(true)
}

/// Returns one byte of each class that both automata treat alike.
fn representatives(one: &DFA, other: &DFA) -> Vec<u8> {
    let classes = |byte: u8| (one.byte_classes().get(byte), other.byte_classes().get(byte));
    let all: BTreeMap<(u8, u8), u8> = (0..=u8::MAX).map(|byte| (classes(byte), byte)).collect();
    all.into_values().collect()
}

/// A pattern of JSON Schema: not anchored, with ASCII classes, and a dot that matches anything.
struct Automaton {
    dfa: DFA,
    cache: Cache,
}

impl Automaton {
    fn read(pattern: &str) -> Option<Self> {
        if pattern.len() > MAX_LENGTH {
            return None;
        }
        let syntax = syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
        // States are compared by their ids, so the cache must never be cleared.
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(16 << 20)
            .minimum_cache_clear_count(Some(0));
        let nfa = thompson::Config::new().utf8(false).nfa_size_limit(Some(4 << 20));
        let dfa = DFA::builder().syntax(syntax).configure(config).thompson(nfa).build(pattern);
        let dfa = dfa.ok()?;
        Some(Self { cache: dfa.create_cache(), dfa })
    }

    fn start(&mut self) -> Option<LazyStateID> {
        let config = start::Config::new().anchored(Anchored::No);
        self.dfa.start_state(&mut self.cache, &config).ok()
    }

    fn next(&mut self, state: LazyStateID, byte: u8) -> Option<LazyStateID> {
        let next = self.dfa.next_state(&mut self.cache, state, byte).ok()?;
        (!next.is_quit()).then_some(next)
    }

    fn matches_at_end(&mut self, state: LazyStateID) -> Option<bool> {
        Some(self.dfa.next_eoi_state(&mut self.cache, state).ok()?.is_match())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_admits_what_another_matches() {
        for (general, special) in [
            ("^[a-z0-9]+$", "^[a-z]+$"),
            ("^[a-z]{1,9}$", "^[a-z]{1,5}$"),
            ("^[a-z]*$", "^[a-z]+$"),
            ("^a", "^a$"),
            ("a", "^ab"),
            (r"^\d+$", "^[0-9]{4}$"),
            ("^(a|b|c)$", "^(b|a)$"),
            ("^https?://", "^https://"),
        ] {
            assert!(admits(general, special), "{general} {special}");
            assert!(!admits(special, general), "{special} {general}");
        }
        for (one, other) in [("^a", "^b"), ("^(?!a)", "^b"), ("[", "^b"), ("^a+$", "^b*$")] {
            assert!(!admits(one, other) && !admits(other, one), "{one} {other}");
        }
        for (one, other) in [("^[a-c]$", "^(a|b|c)$"), (r"^\d$", "^[0-9]$"), ("a+", "a")] {
            assert!(admits(one, other) && admits(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_general_pattern_matches_any_string() {
        for pattern in ["", "^", "$", ".*", "^.*$", "^(.*)$", r"^[\s\S]*$", "(a|.*)"] {
            assert!(is_general(pattern), "{pattern}");
        }
        assert!(!is_general(".+") && !is_general("^a*$"));
    }

    #[test]
    fn costly_patterns_are_not_known() {
        let costly = "^(a|b)*a(a|b){600}$";
        assert!(!admits(costly, "^(b|a)*b(a|b){600}$"));
        assert!(!admits(&"a?".repeat(5_000), "a{900}{900}"));
    }
}
