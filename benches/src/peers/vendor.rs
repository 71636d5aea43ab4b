//! The vendor's crate, which gives these answers as untyped JSON.

use sendmux::management::ManagementClient;

use super::Outcome;

pub async fn get(count: u32, url: &str, path: &str) -> Outcome {
    let client = ManagementClient::new("smx_root_bench")?.with_base_url(url)?;
    let mut checked = 0;
    for _ in 0..count {
        let answer = client.raw_get(path).await?;
        let data = &answer.data;
        let logs = data.as_array().is_some_and(|logs| logs.len() == 100);
        checked += u64::from(logs || data.get("auto_topup").is_some());
    }
    Ok(checked)
}
