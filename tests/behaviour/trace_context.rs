//! A trace that continues at the API.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::header::{HeaderName, HeaderValue};
use sendmux_client::management::Client;
use sendmux_client::mock::Server;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

#[tokio::test]
async fn each_attempt_carries_the_trace_of_the_caller_and_the_span_of_its_call() {
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    // For the whole process, as a scoped one does not hold for what other tests register.
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::callsite::rebuild_interest_cache();

    let server = Server::start();
    let client: Client = server
        .builder()
        .attempt_headers(|headers| {
            let mut context = HashMap::new();
            let span = tracing::Span::current().context();
            TraceContextPropagator::new().inject_context(&span, &mut context);
            headers.extend(context.into_iter().filter_map(|(name, value)| {
                Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
            }));
        })
        .build()
        .unwrap();
    let balance = server
        .when(client.get_balance())
        .then(|reply| reply.error(503, "service_unavailable", "Try again later."))
        .then(|reply| reply);

    let caller = tracing::info_span!("job");
    let context = caller.context();
    let context = context.span().span_context().clone();
    client.get_balance().into_future().instrument(caller).await.unwrap();

    let sent: Vec<String> = balance
        .received()
        .iter()
        .map(|request| request.header("traceparent").unwrap().to_owned())
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1], "one call, one span");
    let parts: Vec<&str> = sent[0].split('-').collect();
    assert_eq!(parts[1], context.trace_id().to_string());
    assert_ne!(parts[2], context.span_id().to_string(), "the call has a span of its own");
}
