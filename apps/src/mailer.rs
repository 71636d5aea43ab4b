//! Emails that the programs send, through the account's own sending API.

use sendmux_client::sending::Client;
use sendmux_client::sending::types::{Address, Attachment, EmailSend, InlineAttachment};
use sendmux_client::{Credential, ErrorCode};
use sha2::{Digest, Sha256};

use crate::account::Problem;

/// Sends emails from one address to some recipients, each of whom gets an email of their own.
#[derive(Debug, Clone)]
pub(crate) struct Mailer {
    client: Client,
    from: String,
    to: Vec<String>,
}

/// An email without its addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Email {
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
    /// File name and content.
    pub(crate) attachment: Option<(String, Vec<u8>)>,
}

impl Mailer {
    /// Creates a mailer. Sends nothing yet.
    ///
    /// # Errors
    /// What is wrong with the key, the base URL or an address.
    pub(crate) fn new(
        credential: impl Into<Credential>,
        base_url: Option<&str>,
        from: &str,
        to: Vec<String>,
    ) -> Result<Self, String> {
        let is_address = |address: &str| {
            let parts = address.split_once('@');
            parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
                && !address.chars().any(|c| c.is_whitespace() || c.is_control())
        };
        if let Some(wrong) = to.iter().map(String::as_str).chain([from]).find(|it| !is_address(it))
        {
            return Err(format!("`{wrong}` is not an email address"));
        }
        if to.is_empty() {
            return Err("there is no recipient".to_owned());
        }
        let mut builder = Client::builder(credential);
        if let Some(url) = base_url {
            builder = builder.base_url(url);
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { client, from: from.to_owned(), to })
    }

    pub(crate) fn recipients(&self) -> &[String] {
        &self.to
    }

    /// Sends an email to each recipient. With the same key, an email is sent once within 24 hours,
    /// even if its content differs.
    ///
    /// # Errors
    /// The first failure. Recipients before it have the email; with the same key, the others get it
    /// when it is sent again.
    pub(crate) async fn send(&self, email: &Email, key: &str) -> Result<(), Problem> {
        for to in &self.to {
            let mut message = EmailSend::new(
                Address::new(self.from.as_str()),
                Address::new(to.as_str()),
                email.subject.as_str(),
                email.html.as_str(),
            )
            .text_body(email.text.as_str());
            if let Some((name, content)) = &email.attachment {
                let attachment = InlineAttachment::from_bytes(name, content);
                message = message.attachments([Attachment::from(attachment)]);
            }
            let key = idempotency_key(key, to);
            match self.client.send_email(message).idempotency_key(key).await {
                Ok(_) => {}
                Err(error) if error.code() == Some(&ErrorCode::IdempotencyConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Returns a key for an email to a recipient that does not reveal the recipient.
fn idempotency_key(key: &str, to: &str) -> String {
    let hash = Sha256::digest(format!("{key}\n{to}"));
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use sendmux_mock::DemoAccount;

    use super::*;

    fn mailer(account: &DemoAccount, to: &[&str]) -> Result<Mailer, String> {
        let to = to.iter().map(|to| (*to).to_owned()).collect();
        Mailer::new(account.mailbox_key(), Some(account.base_url()), "alerts@example.com", to)
    }

    #[tokio::test]
    async fn each_recipient_gets_an_email_once() {
        let account = DemoAccount::start();
        let mailer = mailer(&account, &["ada@example.org", "alan@example.org"]).unwrap();
        let email = |text: &str| Email {
            subject: "Alert".to_owned(),
            html: format!("<p>{text}</p>"),
            text: text.to_owned(),
            attachment: Some(("report.html".to_owned(), b"<p>".to_vec())),
        };
        for text in ["one", "one", "another text"] {
            mailer.send(&email(text), "report-2026-10").await.unwrap();
            assert_eq!(account.emails_sent(), 2, "{text}");
        }
        mailer.send(&email("one"), "report-2026-11").await.unwrap();
        assert_eq!(account.emails_sent(), 4);
    }

    #[test]
    fn addresses_are_validated() {
        let account = DemoAccount::start();
        assert!(mailer(&account, &[]).is_err());
        for wrong in ["ada", "@example.org", "ada@", "ada@example.org\nBcc: all"] {
            assert!(mailer(&account, &[wrong]).is_err(), "{wrong}");
        }
    }
}
