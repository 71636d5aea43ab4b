//! Saves the files of a message, however often the connection breaks.
//!
//! With SENDMUX_API_KEY, a mailbox key, it saves those of the message it is given. Without a key it
//! starts a made-up account on this machine, behind a connection that breaks.

mod arguments;
mod file;
mod wire;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use sendmux_client::mailbox::{Client, types::Attachment};
use sendmux_mock::DemoAccount;

use arguments::{Arguments, USAGE};
use file::Saved;
use wire::Wire;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => return usage(&problem),
    };
    let done = match &arguments.message {
        Some(message) => match Client::from_env() {
            Ok(client) => save_all(&client, message, &arguments.directory).await,
            Err(error) => return usage(&error.to_string()),
        },
        None => demo(&arguments.directory).await,
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(3),
        Err(error) => {
            eprintln!("download_attachment: {error}");
            ExitCode::from(1)
        }
    }
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("download_attachment: {problem}\n\n{USAGE}");
    ExitCode::from(2)
}

/// Saves the files of a made-up message over a connection that breaks twice.
async fn demo(directory: &Path) -> Result<usize, Failure> {
    let account = DemoAccount::start();
    let wire = Wire::to(account.base_url(), 2).await?;
    let client = Client::builder(account.mailbox_key()).base_url(wire.base_url()).build()?;
    println!("A made-up account, behind a connection that breaks twice: {}\n", client.base_url());
    let failed = save_all(&client, "msg_demo", directory).await?;
    println!("\nThe connection broke {} times.", wire.breaks());
    Ok(failed)
}

/// Saves each file that the message has; counts those that could not be saved.
async fn save_all(client: &Client, message: &str, directory: &Path) -> Result<usize, Failure> {
    let message = client.get_message(message).await?;
    let attachments = message.attachments.as_deref().unwrap_or_default();
    println!(
        "{}: {} files",
        message.subject.as_deref().unwrap_or("(no subject)"),
        attachments.len()
    );
    std::fs::create_dir_all(directory)?;
    let mut failed = 0;
    for attachment in attachments {
        match save(client, &message.id, attachment, directory).await {
            Ok(saved) => println!("{saved}"),
            Err(error) => {
                failed += 1;
                eprintln!("{}: {error}", attachment.id);
            }
        }
    }
    Ok(failed)
}

async fn save(
    client: &Client,
    message: &str,
    attachment: &Attachment,
    directory: &Path,
) -> Result<Saved, Failure> {
    let mut download = client.get_message_attachment(message, attachment.id.as_str()).await?;
    // The server's word on the name has been cleaned; that of the message may be anything.
    let name = download.file_name().unwrap_or_else(|| "attachment".to_owned());
    let mut partial = file::Partial::create(directory, &name)?;
    let total = download.content_length();
    while let Some(chunk) = download.chunk().await? {
        partial.write(&chunk)?;
        show(&name, download.received(), total);
    }
    Ok(partial.finish()?)
}

/// A line on the terminal while bytes come.
fn show(name: &str, received: u64, total: Option<u64>) {
    let mut terminal = std::io::stderr();
    if !terminal.is_terminal() {
        return;
    }
    let percent = total.filter(|total| *total > 0).map(|total| received * 100 / total);
    let percent = percent.map(|percent| format!(", {percent} %")).unwrap_or_default();
    // Only looks: a terminal that cannot be written to is no reason to stop.
    let _ = write!(terminal, "\r{name}: {received} bytes{percent}\x1b[K\r");
}
