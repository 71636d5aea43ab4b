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

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    const OK: StatusCode = StatusCode::OK;
    const PARTIAL: StatusCode = StatusCode::PARTIAL_CONTENT;
    const TAG: (&str, &str) = ("etag", "\"a\"");

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| -> (HeaderName, _) {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        lines.iter().map(line).collect()
    }

    fn plan(lines: &[(&str, &str)]) -> Plan {
        Plan::of(OK, &headers(lines), false).unwrap()
    }

    /// The plan of a file of ten bytes.
    fn ten() -> Plan {
        plan(&[TAG, ("content-length", "10")])
    }

    /// The plan of bytes 2 to 5 of such a file.
    fn part() -> Plan {
        let lines = [TAG, ("content-range", "bytes 2-5/10"), ("content-length", "4")];
        Plan::of(PARTIAL, &headers(&lines), true).unwrap()
    }

    #[test]
    fn the_first_response_tells_what_is_to_come() {
        assert_eq!((ten().first, ten().end, ten().complete), (0, Some(10), Some(10)));
        assert_eq!((part().first, part().end, part().complete), (2, Some(6), Some(10)));
        assert_eq!(plan(&[]).end, None);
        let several =
            [("content-type", "Multipart/Byteranges; boundary=a"), ("content-length", "9")];
        let several = headers(&several);
        let several = Plan::of(PARTIAL, &several, true).unwrap();
        assert_eq!((several.ranges, several.complete), (false, None));
    }

    #[test]
    fn a_first_response_that_cannot_be_true_is_refused() {
        for (status, requested, lines) in [
            (PARTIAL, false, [TAG, ("content-range", "bytes 2-5/10")]),
            (PARTIAL, true, [TAG, ("content-type", "text/plain")]),
            (PARTIAL, true, [TAG, ("content-range", "bytes */10")]),
            (PARTIAL, true, [("content-length", "5"), ("content-range", "bytes 2-5/10")]),
            (OK, false, [TAG, ("content-length", "-1")]),
        ] {
            assert!(Plan::of(status, &headers(&lines), requested).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn only_a_strong_tag_and_a_server_with_ranges_let_a_download_resume() {
        assert_eq!((ten().not_resumable(), ten().if_range()), (None, Some("\"a\"")));
        for line in [("etag", "W/\"a\""), ("etag", "a"), ("content-length", "10")] {
            assert!(plan(&[line]).not_resumable().unwrap().contains("ETag"), "{line:?}");
            assert_eq!(plan(&[line]).if_range(), None);
        }
        for line in [("accept-ranges", " None"), ("content-type", "Text/Event-Stream")] {
            assert!(plan(&[TAG, line]).not_resumable().unwrap().contains("parts"), "{line:?}");
        }
        assert!(plan(&[TAG, ("accept-ranges", "bytes")]).ranges);
    }

    #[test]
    fn the_missing_bytes_are_asked_for_within_the_range_of_the_caller() {
        assert_eq!(ten().range(4), "bytes=4-");
        assert_eq!(plan(&[TAG]).range(4), "bytes=4-");
        assert_eq!(part().range(4), "bytes=4-5");
    }

    #[test]
    fn a_part_continues_only_the_same_bytes() {
        let accept = |plan: Plan, at, tag, range: &str| {
            plan.accept(at, PARTIAL, &headers(&[("etag", tag), ("content-range", range)]))
        };
        let next = Part { skip: 0, end: Some(10), complete: Some(10) };
        assert_eq!(accept(ten(), 4, "\"a\"", "bytes 4-9/10"), Ok(next));
        let unknown = Part { skip: 0, end: Some(7), complete: None };
        assert_eq!(accept(ten(), 4, "\"a\"", "bytes 4-6/*"), Ok(unknown));
        assert!(accept(part(), 4, "\"a\"", "bytes 4-5/10").is_ok());
        for (plan, at, tag, range) in [
            (ten(), 4, "\"b\"", "bytes 4-9/10"),
            (plan(&[("content-length", "10")]), 4, "\"a\"", "bytes 4-9/10"),
            (ten(), 4, "\"a\"", "bytes 3-9/10"),
            (ten(), 4, "\"a\"", "bytes 4-9/11"),
            (part(), 4, "\"a\"", "bytes 4-6/10"),
            (part(), 4, "\"a\"", "bytes 4-6/*"),
        ] {
            assert!(accept(plan, at, tag, range).is_err(), "{at} {tag} {range}");
        }
        let several = headers(&[TAG, ("content-type", "multipart/byteranges")]);
        assert!(plan(&[TAG]).accept(0, PARTIAL, &several).is_err());
    }

    #[test]
    fn the_whole_file_again_must_be_the_same_file() {
        let again = |plan: Plan, lines: &[_]| plan.accept(4, OK, &headers(lines));
        let skipped = |length| Ok(Part { skip: 4, end: length, complete: length });
        assert_eq!(again(ten(), &[TAG, ("content-length", "10")]), skipped(Some(10)));
        assert_eq!(again(ten(), &[TAG]), skipped(None));
        assert_eq!(again(plan(&[TAG]), &[TAG, ("content-length", "10")]), skipped(Some(10)));
        for (plan, lines) in [
            (ten(), [TAG, ("content-length", "11")]),
            (ten(), [("etag", "\"b\""), ("content-length", "10")]),
            (plan(&[("content-length", "10")]), [("x-a", "b"), ("content-length", "10")]),
        ] {
            assert!(again(plan, &lines).is_err(), "{lines:?}");
        }
        let accepted = ten().accept(4, StatusCode::ACCEPTED, &headers(&[TAG]));
        assert_eq!(accepted, Err("the response is neither 200 nor 206"));
    }

    #[test]
    fn nothing_is_missing_if_the_server_confirms_the_length() {
        let of = |plan: Plan, at, range, tag| {
            plan.is_complete(at, &headers(&[("content-range", range), ("etag", tag)]))
        };
        assert!(of(plan(&[TAG]), 10, "bytes */10", "\"a\""));
        assert!(of(plan(&[TAG]), 10, "bytes */10", "W/\"a\""));
        assert!(!of(plan(&[TAG]), 10, "bytes */10", "\"b\""));
        assert!(!of(plan(&[TAG]), 10, "bytes */11", "\"a\""));
        assert!(!of(plan(&[TAG]), 10, "bytes 0-9/10", "\"a\""));
        assert!(!of(ten(), 10, "bytes */10", "\"a\""));
    }
}
