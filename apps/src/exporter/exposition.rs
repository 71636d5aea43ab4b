//! The board as metrics.
//!
//! What the API counts over a window goes up and down, and nothing says that the lifetime totals of
//! the balance only grow: all of it is gauges. Counters are only what the exporter counts itself.

mod account;
mod mail;
mod senders;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::board::{Board, Slot};
use super::group::Group;
use super::provider::label;
use super::reading::Reading;
use super::sheet::{Labels, Metric, Sheet};

/// How the board is shown.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// Age from which a reading is dropped.
    pub(super) staleness: Duration,
    /// Sending accounts with series of their own.
    pub(super) max_providers: usize,
}

const BUILD: Metric = Metric::new("exporter_build_info", "The exporter; the value is always 1");
const UP: Metric = Metric::new(
    "up",
    "Whether the last try to read this group of figures succeeded (1) or not (0)",
);
const LAST_SUCCESS: Metric = Metric::new(
    "last_success_timestamp",
    "When this group of figures was last read, in seconds since 1970",
)
.unit("seconds");
const AGE: Metric = Metric::new("data_age", "How old this group of figures is").unit("seconds");
const DURATION: Metric =
    Metric::new("refresh_duration", "How long the last try to read this group took")
        .unit("seconds");
const REFRESHES: Metric = Metric::new("refreshes", "Tries to read this group");
const FAILURES: Metric = Metric::new("refresh_failures", "Tries to read this group that failed");

/// Draws the board as it is at this moment.
pub(super) fn exposition(board: &Board, view: &View, now: SystemTime) -> String {
    let mut sheet = Sheet::new();
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    sheet.gauges(&BUILD, [(version, 1.0)]);
    about_readings(board, &mut sheet, now);

    let fresh = |group| {
        let slot: &Slot = board.slots.get(&group)?;
        let (_, reading) = slot.good.as_ref()?;
        slot.age(now).is_some_and(|age| age <= view.staleness).then_some(reading)
    };
    let (providers, usage) = (fresh(Group::Providers), fresh(Group::Usage));
    let kept = kept(providers, usage, view.max_providers);
    for reading in Group::ALL.into_iter().filter_map(fresh) {
        match reading {
            Reading::Providers(providers) => senders::providers(&mut sheet, providers, &kept),
            Reading::Usage(usage) => senders::usage(&mut sheet, usage, &kept),
            Reading::Limits(limits) => account::limits(&mut sheet, limits),
            Reading::Emails(counts) => mail::counts(&mut sheet, counts),
            Reading::Balance(balance) => account::balance(&mut sheet, balance),
            Reading::Spend(spend) => account::spend(&mut sheet, spend),
        }
    }
    if let Some((at, room)) = &board.room
        && now.duration_since(*at).unwrap_or_default() <= view.staleness
    {
        account::room(&mut sheet, room);
    }
    sheet.draw()
}

fn about_readings(board: &Board, sheet: &mut Sheet, now: SystemTime) {
    let slots = || board.slots.iter().map(|(group, slot)| (of(*group), slot));
    sheet.gauges(
        &UP,
        slots().map(|(labels, slot)| (labels, f64::from(u8::from(slot.failure.is_none())))),
    );
    let since_1970 = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    sheet.gauges(
        &LAST_SUCCESS,
        slots().filter_map(|(labels, slot)| {
            Some((labels, since_1970(slot.good.as_ref()?.0).as_secs_f64()))
        }),
    );
    sheet.gauges(
        &AGE,
        slots().filter_map(|(labels, slot)| Some((labels, slot.age(now)?.as_secs_f64()))),
    );
    sheet.gauges(&DURATION, slots().map(|(labels, slot)| (labels, slot.took.as_secs_f64())));
    sheet.counters(&REFRESHES, slots().map(|(labels, slot)| (labels, slot.refreshes)));
    sheet.counters(
        &FAILURES,
        slots().flat_map(|(labels, slot)| {
            slot.failures.iter().map(move |(failure, count)| {
                let mut labels = labels.clone();
                labels.push(("kind", failure.name().to_owned()));
                (labels, *count)
            })
        }),
    );
}

fn of(group: Group) -> Labels {
    vec![("group", group.name().to_owned())]
}

/// The sending accounts with series of their own: the first by id, which does not change with the
/// mail that they send.
fn kept(providers: Option<&Reading>, usage: Option<&Reading>, most: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    if let Some(Reading::Providers(providers)) = providers {
        ids.extend(providers.iter().map(|provider| provider.id.clone()));
    }
    if let Some(Reading::Usage(usage)) = usage {
        ids.extend(usage.iter().map(|item| label(&item.provider_id)));
    }
    ids.into_iter().take(most).collect()
}

#[cfg(test)]
mod tests;
