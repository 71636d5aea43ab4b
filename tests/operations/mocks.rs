//! Every operation's mock meets every operation's request.

use sendmux_client::mock::Server;
use sendmux_client::{Client, Surface};

use crate::case::Case;
use crate::document::operations;
use crate::sample::Values;
use crate::table;

#[tokio::test]
async fn each_request_is_answered_by_its_own_mock() {
    let met = check("management", table::management()).await
        + check("mailbox", table::mailbox()).await
        + check("sending", table::sending()).await;
    assert_eq!(met, 104);
}

/// All mocks stay on one server, so that one that takes another's request is found.
async fn check<S: Surface>(module: &str, cases: Vec<Case<Client<S>>>) -> usize {
    let server = Server::start();
    let client: Client<S> = server.client();
    let mut met = 0;
    for operation in operations(module) {
        let case = cases.iter().find(|case| case.id == operation.id).unwrap();
        let calls = (case.mocked)(&server, &client, &Values::of(&operation)).await;
        met += calls.unwrap_or_else(|error| panic!("{}: {error:?}", operation.id));
    }
    server.assert_matched();
    met
}
