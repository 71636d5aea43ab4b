//! The cases that the generator emits: one for each operation, with every way to call it.

use std::future::Future;
use std::pin::Pin;

use sendmux_client::{Client, Error, RetryPolicy, Surface, mock};
use serde_json::Value;

use crate::document::Operation;
use crate::observed::Observed;
use crate::sample::Values;
use crate::server::Server;
use crate::{answers, lists, requests, secrets};

pub(crate) const KEY: &str = "smx_credential";

pub(crate) type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;
type Run<C, T> = fn(&C, &Values<'_>) -> Pending<T>;
type RunMocked<C> = fn(&mock::Server, &C, &Values<'_>) -> Pending<usize>;
/// A [`Run`] with the client inside.
type Ready<'a, T> = &'a dyn Fn(&Values<'_>) -> Pending<T>;

/// An operation, and the ways to call it.
pub(crate) struct Case<C> {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Calls it with its required inputs.
    pub(crate) bare: Run<C, Observed>,
    /// Calls it with every input.
    pub(crate) full: Run<C, Observed>,
    /// Collects the items of all pages of a list.
    pub(crate) all: Option<Run<C, Value>>,
    /// Calls it with every input on a server with a mock of it, and returns how often the mock was
    /// called.
    pub(crate) mocked: RunMocked<C>,
}

/// Declares the cases of a surface, and a test for each that has the name of the operation.
macro_rules! cases {
    ($surface:ident; $(
        $kind:ident $method:literal $path:literal $name:ident(
            $client:ident, $values:ident, $request:ident
        ) {
            $call:expr;
            $options:expr;
            $conditions:expr;
        }
    )*) => {
        pub(crate) const CASES: &[$crate::case::Case<sendmux_client::$surface::Client>] = &[$(
            $crate::case::Case {
                name: stringify!($name),
                method: $method,
                path: $path,
                bare: |$client, $values| {
                    let _ = $values;
                    let request = $call;
                    let shown = format!("{request:?}");
                    Box::pin(async move { $crate::observed::observe(request.await?, shown).await })
                },
                full: |$client, $values| {
                    let _ = $values;
                    let $request = $call;
                    let $request = $options;
                    let request = $conditions;
                    let shown = format!("{request:?}");
                    Box::pin(async move { $crate::observed::observe(request.await?, shown).await })
                },
                all: $crate::case::all!($kind, $client, $values, $call, $request, $options),
                mocked: |server, $client, $values| {
                    let _ = $values;
                    let $request = $call;
                    let $request = $options;
                    let request = $conditions;
                    let mock = server.when(request.clone());
                    Box::pin(async move {
                        drop(request.await?);
                        Ok(mock.calls())
                    })
                },
            },
        )*];

        $(
            #[test]
            fn $name() {
                $crate::case::check(stringify!($surface), CASES, stringify!($name));
            }
        )*
    };
}

macro_rules! all {
    (call, $($case:tt)*) => {
        None
    };
    (list, $client:ident, $values:ident, $call:expr, $request:ident, $options:expr) => {
        Some(|$client, $values| {
            let _ = $values;
            let $request = $call;
            let items = $options.stream().try_collect();
            Box::pin(async move { items.await.map(|items| serde_json::json!(items)) })
        })
    };
}

pub(crate) use {all, cases};

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

/// Checks everything that holds for every operation.
pub(crate) fn check<S: Surface>(module: &str, cases: &[Case<Client<S>>], name: &str) {
    let case = cases.iter().find(|case| case.name == name).unwrap();
    let server = Server::start();
    let builder = Client::<S>::builder(KEY).base_url(server.base_url());
    let client = &builder.retry(RetryPolicy::none()).build().unwrap();
    let all = case.all.map(|all| move |values: &Values<'_>| all(client, values));
    check_trial(&Trial {
        operation: &Operation::find(module, case.method, case.path),
        server: &server,
        bare: &|values| (case.bare)(client, values),
        full: &|values| (case.full)(client, values),
        all: all.as_ref().map(|all| all as Ready<'_, Value>),
    });
}

#[tokio::main(flavor = "current_thread")]
async fn check_trial(trial: &Trial<'_>) {
    requests::everything_that_the_document_describes_is_sent(trial).await;
    requests::every_form_of_a_body_is_sent_unchanged(trial).await;
    requests::an_id_stays_one_segment_of_the_path(trial).await;
    requests::an_id_that_would_change_the_path_is_never_sent(trial).await;
    answers::every_form_of_an_answer_decodes_without_loss(trial).await;
    lists::a_list_is_read_to_its_end_with_everything_that_was_set(trial).await;
    secrets::no_request_and_no_answer_shows_a_secret(trial).await;
}
