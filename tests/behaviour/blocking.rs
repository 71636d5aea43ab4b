//! Calls without an asynchronous runtime.

use sendmux_client::management::Client;
use sendmux_client::{Blocking, Error, Kind, RetryPolicy};
use sendmux_mock::DemoAccount;

fn client(account: &DemoAccount, key: &str) -> Client {
    let builder = Client::builder(key).base_url(account.base_url());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[test]
fn calls_and_lists_need_no_runtime() -> Result<(), Error> {
    let account = DemoAccount::builder().emails_per_day(10).start();
    let client = client(&account, account.key());
    let blocking = Blocking::new()?;
    assert_eq!(blocking.block_on(client.get_balance())?.currency.as_str(), "USD");

    let all = blocking.block_on(client.list_email_logs().stream().try_collect())?;
    assert!(all.len() > 100, "more than one page");
    let items = blocking.iterate(client.list_email_logs().limit(50).stream());
    let ids: Vec<String> = items.map(|log| log.map(|log| log.id)).collect::<Result<_, _>>()?;
    assert_eq!(ids, all.into_iter().map(|log| log.id).collect::<Vec<_>>());

    let pages = blocking.iterate(client.list_email_logs().limit(50).pages());
    assert_eq!(pages.map(|page| page.map_or(0, |page| page.len())).sum::<usize>(), ids.len());
    Ok(())
}

#[test]
fn an_error_is_returned_once() -> Result<(), Error> {
    let account = DemoAccount::builder().emails_per_day(10).start();
    let client = client(&account, "smx_root_wrong");
    let blocking = Blocking::new()?;
    let mut items = blocking.iterate(client.list_email_logs().stream());
    assert!(items.next().unwrap().unwrap_err().is_unauthorized());
    assert!(items.next().is_none());
    Ok(())
}

#[test]
fn threads_can_share_a_runtime() -> Result<(), Error> {
    let account = DemoAccount::builder().emails_per_day(10).start();
    let client = client(&account, account.key());
    let blocking = Blocking::new()?;
    std::thread::scope(|scope| {
        let wait = || blocking.block_on(client.get_balance()).map(|balance| balance.balance);
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(wait)).collect();
        let balances: Result<Vec<_>, _> =
            threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let balances = balances?;
        assert!(balances.iter().all(|balance| *balance == balances[0]));
        Ok(())
    })
}

#[tokio::test]
async fn blocking_inside_a_runtime_is_an_error() {
    let account = DemoAccount::builder().emails_per_day(10).start();
    let client = client(&account, account.key());
    let blocking = Blocking::new().unwrap();
    let error = blocking.block_on(client.get_balance()).unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_sent()), (Kind::Configuration, false));
    let mut items = blocking.iterate(client.list_email_logs().stream());
    assert_eq!(items.next().unwrap().unwrap_err().kind(), Kind::Configuration);
    assert!(items.next().is_none());
}
