//! Replies to messages, in one call and without a draft.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{Address, Message, MessageSend};

/// Longest value of a header (RFC 5322, section 2.1.1).
const MAX_HEADER: usize = 998;

impl MessageSend {
    /// Creates a reply to the sender of a message, or to its `Reply-To`, in the same thread.
    ///
    /// The headers that make it a reply (RFC 5322, section 3.6.4) are among its `custom_headers`, and the
    /// subject starts with `Re:`. A draft is the way to a reply that is saved and reviewed first.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::mailbox::Client) -> Result<(), sendmux_client::Error> {
    /// use sendmux_client::mailbox::types::MessageSend;
    ///
    /// let message = client.get_message("msg_1").await?;
    /// let sent = client.send_message(MessageSend::reply(&message).text_body("Thanks!")).await?;
    /// println!("replied with {}", sent.message_id);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn reply(message: &Message) -> Self {
        let mut reply = Self::new(sender(message).to_vec(), reply_subject(message));
        let headers = thread_headers(message);
        reply.custom_headers = (!headers.is_empty()).then_some(headers);
        reply
    }

    /// Creates a reply to the sender and all visible recipients of a message, except the mailbox's own
    /// address.
    #[must_use]
    pub fn reply_all(message: &Message, own_address: &str) -> Self {
        let mut reply = Self::reply(message);
        let key = |address: &Address| address.email.to_ascii_lowercase();
        let mut known: BTreeSet<String> = sender(message).iter().map(key).collect();
        known.insert(own_address.to_ascii_lowercase());
        let others = message.to.iter().chain(&message.cc);
        let others: Vec<Address> =
            others.filter(|address| known.insert(key(address))).cloned().collect();
        reply.cc = (!others.is_empty()).then_some(others);
        reply
    }
}

/// Returns where replies to a message go.
fn sender(message: &Message) -> &[Address] {
    match message.reply_to.as_slice() {
        [] => message.from.as_slice(),
        reply_to => reply_to,
    }
}

fn reply_subject(message: &Message) -> String {
    let subject = message.subject.as_deref().unwrap_or_default();
    // The subject is the sender's, and a header has one line.
    let subject = subject.replace(|c: char| c.is_control(), " ");
    match subject.trim() {
        subject if subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:")) => {
            subject.to_owned()
        }
        subject => format!("Re: {subject}").trim_end().chars().take(MAX_HEADER).collect(),
    }
}

/// Returns `In-Reply-To` and `References`.
fn thread_headers(message: &Message) -> BTreeMap<String, String> {
    let ids = |ids: &[String]| -> Vec<String> {
        let valid = |id: &&String| {
            !id.is_empty() && id.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'))
        };
        ids.iter().filter(valid).map(|id| format!("<{id}>")).collect()
    };
    let own = ids(&message.message_id);
    let mut ancestors = ids(&message.references);
    if ancestors.is_empty() && message.in_reply_to.len() == 1 {
        ancestors = ids(&message.in_reply_to);
    }
    if own.is_empty() {
        return BTreeMap::new();
    }
    ancestors.extend(own.iter().cloned());
    // The first message of the thread and its last ones matter most.
    while ancestors.len() > 2 && ancestors.join(" ").len() > MAX_HEADER {
        ancestors.remove(1);
    }
    let headers = [("In-Reply-To", own), ("References", ancestors)];
    headers.into_iter().map(|(name, ids)| (name.to_owned(), ids.join(" "))).collect()
}
