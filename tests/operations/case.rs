//! One way to make every call.

use std::future::Future;
use std::pin::Pin;

use sendmux_client::{Client, Error, RetryPolicy, Surface, mock};
use serde_json::Value;

use crate::document::{Operation, operations};
use crate::observed::Observed;
use crate::sample::Values;
use crate::server::Server;
use crate::table;

pub(crate) const KEY: &str = "smx_credential";

pub(crate) type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;
type Run<C, T> = fn(&C, &Values<'_>) -> Pending<T>;
/// The same, with the client inside.
type Ready<'a, T> = &'a dyn Fn(&Values<'_>) -> Pending<T>;

/// One operation: its id, the bare call, and the call with every optional input.
pub(crate) struct Case<C> {
    pub(crate) id: &'static str,
    pub(crate) bare: Run<C, Observed>,
    pub(crate) full: Run<C, Observed>,
    /// The items of all pages, where there are any, with every optional input.
    pub(crate) all: Option<Run<C, Value>>,
    /// The call with every optional input, to a server with a mock of it: how often that was met.
    pub(crate) mocked: Mocked<C>,
}

type Mocked<C> = fn(&mock::Server, &C, &Values<'_>) -> Pending<usize>;

macro_rules! case {
    ($id:literal, $s:ident, $c:ident => $call:expr) => {
        $crate::case::case!($id, $s, $c => $call, r => r)
    };
    ($id:literal, $s:ident, $c:ident => $call:expr, $r:ident => $set:expr) => {
        $crate::case::Case {
            id: $id,
            bare: |$c, $s| {
                let _ = $s;
                let request = $call;
                let shown = format!("{request:?}");
                Box::pin(async move { $crate::observed::observe(request.await?, shown).await })
            },
            full: |$c, $s| {
                let _ = $s;
                let $r = $call;
                let request = $set;
                let shown = format!("{request:?}");
                Box::pin(async move { $crate::observed::observe(request.await?, shown).await })
            },
            all: None,
            mocked: |server, $c, $s| {
                let _ = $s;
                let $r = $call;
                let request = $set;
                let mock = server.when(request.clone());
                Box::pin(async move {
                    drop(request.await?);
                    Ok(mock.calls())
                })
            },
        }
    };
}

macro_rules! list {
    ($id:literal, $s:ident, $c:ident => $call:expr, $r:ident => $set:expr) => {
        $crate::case::list!($id, $s, $c => $call, $r => $set, set => set)
    };
    // What makes another request of it comes last, and is not for streams.
    ($id:literal, $s:ident, $c:ident => $call:expr, $r:ident => $set:expr, $l:ident => $last:expr) => {
        $crate::case::Case {
            all: Some(|$c, $s| {
                let $r = $call;
                let items = $set.stream().try_collect();
                Box::pin(async move { items.await.map(|items| ::serde_json::json!(items)) })
            }),
            ..$crate::case::case!($id, $s, $c => $call, $r => {
                let $l = $set;
                $last
            })
        }
    };
}

pub(crate) use {case, list};

/// An operation, and a server to try it on.
pub(crate) struct Trial<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) server: &'a Server,
    bare: Ready<'a, Observed>,
    full: Ready<'a, Observed>,
    all: Option<Ready<'a, Value>>,
}

impl Trial<'_> {
    pub(crate) async fn bare(&self, values: &Values<'_>) -> Result<Observed, Error> {
        (self.bare)(values).await
    }

    pub(crate) async fn full(&self, values: &Values<'_>) -> Result<Observed, Error> {
        (self.full)(values).await
    }

    pub(crate) async fn all(&self, values: &Values<'_>) -> Option<Result<Value, Error>> {
        Some(self.all?(values).await)
    }
}

/// Runs a check on every operation of every surface.
pub(crate) async fn each(check: impl AsyncFn(Trial<'_>)) {
    each_of("management", table::management(), &check).await;
    each_of("mailbox", table::mailbox(), &check).await;
    each_of("sending", table::sending(), &check).await;
}

async fn each_of<S: Surface>(
    module: &str,
    cases: Vec<Case<Client<S>>>,
    check: &impl AsyncFn(Trial<'_>),
) {
    // One of each for all: building a client for each call would take longer than all the calls.
    let server = Server::start();
    let builder = Client::<S>::builder(KEY).base_url(server.base_url());
    let client = &builder.retry(RetryPolicy::none()).build().unwrap();
    for operation in operations(module) {
        let case = cases.iter().find(|case| case.id == operation.id).unwrap();
        let all = case.all.map(|all| move |values: &Values<'_>| all(client, values));
        server.forget();
        check(Trial {
            operation: &operation,
            server: &server,
            bare: &|values| (case.bare)(client, values),
            full: &|values| (case.full)(client, values),
            all: all.as_ref().map(|all| all as Ready<'_, Value>),
        })
        .await;
    }
}
