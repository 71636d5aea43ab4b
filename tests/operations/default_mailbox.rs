//! The mailbox that a client is built with.

use sendmux_client::{RetryPolicy, mailbox};

use crate::case::KEY;
use crate::document::Operation;
use crate::mailbox::CASES;
use crate::sample::{Form, Sampler, Values};
use crate::server::Server;

#[tokio::test]
async fn the_mailbox_of_the_client_is_sent_wherever_the_caller_chooses_none() {
    let server = Server::start();
    let client = mailbox::Client::builder(KEY)
        .base_url(server.base_url())
        .retry(RetryPolicy::none())
        .mailbox_id("mbx_own")
        .build()
        .unwrap();
    for case in CASES {
        let operation = Operation::find("mailbox", case.method, case.path);
        let values = Values::of(&operation);
        let answer = operation.success(&Sampler::new(operation.document, Form::Full)).unwrap();
        server.answer_with(&answer);
        (case.bare)(&client, &values).await.unwrap();
        let mut expected = operation.expected_query(false);
        if operation.parameter("query", "mailbox_id").is_some() {
            expected.push(("mailbox_id".to_owned(), "mbx_own".to_owned()));
            expected.sort();
        }
        assert_eq!(server.only_request().query, expected, "{}", case.name);
        server.answer_with(&answer);
        (case.full)(&client, &values).await.unwrap();
        assert_eq!(server.only_request().query, operation.expected_query(true), "{}", case.name);
    }
}
