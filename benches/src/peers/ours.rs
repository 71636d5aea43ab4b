//! This crate.

use sendmux_client::management::Client;

use super::Outcome;

pub async fn balance(count: u32, url: &str) -> Outcome {
    let client = Client::builder("smx_root_bench").base_url(url).build()?;
    let mut checked = 0;
    for _ in 0..count {
        let balance = client.get_balance().await?;
        checked += u64::from(balance.auto_topup.enabled);
    }
    Ok(checked)
}

pub async fn logs(count: u32, url: &str) -> Outcome {
    let client = Client::builder("smx_root_bench").base_url(url).build()?;
    let mut checked = 0;
    for _ in 0..count {
        let page = client.list_email_logs().limit(100).await?;
        checked += u64::from(page.len() == 100);
    }
    Ok(checked)
}

pub fn construct(count: u32, url: &str) -> Outcome {
    for _ in 0..count {
        std::hint::black_box(Client::builder("smx_root_bench").base_url(url).build()?);
    }
    Ok(u64::from(count))
}
