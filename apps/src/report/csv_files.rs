//! The report as CSV files (RFC 4180).

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use csv::{Terminator, Writer, WriterBuilder};
use rust_decimal::Decimal;
use sendmux_client::management::types::Transaction;

use super::data::ReportData;
use super::mail::{StatusCounts, sending_accounts};
use super::period::Period;
use crate::atomic_file::{Access, AtomicFile};
use crate::text::sanitize;

/// Where the files are written, and how they begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CsvDirectory<'a> {
    pub(crate) path: &'a Path,
    /// Whether the files begin with a byte order mark, without which Excel does not read UTF-8.
    pub(crate) bom: bool,
}

/// A CSV file being written. The first error is kept until the end.
struct CsvFile {
    writer: Writer<AtomicFile>,
    written: Result<(), csv::Error>,
}

impl CsvFile {
    fn create<const N: usize>(
        directory: CsvDirectory<'_>,
        name: &str,
        header: [&str; N],
    ) -> io::Result<Self> {
        let mut file = AtomicFile::create(&directory.path.join(name), Access::Everyone)?;
        if directory.bom {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(file);
        let mut file = Self { writer, written: Ok(()) };
        file.row(header.map(str::to_owned));
        Ok(file)
    }

    fn row<const N: usize>(&mut self, cells: [String; N]) {
        if self.written.is_ok() {
            self.written = self.writer.write_record(cells);
        }
    }

    fn finish(mut self) -> io::Result<AtomicFile> {
        self.written?;
        self.writer.flush()?;
        self.writer.into_inner().map_err(|failed| io::Error::from(failed.into_error().kind()))
    }
}

/// The file of transactions, which is written as they are read.
pub(crate) struct TransactionsCsv(CsvFile);

impl TransactionsCsv {
    /// Creates the file, and the directory if it does not exist.
    pub(crate) fn create(directory: CsvDirectory<'_>) -> io::Result<Self> {
        fs::create_dir_all(directory.path)?;
        let header = [
            "id",
            "created_at",
            "type",
            "amount_usd",
            "quantity",
            "balance_before_usd",
            "balance_after_usd",
            "description",
        ];
        CsvFile::create(directory, "transactions.csv", header).map(Self)
    }

    pub(crate) fn add(&mut self, transaction: &Transaction) {
        let money = |amount: Option<Decimal>| amount.map(|it| it.to_string()).unwrap_or_default();
        self.0.row([
            cell(&transaction.id),
            transaction.created_at.to_string(),
            cell(transaction.type_.as_str()),
            transaction.amount.to_string(),
            transaction.quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
            money(transaction.balance_before),
            money(transaction.balance_after),
            cell(&transaction.description),
        ]);
    }
}

/// Writes the files of a report. What could not be read has no file.
pub(crate) fn write(
    directory: CsvDirectory<'_>,
    data: &ReportData,
    period: &Period,
    transactions: TransactionsCsv,
) -> io::Result<Vec<AtomicFile>> {
    let mut files = Vec::new();
    if data.days().is_some() || data.spend.is_ok() {
        files.push(daily(directory, data, period)?);
    }
    if data.days().is_some() || data.spend.is_ok() {
        files.push(monthly(directory, data, period)?);
    }
    if data.mail.is_ok() {
        files.push(reasons(directory, data, period)?);
        files.push(providers(directory, data, period)?);
    }
    if data.spend.is_ok() {
        files.push(transactions.0);
    }
    files.into_iter().map(CsvFile::finish).collect()
}

fn daily(directory: CsvDirectory<'_>, data: &ReportData, period: &Period) -> io::Result<CsvFile> {
    let header = ["date", "emails", "sent", "pending", "failed", "rejected", "other", "spend_usd"];
    let mut file = CsvFile::create(directory, "daily.csv", header)?;
    for (index, day) in period.days.iter().enumerate() {
        let counts = data.days().and_then(|days| days.get(index));
        let [total, sent, pending, failed, rejected, other] = match counts {
            Some(counts) => columns(counts),
            None => Default::default(),
        };
        let spend = data.spend.as_ref().ok().and_then(|spend| spend.days.get(index));
        let spend = spend.map(ToString::to_string).unwrap_or_default();
        file.row([day.to_string(), total, sent, pending, failed, rejected, other, spend]);
    }
    Ok(file)
}

fn monthly(directory: CsvDirectory<'_>, data: &ReportData, period: &Period) -> io::Result<CsvFile> {
    let header = ["month", "emails", "sent", "pending", "failed", "rejected", "other", "spend_usd"];
    let mut file = CsvFile::create(directory, "monthly.csv", header)?;
    for month in data.year(period) {
        let counts = month.counts.as_ref().map(columns).unwrap_or_default();
        let [total, sent, pending, failed, rejected, other] = counts;
        let spend = month.spend.map(|spend| spend.to_string()).unwrap_or_default();
        let name = month.month.to_string();
        file.row([name, total, sent, pending, failed, rejected, other, spend]);
    }
    Ok(file)
}

fn reasons(directory: CsvDirectory<'_>, data: &ReportData, period: &Period) -> io::Result<CsvFile> {
    let header = ["month", "reason", "emails", "failed", "rejected"];
    let mut file = CsvFile::create(directory, "reasons.csv", header)?;
    let Ok(mail) = &data.mail else { return Ok(file) };
    let mut add = |reason: String, counts: &StatusCounts| {
        let [total, failed, rejected] =
            [counts.total(), counts.failed, counts.rejected].map(|count| count.to_string());
        file.row([period.month.to_string(), reason, total, failed, rejected]);
    };
    for (reason, counts) in mail.reasons.ranking() {
        add(cell(reason), counts);
    }
    if mail.reasons.rest.total() > 0 {
        add("(all others)".to_owned(), &mail.reasons.rest);
    }
    Ok(file)
}

fn providers(
    directory: CsvDirectory<'_>,
    data: &ReportData,
    period: &Period,
) -> io::Result<CsvFile> {
    let header = [
        "month",
        "provider_id",
        "name",
        "status",
        "emails",
        "sent",
        "pending",
        "failed",
        "rejected",
        "other",
    ];
    let mut file = CsvFile::create(directory, "providers.csv", header)?;
    let Ok(mail) = &data.mail else { return Ok(file) };
    let mut add = |id: String, name: String, status: String, counts: &StatusCounts| {
        let [total, sent, pending, failed, rejected, other] = columns(counts);
        let month = period.month.to_string();
        file.row([month, id, name, status, total, sent, pending, failed, rejected, other]);
    };
    for account in sending_accounts(mail, data.providers.as_deref().unwrap_or_default()) {
        let status = account.status.as_ref().map(|status| cell(status.as_str()));
        add(cell(&account.id), cell(&account.name), status.unwrap_or_default(), &account.counts);
    }
    if mail.senders.rest.total() > 0 {
        add(String::new(), "(all others)".to_owned(), String::new(), &mail.senders.rest);
    }
    Ok(file)
}

fn columns(counts: &StatusCounts) -> [String; 6] {
    [counts.total(), counts.sent, counts.pending, counts.failed, counts.rejected, counts.other]
        .map(|count| count.to_string())
}

const MAX_CELL_CHARS: usize = 1000;

/// Converts foreign text to a cell that no spreadsheet evaluates as a formula.
///
/// Spreadsheets evaluate what begins with `=`, `+`, `-` or `@`, and some split cells at semicolons
/// and tabs even within quotation marks. A leading apostrophe makes it text (OWASP, "CSV
/// Injection").
fn cell(text: &str) -> String {
    let mut safe = String::new();
    let mut begins = true;
    for c in sanitize(text, MAX_CELL_CHARS).chars() {
        if begins && is_formula(c) {
            safe.push('\'');
        }
        safe.push(c);
        begins = c == ';' || (begins && (c.is_whitespace() || c == '"'));
    }
    safe
}

/// Includes the full-width forms, which spreadsheets in East Asian locales evaluate too.
fn is_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠' | '−')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{HOSTILE, data, log, mail, period, provider, transaction};
    use super::*;

    #[test]
    fn hostile_text_stays_within_its_cell_and_is_no_formula() {
        let formulas = ["=HYPERLINK(\"http://example.com\")", "+1", "-1;=2", "@SUM(A1)", HOSTILE];
        let named =
            |text: &str| json!({"provider_id": text, "provider_name": text, "status_reason": text});
        let logs: Vec<_> = formulas.iter().map(|text| log(1, "failed", named(text))).collect();
        let transactions: Vec<_> =
            formulas.iter().map(|kind| transaction("2026-10-01T00:00:00Z", kind, "-1.5")).collect();
        let providers = formulas.iter().map(|text| provider(text, text, text)).collect();
        let data = data(mail(&logs), &transactions, providers);

        let directory = tempfile::tempdir().unwrap();
        let csv = CsvDirectory { path: directory.path(), bom: false };
        let mut file = TransactionsCsv::create(csv).unwrap();
        transactions.iter().for_each(|transaction| file.add(transaction));
        for file in write(csv, &data, &period(), file).unwrap() {
            file.commit().unwrap();
        }
        for (name, rows) in
            [("daily", 31), ("monthly", 1), ("reasons", 5), ("providers", 5), ("transactions", 5)]
        {
            let text = fs::read_to_string(directory.path().join(format!("{name}.csv"))).unwrap();
            assert_eq!(text.matches("\r\n").count(), rows + 1, "{name}");
            assert_eq!(text.matches('\n').count(), rows + 1, "{name}");
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            assert_eq!(records.len(), rows);
            for cell in records.iter().flatten() {
                let is_number = cell.parse::<Decimal>().is_ok();
                assert!(is_number || !cell.starts_with(['=', '+', '-', '@']), "{cell}");
                assert!(!cell.contains(";="), "{cell}");
            }
        }
    }

    #[test]
    fn formulas_become_text() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'=1"),
            ("\r\n =1", "'=1"),
            ("\u{202e}\u{feff}=1", "'=1"),
            ("\0=1", "'=1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("a; \"=1\"", "a; \"'=1\""),
            ("\"=1\"", "\"'=1\""),
            ("550 5.1.1 no-one @ home = gone", "550 5.1.1 no-one @ home = gone"),
        ] {
            assert_eq!(cell(text), safe, "{text:?}");
        }
        assert!(cell(&"=".repeat(10_000)).chars().count() <= MAX_CELL_CHARS + 2);
    }
}
