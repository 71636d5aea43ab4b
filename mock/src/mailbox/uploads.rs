//! Files: the attachments of messages, which can be downloaded in parts, and uploads.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::message::{File, Message};
use super::store::Store;
use crate::error::ApiError;
use crate::request::Request;
use crate::response::{Content, HandlerResult};
use crate::time::{self, HOUR};

/// Largest file that can be uploaded.
pub(super) const MAX_BYTES: usize = 7_500_000;

/// An upload by signed URL.
pub(super) struct Upload {
    pub(super) token: String,
    size: usize,
    pub(super) file: File,
}

static ORDERS: LazyLock<Arc<[u8]>> = LazyLock::new(|| {
    let orders =
        (0..20_000).map(|row| format!("{row},{}.{:02},EUR\n", row * 7919 % 500, row * 31 % 100));
    let table = "order,amount,currency\n".to_owned() + &orders.collect::<String>();
    table.into_bytes().into()
});

/// Returns the message that has attachments from the start.
pub(super) fn message() -> Message {
    let file = |id: &str, name: &str, media_type: &str, bytes: Arc<[u8]>| File {
        id: id.to_owned(),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes,
        inline: false,
        content_id: None,
    };
    let notes = "The orders of last year, as discussed.\n".as_bytes().into();
    let files = vec![
        file("att_orders", "orders.csv", "text/csv", Arc::clone(&ORDERS)),
        file("att_notes", "notes.txt", "text/plain", notes),
    ];
    let json = json!({
        "id": "msg_demo", "subject": "Last year's orders", "has_attachments": true,
        "bcc": [], "cc": [],
        "flags": { "answered": false, "draft": false, "flagged": false, "seen": false },
        "folder_ids": ["inbox"], "from": { "email": "ada@example.org", "name": "Ada" },
        "html_body": null, "in_reply_to": [], "keywords": [], "message_id": ["demo@example.org"],
        "preview": null, "received_at": "2026-03-01T09:00:00Z", "references": [], "reply_to": [],
        "sent_at": "2026-03-01T08:59:58Z", "size_bytes": 1_000_000, "text_body": "Hello!",
        "thread_id": "thr_demo", "to": [{ "email": "shop@example.com", "name": null }],
    });
    Message::with_files(json, files)
}

pub(super) fn download(file: &File, request: &Request<'_>) -> HandlerResult {
    let length = file.bytes.len();
    let etag = Message::file_etag(file);
    let unchanged = request.if_range.is_none_or(|known| known == etag);
    let range = request.range.filter(|_| unchanged).and_then(|range| parse_range(range, length));
    if range.as_ref().is_some_and(Range::is_empty) {
        return Err(ApiError::RangeNotSatisfiable);
    }
    let part = file.bytes.get(range.clone().unwrap_or(0..length));
    Ok(Content::File {
        bytes: part.unwrap_or_default().to_vec(),
        media_type: file.media_type.clone(),
        file_name: file.name.clone(),
        etag,
        content_range: range.map(|part| format!("bytes {}-{}/{length}", part.start, part.end - 1)),
    })
}

/// Stores the body of a request as a file.
pub(super) fn upload(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let query = request.query();
    let name = query.get("filename").filter(|name| !name.is_empty());
    let name = name.ok_or(ApiError::MissingParameter("filename"))?.to_owned();
    if request.body.len() > MAX_BYTES {
        return Err(ApiError::PayloadTooLarge);
    }
    let media_type = request.content_type.unwrap_or("application/octet-stream").to_owned();
    let file = add(store, name, media_type, request.body);
    Ok(Content::Data(result(&file)))
}

/// Stores a file, and returns it with its id.
pub(super) fn add(store: &mut Store, name: String, media_type: String, bytes: &[u8]) -> File {
    let id = store.new_id("blob");
    let bytes = bytes.into();
    let file = File { id, name, media_type, bytes, inline: false, content_id: None };
    let size = file.bytes.len();
    store.uploads.push(Upload { token: String::new(), size, file: file.clone() });
    file
}

/// Starts an upload by signed URL.
pub(super) fn create(store: &mut Store, request: &Request<'_>) -> HandlerResult {
    let body = request.json()?;
    let text = |name: &'static str| {
        let text = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or(ApiError::InvalidParameter(name))
    };
    let (name, media_type) = (text("filename")?, text("content_type")?);
    let size = body.get("size_bytes").and_then(Value::as_u64).filter(|size| *size > 0);
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.ok_or(ApiError::InvalidParameter("size_bytes"))?;
    if size > MAX_BYTES {
        return Err(ApiError::PayloadTooLarge);
    }
    let id = store.new_id("blob");
    let token = format!("upload_{id}");
    let path = format!("/mailbox/attachment-uploads/{id}?upload_token={token}");
    let data = json!({
        "upload_id": id, "upload_url": request.url(&path), "method": "PUT",
        "headers": { "Content-Type": media_type, "Content-Length": size.to_string() },
        "expires_at": time::format(store.now + HOUR), "max_size_bytes": MAX_BYTES,
    });
    let bytes = Arc::from([]);
    let file = File { id, name, media_type, bytes, inline: false, content_id: None };
    store.uploads.push(Upload { token, size, file });
    Ok(Content::Data(data))
}

/// Stores the file of an upload by signed URL.
pub(super) fn complete(store: &mut Store, id: &str, request: &Request<'_>) -> HandlerResult {
    let query = request.query();
    let token = query.get("upload_token").filter(|token| !token.is_empty());
    let upload = store.uploads.iter_mut().find(|upload| upload.file.id == id);
    let upload = upload.filter(|upload| token == Some(upload.token.as_str()));
    let upload = upload.ok_or(ApiError::Unauthorized)?;
    if request.body.len() != upload.size {
        return Err(ApiError::PayloadTooLarge);
    }
    upload.file.bytes = request.body.into();
    Ok(Content::Data(result(&upload.file)))
}

fn result(file: &File) -> Value {
    json!({
        "blob_id": file.id, "filename": file.name, "content_type": file.media_type,
        "size_bytes": file.bytes.len(),
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
