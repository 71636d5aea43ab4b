//! Emails that were sent and messages that were received.

use fastrand::Rng;

use super::providers::BAD_PASSWORD;
use super::weighted_index;
use crate::time::HOUR;

/// The sender of the account's emails.
pub(crate) const SENDER: &str = "shop@example.com";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmailStatus {
    Sent,
    Failed,
    Rejected,
    Pending,
}

impl EmailStatus {
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

/// An email that was sent.
pub(crate) struct Email {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) status: EmailStatus,
    pub(crate) reason: Option<&'static str>,
    /// Position among the providers.
    pub(crate) provider: usize,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) size: i64,
    pub(crate) attempts: i64,
}

/// A message that was received.
pub(crate) struct ReceivedMessage {
    pub(crate) id: String,
    pub(crate) at: i64,
    /// Id of the mailbox that received it.
    pub(crate) mailbox: &'static str,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) spam: bool,
    pub(crate) size: i64,
}

struct Failure {
    weight: u32,
    status: EmailStatus,
    reason: &'static str,
    attempts: i64,
}

pub(super) const NO_USER: &str = "550 5.1.1 no such user";
const NO_DOMAIN: &str = "DNS: the recipient's domain does not exist (NXDOMAIN)";
const GREYLISTED: &str = "451 4.7.1 greylisted, will be retried";

const FAILURES: [Failure; 7] = [
    failure(6, EmailStatus::Failed, NO_USER, 1),
    failure(5, EmailStatus::Failed, "552 5.2.2 mailbox full", 5),
    failure(3, EmailStatus::Failed, NO_DOMAIN, 2),
    failure(2, EmailStatus::Failed, "421 4.4.2 connection timed out", 5),
    failure(3, EmailStatus::Rejected, "554 5.7.1 content blocked as spam", 1),
    failure(2, EmailStatus::Rejected, "552 5.3.4 message too big for the recipient's server", 1),
    failure(1, EmailStatus::Rejected, "550 5.7.26 sender is not authenticated (SPF, DKIM)", 1),
];

const fn failure(weight: u32, status: EmailStatus, reason: &'static str, attempts: i64) -> Failure {
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

/// Draws an email.
///
/// The number of draws does not depend on `now`, so the emails after it stay the same as time
/// passes.
pub(super) fn email(random: &mut Rng, at: i64, now: i64, provider: usize, outage: bool) -> Email {
    let id = identifier(random, "dlog");
    let to = address(random);
    let subject = format!("{} #{}", pick(random, &SUBJECTS), random.u32(1000..10_000));
    let size = random.i64(2_000..90_000);
    let (fate, cause) = (random.u32(0..100), draw_failure(random));
    let (status, reason, attempts) = if outage {
        (EmailStatus::Failed, Some(BAD_PASSWORD), 5)
    } else if at > now - 120 {
        (EmailStatus::Pending, None, 0)
    } else if at > now - HOUR && fate.is_multiple_of(4) {
        (EmailStatus::Pending, Some(GREYLISTED), 1)
    } else if fate < 4 {
        (cause.status, Some(cause.reason), cause.attempts)
    } else {
        (EmailStatus::Sent, None, 1 + i64::from(fate > 96))
    };
    let to = match to.split_once('@') {
        Some((name, _)) if reason == Some(NO_DOMAIN) => format!("{name}@mistyped.invalid"),
        _ => to,
    };
    Email { id, at, status, reason, provider, to, subject, size, attempts }
}

/// Draws a received message.
pub(super) fn received(random: &mut Rng, at: i64) -> ReceivedMessage {
    ReceivedMessage {
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
    let weights = FAILURES.iter().map(|failure| failure.weight);
    &FAILURES[weighted_index(random.u32(0..weights.clone().sum()), weights)]
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
    use crate::time::NOW;

    #[test]
    fn new_emails_are_pending_and_settle_later() {
        let status = |age: i64| email(&mut Rng::with_seed(3), NOW, NOW + age, 0, false).status;
        assert_eq!(status(0), EmailStatus::Pending);
        assert_ne!(status(HOUR), EmailStatus::Pending);
    }

    #[test]
    fn the_number_of_draws_does_not_depend_on_the_time() {
        let rest = |now| {
            let mut random = Rng::with_seed(3);
            email(&mut random, 0, now, 0, false);
            random.u64(..)
        };
        assert_eq!(rest(0), rest(HOUR));
        assert_eq!(rest(0), rest(60 * HOUR));
    }

    #[test]
    fn unknown_domains_are_under_a_reserved_name() {
        let mut random = Rng::with_seed(1);
        let lost = std::iter::repeat_with(|| email(&mut random, 0, HOUR, 0, false))
            .find(|email| email.reason == Some(NO_DOMAIN))
            .unwrap();
        assert!(lost.to.ends_with(".invalid"), "{}", lost.to);
    }
}
