//! What is told on stderr: once when it begins, once when it ends.

use std::collections::BTreeMap;

use sendmux_client::Error;

use crate::text::tidy;

/// Something that went wrong.
pub(super) struct Complaint {
    /// The same for what is the same trouble, though the words differ, as by a request id.
    sort: String,
    text: String,
}

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        let sort = format!("{:?} {:?} {:?}", error.kind(), error.status(), error.code());
        Self { sort, text: error.to_string() }
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self { sort: text.clone(), text }
    }
}

/// The troubles of the present, by what they are about.
#[derive(Default)]
pub(super) struct Complaints(BTreeMap<String, String>);

impl Complaints {
    /// Takes note of how something is. True if that was news, which is then told.
    pub(super) fn note(&mut self, about: &str, complaint: Option<Complaint>) -> bool {
        let news = match complaint {
            Some(Complaint { sort, text }) => {
                let before = self.0.insert(about.to_owned(), sort.clone());
                (before.as_ref() != Some(&sort)).then(|| tidy(&text, 400))
            }
            None => self.0.remove(about).map(|_| "well again".to_owned()),
        };
        if let Some(news) = &news {
            eprintln!("alert: {about}: {news}");
        }
        news.is_some()
    }
}

#[cfg(test)]
mod tests {
    use sendmux_client::RetryPolicy;
    use sendmux_client::management::Client;
    use sendmux_mock::DemoAccount;

    use super::*;

    #[tokio::test]
    async fn the_same_trouble_is_told_once() {
        let account =
            DemoAccount::builder().emails_per_day(3).without_permission("billing.read").start();
        let client = Client::builder(account.key()).base_url(account.base_url());
        let client = client.retry(RetryPolicy::none()).build().unwrap();
        let mut complaints = Complaints::default();
        for news in [true, false, false] {
            let error = client.get_balance().await.unwrap_err();
            assert_eq!(complaints.note("balance", Some(error.into())), news);
        }
        assert!(complaints.note("balance", Some("something else".to_owned().into())));
        assert!(complaints.note("balance", None));
        assert!(!complaints.note("balance", None));
    }
}
