//! Settings of an account.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::DemoAccount;
use super::faults::Faults;
use super::service::{Service, Settings};
use crate::mock::answer::ErrorShape;
use crate::mock::resources::connection::PERMISSIONS;
use crate::mock::world::{Scenario, Scenarios, World};

const REQUESTS_PER_MINUTE: u32 = 600;

/// Moments that the API can write, with the account's mail before them.
const MOMENTS: RangeInclusive<i64> = 0..=253_370_764_800;

/// Settings of a [`DemoAccount`].
///
/// # Examples
/// An account at a fixed moment, whose key must not see the bill and whose first answer is an
/// error:
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sendmux_client::Error> {
/// use sendmux_client::RetryPolicy;
/// use sendmux_client::management::Client;
/// use sendmux_client::mock::DemoAccount;
///
/// let account = DemoAccount::builder()
///     .seed(7)
///     .now(1_779_354_720)
///     .without_permission("billing.read")
///     .fail_next(503)
///     .start();
/// let client = Client::builder(account.key())
///     .base_url(account.base_url())
///     .retry(RetryPolicy::none())
///     .build()?;
/// assert!(client.get_connection().await.is_err());
/// assert_eq!(client.get_connection().await?.team.name, "Example Shop");
/// assert!(client.get_balance().await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "settings do nothing until `start` is called"]
pub struct Builder {
    seed: u64,
    now: Option<i64>,
    emails_per_day: u32,
    requests_per_minute: u32,
    refused: BTreeSet<String>,
    shape: ErrorShape,
    failures: Vec<u16>,
    faults: Faults,
    scenarios: Scenarios,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            seed: 1,
            now: None,
            emails_per_day: 40,
            requests_per_minute: REQUESTS_PER_MINUTE,
            refused: BTreeSet::new(),
            shape: ErrorShape::Current,
            failures: Vec::new(),
            faults: Faults::default(),
            scenarios: Scenarios::new(),
        }
    }

    /// What the world is generated from. Default: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The present moment in the account's world, in seconds since 1970, up to the year 9998. It
    /// stands still. Default: the system's clock at the start.
    pub fn now(mut self, unix_seconds: i64) -> Self {
        self.now = Some(unix_seconds);
        self
    }

    /// About how many e-mails a working day has, over two months. Default: 40.
    pub fn emails_per_day(mut self, count: u32) -> Self {
        self.emails_per_day = count;
        self
    }

    /// How many requests a minute the key may make; those beyond are refused with 429. The
    /// minutes are those of the system's clock, whatever moment the world stands at.
    /// Default: 600.
    pub fn requests_per_minute(mut self, count: u32) -> Self {
        self.requests_per_minute = count;
        self
    }

    /// Takes a permission such as `billing.read` from the key.
    pub fn without_permission(mut self, permission: impl Into<String>) -> Self {
        self.refused.insert(permission.into());
        self
    }

    /// Writes errors in the API's older shape, without `retryable`.
    pub fn legacy_errors(mut self) -> Self {
        self.shape = ErrorShape::Legacy;
        self
    }

    /// Answers the next requests with this status, once for each call of this method, in order.
    pub fn fail_next(mut self, status: u16) -> Self {
        self.failures.push(status);
        self
    }

    /// Answers this share of all requests with this status, from 0 (none) to 1 (all). Which ones
    /// they are follows from the seed and the number of the request. The last call of this method
    /// counts.
    pub fn fail_share(mut self, share: f64, status: u16) -> Self {
        self.faults.share = Some((share, status));
        self
    }

    /// Answers all requests to this path below the base URL, such as `/billing/balance`, with this
    /// status.
    pub fn fail_path(mut self, path: impl Into<String>, status: u16) -> Self {
        self.faults.paths.insert(path.into(), status);
        self
    }

    /// Puts the account into a state that monitoring is to notice. Several can be chosen.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sendmux_client::Error> {
    /// use sendmux_client::management::{Client, types::ProviderStatus};
    /// use sendmux_client::mock::{DemoAccount, Scenario};
    ///
    /// let account = DemoAccount::builder().scenario(Scenario::ProviderInactive).start();
    /// let client = Client::builder(account.key()).base_url(account.base_url()).build()?;
    /// let main = client.get_provider("dprov_main").await?;
    /// assert_eq!(main.status, ProviderStatus::Inactive);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenarios.insert(scenario);
        self
    }

    /// Generates the account and serves it.
    ///
    /// # Panics
    /// If no port of the loopback interface can be had.
    pub fn start(self) -> DemoAccount {
        DemoAccount::serve(Arc::new(self.service(wall_clock)))
    }

    pub(super) fn service(self, clock: fn() -> i64) -> Service {
        let now = self.now.unwrap_or_else(wall_clock).clamp(*MOMENTS.start(), *MOMENTS.end());
        let granted = PERMISSIONS.into_iter().filter(|name| !self.refused.contains(*name));
        Service::new(Settings {
            world: World::with(self.seed, now, self.emails_per_day, &self.scenarios),
            granted: granted.collect(),
            shape: self.shape,
            failures: self.failures.into(),
            faults: Faults { seed: self.seed, ..self.faults },
            requests_per_minute: self.requests_per_minute,
            clock,
        })
    }
}

fn wall_clock() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}
