//! Mailboxes.

use serde_json::{Value, json};

use super::time;
use crate::mock::answer::{Answer, Outcome, Refusal};
use crate::mock::page::{Query, page};
use crate::mock::world::{DAY, MAILBOXES, Mailbox, World};

pub(in crate::mock) fn list(world: &World, query: &Query) -> Outcome {
    let all = query.choice("include_deleted", &["true"])?.is_some();
    let found = MAILBOXES.iter().filter(|mailbox| all || mailbox.status != "deleted");
    page(query, 50, found, |mailbox| item(world, mailbox))
}

pub(in crate::mock) fn show(world: &World, id: &str) -> Outcome {
    let mailbox = MAILBOXES.iter().find(|mailbox| mailbox.id == id).ok_or(Refusal::NotFound)?;
    Ok(Answer::Resource(item(world, mailbox)))
}

fn item(world: &World, mailbox: &Mailbox) -> Value {
    json!({
        "id": mailbox.id, "email": mailbox.email, "display_name": mailbox.display_name,
        "status": mailbox.status, "quota_bytes": mailbox.gigabytes << 30,
        "send_scope": {"type": "all"}, "created_at": time(world.start - mailbox.age * DAY),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::all;
    use super::*;

    #[test]
    fn deleted_ones_are_shown_on_request() {
        let world = World::generate(1, 1_779_354_720, 5);
        let usual = all(|query| list(&world, query), "");
        let with_deleted = all(|query| list(&world, query), "include_deleted=true");
        assert!(usual.iter().all(|mailbox| mailbox["status"] != "deleted"));
        assert_eq!(with_deleted.len(), usual.len() + 1);
        assert!(
            with_deleted.is_sorted_by(|a, b| a["created_at"].as_str() >= b["created_at"].as_str())
        );
        assert!(list(&world, &Query::parse("/", "include_deleted=false")).is_err());
    }
}
