//! The generated world: one set of facts that every answer is drawn from.

use crate::Timestamp;

pub(super) const DAY: i64 = 86_400;
pub(super) const DAYS: i64 = 60;

/// Millionths of a dollar: the API's money has six places.
pub(super) type Micros = i64;

const PRICE_SENT: Micros = 900;
const PRICE_RECEIVED: Micros = 400;
const TOPUP: Micros = 50_000_000;

pub(super) struct World {
    pub(super) providers: Vec<Provider>,
    /// Newest first.
    pub(super) emails: Vec<Email>,
    /// Newest first.
    pub(super) received: Vec<Received>,
    /// Newest first.
    pub(super) transactions: Vec<Transaction>,
    pub(super) start: i64,
}

pub(super) struct Provider {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) shared: bool,
    pub(super) percentage: Option<i64>,
    pub(super) per_day: Option<i64>,
}

pub(super) struct Email {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) status: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) provider: usize,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) size: i64,
    pub(super) attempts: i64,
}

pub(super) struct Received {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) from: String,
    pub(super) subject: String,
    pub(super) spam: bool,
    pub(super) size: i64,
}

pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) kind: &'static str,
    pub(super) amount: Micros,
    pub(super) quantity: Option<i64>,
    pub(super) before: Micros,
    pub(super) after: Micros,
    pub(super) description: String,
}

const PROVIDERS: [Provider; 4] = [
    Provider {
        id: "dprov_main",
        name: "Main relay",
        kind: "smtp",
        status: "active",
        reason: None,
        shared: false,
        percentage: Some(60),
        per_day: Some(500),
    },
    Provider {
        id: "dprov_ses",
        name: "Shared Amazon SES",
        kind: "amazon_ses",
        status: "active",
        reason: None,
        shared: true,
        percentage: Some(30),
        per_day: Some(6),
    },
    Provider {
        id: "dprov_gmail",
        name: "Support mailbox",
        kind: "gmail_api",
        status: "inactive",
        reason: None,
        shared: false,
        percentage: None,
        per_day: Some(100),
    },
    Provider {
        id: "dprov_backup",
        name: "Backup relay",
        kind: "smtp",
        status: "error",
        reason: Some("535 authentication failed"),
        shared: false,
        percentage: Some(10),
        per_day: None,
    },
];

/// Failures with their reasons, and the accounts they happen on.
const FAILURES: [(&str, &str, usize); 6] = [
    ("failed", "550 5.1.1 no such user", 0),
    ("failed", "552 5.2.2 mailbox full", 0),
    ("failed", "domain not found (NXDOMAIN)", 1),
    ("failed", "535 5.7.8 authentication failed", 3),
    ("rejected", "554 5.7.1 message refused as spam", 1),
    ("rejected", "sender address not allowed", 0),
];

const PEOPLE: [&str; 8] =
    ["ada", "grace", "linus", "margaret", "alan", "edsger", "barbara", "donald"];
const DOMAINS: [&str; 4] = ["example.org", "example.net", "mail.example.org", "post.example.net"];
const SUBJECTS: [&str; 6] = [
    "Your order is on its way",
    "Reset your password",
    "Invoice",
    "Welcome aboard",
    "Your weekly summary",
    "Appointment confirmed",
];

/// How busy each hour of the day is.
const HOURS: [u32; 24] =
    [1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 15, 13, 10, 13, 14, 13, 11, 8, 6, 5, 4, 3, 2, 1];

impl World {
    /// The same seed and moment make the same world.
    pub(super) fn generate(seed: u64, now: i64, emails_per_day: u32) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let today = now.div_euclid(DAY);
        let start = (today - DAYS + 1) * DAY;
        let mut emails = Vec::new();
        let mut received = Vec::new();
        for day in (today - DAYS + 1)..=today {
            let volume = volume(&mut random, day, emails_per_day);
            for _ in 0..volume {
                let at = day * DAY + time_of_day(&mut random);
                if at <= now {
                    emails.push(email(&mut random, at, now));
                }
            }
            for _ in 0..random.u32(0..=3) {
                let at = day * DAY + time_of_day(&mut random);
                if at <= now {
                    received.push(receipt(&mut random, at));
                }
            }
        }
        emails.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        received.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        let transactions = transactions(&emails, &received, start, now);
        Self { providers: PROVIDERS.into(), emails, received, transactions, start }
    }

    pub(super) fn balance(&self) -> Micros {
        self.transactions.first().map_or(0, |last| last.after)
    }

    /// E-mails from one moment to before another.
    pub(super) fn emails_between(&self, from: i64, to: i64) -> impl Iterator<Item = &Email> {
        self.emails.iter().filter(move |email| (from..to).contains(&email.at))
    }
}

/// Weekends are quiet (1970-01-01 was a Thursday).
fn volume(random: &mut fastrand::Rng, day: i64, emails_per_day: u32) -> u32 {
    let weekend = matches!((day + 3).rem_euclid(7), 5 | 6);
    let base = if weekend { emails_per_day / 3 } else { emails_per_day };
    base + random.u32(0..=base / 2 + 1)
}

fn time_of_day(random: &mut fastrand::Rng) -> i64 {
    let mut rest = random.u32(0..HOURS.iter().sum());
    let mut hour = 0;
    for (index, weight) in (0_i64..).zip(HOURS) {
        if rest < weight {
            hour = index;
            break;
        }
        rest -= weight;
    }
    hour * 3600 + random.i64(0..3600)
}

fn identifier(random: &mut fastrand::Rng, prefix: &str) -> String {
    let tail: String = (0..16).map(|_| random.digit(36)).collect();
    format!("{prefix}_{tail}")
}

fn pick<'a>(random: &mut fastrand::Rng, list: &[&'a str]) -> &'a str {
    list[random.usize(0..list.len())]
}

fn email(random: &mut fastrand::Rng, at: i64, now: i64) -> Email {
    let id = identifier(random, "dlog");
    let to = format!("{}@{}", pick(random, &PEOPLE), pick(random, &DOMAINS));
    let subject = format!("{} #{}", pick(random, &SUBJECTS), random.u32(1000..9999));
    let size = random.i64(2_000..90_000);
    let fate = random.u32(0..100);
    let (status, reason, provider) = if at > now - 120 {
        ("pending", None, 0)
    } else if fate < 4 {
        let (status, reason, provider) = FAILURES[random.usize(0..FAILURES.len())];
        (status, Some(reason), provider)
    } else {
        ("sent", None, usize::from(fate.is_multiple_of(3)))
    };
    let attempts =
        if status == "failed" { random.i64(2..=5) } else { i64::from(status != "pending") };
    Email { id, at, status, reason, provider, to, subject, size, attempts }
}

fn receipt(random: &mut fastrand::Rng, at: i64) -> Received {
    Received {
        id: identifier(random, "ilog"),
        at,
        from: format!("{}@{}", pick(random, &PEOPLE), pick(random, &DOMAINS)),
        subject: format!("Re: {}", pick(random, &SUBJECTS)),
        spam: random.u32(0..8) == 0,
        size: random.i64(1_000..40_000),
    }
}

/// Credit is bought at the start and whenever it runs low; each day's mail is charged at its end.
fn transactions(emails: &[Email], received: &[Received], start: i64, now: i64) -> Vec<Transaction> {
    let mut list: Vec<Transaction> = Vec::new();
    let mut balance = 0;
    let mut add = |at: i64, kind, amount: Micros, quantity, description: String| {
        let before = balance;
        balance += amount;
        list.push(Transaction {
            id: format!("tx_{:08}", list.len() + 1),
            at,
            kind,
            amount,
            quantity,
            before,
            after: balance,
            description,
        });
    };
    add(start, "PURCHASE", TOPUP, None, "Credit bought".to_owned());
    let mut day = start;
    while day < now {
        let end = (day + DAY).min(now + 1);
        let within = |at: i64| (day..end).contains(&at);
        let sent =
            count(emails.iter().filter(|email| within(email.at) && email.status == "sent").count());
        let inbound = count(received.iter().filter(|mail| within(mail.at)).count());
        let amount = sent * PRICE_SENT + inbound * PRICE_RECEIVED;
        if amount > 0 {
            let date =
                Timestamp::from_unix_seconds(day).map(|date| date.to_string()).unwrap_or_default();
            let words = format!("E-mail of {}", date.get(..10).unwrap_or_default());
            add(end - 1, "USAGE", -amount, Some(sent + inbound), words);
        }
        day += DAY;
    }
    list.reverse();
    list
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn received_price() -> Micros {
    PRICE_RECEIVED
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_779_354_720;

    #[test]
    fn a_seed_is_a_world() {
        let ids = |seed| {
            World::generate(seed, NOW, 14)
                .emails
                .into_iter()
                .map(|email| email.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn the_balance_follows_from_the_transactions() {
        let world = World::generate(7, NOW, 14);
        let sum: Micros = world.transactions.iter().map(|transaction| transaction.amount).sum();
        assert_eq!(world.balance(), sum);
        for pair in world.transactions.windows(2) {
            assert_eq!(pair[0].before, pair[1].after);
            assert!(pair[0].at >= pair[1].at);
        }
        let charged: i64 =
            world.transactions.iter().filter_map(|transaction| transaction.quantity).sum();
        let sent = world.emails.iter().filter(|email| email.status == "sent").count();
        assert_eq!(charged, count(sent + world.received.len()));
    }

    #[test]
    fn it_has_failures_of_several_kinds_and_several_pages() {
        let world = World::generate(1, NOW, 14);
        assert!(world.emails.len() > 400, "{}", world.emails.len());
        let reasons: std::collections::BTreeSet<_> =
            world.emails.iter().filter_map(|email| email.reason).collect();
        assert!(reasons.len() > 3);
        assert!(world.emails.iter().all(|email| email.at <= NOW && email.at >= world.start));
    }
}
