//! What the programs share at the terminal: options, a progress bar and signals.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use tokio::time::timeout;

use crate::account::AccountArgs;
use crate::log::{Log, LogFormat};

/// Options of every program.
#[derive(Debug, Clone, Args)]
pub struct CommonArgs {
    /// Format of the messages on standard error.
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        env = "SENDMUX_LOG_FORMAT",
        default_value = "text",
        global = true
    )]
    pub log_format: LogFormat,

    /// Validate settings and credentials, say what the program would do, and exit with status 0 or,
    /// if something is wrong, 2.
    #[arg(long)]
    pub check: bool,

    /// The account to read.
    #[command(flatten)]
    pub account: AccountArgs,
}

impl CommonArgs {
    pub(crate) fn log(&self, program: &'static str) -> Log {
        Log::new(program, self.log_format)
    }
}

/// Runs a program to its end, which comes within two seconds of a request to stop, even if a thread
/// is blocked by a name lookup or by a pipe that nobody reads.
pub fn run(program: impl Future<Output = ExitCode>) -> ExitCode {
    const DEADLINE: Duration = Duration::from_millis(1500);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let main = match runtime() {
        Ok(main) => main,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    std::thread::spawn(move || {
        if let Ok(watch) = runtime() {
            watch.block_on(shutdown_requested());
            std::thread::sleep(DEADLINE);
            std::process::exit(1);
        }
    });
    let code = main.block_on(program);
    main.shutdown_background();
    code
}

/// Prints to standard output. If that fails, returns the exit status, having said why unless the
/// reader has merely gone, as `head` does.
pub(crate) fn print(mut output: impl Write, text: &str, log: Log) -> Result<(), ExitCode> {
    let Err(error) = output.write_all(text.as_bytes()).and_then(|()| output.flush()) else {
        return Ok(());
    };
    if error.kind() != io::ErrorKind::BrokenPipe {
        log.error(format!("cannot write to standard output: {error}"));
    }
    Err(ExitCode::FAILURE)
}

/// Creates a bar on standard error that counts the log entries read so far.
///
/// It is drawn only on a terminal and removed when dropped. `expected` is the approximate total.
pub(crate) fn log_progress(expected: Option<u64>) -> ProgressBar {
    let (bar, template) = match expected {
        Some(total) => (
            ProgressBar::new(total),
            "Reading the log: {human_pos} of about {human_len} emails {wide_bar}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} Reading the log: {human_pos} emails"),
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.with_style(style).with_finish(ProgressFinish::AndClear)
}

/// Waits for what is read from the API, and says so on a terminal after ten seconds.
pub(crate) async fn reading<T>(read: impl Future<Output = T>, log: Log) -> T {
    const PATIENCE: Duration = Duration::from_secs(10);
    let mut read = pin!(read);
    match timeout(PATIENCE, read.as_mut()).await {
        Ok(result) => result,
        Err(_) => {
            if io::stderr().is_terminal() {
                log.info(
                    "still reading; an API that does not respond is given up after two minutes",
                );
            }
            read.await
        }
    }
}

/// Waits for Ctrl-C or, where it exists, SIGTERM. Never returns if neither can be received.
pub(crate) async fn shutdown_requested() {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending::<()>().await;
}

/// Requests to read the configuration again: SIGHUP, where it exists.
pub(crate) struct Reloads(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Reloads {
    pub(crate) fn new() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Self(signal(SignalKind::hangup()).ok())
        }
        #[cfg(not(unix))]
        Self()
    }

    /// Waits for the next request.
    pub(crate) async fn requested(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_templates_are_valid() {
        for expected in [None, Some(10)] {
            let bar = log_progress(expected);
            bar.inc(3);
            assert_eq!(bar.position(), 3);
        }
        assert!(
            ProgressStyle::with_template("{spinner} {human_pos} {human_len} {wide_bar}").is_ok()
        );
    }
}
