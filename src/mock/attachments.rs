//! One message with two files, which can be read in parts.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal, fingerprint};
use super::page::Query;

const MESSAGE: &str = "msg_demo";
const TOKEN: &str = "demo_download_token";

struct File {
    id: &'static str,
    name: &'static str,
    media_type: &'static str,
    text: String,
}

static FILES: LazyLock<[File; 2]> = LazyLock::new(|| {
    let orders =
        (0..20_000).map(|row| format!("{row},{}.{:02},EUR\n", row * 7919 % 500, row * 31 % 100));
    let notes = "The orders of last year, as discussed.\n".to_owned();
    [
        File {
            id: "att_orders",
            name: "orders.csv",
            media_type: "text/csv",
            text: "order,amount,currency\n".to_owned() + &orders.collect::<String>(),
        },
        File { id: "att_notes", name: "notes.txt", media_type: "text/plain", text: notes },
    ]
});

/// What a request for a file says besides its address.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) range: Option<&'a str>,
    pub(super) if_range: Option<&'a str>,
}

/// A request of the mailbox key.
pub(super) fn answer(method: &str, path: &str, wanted: Wanted<'_>) -> Outcome {
    let segments: Vec<&str> = path.split('/').collect();
    match (method, &segments[..]) {
        ("GET", ["", "mailbox", "messages", MESSAGE]) => Ok(Answer::Resource(message())),
        ("GET", ["", "mailbox", "messages", MESSAGE, "attachments", id]) => file(id, wanted),
        _ => Err(Refusal::NotFound),
    }
}

/// A request without a key: only what a signed URL leads to.
pub(super) fn signed(method: &str, path: &str, query: &str, wanted: Wanted<'_>) -> Outcome {
    let query = Query::parse(path, query);
    if query.get("download_token") != Some(TOKEN) || !path.contains("/attachments/") {
        return Err(Refusal::Unauthorized);
    }
    answer(method, path, wanted)
}

fn message() -> Value {
    let attachments: Vec<Value> = FILES
        .iter()
        .map(|file| {
            let path = format!("/api/v1/mailbox/messages/{MESSAGE}/attachments/{}", file.id);
            json!({
                "id": file.id, "filename": file.name, "content_type": file.media_type,
                "size_bytes": file.text.len(), "content_id": null, "disposition": "attachment",
                "download_url": format!("{path}?download_token={TOKEN}"),
            })
        })
        .collect();
    json!({
        "id": MESSAGE, "subject": "Last year's orders", "has_attachments": true,
        "attachments": attachments, "bcc": [], "cc": [],
        "flags": { "answered": false, "draft": false, "flagged": false, "seen": false },
        "folder_ids": ["inbox"], "from": { "email": "ada@example.org", "name": "Ada" },
        "html_body": null, "in_reply_to": [], "keywords": [], "message_id": ["demo@example.org"],
        "preview": null, "received_at": "2026-03-01T09:00:00Z", "references": [], "reply_to": [],
        "sent_at": "2026-03-01T08:59:58Z", "size_bytes": 1_000_000, "text_body": "Hello!",
        "thread_id": "thr_demo", "to": [{ "email": "shop@example.com", "name": null }],
    })
}

fn file(id: &str, wanted: Wanted<'_>) -> Outcome {
    let file = FILES.iter().find(|file| file.id == id).ok_or(Refusal::NotFound)?;
    let length = file.text.len();
    let etag = format!("\"{:016x}\"", fingerprint(file.text.as_bytes()));
    let same = wanted.if_range.is_none_or(|known| known == etag);
    let part = match wanted.range.filter(|_| same).map(|range| range_of(range, length)) {
        Some(Some(Err(()))) => return Err(Refusal::Requested(416)),
        Some(Some(Ok(part))) => Some(part),
        None | Some(None) => None,
    };
    let (first, end) = part.unwrap_or((0, length));
    Ok(Answer::File {
        // What the account makes up is ASCII.
        text: file.text.get(first..end).unwrap_or_default().to_owned(),
        media_type: file.media_type,
        file_name: file.name,
        etag,
        part: part.map(|(first, end)| format!("bytes {first}-{}/{length}", end - 1)),
    })
}

/// First byte and the one after the last; `None` for what is to be ignored, an error for what the
/// file does not have (RFC 9110, section 14.1.2).
fn range_of(text: &str, length: usize) -> Option<Result<(usize, usize), ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, end) = match (first, last) {
        ("", count) => (length.saturating_sub(count.parse().ok()?), length),
        (first, "") => (first.parse().ok()?, length),
        (first, last) => {
            let (first, last) = (first.parse().ok()?, last.parse::<usize>().ok()?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(length))
        }
    };
    Some(if first < end { Ok((first, end)) } else { Err(()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        for (text, expected) in [
            ("bytes=0-4", Some(Ok((0, 5)))),
            ("bytes=8-", Some(Ok((8, 10)))),
            ("bytes=8-99", Some(Ok((8, 10)))),
            ("bytes=-3", Some(Ok((7, 10)))),
            ("bytes=-99", Some(Ok((0, 10)))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=4-3", None),
            ("bytes=a-b", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-4", None),
        ] {
            assert_eq!(range_of(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn only_the_signed_address_needs_no_key() {
        let path = "/mailbox/messages/msg_demo/attachments/att_notes";
        let ask = |path, query| signed("GET", path, query, Wanted::default());
        assert!(ask(path, "download_token=demo_download_token").is_ok());
        assert!(ask(path, "download_token=other").is_err());
        assert!(ask(path, "").is_err());
        let message = "/mailbox/messages/msg_demo";
        assert!(ask(message, "download_token=demo_download_token").is_err());
    }
}
