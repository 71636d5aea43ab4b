//! What the programs share at the terminal: a progress bar and the request to stop.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

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
