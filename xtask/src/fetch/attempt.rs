//! Decides whether a fetch is done, tried again, or given up.

use std::time::{Duration, SystemTime};

use super::{Fetched, Limits};

/// What one attempt saw.
#[derive(Debug)]
pub(super) enum Seen {
    Answer(Fetched),
    /// A status that is no answer.
    Status {
        status: u16,
        reason: &'static str,
        retry_after: Option<String>,
    },
    /// The connection failed or broke.
    Lost(String),
    /// Something that the next attempt would see again.
    Refused(String),
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Done(Fetched),
    Wait(Duration),
    GiveUp(String),
}

/// The wait before the second attempt; it doubles from there.
const FIRST_WAIT: Duration = Duration::from_secs(1);

pub(super) fn next(seen: Seen, tries: u32, limits: &Limits, now: SystemTime) -> Next {
    let (why, asked) = match seen {
        Seen::Answer(fetched) => return Next::Done(fetched),
        Seen::Refused(why) => return Next::GiveUp(why),
        Seen::Lost(why) => (why, None),
        Seen::Status { status, reason, retry_after } => {
            let why = format!("{status} {reason}").trim_end().to_owned();
            if status < 500 && status != 429 {
                return Next::GiveUp(why);
            }
            (why, retry_after.and_then(|text| seconds(&text, now)))
        }
    };
    if tries >= limits.attempts {
        return Next::GiveUp(format!("{why} (tried {tries} times)"));
    }
    let wait = asked.unwrap_or_else(|| FIRST_WAIT * 2_u32.saturating_pow(tries - 1));
    if wait > limits.wait {
        return Next::GiveUp(format!("{why}; try again in {} seconds", wait.as_secs()));
    }
    Next::Wait(wait)
}

/// `Retry-After` comes as seconds or as a date.
fn seconds(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<&str>) -> Seen {
        Seen::Status { status, reason: "", retry_after: retry_after.map(str::to_owned) }
    }

    fn next(seen: Seen, tries: u32) -> Next {
        super::next(seen, tries, &Limits::default(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn waits_double_unless_the_server_says() {
        let wait = |seconds| Next::Wait(Duration::from_secs(seconds));
        assert_eq!(next(status(500, None), 1), wait(1));
        assert_eq!(next(status(503, None), 3), wait(4));
        assert_eq!(next(Seen::Lost("cut".into()), 2), wait(2));
        assert_eq!(next(status(429, Some("7")), 1), wait(7));
        assert_eq!(next(status(429, Some("0")), 1), wait(0));
        assert_eq!(next(status(503, Some("Thu, 01 Jan 1970 00:00:09 GMT")), 1), wait(9));
        assert_eq!(next(status(503, Some("soon")), 1), wait(1));
    }

    #[test]
    fn what_would_not_help_is_not_tried() {
        let gives_up = |seen, tries| matches!(next(seen, tries), Next::GiveUp(_));
        assert!(gives_up(status(404, None), 1));
        assert!(gives_up(Seen::Refused("html".into()), 1));
        assert!(gives_up(status(500, None), 4));
        assert!(gives_up(status(429, Some("3600")), 1));
    }
}
