//! The decision whether and where an interrupted download resumes.

use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
};

use super::range::{ContentRange, number};

/// What the first response says about the bytes to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Offset of the first byte in the file.
    pub(crate) first: u64,
    /// Offset after the last byte, if known.
    pub(crate) end: Option<u64>,
    /// Length of the file, if known.
    complete: Option<u64>,
    /// The strong entity tag, which is equal only for equal bytes (RFC 9110, section 8.8.1).
    tag: Option<String>,
    /// Whether the server may support ranges of this response.
    pub(crate) ranges: bool,
}

/// How a response continues the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Bytes to skip because they were received before.
    pub(crate) skip: u64,
    /// Offset after the last byte of this response, if known.
    pub(crate) end: Option<u64>,
    /// Length of the file, if known.
    pub(crate) complete: Option<u64>,
}

impl Plan {
    /// Plans a download; `range_requested` tells whether the request had a `Range`.
    pub(crate) fn of(
        status: StatusCode,
        headers: &HeaderMap,
        range_requested: bool,
    ) -> Result<Self, &'static str> {
        let length = length(headers)?;
        let media_type = text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let is = |name: &str| media_type.to_ascii_lowercase().starts_with(name);
        let ranges = text(headers, ACCEPT_RANGES.as_str());
        let mut plan = Self {
            first: 0,
            end: length,
            complete: length,
            tag: strong_tag(headers),
            ranges: !is("text/event-stream")
                && !ranges.is_some_and(|ranges| ranges.trim().eq_ignore_ascii_case("none")),
        };
        if status == StatusCode::PARTIAL_CONTENT {
            if !range_requested {
                return Err("the response is partial (206) although no range was requested");
            }
            if is("multipart/byteranges") {
                return Ok(Self { complete: None, ranges: false, ..plan });
            }
            let range = partial(headers)?;
            (plan.first, plan.end, plan.complete) = (range.0, Some(range.1), range.2);
            if length.is_some_and(|length| length != range.1 - range.0) {
                return Err("`Content-Length` and `Content-Range` contradict each other");
            }
        }
        Ok(plan)
    }

    /// Returns the `Range` of the missing bytes.
    pub(crate) fn range(&self, at: u64) -> String {
        match self.end {
            Some(end) if self.complete != self.end => {
                format!("bytes={at}-{}", end.saturating_sub(1))
            }
            _ => format!("bytes={at}-"),
        }
    }

    /// Returns the `If-Range` to send with it. Only a strong tag qualifies (RFC 9110, section 13.1.5);
    /// without one, bytes of another version of the file could follow.
    pub(crate) fn if_range(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns why the download cannot be resumed, if so.
    pub(crate) fn not_resumable(&self) -> Option<&'static str> {
        if !self.ranges {
            Some("the server does not send parts of it")
        } else if self.tag.is_none() {
            Some("the file has no strong `ETag` to prove that it is unchanged")
        } else {
            None
        }
    }

    /// Checks that a response to the range request continues the same bytes.
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
            return Err("the response is neither 200 nor 206");
        }
        let now = Plan::of(status, headers, true)?;
        if self.tag.is_none() || now.tag != self.tag {
            return Err("the server sent the whole file again, without proof that it is unchanged");
        }
        if self.complete.is_some() && now.complete.is_some() && self.complete != now.complete {
            return Err("the length of the file has changed");
        }
        Ok(Part { skip: at, end: now.complete, complete: now.complete })
    }

    fn accept_part(&self, at: u64, headers: &HeaderMap) -> Result<Part, &'static str> {
        let part = Plan::of(StatusCode::PARTIAL_CONTENT, headers, true)?;
        if self.tag.is_none() || part.tag != self.tag {
            return Err("the response does not prove that the file is unchanged");
        }
        if !part.ranges && part.complete.is_none() {
            return Err("the response has several parts");
        }
        if part.first != at {
            return Err("the response does not start at the requested offset");
        }
        if self.complete.is_some() && part.complete.is_some() && self.complete != part.complete {
            return Err("the length of the file has changed");
        }
        if self.end.is_some_and(|end| part.end.is_none_or(|last| last > end)) {
            return Err("the response exceeds the requested range");
        }
        Ok(Part { skip: 0, end: part.end, complete: part.complete })
    }

    /// Returns true if a 416 means that nothing is missing.
    pub(crate) fn is_complete(&self, at: u64, headers: &HeaderMap) -> bool {
        let range = text(headers, CONTENT_RANGE.as_str()).and_then(ContentRange::parse);
        let whole = range.is_some_and(|range| range.part.is_none() && range.complete == Some(at));
        let now = strong_tag(headers);
        whole && self.end.is_none() && (now.is_none() || now == self.tag)
    }
}

fn strong_tag(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, ETAG.as_str()).filter(|tag| tag.starts_with('"'));
    tag.map(str::to_owned)
}

fn partial(headers: &HeaderMap) -> Result<(u64, u64, Option<u64>), &'static str> {
    let text = text(headers, CONTENT_RANGE.as_str())
        .ok_or("the partial response (206) has no `Content-Range`")?;
    let range = ContentRange::parse(text).ok_or("`Content-Range` is malformed")?;
    let (first, end) = range.part.ok_or("`Content-Range` names no bytes")?;
    Ok((first, end, range.complete))
}

fn length(headers: &HeaderMap) -> Result<Option<u64>, &'static str> {
    match text(headers, CONTENT_LENGTH.as_str()) {
        None => Ok(None),
        Some(text) => number(text.trim()).map(Some).ok_or("`Content-Length` is not a number"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
