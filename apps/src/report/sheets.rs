//! The figures as CSV files (RFC 4180).

use std::fs;
use std::io;
use std::path::Path;

use csv::{Terminator, Writer, WriterBuilder};
use rust_decimal::Decimal;
use sendmux_client::management::types::Transaction;

use super::account::Account;
use super::cell::cell;
use super::counts::Counts;
use super::draft::Draft;
use super::sender::senders;
use super::span::Span;

/// A CSV file being written; an error waits for the end.
pub(crate) struct Sheet {
    writer: Writer<Draft>,
    written: Result<(), csv::Error>,
}

impl Sheet {
    fn create<const N: usize>(directory: &Path, name: &str, header: [&str; N]) -> io::Result<Self> {
        let draft = Draft::create(&directory.join(name))?;
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(draft);
        let mut sheet = Self { writer, written: Ok(()) };
        sheet.row(header.map(str::to_owned));
        Ok(sheet)
    }

    fn row<const N: usize>(&mut self, cells: [String; N]) {
        if self.written.is_ok() {
            self.written = self.writer.write_record(cells);
        }
    }

    fn finish(mut self) -> io::Result<Draft> {
        self.written?;
        self.writer.flush()?;
        self.writer.into_inner().map_err(|failed| io::Error::from(failed.into_error().kind()))
    }
}

/// The file of transactions, which is written while they come in, however many.
pub(crate) struct TransactionSheet(Sheet);

impl TransactionSheet {
    /// Makes the directory if there is none.
    pub(crate) fn create(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
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
        Sheet::create(directory, "transactions.csv", header).map(Self)
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

/// Writes what can be written of a report: a group that is missing has no file.
pub(crate) fn write(
    directory: &Path,
    account: &Account,
    span: &Span,
    transactions: TransactionSheet,
) -> io::Result<Vec<Draft>> {
    let mut sheets = Vec::new();
    if account.days().is_some() || account.spend.is_ok() {
        sheets.push(daily(directory, account, span)?);
    }
    if account.mail.is_ok() {
        sheets.push(reasons(directory, account, span)?);
        sheets.push(providers(directory, account, span)?);
    }
    if account.spend.is_ok() {
        sheets.push(transactions.0);
    }
    sheets.into_iter().map(Sheet::finish).collect()
}

fn daily(directory: &Path, account: &Account, span: &Span) -> io::Result<Sheet> {
    let header = ["date", "emails", "sent", "pending", "failed", "rejected", "other", "spend_usd"];
    let mut sheet = Sheet::create(directory, "daily.csv", header)?;
    for (index, day) in span.days.iter().enumerate() {
        let counts = account.days().and_then(|days| days.get(index));
        let [total, sent, pending, failed, rejected, other] = match counts {
            Some(counts) => figures(counts),
            None => Default::default(),
        };
        let spend = account.spend.as_ref().ok().and_then(|spend| spend.days.get(index));
        let spend = spend.map(ToString::to_string).unwrap_or_default();
        sheet.row([day.to_string(), total, sent, pending, failed, rejected, other, spend]);
    }
    Ok(sheet)
}

fn reasons(directory: &Path, account: &Account, span: &Span) -> io::Result<Sheet> {
    let header = ["month", "reason", "emails", "failed", "rejected"];
    let mut sheet = Sheet::create(directory, "reasons.csv", header)?;
    let Ok(mail) = &account.mail else { return Ok(sheet) };
    let mut add = |reason: String, counts: &Counts| {
        let [total, failed, rejected] =
            [counts.total(), counts.failed, counts.rejected].map(|count| count.to_string());
        sheet.row([span.month.to_string(), reason, total, failed, rejected]);
    };
    for (reason, counts) in mail.reasons.ranking() {
        add(cell(reason), counts);
    }
    if mail.reasons.rest.total() > 0 {
        add("(all others)".to_owned(), &mail.reasons.rest);
    }
    Ok(sheet)
}

fn providers(directory: &Path, account: &Account, span: &Span) -> io::Result<Sheet> {
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
    let mut sheet = Sheet::create(directory, "providers.csv", header)?;
    let Ok(mail) = &account.mail else { return Ok(sheet) };
    let mut add = |id: String, name: String, status: String, counts: &Counts| {
        let [total, sent, pending, failed, rejected, other] = figures(counts);
        let month = span.month.to_string();
        sheet.row([month, id, name, status, total, sent, pending, failed, rejected, other]);
    };
    for sender in senders(mail, account.providers.as_deref().unwrap_or_default()) {
        let status = sender.status.as_ref().map(|status| cell(status.as_str()));
        add(cell(&sender.id), cell(&sender.name), status.unwrap_or_default(), &sender.counts);
    }
    if mail.senders.rest.total() > 0 {
        add(String::new(), "(all others)".to_owned(), String::new(), &mail.senders.rest);
    }
    Ok(sheet)
}

fn figures(counts: &Counts) -> [String; 6] {
    [counts.total(), counts.sent, counts.pending, counts.failed, counts.rejected, counts.other]
        .map(|count| count.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{HOSTILE, account, log, mail, provider, span, transaction};
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_row_is_read_back() {
        let formulas = ["=HYPERLINK(\"http://example.com\")", "+1", "-1;=2", "@SUM(A1)", HOSTILE];
        let named =
            |text: &str| json!({"provider_id": text, "provider_name": text, "status_reason": text});
        let logs: Vec<_> = formulas.iter().map(|text| log(1, "failed", named(text))).collect();
        let transactions: Vec<_> =
            formulas.iter().map(|kind| transaction("2026-10-01T00:00:00Z", kind, "-1.5")).collect();
        let providers = formulas.iter().map(|text| provider(text, text, text)).collect();
        let account = account(mail(&logs), &transactions, providers);

        let directory = tempfile::tempdir().unwrap();
        let mut sheet = TransactionSheet::create(directory.path()).unwrap();
        transactions.iter().for_each(|transaction| sheet.add(transaction));
        for draft in write(directory.path(), &account, &span(), sheet).unwrap() {
            draft.commit().unwrap();
        }
        for (name, rows) in [("daily", 31), ("reasons", 5), ("providers", 5), ("transactions", 5)] {
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
}
