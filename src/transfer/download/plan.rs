//! Whether and where a download that broke off goes on.

use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    LAST_MODIFIED,
};

use super::range::{ContentRange, number};

/// What the first answer says of the bytes that are to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Place of the first byte in the whole file.
    pub(crate) first: u64,
    /// Place after the last byte, if it is known.
    pub(crate) end: Option<u64>,
    /// Length of the whole file, if it is known.
    complete: Option<u64>,
    version: Version,
    pub(crate) resumable: bool,
}

/// What tells one version of the file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    /// The same only for the same bytes (RFC 9110, section 8.8.1).
    Strong(String),
    Weak(String),
    Date(String),
    None,
}

/// How the bytes go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Bytes to leave out because they are known.
    pub(crate) skip: u64,
    /// Place after the last byte of this answer, if it is known.
    pub(crate) end: Option<u64>,
    /// Length of the whole file, if it is known.
    pub(crate) complete: Option<u64>,
}

impl Plan {
    /// `asked` is the `Range` that was sent.
    pub(crate) fn of(
        status: StatusCode,
        headers: &HeaderMap,
        asked: bool,
    ) -> Result<Self, &'static str> {
        if let Some(coding) = text(headers, CONTENT_ENCODING.as_str())
            && !coding.trim().eq_ignore_ascii_case("identity")
        {
            return Err("the bytes are compressed, which was not asked for");
        }
        let length = length(headers)?;
        let media_type = text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let is = |name: &str| media_type.to_ascii_lowercase().starts_with(name);
        let ranges = text(headers, ACCEPT_RANGES.as_str());
        let mut plan = Self {
            first: 0,
            end: length,
            complete: length,
            version: Version::of(headers),
            resumable: !is("text/event-stream")
                && !ranges.is_some_and(|ranges| ranges.trim().eq_ignore_ascii_case("none")),
        };
        if status == StatusCode::PARTIAL_CONTENT {
            if !asked {
                return Err("the answer is a part (206), though all was asked for");
            }
            if is("multipart/byteranges") {
                return Ok(Self { complete: None, resumable: false, ..plan });
            }
            let range = partial(headers)?;
            (plan.first, plan.end, plan.complete) = (range.0, Some(range.1), range.2);
            if length.is_some_and(|length| length != range.1 - range.0) {
                return Err("`Content-Length` and `Content-Range` contradict each other");
            }
        }
        Ok(plan)
    }

    /// The `Range` that asks for what is missing.
    pub(crate) fn range(&self, at: u64) -> String {
        match self.end {
            Some(end) if self.complete != self.end => {
                format!("bytes={at}-{}", end.saturating_sub(1))
            }
            _ => format!("bytes={at}-"),
        }
    }

    /// The `If-Range` that goes with it: only a strong tag may (RFC 9110, section 13.1.5).
    pub(crate) fn if_range(&self) -> Option<&str> {
        match &self.version {
            Version::Strong(tag) => Some(tag),
            _ => None,
        }
    }

    /// Whether an answer to that continues the same bytes.
    pub(crate) fn accept(
        &self,
        at: u64,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Part, &'static str> {
        if status == StatusCode::PARTIAL_CONTENT {
            return self.accept_part(at, headers);
        }
        if status != StatusCode::OK {
            return Err("the answer is neither 200 nor 206");
        }
        let now = Plan::of(status, headers, true)?;
        if !matches!(self.version, Version::Strong(_)) || now.version != self.version {
            return Err("the server sent the file anew, and nothing proves that it is the same");
        }
        if self.complete.is_some() && now.complete.is_some() && self.complete != now.complete {
            return Err("the file has another length now");
        }
        Ok(Part { skip: at, end: now.complete, complete: now.complete })
    }

    fn accept_part(&self, at: u64, headers: &HeaderMap) -> Result<Part, &'static str> {
        let part = Plan::of(StatusCode::PARTIAL_CONTENT, headers, true)?;
        self.version.agrees(&part.version)?;
        if !part.resumable && part.complete.is_none() {
            return Err("the answer has several parts");
        }
        if part.first != at {
            return Err("the answer does not begin where it was asked to");
        }
        let proven = matches!(self.version, Version::Strong(_));
        match (self.complete, part.complete) {
            (Some(known), Some(now)) if known != now => {
                return Err("the file has another length now");
            }
            (Some(_), None) if !proven => return Err("the answer does not say the file's length"),
            _ => {}
        }
        if self.end.is_some_and(|end| part.end.is_none_or(|last| last > end)) {
            return Err("the answer has more than it was asked for");
        }
        Ok(Part { skip: 0, end: part.end, complete: part.complete })
    }

    /// Whether a 416 says that nothing was missing.
    pub(crate) fn is_complete(&self, at: u64, headers: &HeaderMap) -> bool {
        let range = text(headers, CONTENT_RANGE.as_str()).and_then(ContentRange::parse);
        let whole = range.is_some_and(|range| range.part.is_none() && range.complete == Some(at));
        whole && self.end.is_none() && self.version.agrees(&Version::of(headers)).is_ok()
    }
}

impl Version {
    fn of(headers: &HeaderMap) -> Self {
        match (text(headers, ETAG.as_str()), text(headers, LAST_MODIFIED.as_str())) {
            (Some(tag), _) if tag.starts_with("W/") => Self::Weak(tag.to_owned()),
            (Some(tag), _) => Self::Strong(tag.to_owned()),
            (None, Some(date)) => Self::Date(date.to_owned()),
            (None, None) => Self::None,
        }
    }

    /// Whether a partial answer can be of this version. A server need not repeat what a strong tag
    /// in `If-Range` has made sure of.
    fn agrees(&self, now: &Self) -> Result<(), &'static str> {
        match (self, now) {
            (Self::Strong(_), Self::Date(_) | Self::None) | (Self::None, _) => Ok(()),
            (Self::Weak(_) | Self::Date(_), Self::None) => {
                Err("the server does not say whether the file is the same")
            }
            _ if self == now => Ok(()),
            _ => Err("the file has changed"),
        }
    }
}

fn partial(headers: &HeaderMap) -> Result<(u64, u64, Option<u64>), &'static str> {
    let text =
        text(headers, CONTENT_RANGE.as_str()).ok_or("a part (206) has no `Content-Range`")?;
    let range = ContentRange::parse(text).ok_or("`Content-Range` cannot be read")?;
    let (first, end) = range.part.ok_or("`Content-Range` names no bytes")?;
    Ok((first, end, range.complete))
}

fn length(headers: &HeaderMap) -> Result<Option<u64>, &'static str> {
    match text(headers, CONTENT_LENGTH.as_str()) {
        None => Ok(None),
        Some(text) => number(text.trim()).map(Some).ok_or("`Content-Length` is no number"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
