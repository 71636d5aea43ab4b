//! Reading: what is read in each round, and what becomes of the results.

use std::ops::Range;

use sendmux_client::Error;
use tokio::time::timeout;

use super::{Event, Failure, Monitor};
use crate::account::Problem;
use crate::alert::diagnostics::Diagnostic;
use crate::alert::history::{EmailHistory, Failures};
use crate::alert::source::{DEADLINE, Reading, Source, read_failures, read_log};
use crate::alert::state_file::Outage;

impl Monitor {
    pub(super) fn start_source(&mut self, source: Source) {
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let read = match timeout(DEADLINE, source.read(&client)).await {
                Ok(read) => read.map_err(Some),
                Err(_) => Err(None),
            };
            let _ = events.send(Event::Read(source, read)).await;
        });
    }

    pub(super) fn start_log(&mut self, now: i64) {
        let lookback = self.rules.lookback().unwrap_or_default();
        let overlap = self.rules.overlap;
        let kept = self.state.history.take().filter(|history| history.covers(now, lookback));
        let new = || EmailHistory::new(now, lookback);
        let history = self.state.history.insert(kept.unwrap_or_else(new));
        if !self.reading_gap {
            history.split(now, lookback, overlap);
        }
        let from = history.read_from(now, lookback);
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let page = |page| Event::Page(page, false);
            let read = read_log(&client, from, None, &events, page).await;
            let _ = events.send(Event::Read(Source::Log, read.map(|()| Reading::Log))).await;
        });
        self.start_gap();
        self.start_recheck(now);
    }

    pub(super) fn start_gap(&mut self) {
        let gap = self.state.history.as_ref().and_then(EmailHistory::gap);
        let Some((from, to)) = gap.filter(|_| !self.reading_gap).map(|gap| (gap.from, gap.to))
        else {
            return;
        };
        self.reading_gap = true;
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let page = |page| Event::Page(page, true);
            // Whether the API includes entries of the last second does not matter.
            let read = read_log(&client, from, Some(to + 1), &events, page).await;
            let _ = events.send(Event::GapRead(read)).await;
        });
    }

    /// Reads the failures before the overlap again, if it is time.
    pub(super) fn start_recheck(&mut self, now: i64) {
        let lookback = self.rules.lookback().unwrap_or_default();
        let history = self.state.history.as_ref().filter(|_| !self.rechecking);
        let due =
            history.and_then(|history| history.recheck_due(now, lookback, self.rules.overlap));
        let Some(minutes) = due else { return };
        self.rechecking = true;
        let (client, events) = (self.client.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let failures = read_failures(&client, minutes.clone()).await;
            let _ = events.send(Event::Rechecked(minutes, failures)).await;
        });
    }

    /// Corrects the counts by the failures that were read again.
    pub(super) fn recheck(
        &mut self,
        minutes: Range<i64>,
        failures: Result<Failures, Failure>,
        now: i64,
    ) {
        self.rechecking = false;
        let problem = match (failures, &mut self.state.history) {
            (Ok(failures), Some(history)) => {
                let late = history.correct(minutes, failures, now);
                if late > 0 {
                    self.log.info(format!(
                        "{late} emails have failed after they left the overlap, and are now counted"
                    ));
                }
                None
            }
            (Ok(_), None) => None,
            (Err(failure), _) => Some(Diagnostic::from(sentence(failure))),
        };
        self.diagnostics.report("late failures in the email log", problem);
    }

    /// Takes note of the result of a read.
    pub(super) fn record(&mut self, source: Source, result: Result<Reading, Failure>, now: i64) {
        let failure = match result {
            Ok(reading) => {
                self.readings.insert(source, (now, reading));
                self.state.outages.remove(&source);
                self.diagnostics.report(&source.to_string(), None);
                return;
            }
            Err(failure) => failure,
        };
        let status = failure.as_ref().and_then(Error::status);
        let permanent = status.is_some_and(|status| matches!(status.as_u16(), 401 | 403));
        let fingerprint = failure
            .as_ref()
            .map(|error| format!("{:?} {:?} {:?}", error.kind(), error.status(), error.code()));
        let problem = sentence(failure);
        let outage = self.state.outages.entry(source).or_insert_with(|| Outage {
            since: now,
            problem: String::new(),
            permanent,
        });
        outage.problem.clone_from(&problem);
        outage.permanent = permanent;
        outage.since = outage.since.min(now);
        let fingerprint = fingerprint.unwrap_or_default();
        self.diagnostics
            .report(&source.to_string(), Some(Diagnostic { fingerprint, message: problem }));
    }
}

fn sentence(failure: Failure) -> String {
    let problem = failure.map(|error| Problem::from(error).to_string());
    problem.unwrap_or_else(|| "not read in time".to_owned())
}
