//! Read, change, write, and nothing lost in between.

use std::future::IntoFuture;

use crate::ETag;
use crate::answer::response::Response;
use crate::call::options::Configured;
use crate::defaults::MODIFY_ROUNDS;
use crate::error::Error;
use crate::transport::retry::{self, RetryPolicy};

/// A write that can be made to depend on the version of what it changes (RFC 9110, section 13.1.1).
///
/// Implemented by the requests that have `if_match`; not for implementing elsewhere.
#[expect(private_bounds, reason = "requests are generated, all with the same settings")]
pub trait IfMatch: Configured {
    /// Sends this write only if the resource still has this version.
    #[must_use]
    fn if_match(self, version: ETag) -> Self;
}

/// Changes a resource that others may change at the same time.
///
/// Reads it, asks `change` for the write that follows from what was read, and sends that with
/// `If-Match`. If someone else was faster, it starts over, with what is there now: up to five times,
/// after short random waits. `change` returns `None` if the resource needs no change.
///
/// # Errors
/// Those of the read and the write. If others were faster each time, the last refusal, for which
/// [`Error::is_stale`] is true. If the API gives the resource no version,
/// [`Kind::Unversioned`](crate::Kind::Unversioned): then nothing was written.
///
/// # Examples
/// ```no_run
/// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
/// use sendmux_client::management::types::WebhookUpdate;
/// use sendmux_client::{Modified, modify};
///
/// let outcome = modify(client.get_webhook("whk_1"), |webhook| {
///     let update = WebhookUpdate::new().enabled(true);
///     (!webhook.enabled).then(|| client.update_webhook("whk_1", update))
/// });
/// match outcome.await? {
///     Modified::Written(webhook) => println!("enabled: {}", webhook.id),
///     Modified::Unneeded(webhook) => println!("was enabled: {}", webhook.id),
/// }
/// # Ok(())
/// # }
/// ```
#[expect(private_bounds, reason = "requests are generated, all with the same settings")]
pub async fn modify<R, T, W, A>(
    read: R,
    mut change: impl FnMut(&Response<T>) -> Option<W>,
) -> Result<Modified<T, A>, Error>
where
    R: IntoFuture<Output = Result<Response<T>, Error>> + Configured + Clone,
    W: IntoFuture<Output = Result<A, Error>> + IfMatch,
{
    let mut round = 1;
    loop {
        let present = read.clone().await?;
        let Some(write) = change(&present) else {
            return Ok(Modified::Unneeded(present));
        };
        let version = present.etag().ok_or_else(|| present.unversioned(W::OPERATION))?;
        match write.if_match(version).await {
            Ok(answer) => return Ok(Modified::Written(answer)),
            Err(error) if error.is_stale() && round < MODIFY_ROUNDS => {}
            Err(error) => return Err(error),
        }
        let clock = &*read.call().core.clock;
        clock.sleep(retry::backoff(&RetryPolicy::default(), round, clock.fraction())).await;
        round += 1;
    }
}

/// How a change ended.
#[derive(Debug, Clone)]
pub enum Modified<T, A> {
    /// The answer to the write.
    Written(A),
    /// What was read, which needed no change.
    Unneeded(Response<T>),
}
