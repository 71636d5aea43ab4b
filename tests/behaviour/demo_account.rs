//! The demo account, through the client.

use std::collections::BTreeMap;

use sendmux_client::management::types::{EmailStatus, Granularity, MetricsWindow};
use sendmux_client::management::{Client, DnsPurpose};
use sendmux_client::{ByteRange, Conditional, Decimal, Error, RetryPolicy, mailbox};
use sendmux_mock::{Builder, DemoAccount};

/// 2026-05-21T09:12:00Z.
const NOW: i64 = 1_779_354_720;

fn client(account: &DemoAccount) -> Client {
    let builder = Client::builder(account.key()).base_url(account.base_url());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

fn account(configure: impl FnOnce(Builder) -> Builder) -> DemoAccount {
    configure(DemoAccount::builder().now(NOW)).start()
}

#[tokio::test]
async fn metrics_and_usage_agree_with_the_log() -> Result<(), Error> {
    let account = account(|builder| builder.seed(3));
    let client = client(&account);
    let metrics = client
        .get_email_metrics()
        .window(MetricsWindow::Days7)
        .granularity(Granularity::Hourly)
        .await?;
    let logs = client
        .list_email_logs()
        .limit(100)
        .from_date("2026-05-14T09:12:01Z")
        .stream()
        .try_collect()
        .await?;
    assert_eq!(metrics.summary.total, i64::try_from(logs.len()).unwrap());
    let failed = logs.iter().filter(|log| log.status == EmailStatus::Failed).count();
    assert_eq!(metrics.summary.failed, i64::try_from(failed).unwrap());
    assert_eq!(
        metrics.timeseries.iter().map(|point| point.total).sum::<i64>(),
        metrics.summary.total
    );

    let usage = client.get_provider_usage().await?;
    let week =
        client.list_email_logs().limit(100).from_date("2026-05-15").stream().try_collect().await?;
    let mut sent: BTreeMap<String, i64> = BTreeMap::new();
    for log in week.into_iter().filter(|log| log.status == EmailStatus::Sent) {
        *sent.entry(log.provider_id.unwrap()).or_default() += 1;
    }
    for item in &usage.providers {
        assert_eq!(
            item.sent_7d,
            sent.get(&item.provider_id).copied().unwrap_or(0),
            "{}",
            item.provider_id
        );
    }
    let stats = client.get_provider_stats().await?;
    assert_eq!(stats.total, i64::try_from(client.list_providers().await?.len()).unwrap());
    Ok(())
}

#[tokio::test]
async fn the_balance_agrees_with_the_transactions() -> Result<(), Error> {
    let account = account(|builder| builder);
    let client = client(&account);
    let balance = client.get_balance().await?;
    let transactions = client.list_transactions().limit(100).stream().try_collect().await?;
    assert_eq!(transactions[0].balance_after, Some(balance.balance));
    assert_eq!(transactions.iter().map(|item| item.amount).sum::<Decimal>(), balance.balance);
    assert_eq!(balance.balance_purchased - balance.balance_consumed, balance.balance);
    Ok(())
}

#[tokio::test]
async fn failures_can_be_configured() {
    let account = account(|builder| {
        builder.without_permission("billing.read").legacy_errors().fail_next(503).fail_next(404)
    });
    let client = client(&account);
    let down = client.get_connection().await.unwrap_err();
    assert_eq!(down.status().unwrap(), 503);
    assert!(down.retry_after().is_some());
    assert!(client.get_connection().await.unwrap_err().is_not_found());
    assert!(client.get_connection().await.is_ok());
    let denied = client.get_balance().await.unwrap_err();
    assert_eq!(denied.missing_permissions(), ["billing.read"]);
    let builder = Client::builder("smx_root_wrong").base_url(account.base_url());
    let unauthorized = builder.retry(RetryPolicy::none()).build().unwrap();
    assert!(unauthorized.get_connection().await.unwrap_err().is_unauthorized());
    assert!(client.list_email_logs().limit(101).await.unwrap_err().param() == Some("limit"));
    assert!(client.delete_provider("dprov_main").await.is_err());
}

#[tokio::test]
async fn resources_have_etags() -> Result<(), Error> {
    let account = account(|builder| builder);
    let client = client(&account);
    let provider = client.get_provider("dprov_main").await?;
    let tag = provider.parts().etag().unwrap();
    let again = client.get_provider("dprov_main").if_none_match(&tag).await?;
    let Conditional::NotModified(again) = again else { panic!("{again:?}") };
    assert_eq!(again.parts().etag(), Some(tag));
    let first = provider.parts().rate_limit().unwrap().remaining.unwrap();
    assert_eq!(
        client.get_balance().await?.parts().rate_limit().unwrap().remaining,
        Some(first - 2)
    );
    assert!(client.get_domain_zone_file("mdom_example").await?.contains("$ORIGIN"));
    Ok(())
}

#[tokio::test]
async fn filters_narrow_the_log() -> Result<(), Error> {
    let account = account(|builder| builder);
    let client = client(&account);
    let all = client.list_email_logs().limit(100).stream().try_collect().await?;
    let day = client
        .list_email_logs()
        .limit(100)
        .from_date("2026-05-20")
        .to_date("2026-05-20")
        .stream()
        .try_collect()
        .await?;
    let expected = all.iter().filter(|log| log.created_at.to_string().starts_with("2026-05-20"));
    assert_eq!(day.len(), expected.count());
    assert!(!day.is_empty() && day.len() < all.len());
    let failed = client
        .list_email_logs()
        .limit(100)
        .status(EmailStatus::Failed)
        .stream()
        .try_collect()
        .await?;
    assert!(
        failed.iter().all(|log| log.status == EmailStatus::Failed && log.status_reason.is_some())
    );
    Ok(())
}

#[tokio::test]
async fn attachments_are_the_same_with_the_key_in_ranges_and_by_signed_url() {
    let account = DemoAccount::builder().emails_per_day(1).start();
    let client = mailbox::Client::builder(account.mailbox_key()).base_url(account.base_url());
    let client = client.build().unwrap();
    let message = client.get_message("msg_demo").await.unwrap();
    for attachment in message.attachments.as_deref().unwrap() {
        let file = || client.get_message_attachment("msg_demo", attachment.id.as_str());
        let whole = file().await.unwrap();
        assert_eq!(whole.parts().file_name(), attachment.filename);
        assert_eq!(whole.parts().content_type(), Some(&*attachment.content_type));
        let whole = whole.bytes().await.unwrap();
        assert_eq!(whole.len() as i64, attachment.size_bytes.unwrap());
        let end = file().range(ByteRange::last(7)).await.unwrap();
        assert_eq!(end.offset(), whole.len() as u64 - 7);
        assert_eq!(end.bytes().await.unwrap(), whole[whole.len() - 7..]);
        let url = attachment.download_url.clone().unwrap();
        let signed = client.fetch_url(url).await.unwrap();
        assert_eq!(signed.bytes().await.unwrap(), whole);
    }
    let beyond = client.get_message_attachment("msg_demo", "att_notes");
    let beyond = beyond.range(ByteRange::new(100..).unwrap()).await.unwrap_err();
    assert_eq!(beyond.status().unwrap().as_u16(), 416);
}

#[tokio::test]
async fn a_zone_file_has_a_file_name() {
    let account = DemoAccount::builder().emails_per_day(1).start();
    let client = Client::builder(account.key()).base_url(account.base_url()).build().unwrap();
    let domain = client.list_domains().limit(1).await.unwrap();
    let zone = client.get_domain_zone_file(domain[0].id.as_str()).await.unwrap();
    let name = zone.parts().file_name().unwrap();
    assert!(name.ends_with(".zone") && !zone.is_empty(), "{name}");
}

#[tokio::test]
async fn the_records_of_a_domain_are_those_of_its_zone_file() -> Result<(), Error> {
    let account = account(|builder| builder);
    let client = client(&account);
    for domain in client.list_domains().stream().try_collect().await? {
        let zone = client.get_domain_zone_file(&*domain.id).await?;
        let records: Vec<_> = domain.records().collect();
        assert!(records.is_sorted_by_key(|record| record.purpose));
        assert_eq!(records.len(), zone.lines().count() - 1);
        for record in records {
            let line = format!("{}. 3600 IN {} ", record.name, record.purpose.record_type());
            let found =
                zone.lines().any(|text| text.starts_with(&line) && text.contains(record.value));
            assert!(found, "{record}");
            let is_signed = matches!(
                record.purpose,
                DnsPurpose::Dkim | DnsPurpose::MailFromMx | DnsPurpose::MailFromSpf
            );
            assert_eq!(record.status.is_some(), is_signed);
        }
    }
    Ok(())
}
