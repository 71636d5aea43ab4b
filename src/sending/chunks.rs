//! How a batch of any length is cut.

use std::io::{self, Write};

use serde::Serialize;

use super::types::EmailSend;
use crate::defaults::{BATCH_BYTES, BATCH_MESSAGES};

/// Indexes of the messages that go into each request, and of those that go into none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) chunks: Vec<Vec<usize>>,
    /// Messages that no request can carry, with their length in bytes.
    pub(super) too_large: Vec<(usize, usize)>,
}

/// What stands around the messages: `{"messages":[]}`.
const FRAME: usize = 15;

/// Cuts messages, given by their lengths, into as few requests as their order allows. The same
/// messages are always cut the same way, as their idempotency keys require.
pub(super) fn plan(lengths: impl IntoIterator<Item = usize>) -> Plan {
    let mut plan = Plan::default();
    let mut open: Vec<usize> = Vec::new();
    let mut bytes = FRAME;
    for (index, length) in lengths.into_iter().enumerate() {
        if length.saturating_add(FRAME) > BATCH_BYTES {
            plan.too_large.push((index, length));
            continue;
        }
        let with_comma = length + 1;
        if open.len() == BATCH_MESSAGES || bytes + with_comma > BATCH_BYTES + 1 {
            plan.chunks.push(std::mem::take(&mut open));
            bytes = FRAME;
        }
        open.push(index);
        bytes += with_comma;
    }
    if !open.is_empty() {
        plan.chunks.push(open);
    }
    plan
}

/// Length of a message in a request, in bytes.
pub(super) fn length(message: &EmailSend) -> usize {
    written(message).unwrap_or(usize::MAX)
}

fn written(value: &impl Serialize) -> serde_json::Result<usize> {
    struct Length(usize);

    impl Write for Length {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut length = Length(0);
    serde_json::to_writer(&mut length, value)?;
    Ok(length.0)
}

#[cfg(test)]
mod tests {
    use super::super::types::{Address, BatchSend};
    use super::*;

    fn message(body: &str) -> EmailSend {
        EmailSend::new(Address::new("a@example.com"), Address::new("b@example.org"), "x", body)
    }

    #[test]
    fn a_hundred_messages_fill_a_request() {
        for (count, chunks) in [(0, 0), (1, 1), (100, 1), (101, 2), (200, 2), (10_000, 100)] {
            let plan = plan(vec![1000; count]);
            assert_eq!(plan.chunks.len(), chunks, "{count}");
            assert_eq!(plan.chunks.concat(), (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_counted_is_what_is_sent() {
        for count in [1, 2, 7] {
            let messages = vec![message("<p>\"ä\n"); count];
            let sent = serde_json::to_vec(&BatchSend::new(messages.clone())).unwrap().len();
            let commas = count - 1;
            let counted: usize = messages.iter().map(length).sum();
            assert_eq!(FRAME + counted + commas, sent);
        }
    }

    #[test]
    fn a_request_is_filled_to_its_last_byte() {
        let room = BATCH_BYTES - FRAME;
        let two = [room - 1000, 999, 1];
        assert_eq!(plan(two).chunks, [vec![0, 1], vec![2]]);
        assert_eq!(plan([room - 1000, 1000]).chunks, [vec![0], vec![1]]);
        assert_eq!(plan([room]).chunks, [vec![0]]);
    }

    #[test]
    fn a_message_that_no_request_can_carry_is_set_aside() {
        let room = BATCH_BYTES - FRAME;
        let plan = plan([10, room + 1, 10, usize::MAX]);
        assert_eq!(plan.chunks, [vec![0, 2]]);
        assert_eq!(plan.too_large, [(1, room + 1), (3, usize::MAX)]);
    }
}
