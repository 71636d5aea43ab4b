//! E-mails that were sent and messages that came in.

use fastrand::Rng;

use super::HOUR;
use super::provider::BAD_PASSWORD;

/// Where the account's e-mails come from.
pub(crate) const SENDER: &str = "shop@example.com";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Sent,
    Failed,
    Rejected,
    Pending,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::Sent, Self::Failed, Self::Rejected, Self::Pending];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Pending => "pending",
        }
    }
}

pub(crate) struct Email {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) status: Status,
    pub(crate) reason: Option<&'static str>,
    /// Position among the world's providers.
    pub(crate) provider: usize,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) size: i64,
    pub(crate) attempts: i64,
}

pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) at: i64,
    /// Public id of the mailbox it came to.
    pub(crate) mailbox: &'static str,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) spam: bool,
    pub(crate) size: i64,
}

struct Failure {
    weight: u32,
    status: Status,
    reason: &'static str,
    attempts: i64,
}

pub(super) const NO_USER: &str = "550 5.1.1 no such user";
const NO_DOMAIN: &str = "DNS: the recipient's domain does not exist (NXDOMAIN)";
const GREYLISTED: &str = "451 4.7.1 greylisted, will be tried again";

const FAILURES: [Failure; 7] = [
    failure(6, Status::Failed, NO_USER, 1),
    failure(5, Status::Failed, "552 5.2.2 mailbox full", 5),
    failure(3, Status::Failed, NO_DOMAIN, 2),
    failure(2, Status::Failed, "421 4.4.2 connection timed out", 5),
    failure(3, Status::Rejected, "554 5.7.1 content blocked as spam", 1),
    failure(2, Status::Rejected, "552 5.3.4 message too big for the recipient's server", 1),
    failure(1, Status::Rejected, "550 5.7.26 sender is not authenticated (SPF, DKIM)", 1),
];

const fn failure(weight: u32, status: Status, reason: &'static str, attempts: i64) -> Failure {
    Failure { weight, status, reason, attempts }
}

const DOMAINS: [&str; 4] = ["example.org", "example.net", "mail.example.org", "post.example.net"];
const SUBJECTS: [&str; 6] = [
    "Your order is on its way",
    "Reset your password",
    "Invoice",
    "Welcome aboard",
    "Your weekly summary",
    "Appointment confirmed",
];

/// An e-mail. How often chance is asked does not depend on `now`, so that the e-mails after it
/// stay what they are when time passes.
pub(super) fn email(random: &mut Rng, at: i64, now: i64, provider: usize, outage: bool) -> Email {
    let id = identifier(random, "dlog");
    let to = address(random);
    let subject = format!("{} #{}", pick(random, &SUBJECTS), random.u32(1000..10_000));
    let size = random.i64(2_000..90_000);
    let (fate, cause) = (random.u32(0..100), draw_failure(random));
    let (status, reason, attempts) = if outage {
        (Status::Failed, Some(BAD_PASSWORD), 5)
    } else if at > now - 120 {
        (Status::Pending, None, 0)
    } else if at > now - HOUR && fate.is_multiple_of(4) {
        (Status::Pending, Some(GREYLISTED), 1)
    } else if fate < 4 {
        (cause.status, Some(cause.reason), cause.attempts)
    } else {
        (Status::Sent, None, 1 + i64::from(fate > 96))
    };
    let to = match to.split_once('@') {
        Some((name, _)) if reason == Some(NO_DOMAIN) => format!("{name}@mistyped.invalid"),
        _ => to,
    };
    Email { id, at, status, reason, provider, to, subject, size, attempts }
}

pub(super) fn received(random: &mut Rng, at: i64) -> Received {
    Received {
        id: identifier(random, "ilog"),
        at,
        mailbox: if random.u32(0..3) == 0 { "mbx_orders" } else { "mbx_support" },
        from: address(random),
        subject: format!("Re: {}", pick(random, &SUBJECTS)),
        spam: random.u32(0..8) == 0,
        size: random.i64(1_000..40_000),
    }
}

fn draw_failure(random: &mut Rng) -> &'static Failure {
    let mut rest = random.u32(0..FAILURES.iter().map(|failure| failure.weight).sum());
    for failure in &FAILURES {
        if rest < failure.weight {
            return failure;
        }
        rest -= failure.weight;
    }
    &FAILURES[0]
}

fn identifier(random: &mut Rng, prefix: &str) -> String {
    let tail: String = (0..16).map(|_| random.digit(36)).collect();
    format!("{prefix}_{tail}")
}

fn address(random: &mut Rng) -> String {
    format!("customer{}@{}", random.u32(100..400), pick(random, &DOMAINS))
}

fn pick<'a>(random: &mut Rng, list: &[&'a str]) -> &'a str {
    list[random.usize(0..list.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_mail_is_pending_and_settles() {
        let at = 1_779_354_720;
        let status = |age: i64| email(&mut Rng::with_seed(3), at, at + age, 0, false).status;
        assert_eq!(status(0), Status::Pending);
        assert_ne!(status(HOUR), Status::Pending);
    }

    #[test]
    fn time_draws_nothing() {
        let rest = |now| {
            let mut random = Rng::with_seed(3);
            email(&mut random, 0, now, 0, false);
            random.u64(..)
        };
        assert_eq!(rest(0), rest(HOUR));
        assert_eq!(rest(0), rest(60 * HOUR));
    }

    #[test]
    fn unknown_domains_are_reserved_names() {
        let mut random = Rng::with_seed(1);
        let lost = std::iter::repeat_with(|| email(&mut random, 0, HOUR, 0, false))
            .find(|email| email.reason == Some(NO_DOMAIN))
            .unwrap();
        assert!(lost.to.ends_with(".invalid"), "{}", lost.to);
    }
}
