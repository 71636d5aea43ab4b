//! What is read of a request.

use std::ops::RangeInclusive;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::hash::{entity_tag, fnv1a, matches_any};
use crate::time;

/// Path of the base URL.
pub(crate) const BASE_PATH: &str = "/api/v1";

/// A request, as far as the account reads it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Path below the base URL; empty if it is not below.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) if_match: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
    pub(crate) if_range: Option<&'a str>,
    pub(crate) last_event_id: Option<&'a str>,
    pub(crate) range: Option<&'a str>,
    /// `X-Sendmux-Upload-Token`.
    pub(crate) upload_token: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// Returns the bearer token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.authorization?.strip_prefix("Bearer ")
    }

    /// Returns the segments of the path, decoded. Malformed percent-encoding is kept.
    pub(crate) fn segments(&self) -> Vec<String> {
        let path = self.path.strip_prefix('/').unwrap_or(self.path);
        let decode = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        path.split('/').map(decode).collect()
    }

    pub(crate) fn query(&self) -> Query {
        Query::parse(self.path, self.query)
    }

    /// Returns the body, which must be a JSON object.
    pub(crate) fn json(&self) -> Result<Map<String, Value>, ApiError> {
        serde_json::from_slice(self.body).map_err(|_| ApiError::InvalidParameter("body"))
    }

    /// Returns the absolute URL of a path below the base URL.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{BASE_PATH}{path}", self.host.unwrap_or("localhost"))
    }

    /// Checks `If-Match` against the present state of a resource.
    pub(crate) fn check_if_match(&self, resource: &Value) -> Result<(), ApiError> {
        let hash = fnv1a(resource.to_string().as_bytes());
        match self.if_match {
            Some(tags) if !matches_any(tags, &entity_tag(hash)) => Err(ApiError::Stale(hash)),
            _ => Ok(()),
        }
    }
}

/// The query parameters of a request.
pub(crate) struct Query {
    parameters: Vec<(String, String)>,
    /// Identifies the list: a hash of the path and all filters.
    pub(crate) list: u64,
}

impl Query {
    pub(crate) fn parse(path: &str, query: &str) -> Self {
        let mut parameters: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        parameters.sort();
        let filters = parameters.iter().filter(|(name, _)| name != "cursor" && name != "limit");
        let list =
            filters.fold(path.to_owned(), |list, (name, value)| format!("{list}\n{name}={value}"));
        Self { list: fnv1a(list.as_bytes()), parameters }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a parameter that is true or false.
    pub(crate) fn flag(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        Ok(self.one_of(name, &["true", "false"])?.map(|value| value == "true"))
    }

    /// Returns the value of a parameter that is a number in this range.
    pub(crate) fn number(
        &self,
        name: &'static str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or(ApiError::InvalidParameter(name))
    }

    /// Returns the value of a parameter that must be one of these values.
    pub(crate) fn one_of(
        &self,
        name: &'static str,
        values: &[&'static str],
    ) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let known = values.iter().find(|value| **value == text);
        known.map(|value| Some(*value)).ok_or(ApiError::InvalidParameter(name))
    }

    /// Returns true if one of these texts contains the `search` parameter, or if there is none.
    pub(crate) fn matches_search<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        self.get("search").is_none_or(|search| {
            let search = search.to_lowercase();
            texts.into_iter().any(|text| text.to_lowercase().contains(&search))
        })
    }

    /// Returns the `limit` parameter, which must be from 1 to `max`.
    pub(crate) fn limit(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        Ok(self.number("limit", 1..=max)?.unwrap_or(default))
    }

    /// Returns the period from `from_date` to `to_date`; without them from `start` to `now`. Both
    /// ends are included.
    pub(crate) fn period(&self, start: i64, now: i64) -> Result<Period, ApiError> {
        let span = |name: &'static str| match self.get(name) {
            None => Ok(None),
            Some(text) => time::parse(text).map(Some).ok_or(ApiError::InvalidParameter(name)),
        };
        Ok(Period {
            from: span("from_date")?.map_or(start, |span| span.start),
            to: span("to_date")?.map_or(now + 1, |span| span.end),
        })
    }
}

/// From one time to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Period {
    pub(crate) fn contains(&self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// Returns the period of the same length that ends where this one starts.
    pub(crate) fn previous(&self) -> Self {
        let length = (self.to - self.from).max(0);
        Self { from: self.from - length, to: self.from }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, NOW};

    fn period(query: &str) -> Result<Period, ApiError> {
        Query::parse("/", query).period(7, NOW)
    }

    #[test]
    fn path_segments_are_decoded() {
        let request = Request { path: "/domains/a%2Fb%zz%4", ..Request::default() };
        assert_eq!(request.segments(), ["domains", "a/b%zz%4"]);
    }

    #[test]
    fn a_parameter_can_be_limited_to_known_values() {
        let query = Query::parse("/list", "status=sent&type=odd");
        assert_eq!(query.one_of("status", &["failed", "sent"]), Ok(Some("sent")));
        assert_eq!(query.one_of("type", &["even"]), Err(ApiError::InvalidParameter("type")));
        assert_eq!(query.one_of("other", &["even"]), Ok(None));
    }

    #[test]
    fn a_period_includes_both_of_its_dates() {
        let midnight = NOW - NOW % DAY;
        let day = Period { from: midnight, to: midnight + DAY };
        assert_eq!(period("from_date=2026-05-21&to_date=2026-05-21"), Ok(day));
        assert_eq!(day.previous(), Period { from: midnight - DAY, to: midnight });
    }

    #[test]
    fn a_period_without_dates_reaches_to_the_present() {
        assert_eq!(period(""), Ok(Period { from: 7, to: NOW + 1 }));
        assert_eq!(period("to_date=yesterday"), Err(ApiError::InvalidParameter("to_date")));
    }
}
