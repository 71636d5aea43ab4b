//! Messages about problems, each reported once.

use std::collections::BTreeMap;

use crate::log::Log;

/// A problem to report on standard error.
pub(super) struct Diagnostic {
    /// Equal for the same problem, even if the messages differ, for example in a request id.
    pub(super) fingerprint: String,
    pub(super) message: String,
}

impl From<String> for Diagnostic {
    fn from(message: String) -> Self {
        Self { fingerprint: message.clone(), message }
    }
}

/// The current problems by subject. Each is reported when it begins, changes and ends.
pub(super) struct Diagnostics {
    log: Log,
    problems: BTreeMap<String, String>,
}

impl Diagnostics {
    pub(super) fn new(log: Log) -> Self {
        Self { log, problems: BTreeMap::new() }
    }

    /// Reports the current problem of a subject, if any. Returns true if that is a change, which is
    /// then printed.
    pub(super) fn report(&mut self, subject: &str, problem: Option<Diagnostic>) -> bool {
        match problem {
            Some(Diagnostic { fingerprint, message }) => {
                let before = self.problems.insert(subject.to_owned(), fingerprint.clone());
                let changed = before.as_ref() != Some(&fingerprint);
                if changed {
                    self.log.warn(format!("{subject}: {message}"));
                }
                changed
            }
            None => {
                let recovered = self.problems.remove(subject).is_some();
                if recovered {
                    self.log.info(format!("{subject}: recovered"));
                }
                recovered
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::LogFormat;

    #[test]
    fn the_same_problem_is_reported_once() {
        let mut diagnostics = Diagnostics::new(Log::new("sendmux-alert", LogFormat::Text));
        let problem = |request: &str| Diagnostic {
            fingerprint: "forbidden".to_owned(),
            message: format!("forbidden (request {request})"),
        };
        for (request, change) in [("1", true), ("2", false), ("3", false)] {
            assert_eq!(diagnostics.report("balance", Some(problem(request))), change);
        }
        assert!(diagnostics.report("balance", Some("something else".to_owned().into())));
        assert!(diagnostics.report("balance", None));
        assert!(!diagnostics.report("balance", None));
    }
}
