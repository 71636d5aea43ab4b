//! A sending account, reduced to what is exported.

use sendmux_client::management::types;

use crate::text::tidy;

const LABEL_LENGTH: usize = 80;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) switched_on: bool,
    /// Seconds since 1970.
    pub(super) last_used: Option<i64>,
    /// E-mails that may be sent in each period.
    pub(super) quotas: Vec<(&'static str, i64)>,
}

impl From<&types::Provider> for Provider {
    fn from(provider: &types::Provider) -> Self {
        let quotas = &provider.quotas;
        let quotas = [
            ("second", &quotas.per_second),
            ("minute", &quotas.per_minute),
            ("hour", &quotas.per_hour),
            ("day", &quotas.per_day),
        ];
        let quotas =
            quotas.into_iter().filter_map(|(period, range)| Some((period, range.as_ref()?.max)));
        Self {
            id: label(&provider.id),
            name: label(&provider.name),
            kind: label(provider.type_.as_str()),
            status: status(&provider.status).to_owned(),
            switched_on: provider.is_active,
            last_used: provider.last_used_at.map(|at| at.unix_seconds()),
            quotas: quotas.collect(),
        }
    }
}

/// SyncStates that the API documents; what it adds later is `other`, so that the label stays bounded.
pub(super) const STATUSES: [&str; 5] = ["active", "inactive", "error", "pending", "other"];

fn status(status: &types::ProviderStatus) -> &'static str {
    STATUSES.into_iter().find(|known| *known == status.as_str()).unwrap_or("other")
}

pub(super) fn label(text: &str) -> String {
    tidy(text, LABEL_LENGTH)
}
