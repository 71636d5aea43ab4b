//! The clients of these tests, and a call of each class of request.

use sendmux_client::management::types::{
    EventType, FilterMode, FilterRule, FilterStateSet, WebhookUpdate,
};
use sendmux_client::{ETag, Error, mailbox, management, sending};

use crate::clock::{FakeClock, LIMIT};
use crate::fault::{MAX_RESPONSE_BYTES, json};
pub(crate) use crate::matrix::Class;
use crate::server::{Reply, Server};

pub(crate) fn management(server: &Server, clock: &FakeClock) -> management::Client {
    configured(management::Client::builder("smx_root_test"), server, clock)
}

pub(crate) fn mailbox(server: &Server, clock: &FakeClock) -> mailbox::Client {
    configured(mailbox::Client::builder("smx_mbx_test"), server, clock)
}

pub(crate) fn sending(server: &Server, clock: &FakeClock) -> sending::Client {
    configured(sending::Client::builder("smx_mbx_test"), server, clock)
}

fn configured<S: sendmux_client::Surface>(
    builder: sendmux_client::Builder<S>,
    server: &Server,
    clock: &FakeClock,
) -> sendmux_client::Client<S> {
    configure(builder, server, clock).build().unwrap()
}

/// Points a client at the server and the clock.
pub(crate) fn configure<S: sendmux_client::Surface>(
    builder: sendmux_client::Builder<S>,
    server: &Server,
    clock: &FakeClock,
) -> sendmux_client::Builder<S> {
    builder
        .base_url(server.url())
        .attempt_timeout(LIMIT)
        .idle_timeout(LIMIT)
        .call_timeout(100 * LIMIT)
        .max_response_bytes(MAX_RESPONSE_BYTES)
        .clock(clock.clone())
}

pub(crate) const BALANCE: &str = r#"{"balance":"12.50","balance_purchased":"12.50","balance_consumed":"0","currency":"USD","auto_topup":{"enabled":false,"monthly_used":"0"}}"#;
const DOMAIN_CHECK: &str = r#"{"checks":{"dmarc":true,"mail_from_mx":true,"mail_from_spf":true,"mx":true,"spf":true,"verification_txt":true},"ses_dkim_signing_enabled":true,"ses_dkim_status":"ok","ses_identity_checked_at":"2026-03-01T00:00:00Z","ses_identity_verification_status":"ok","ses_mail_from_status":"ok","ses_verified_for_sending":true,"status":"verified"}"#;
const FILTERS: &str = r#"{"mode":"denylist","rules":[]}"#;
const WEBHOOK: &str = r#"{"id":"whk_1","url":"https://example.com/hook","enabled":true,"failing":false,"event_types":["message.bounced"],"filters":{"mailbox_ids":[]},"name":null,"created_at":"2026-03-01T00:00:00Z","updated_at":"2026-03-01T00:00:00Z","secret":"whsec_1"}"#;

pub(crate) fn success(data: &str) -> Reply {
    json("200 OK", "", &format!(r#"{{"ok":true,"data":{data},"meta":{{"request_id":"req_1"}}}}"#))
}

/// Returns a page of transactions, followed by that of this cursor.
pub(crate) fn page(ids: &[&str], next: Option<&str>) -> Reply {
    let items: Vec<String> = ids
        .iter()
        .map(|id| {
            format!(
                r#"{{"id":"{id}","amount":"1","created_at":"2026-03-01T00:00:00Z","description":"x","type":"PURCHASE"}}"#
            )
        })
        .collect();
    let pagination = match next {
        Some(cursor) => format!(r#"{{"has_more":true,"next_cursor":"{cursor}"}}"#),
        None => r#"{"has_more":false,"next_cursor":null}"#.to_owned(),
    };
    let data = items.join(",");
    json(
        "200 OK",
        "",
        &format!(
            r#"{{"ok":true,"data":[{data}],"pagination":{pagination},"meta":{{"request_id":"req_1"}}}}"#
        ),
    )
}

impl Class {
    /// Returns true if the request may be retried although the server may have acted on it.
    pub(crate) fn is_retryable(self) -> bool {
        !matches!(self, Self::Post | Self::PutIfMatch | Self::Patch)
    }

    pub(crate) fn request_line(self) -> (&'static str, &'static str) {
        match self {
            Self::Get => ("GET", "/api/v1/billing/balance"),
            Self::KeyedPost => ("POST", "/api/v1/webhooks"),
            Self::Post => ("POST", "/api/v1/domains/mdom_1/verify"),
            Self::Put | Self::PutIfMatch => ("PUT", "/api/v1/domains/mdom_1/filters"),
            Self::Patch => ("PATCH", "/api/v1/webhooks/whk_1"),
            Self::Delete => ("DELETE", "/api/v1/webhooks/whk_1"),
            Self::Pages => ("GET", "/api/v1/billing/transactions"),
            Self::Download => ("GET", "/api/v1/mailbox/messages/m1/attachments/a1"),
        }
    }

    /// Returns the responses of a success, one for each request of a call.
    pub(crate) fn successes(self) -> Vec<Reply> {
        match self {
            Self::Get => vec![success(BALANCE)],
            Self::KeyedPost | Self::Patch => vec![success(WEBHOOK)],
            Self::Post => vec![success(DOMAIN_CHECK)],
            Self::Put | Self::PutIfMatch => vec![success(FILTERS)],
            Self::Delete => vec![success(r#"{"deleted":true,"id":"whk_1"}"#)],
            Self::Pages => vec![page(&["t1", "t2"], Some("c2")), page(&["t3"], None)],
            Self::Download => vec![json("200 OK", "", "bytes of a file")],
        }
    }

    /// Makes a call and checks the data of a success; returns the number of attempts.
    pub(crate) async fn call(self, server: &Server, clock: &FakeClock) -> Result<u32, Error> {
        if self == Self::Download {
            return download(server, clock).await;
        }
        let client = management(server, clock);
        let no_rules: [FilterRule; 0] = [];
        let filters = FilterStateSet::new(FilterMode::Denylist, no_rules);
        Ok(match self {
            Self::Get => client.get_balance().await?.parts().attempts(),
            Self::KeyedPost => {
                let url = "https://example.com/hook";
                let body = management::types::WebhookCreate::new(url, [EventType::MessageBounced]);
                let webhook = client.create_webhook(body).await?;
                assert_eq!(webhook.parts().idempotency_key().unwrap().len(), 32);
                webhook.parts().attempts()
            }
            Self::Post => client.verify_domain("mdom_1").await?.parts().attempts(),
            Self::Put => client.set_domain_filters("mdom_1", filters).await?.parts().attempts(),
            Self::PutIfMatch => {
                let request =
                    client.set_domain_filters("mdom_1", filters).if_match(ETag::new("\"v1\""));
                request.await?.parts().attempts()
            }
            Self::Patch => {
                let body = WebhookUpdate::new().enabled(true);
                client.update_webhook("whk_1", body).await?.parts().attempts()
            }
            Self::Delete => {
                let deleted = client.delete_webhook("whk_1").await?;
                assert!(deleted.deleted);
                deleted.parts().attempts()
            }
            Self::Pages => {
                let mut pages = client.list_transactions().pages();
                let first = pages.try_next().await?.unwrap();
                let second = pages.try_next().await?.unwrap();
                assert!(pages.try_next().await?.is_none());
                assert_eq!((first.len(), second.len()), (2, 1));
                first.parts().attempts()
            }
            Self::Download => unreachable!("downloaded above"),
        })
    }
}

async fn download(server: &Server, clock: &FakeClock) -> Result<u32, Error> {
    let client = mailbox(server, clock);
    let download = client.get_message_attachment("m1", "a1").await?;
    let (attempts, begun) = (download.parts().attempts(), server.received().len());
    download.bytes().await?;
    Ok(attempts + u32::try_from(server.received().len() - begun).unwrap())
}
