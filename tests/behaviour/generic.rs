//! Code that works with any request, list, stream or conditional read.

use std::collections::BTreeSet;

use sendmux_client::management::types::WebhookUpdate;
use sendmux_client::mock::Server;
use sendmux_client::{
    ChangeType, Conditional, ConditionalRead, Error, ErrorCode, EventType, Events, Feed, IfMatch,
    List, Modified, Operation, Request, Response, mailbox, management, modify, sending,
};
use serde_json::json;

async fn named<R: Request>(request: R) -> (&'static str, Result<R::Response, Error>) {
    (R::operation().id, request.await)
}

async fn all<L: List>(list: L, cursor: Option<&str>) -> Result<Vec<L::Item>, Error> {
    match cursor {
        Some(cursor) => list.cursor(cursor).stream().try_collect().await,
        None => list.stream().try_collect().await,
    }
}

async fn is_current<R, T>(read: R, version: &str) -> Result<bool, Error>
where
    R: ConditionalRead + Request<Response = Response<T>>,
    T: Send + 'static,
{
    let answer = read.if_none_match(version).await?;
    Ok(matches!(answer, Conditional::NotModified(_)))
}

async fn first_event<T: EventType + Send + 'static>(mut events: Events<T>) -> Option<T> {
    let event = events.try_next().await.ok()??;
    event.data.value().is_some().then_some(())?;
    match event.data {
        sendmux_client::EventData::Happened(data) => Some(data),
        _ => None,
    }
}

async fn last_state<T: ChangeType + Send + 'static>(mut feed: Feed<T>) -> Option<String> {
    while feed.try_next().await.ok()?.is_some() {}
    feed.state().map(str::to_owned)
}

async fn touch<R, T, W>(
    read: R,
    write: impl FnMut(&Response<T>) -> Option<W>,
) -> Result<bool, Error>
where
    R: Request<Response = Response<T>>,
    W: Request + IfMatch,
{
    Ok(matches!(modify(read, write).await?, Modified::Written(_)))
}

#[tokio::test]
async fn any_request_can_be_sent_and_spawned() {
    let server = Server::start();
    let client: management::Client = server.client();
    let _balance = server.when(client.get_balance());
    let _missing = server
        .when(client.get_domain("mdom_1"))
        .then(|reply| reply.error(404, "not_found", "No such domain"));

    let (id, balance) = tokio::spawn(named(client.get_balance())).await.unwrap();
    assert_eq!(id, "managementListBalance");
    assert!(balance.is_ok());
    let (_, domain) = named(client.get_domain("mdom_1")).await;
    assert_eq!(domain.unwrap_err().code(), Some(&ErrorCode::NotFound));
}

#[tokio::test]
async fn any_list_can_be_read_from_a_cursor() {
    let server = Server::start();
    let client: management::Client = server.client();
    let _domains = server.when(client.list_domains());
    let _later = server.when(client.list_webhooks().cursor("c9")).then(|reply| reply.page([]));
    assert_eq!(all(client.list_domains(), None).await.unwrap().len(), 1);
    assert!(all(client.list_webhooks(), Some("c9")).await.unwrap().is_empty());
}

#[tokio::test]
async fn any_resource_can_be_polled_and_modified() {
    let server = Server::start();
    let client: management::Client = server.client();
    let _same = server.when(client.get_domain("mdom_1")).then(|reply| reply.not_modified());
    assert!(is_current(client.get_domain("mdom_1"), "\"v1\"").await.unwrap());

    let _read = server.when(client.get_webhook("whk_1")).then(|reply| reply.etag("\"v1\""));
    let written = server.when_any::<management::UpdateWebhook>();
    let change = |_: &Response<_>| Some(client.update_webhook("whk_1", WebhookUpdate::new()));
    assert!(touch(client.get_webhook("whk_1"), change).await.unwrap());
    assert_eq!(written.received()[0].header("if-match"), Some("\"v1\""));
}

#[tokio::test]
async fn any_stream_can_be_followed() {
    let server = Server::start();
    let client: mailbox::Client = server.client();
    let event = json!({"event_type": "message.created", "mailbox_id": "mbx_1"});
    let _events = server
        .when_any::<mailbox::StreamEvents>()
        .then(|reply| reply.event("message.created", "1", &event));
    assert!(first_event(client.stream_events().stream()).await.is_some());

    let _changes = server.when_any::<mailbox::GetFolderChanges>();
    assert!(last_state(client.get_folder_changes().since_state("s0").feed()).await.is_some());
}

#[test]
fn each_operation_is_listed_once() {
    let surfaces = [management::OPERATIONS, mailbox::OPERATIONS, sending::OPERATIONS];
    let listed: Vec<&Operation> = surfaces.into_iter().flatten().copied().collect();
    let ids: BTreeSet<&str> = listed.iter().map(|operation| operation.id).collect();
    assert_eq!(ids.len(), listed.len());
    for operation in listed {
        assert!(operation.path.starts_with('/'), "{operation:?}");
        assert!(operation.public || !operation.method.is_empty(), "{operation:?}");
    }
}
