//! Every operation of both documents, through the public API: what goes out is what the document
//! says, and what the document allows to come back decodes without loss.

#![allow(clippy::unwrap_used, reason = "a test whose scaffolding fails has failed")]

mod answers;
mod case;
mod document;
mod lists;
mod mocks;
mod observed;
mod requests;
mod sample;
mod secrets;
mod server;
mod table;

use std::collections::BTreeSet;

use case::Case;
use document::operations;

#[test]
fn the_table_has_exactly_the_documents_operations() {
    fn ids<C>(cases: &[Case<C>]) -> BTreeSet<String> {
        cases.iter().map(|case| case.id.to_owned()).collect()
    }
    let expected = |module| {
        operations(module).into_iter().map(|operation| operation.id).collect::<BTreeSet<_>>()
    };
    let (management, mailbox, sending) = (table::management(), table::mailbox(), table::sending());
    assert_eq!(ids(&management), expected("management"));
    assert_eq!(ids(&mailbox), expected("mailbox"));
    assert_eq!(ids(&sending), expected("sending"));
    assert_eq!(management.len() + mailbox.len() + sending.len(), 104);
}
