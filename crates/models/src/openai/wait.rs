//! How long an endpoint asks to wait, from the headers of its refusal.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;

const RESET: &str = "x-ratelimit-reset";
const REMAINING: &str = "x-ratelimit-remaining";

/// The wait that the headers ask for: `retry-after-ms`, else `retry-after` (seconds or an HTTP date), else the
/// latest `x-ratelimit-reset-*` whose `x-ratelimit-remaining-*` is not above 0.
pub(super) fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    if let Some(value) = text("retry-after") {
        return seconds(value).or_else(|| until_date(value, now));
    }
    headers
        .iter()
        .filter_map(|(name, value)| {
            let bucket = name.as_str().strip_prefix(RESET)?;
            let left = text(&format!("{REMAINING}{bucket}")).and_then(|value| value.parse::<f64>().ok());
            (left.unwrap_or(0.0) <= 0.0).then(|| until_reset(value.to_str().ok()?.trim(), now))?
        })
        .max()
}

fn seconds(value: &str) -> Option<Duration> {
    value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn until_date(value: &str, now: Timestamp) -> Option<Duration> {
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Some(span(now, date.timestamp()))
}

/// Servers write a reset as seconds, as a length such as `6m0s`, or as the time of day in seconds or milliseconds
/// since 1970.
fn until_reset(value: &str, now: Timestamp) -> Option<Duration> {
    const A_MOMENT_IN_SECONDS: f64 = 1e9;
    const A_MOMENT_IN_MILLISECONDS: f64 = 1e12;
    let Ok(number) = value.parse::<f64>() else {
        return value.parse::<SignedDuration>().ok()?.try_into().ok();
    };
    if number < A_MOMENT_IN_SECONDS {
        return Duration::try_from_secs_f64(number).ok();
    }
    let since_1970 = if number < A_MOMENT_IN_MILLISECONDS { number } else { number / 1000.0 };
    let moment = Timestamp::from_duration(SignedDuration::try_from_secs_f64(since_1970).ok()?).ok()?;
    Some(span(now, moment))
}

fn span(now: Timestamp, later: Timestamp) -> Duration {
    now.duration_until(later).try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn wait(headers: &[(&str, &str)]) -> Option<Duration> {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        asked_wait(&headers, now)
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let second = Duration::from_secs(1);
        assert_eq!(wait(&[("retry-after", "7")]), Some(7 * second));
        assert_eq!(wait(&[("retry-after", "0.25")]), Some(second / 4));
        assert_eq!(wait(&[("retry-after", "Fri, 02 Jan 2026 03:04:35 GMT")]), Some(30 * second));
        assert_eq!(wait(&[("retry-after", "Fri, 02 Jan 2026 03:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(wait(&[("retry-after-ms", "1500"), ("retry-after", "9")]), Some(second * 3 / 2));
    }

    #[test]
    fn a_used_up_allowance_is_waited_for() {
        let second = Duration::from_secs(1);
        let requests = ("x-ratelimit-reset-requests", "1s");
        let tokens = ("x-ratelimit-reset-tokens", "6m0s");
        assert_eq!(wait(&[requests, tokens]), Some(360 * second));
        let left = ("x-ratelimit-remaining-tokens", "17");
        assert_eq!(wait(&[requests, tokens, left, ("x-ratelimit-remaining-requests", "0")]), Some(second));
        assert_eq!(wait(&[("x-ratelimit-reset-requests", "20ms")]), Some(second / 50));
        assert_eq!(wait(&[("x-ratelimit-reset", "2.5")]), Some(second * 5 / 2));
        assert_eq!(wait(&[("x-ratelimit-reset", "1767323055")]), Some(10 * second));
        assert_eq!(wait(&[("x-ratelimit-reset", "1767323055000")]), Some(10 * second));
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        for value in ["", "soon", "-5", "NaN", "inf", "1e400", "99999999999999999999999999"] {
            assert!(wait(&[("x-ratelimit-reset-tokens", value)]).is_none(), "{value}");
            let wait = wait(&[("retry-after", value)]);
            assert!(wait.is_none() || value.starts_with("999"), "{value}: {wait:?}");
        }
        assert_eq!(wait(&[]), None);
    }
}
