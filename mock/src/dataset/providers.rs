//! The sending accounts, and which of them sends an email.

use fastrand::Rng;

use super::calendar::weekday;
use super::weighted_index;
use crate::time::{DAY, HOUR};

/// Positions among the providers.
pub(super) const MAIN: usize = 0;
pub(super) const SHARED: usize = 1;
const GMAIL: usize = 2;
const BACKUP: usize = 3;

/// The reply of an SMTP relay to a wrong password.
pub(super) const BAD_PASSWORD: &str = "535 5.7.8 SMTP authentication failed";

pub(crate) struct Provider {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    /// Share of the emails, in percent.
    pub(crate) percentage: i64,
    /// Quota of emails a day.
    pub(crate) per_day: Option<i64>,
    /// Address that an account connected through OAuth always sends from.
    pub(crate) oauth_email: Option<&'static str>,
    pub(crate) smtp_host: Option<&'static str>,
    pub(crate) updated_at: i64,
}

impl Provider {
    /// Returns true if it is the platform's account, which all teams share.
    pub(crate) fn is_shared(&self) -> bool {
        self.kind == "amazon_ses"
    }
}

/// Returns the sending accounts: active ones, one in error and one inactive.
pub(super) fn all(emails_per_day: u32, today: i64, incident: &Incident) -> Vec<Provider> {
    let per_day = i64::from(emails_per_day);
    let base = Provider {
        id: "",
        name: "",
        kind: "smtp",
        status: "active",
        reason: None,
        percentage: 0,
        per_day: None,
        oauth_email: None,
        smtp_host: None,
        updated_at: (today - 70) * DAY,
    };
    vec![
        Provider {
            id: "dprov_main",
            name: "Main relay",
            percentage: 60,
            smtp_host: Some("smtp.example.com"),
            ..base
        },
        Provider {
            id: "dprov_ses",
            name: "Shared Amazon SES",
            kind: "amazon_ses",
            percentage: 30,
            per_day: Some(per_day.max(10)),
            ..base
        },
        Provider {
            id: "dprov_gmail",
            name: "Shop on Gmail",
            kind: "gmail_api",
            per_day: Some((per_day / 8).max(5)),
            oauth_email: Some("hello@example.com"),
            ..base
        },
        Provider {
            id: "dprov_backup",
            name: "Backup relay",
            status: "error",
            reason: Some(BAD_PASSWORD),
            percentage: 10,
            smtp_host: Some("backup.example.net"),
            updated_at: incident.end,
            ..base
        },
        Provider {
            id: "dprov_outlook",
            name: "Newsletter on Outlook",
            kind: "outlook_api",
            status: "inactive",
            oauth_email: Some("news@example.com"),
            ..base
        },
    ]
}

/// Four bad hours: the main relay was in maintenance and the password of the backup had expired.
///
/// Its emails failed, and the backup has been in error ever since.
pub(super) struct Incident {
    start: i64,
    end: i64,
}

impl Incident {
    /// Places it on the last Tuesday at least two days ago.
    pub(super) fn before(today: i64) -> Self {
        const TUESDAY: i64 = 1;
        let latest = today - 2;
        let day = latest - (weekday(latest) - TUESDAY).rem_euclid(7);
        Self { start: day * DAY + 9 * HOUR, end: day * DAY + 13 * HOUR }
    }

    fn covers(&self, at: i64) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// Returns true if an email sent at this time through this provider fails.
    pub(super) fn affects(&self, provider: usize, at: i64) -> bool {
        provider == BACKUP && self.covers(at)
    }
}

/// Distributes the emails of one day over the providers.
pub(super) struct Balancer<'a> {
    providers: &'a [Provider],
    incident: &'a Incident,
    /// Emails sent so far, by provider.
    sent: Vec<i64>,
}

impl<'a> Balancer<'a> {
    pub(super) fn new(providers: &'a [Provider], incident: &'a Incident) -> Self {
        Self { providers, incident, sent: vec![0; providers.len()] }
    }

    pub(super) fn pick(&mut self, random: &mut Rng, at: i64) -> usize {
        let drawn = self.draw(random);
        let total: i64 = self.sent.iter().sum();
        let provider = if total % 2 == 0 && self.sent[GMAIL] < self.gmail_limit() {
            GMAIL
        } else if self.incident.covers(at) && drawn == MAIN {
            BACKUP
        } else if drawn == BACKUP && at >= self.incident.start || self.is_full(drawn) {
            MAIN
        } else {
            drawn
        };
        self.sent[provider] += 1;
        provider
    }

    fn draw(&self, random: &mut Rng) -> usize {
        let percentages = self.providers.iter().map(|provider| provider.percentage);
        weighted_index(random.i64(0..100), percentages)
    }

    /// Returns how many emails Gmail sends: every other one, until its quota is nearly used up.
    fn gmail_limit(&self) -> i64 {
        self.providers[GMAIL].per_day.map_or(0, |quota| quota - (quota / 10).max(1))
    }

    fn is_full(&self, provider: usize) -> bool {
        self.providers[provider].per_day.is_some_and(|quota| self.sent[provider] >= quota)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Thursday; the incident was two days earlier.
    const TODAY: i64 = 20_594;

    #[test]
    fn quotas_are_kept_and_one_is_nearly_used_up() {
        let incident = Incident::before(TODAY);
        let providers = all(40, TODAY, &incident);
        let mut balancer = Balancer::new(&providers, &incident);
        let mut random = Rng::with_seed(1);
        for _ in 0..500 {
            balancer.pick(&mut random, incident.start - 1);
        }
        for (provider, sent) in providers.iter().zip(&balancer.sent) {
            assert!(provider.per_day.is_none_or(|quota| *sent <= quota), "{}", provider.id);
        }
        assert_eq!(balancer.sent[GMAIL], 4);
        assert_eq!(providers[GMAIL].per_day, Some(5));
        assert_eq!(balancer.sent[4], 0, "an inactive account sends nothing");
    }

    #[test]
    fn the_backup_takes_over_and_sends_nothing_afterwards() {
        let incident = Incident::before(TODAY);
        let providers = all(40, TODAY, &incident);
        let sent = |at: i64| {
            let mut balancer = Balancer::new(&providers, &incident);
            let mut random = Rng::with_seed(1);
            for _ in 0..200 {
                balancer.pick(&mut random, at);
            }
            balancer.sent
        };
        assert!(sent(incident.start)[BACKUP] > 100);
        assert_eq!(sent(incident.end)[BACKUP], 0);
        assert!(sent(incident.start - 1)[BACKUP] > 0);
    }

    #[test]
    fn the_incident_was_on_a_recent_tuesday() {
        for today in 20_000..20_014 {
            let day = Incident::before(today).start.div_euclid(DAY);
            assert_eq!(weekday(day), 1);
            assert!((2..=8).contains(&(today - day)), "{}", today - day);
        }
    }
}
