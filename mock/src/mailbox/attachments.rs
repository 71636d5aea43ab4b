//! The attachments of one message, which can be downloaded in parts.

use std::ops::Range;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::hash::fnv1a;
use crate::request::{BASE_PATH, Request};
use crate::response::{Content, HandlerResult};

/// The message that has attachments.
pub(super) const MESSAGE: &str = "msg_demo";
/// The token in the signed URLs.
pub(super) const TOKEN: &str = "demo_download_token";

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

pub(super) fn message() -> Value {
    let attachments: Vec<Value> = FILES
        .iter()
        .map(|file| {
            let path = format!("{BASE_PATH}/mailbox/messages/{MESSAGE}/attachments/{}", file.id);
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

pub(super) fn download(id: &str, request: &Request<'_>) -> HandlerResult {
    let file = FILES.iter().find(|file| file.id == id).ok_or(ApiError::NotFound)?;
    let length = file.text.len();
    let etag = format!("\"{:016x}\"", fnv1a(file.text.as_bytes()));
    let unchanged = request.if_range.is_none_or(|known| known == etag);
    let range = request.range.filter(|_| unchanged).and_then(|range| parse_range(range, length));
    if range.as_ref().is_some_and(Range::is_empty) {
        return Err(ApiError::RangeNotSatisfiable);
    }
    Ok(Content::File {
        // All files are ASCII.
        text: file.text.get(range.clone().unwrap_or(0..length)).unwrap_or_default().to_owned(),
        media_type: file.media_type,
        file_name: file.name,
        etag,
        content_range: range.map(|part| format!("bytes {}-{}/{length}", part.start, part.end - 1)),
    })
}

/// Returns the range that a `Range` header asks for, empty if the file does not have it. `None`
/// means that the header is to be ignored (RFC 9110, section 14.2).
fn parse_range(text: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some(match (first, last) {
        ("", count) => length.saturating_sub(count.parse().ok()?)..length,
        (first, "") => first.parse().ok()?..length,
        (first, last) => {
            let (first, last) = (first.parse().ok()?, last.parse::<usize>().ok()?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(length)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        for (text, expected) in [
            ("bytes=0-4", Some(0..5)),
            ("bytes=8-", Some(8..10)),
            ("bytes=8-99", Some(8..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=4-3", None),
            ("bytes=a-b", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-4", None),
        ] {
            assert_eq!(parse_range(text, 10), expected, "{text}");
        }
        for text in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert!(parse_range(text, 10).is_some_and(|range| range.is_empty()), "{text}");
        }
    }
}
