//! What the exporter can be told.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;

use super::exposition::View;
use crate::account::AccountArgs;

/// Serves a Sendmux account's figures to Prometheus: sending accounts, quotas, volumes, failures,
/// balance and what is left of the rate limit.
///
/// Paths: /metrics, /healthz (the process lives), /readyz (there are figures to show). Exit status
/// with --once: 0 complete, 1 nothing could be read, 2 wrong arguments, 3 parts are missing.
#[derive(Debug, Clone, Parser)]
#[command(name = "exporter", version)]
pub struct Args {
    /// The account to read.
    #[command(flatten)]
    pub account: AccountArgs,

    /// Address to serve on.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SENDMUX_EXPORTER_LISTEN",
        default_value = "127.0.0.1:9464"
    )]
    pub listen: SocketAddr,

    /// How long to wait between two readings of a group of figures; a tenth more or less by chance.
    #[arg(
        long,
        value_name = "DURATION",
        env = "SENDMUX_EXPORTER_REFRESH",
        default_value = "1m",
        value_parser = duration
    )]
    pub refresh: Duration,

    /// Age from which figures are dropped rather than shown.
    #[arg(
        long,
        value_name = "DURATION",
        env = "SENDMUX_EXPORTER_STALENESS",
        default_value = "15m",
        value_parser = duration
    )]
    pub staleness: Duration,

    /// How many sending accounts get series of their own; the use of the others is added up under
    /// the id `other`.
    #[arg(
        long,
        value_name = "NUMBER",
        env = "SENDMUX_EXPORTER_MAX_PROVIDERS",
        default_value_t = 100
    )]
    pub max_providers: usize,

    /// Read everything once, print it and end.
    #[arg(long)]
    pub once: bool,
}

impl Args {
    pub(super) fn view(&self) -> View {
        View { staleness: self.staleness, max_providers: self.max_providers }
    }
}

/// At least a second: a loop without a pause would use up the key's rate limit.
fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match duration.as_secs() {
        1..=604_800 => Ok(duration),
        _ => Err("from 1s to 7d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn durations_have_bounds() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        for wrong in ["0s", "10ms", "8d", "soon", "", "-1s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
