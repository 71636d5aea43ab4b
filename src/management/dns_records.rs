//! The DNS records of a domain, one after the other.

use std::fmt;

use super::types::{
    Domain, DomainVerifyChecks, DomainVerifyResult, NameValueRecord, NamedMxRecord,
};

/// A DNS record to publish for a domain.
///
/// Returned by [`Domain::records`]. `Display` is one line: name, type and data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DnsRecord<'a> {
    /// What the record is for.
    pub purpose: DnsPurpose,
    /// Name of the record, such as `_dmarc.example.com`.
    pub name: &'a str,
    /// Preference of an MX record, of which the lowest is tried first.
    pub priority: Option<i64>,
    /// Value of the record, to be published exactly as given. That of an MX record is the host name of
    /// the mail server.
    pub value: &'a str,
    /// What Amazon SES said when it was last asked, such as `pending` or `success`. Only DKIM and MAIL
    /// FROM records have it; [`is_found_by`](Self::is_found_by) tells about all.
    pub status: Option<&'a str>,
}

/// What a DNS record of a domain is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DnsPurpose {
    /// Proves that the domain is the team's.
    Verification,
    /// Authorizes Amazon SES to send (RFC 7208).
    Spf,
    /// Publishes a key with which emails are signed (RFC 6376).
    Dkim,
    /// Says what receivers should do with emails that fail (RFC 7489).
    Dmarc,
    /// Leads bounces to Amazon SES, on the custom MAIL FROM domain.
    MailFromMx,
    /// Authorizes Amazon SES to send, on the custom MAIL FROM domain.
    MailFromSpf,
    /// Leads incoming emails to Sendmux. Domains that only send have none.
    Mx,
}

impl DnsPurpose {
    /// Returns the type of such records: `TXT`, `CNAME` or `MX`.
    pub fn record_type(self) -> &'static str {
        match self {
            Self::Verification | Self::Spf | Self::Dmarc | Self::MailFromSpf => "TXT",
            Self::Dkim => "CNAME",
            Self::MailFromMx | Self::Mx => "MX",
        }
    }
}

impl Domain {
    /// Returns all DNS records to publish for the domain, in the order of [`DnsPurpose`].
    ///
    /// [`Client::get_domain_zone_file`](super::Client::get_domain_zone_file) returns them as a zone file.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(client: sendmux_client::management::Client) -> Result<(), sendmux_client::Error> {
    /// let domain = client.get_domain("mdom_1").await?;
    /// let check = client.verify_domain(&*domain.id).await?;
    /// for record in domain.records() {
    ///     let state = if record.is_found_by(&check) { "found" } else { "missing" };
    ///     println!("{state}: {record}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "dns_records")]
    pub fn records(&self) -> impl Iterator<Item = DnsRecord<'_>> {
        let all = &self.dns_records;
        let (dkim, mail_from) =
            (self.ses_dkim_status.as_deref(), self.ses_mail_from_status.as_deref());
        let text = DnsRecord::with_value;
        let first =
            [text(DnsPurpose::Verification, &all.verification), text(DnsPurpose::Spf, &all.spf)];
        let keys = all.dkim.iter().map(move |record| text(DnsPurpose::Dkim, record).status(dkim));
        let others = [
            text(DnsPurpose::Dmarc, &all.dmarc),
            DnsRecord::with_target(&all.mail_from.mx).status(mail_from),
            text(DnsPurpose::MailFromSpf, &all.mail_from.spf).status(mail_from),
        ];
        let mx = all.mx.iter().map(|record| DnsRecord {
            purpose: DnsPurpose::Mx,
            name: &self.domain,
            priority: Some(record.priority),
            value: &record.target,
            status: None,
        });
        first.into_iter().chain(keys).chain(others).chain(mx)
    }
}

impl<'a> DnsRecord<'a> {
    fn with_value(purpose: DnsPurpose, record: &'a NameValueRecord) -> Self {
        Self { purpose, name: &record.name, priority: None, value: &record.value, status: None }
    }

    fn with_target(record: &'a NamedMxRecord) -> Self {
        Self {
            purpose: DnsPurpose::MailFromMx,
            name: &record.name,
            priority: Some(record.priority),
            value: &record.target,
            status: None,
        }
    }

    fn status(self, status: Option<&'a str>) -> Self {
        Self { status, ..self }
    }

    /// Returns true if a check of the domain found the record as it should be. DKIM records are checked
    /// together.
    ///
    /// [`Client::verify_domain`](super::Client::verify_domain) makes the check.
    pub fn is_found_by(&self, check: &DomainVerifyResult) -> bool {
        let DomainVerifyChecks { dmarc, mail_from_mx, mail_from_spf, mx, spf, verification_txt } =
            check.checks;
        match self.purpose {
            DnsPurpose::Verification => verification_txt,
            DnsPurpose::Spf => spf,
            DnsPurpose::Dkim => check.ses_dkim_status == "success",
            DnsPurpose::Dmarc => dmarc,
            DnsPurpose::MailFromMx => mail_from_mx,
            DnsPurpose::MailFromSpf => mail_from_spf,
            DnsPurpose::Mx => mx,
        }
    }
}

impl fmt::Display for DnsRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.name, self.purpose.record_type())?;
        if let Some(priority) = self.priority {
            write!(f, "{priority} ")?;
        }
        f.write_str(self.value)
    }
}
