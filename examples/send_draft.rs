//! Replies with a draft, edits it, shows it and sends exactly what was shown:
//! `cargo run --example send_draft --features mailbox`

use sendmux_client::Error;
use sendmux_client::mailbox::types::{DraftCreate, DraftUpdate};
use sendmux_client::mailbox::{Client, DraftState};
use sendmux_mock::{DemoAccount, DraftProblem};

#[tokio::main]
async fn main() -> Result<(), Error> {
    // The response to the send will be lost.
    let account = DemoAccount::builder().draft_problem(DraftProblem::AnswerLost).start();
    let client = Client::builder(account.mailbox_key()).base_url(account.base_url()).build()?;

    let created = client.create_draft(DraftCreate::reply("msg_demo")).await?;
    let draft = client.draft(&*created.id);
    let edited = draft.edit(|now| Some(DraftUpdate::new(now.revision).text_body("Thanks!")));
    let DraftState::Ready(shown) = edited.await? else { return Ok(()) };
    println!("{:?} to {:?}", shown.subject, shown.to);

    // Sent once: after a lost response, the draft is read until the outcome is known.
    match draft.send(&shown).await? {
        DraftState::Queued(sent) => println!("accepted as {:?}", sent.message_id),
        DraftState::Failed(failed) => println!("not sent: {:?}", failed.failure_code),
        DraftState::Uncertain { error, .. } => println!("read it again later: {error:?}"),
        other => println!("{other:?}"),
    }
    println!("{} email sent", account.emails_sent());
    Ok(())
}
