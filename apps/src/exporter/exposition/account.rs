//! Metrics of the account as a whole: money, limits, room for requests.

use rust_decimal::prelude::ToPrimitive;
use sendmux_client::management::types::{Balance, ProviderLimits, SpendSummary};
use sendmux_client::{Decimal, RateLimit};

use crate::exporter::sheet::{Metric, Sheet};

const BALANCE: Metric = Metric::new("balance", "Credit that can be spent now").unit("dollars");
const CONSUMED: Metric = Metric::new("balance_consumed", "Credit consumed so far").unit("dollars");
const PURCHASED: Metric =
    Metric::new("balance_purchased", "Credit purchased so far").unit("dollars");
const TOPUP: Metric = Metric::new(
    "auto_topup_enabled",
    "Whether credit is bought automatically when it runs low (1) or not (0)",
);
const TOPUP_THRESHOLD: Metric =
    Metric::new("auto_topup_threshold", "Balance that sets off an automatic top-up")
        .unit("dollars");
const TOPUP_LIMIT: Metric =
    Metric::new("auto_topup_monthly_limit", "Most that automatic top-ups may buy in a month")
        .unit("dollars");
const TOPUP_USED: Metric =
    Metric::new("auto_topup_monthly_used", "What automatic top-ups have bought this month")
        .unit("dollars");
const SPENT: Metric =
    Metric::new("spend", "Credit consumed over the time that `window` says").unit("dollars");
const ACCOUNTS: Metric = Metric::new("sending_accounts", "Sending accounts in use");
const ACCOUNTS_LIMIT: Metric =
    Metric::new("sending_accounts_limit", "Sending accounts that are allowed");
const SHARED_TODAY: Metric =
    Metric::new("shared_ses_sent_today", "E-mails sent today through shared Amazon SES")
        .unit("emails");
const SHARED_LIMIT: Metric = Metric::new(
    "shared_ses_daily_limit",
    "E-mails that may be sent in a day through shared Amazon SES",
)
.unit("emails");
const ROOM_LIMIT: Metric =
    Metric::new("rate_limit", "Requests that the key may make in a window").unit("requests");
const ROOM_LEFT: Metric =
    Metric::new("rate_limit_remaining", "Requests that were left in the window at the last answer")
        .unit("requests");
const ROOM_RESET: Metric = Metric::new(
    "rate_limit_reset_timestamp",
    "When the window of the rate limit ends, in seconds since 1970",
)
.unit("seconds");

pub(super) fn balance(sheet: &mut Sheet, balance: &Balance) {
    sheet.gauge(&BALANCE, dollars(balance.balance));
    sheet.gauge(&CONSUMED, dollars(balance.balance_consumed));
    sheet.gauge(&PURCHASED, dollars(balance.balance_purchased));
    let topup = &balance.auto_topup;
    sheet.gauge(&TOPUP, f64::from(u8::from(topup.enabled)));
    sheet.gauge(&TOPUP_THRESHOLD, topup.threshold.and_then(dollars));
    sheet.gauge(&TOPUP_LIMIT, topup.monthly_limit.and_then(dollars));
    sheet.gauge(&TOPUP_USED, dollars(topup.monthly_used));
}

pub(super) fn spend(sheet: &mut Sheet, spend: &SpendSummary) {
    let spent = dollars(spend.total_consumed);
    sheet.gauges(&SPENT, spent.map(|spent| (vec![("window", "30d".to_owned())], spent)));
}

pub(super) fn limits(sheet: &mut Sheet, limits: &ProviderLimits) {
    sheet.gauge(&ACCOUNTS, limits.sending_accounts.usage as f64);
    sheet.gauge(&ACCOUNTS_LIMIT, limits.sending_accounts.max_allowed as f64);
    let shared = &limits.shared_amazon_ses;
    sheet.gauge(&SHARED_TODAY, shared.sent_today as f64);
    sheet.gauge(&SHARED_LIMIT, shared.daily_limit.map(|limit| limit as f64));
}

pub(super) fn room(sheet: &mut Sheet, room: &RateLimit) {
    sheet.gauge(&ROOM_LIMIT, room.limit.map(|limit| limit as f64));
    sheet.gauge(&ROOM_LEFT, room.remaining.map(|left| left as f64));
    sheet.gauge(&ROOM_RESET, room.reset.map(|reset| reset.unix_seconds() as f64));
}

fn dollars(amount: Decimal) -> Option<f64> {
    amount.to_f64()
}
