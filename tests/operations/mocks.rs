//! Every operation's mock meets every operation's request.

use sendmux_client::mock::Server;
use sendmux_client::{Client, Surface};

use crate::case::Case;
use crate::document::Operation;
use crate::sample::{Form, Sampler, Values};
use crate::{mailbox, management, sending};

#[tokio::test]
async fn each_request_is_answered_by_its_own_mock() {
    check("management", management::CASES).await;
    check("mailbox", mailbox::CASES).await;
    check("sending", sending::CASES).await;
}

/// All mocks stay on one server, so that one that takes another's request is found.
async fn check<S: Surface>(module: &str, cases: &[Case<Client<S>>]) {
    let server = Server::start();
    let client: Client<S> = server.client();
    for case in cases {
        let operation = Operation::find(module, case.method, case.path);
        if operation.success(&Sampler::new(operation.document, Form::Full)).is_none() {
            continue;
        }
        let calls = (case.mocked)(&server, &client, &Values::of(&operation)).await;
        let calls = calls.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert_eq!(calls, 1, "{}", case.name);
    }
    server.assert_matched();
}
