//! Receives webhooks with axum: checks the signature, takes each event once, answers at once and
//! works afterwards.
//!
//! Without arguments it rehearses: it starts on this machine and posts a few deliveries to itself,
//! good and bad. With `--listen` it serves until Ctrl-C, with the secret in
//! `SENDMUX_WEBHOOK_SECRET`.
//!
//! `receiver.rs` and `seen.rs` are what to copy into a program of your own.

mod receiver;
mod rehearsal;
mod seen;
mod settings;

use std::process::ExitCode;

use sendmux_client::webhooks::{Delivery, EventType};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use settings::{Listen, Task};

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Events that wait for work before deliveries are put off.
const QUEUE: usize = 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Task::from_environment() {
        Ok(Task::Help) => {
            println!("{}", settings::USAGE);
            Ok(())
        }
        Ok(Task::Rehearse) => rehearsal::run().await,
        Ok(Task::Listen(listen)) => serve(listen).await,
        Err(problem) => {
            eprintln!("webhook_receiver: {problem}\n\n{}", settings::USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("webhook_receiver: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(listen: Listen) -> Result<(), Problem> {
    let listener = TcpListener::bind(&listen.address).await?;
    println!("listening on http://{}/, Ctrl-C ends it", listener.local_addr()?);
    let (work, mut queue) = mpsc::channel(QUEUE);
    let worker = tokio::spawn(async move {
        while let Some(delivery) = queue.recv().await {
            println!("{}", summary(&delivery));
        }
    });
    let ended = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("webhook_receiver: Ctrl-C cannot be heard: {error}");
            std::future::pending::<()>().await;
        }
    };
    let app = receiver::router(listen.verifier, work);
    axum::serve(listener, app).with_graceful_shutdown(ended).await?;
    // The receiver is gone, so the queue ends where it was filled to.
    worker.await?;
    Ok(())
}

/// What came, on one line.
fn summary(delivery: &Delivery) -> String {
    let event = &delivery.event;
    let recipients = event.data.recipients.join(", ");
    let words = match &event.type_ {
        EventType::MessageBounced => {
            let kind = event.data.bounce_type.as_ref().map_or("", |kind| kind.as_str());
            format!("{recipients} bounced {kind}")
        }
        EventType::MessageReceived => {
            format!("from {}", event.data.sender.as_deref().unwrap_or("somebody"))
        }
        EventType::Unknown(_) => "newer than this program".to_owned(),
        _ => recipients,
    };
    format!("{} {}: {words}", event.id, event.type_)
}
