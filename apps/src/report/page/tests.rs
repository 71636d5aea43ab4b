use std::collections::BTreeSet;

use scraper::{Html, Selector};
use sendmux_client::management::types::EmailMetrics;
use serde_json::json;

use super::*;
use crate::account::Problem;
use crate::report::data::Metrics;
use crate::report::fixture::{HOSTILE, data, log, mail, period, provider, transaction};
use crate::report::reason::ReasonFormat;

fn render_data(data: &ReportData) -> String {
    let generated_at = "2026-11-03T10:00:00Z".parse().unwrap();
    let (period, reason_format) = (period(), ReasonFormat::Grouped);
    render(&Report { data, period: &period, reason_format, demo: false, generated_at })
}

fn text(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    page.select(&selector)
        .map(|found| found.text().flat_map(words).collect::<Vec<_>>().join(" "))
        .collect()
}

fn account_rows(page: &Html) -> Vec<String> {
    text(page, "section:nth-of-type(3) tbody tr")
}

/// Asserts that a page has nothing that runs, loads, links or carries inline styles.
fn assert_harmless(html: &str) {
    let page = Html::parse_document(html);
    assert_eq!(page.errors.len(), 0, "{:?}", page.errors);
    let allowed: BTreeSet<&str> = BTreeSet::from([
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "footer",
        "figure",
        "figcaption",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "strong",
        "bdi",
        "ul",
        "li",
        "div",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "svg",
        "g",
        "rect",
        "line",
        "text",
        "desc",
    ]);
    let mut styles = 0;
    for element in page.tree.values().filter_map(|node| node.as_element()) {
        assert!(allowed.contains(element.name()), "{}", element.name());
        styles += usize::from(element.name() == "style");
        for (name, value) in element.attrs() {
            assert!(!name.starts_with("on"), "{name}");
            assert!(!["style", "src", "href", "xlink:href", "srcdoc", "action"].contains(&name));
            assert!(!value.contains("://"), "{name}={value}");
        }
    }
    assert_eq!(styles, 1);
    for hidden in ['\u{0}', '\u{202e}', '\u{2066}'] {
        assert!(!html.contains(hidden), "{hidden:?}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let long = "x".repeat(10_000);
    let from = |id: &str, name: &str, reason: &str| json!({"provider_id": id, "provider_name": name, "status_reason": reason});
    let mail = mail(&[
        log(1, "failed", from("dprov_1", "", HOSTILE)),
        log(2, "rejected", from("dprov_2", HOSTILE, &long)),
        log(3, "held<b>", from(HOSTILE, &long, "")),
        log(4, "sent", from("dprov_3", "مرحبا\u{202b}", "")),
    ]);
    let transactions = [
        transaction("2026-10-03T00:00:00Z", HOSTILE, "79228162514264337593543950335"),
        transaction("2026-10-03T00:00:00Z", "USAGE", "-79228162514264337593543950335"),
        transaction("2026-10-04T00:00:00Z", "USAGE", "5.000000"),
    ];
    let providers = vec![provider("dprov_1", HOSTILE, HOSTILE), provider("dprov_9", &long, &long)];
    let mut data = data(mail, &transactions, providers);
    data.team = HOSTILE.to_owned();
    let html = render_data(&data);
    assert_harmless(&html);
    assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(html.len() < 120_000, "{}", html.len());
}

#[test]
fn the_content_security_policy_allows_only_the_style_sheet() {
    let html = render_data(&data(mail(&[]), &[], Vec::new()));
    let page = Html::parse_document(&html);
    let style = page.select(&Selector::parse("style").unwrap()).next().unwrap();
    let hash = STANDARD.encode(Sha256::digest(style.text().collect::<String>()));
    let meta = Selector::parse("meta[http-equiv=Content-Security-Policy]").unwrap();
    let policy = page.select(&meta).next().unwrap().attr("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn an_empty_month_is_described_as_empty() {
    let html = render_data(&data(mail(&[]), &[], Vec::new()));
    assert_harmless(&html);
    let page = Html::parse_document(&html);
    let empty = text(&page, ".empty");
    assert_eq!(empty.len(), 4, "{empty:?}");
    assert_eq!(empty[0], "No email in October 2026.");
    assert_eq!(text(&page, ".value"), ["0", "0", "–", "$0.00"]);
    assert!(text(&page, "table").is_empty());
}

#[test]
fn charts_and_tables_show_the_same_numbers() {
    let main = json!({"provider_id": "dprov_1"});
    let mut logs = vec![log(17, "sent", main.clone()), log(17, "failed", main.clone())];
    logs.resize_with(11, || log(16, "sent", json!({"provider_id": "dprov_2"})));
    let spend = transaction("2026-10-17T10:00:00Z", "USAGE", "-0.001500");
    let providers =
        vec![provider("dprov_1", "Main", "error"), provider("dprov_2", "Spare", "active")];
    let html = render_data(&data(mail(&logs), &[spend], providers));
    assert_harmless(&html);
    let page = Html::parse_document(&html);
    assert_eq!(text(&page, ".value"), ["11", "10", "9.1%", "$0.00"]);
    assert_eq!(text(&page, ".change")[0], "▲ 10.0% vs September");
    assert_eq!(text(&page, ".days tbody tr").len(), 31);
    assert_eq!(text(&page, ".days tbody tr")[16], "Sat 17 October 2 1 0 1 0 50.0% $0.0015");
    assert_eq!(text(&page, ".days tfoot tr"), ["October 2026 11 10 0 1 0 9.1% $0.0015"]);
    let senders = account_rows(&page);
    assert_eq!(senders, ["Spare 9 81.8% 0 0.0%", "Main error 2 18.2% 1 50.0%"]);
    let days = text(&page, ".plot title");
    assert!(days.contains(&"Sat 17 October: 2 emails, 1 failed or rejected (50.0%)".to_owned()));
    for svg in page.select(&Selector::parse("svg[role=img].plot").unwrap()) {
        for reference in ["aria-labelledby", "aria-describedby"] {
            let id = svg.attr(reference).unwrap();
            assert_eq!(text(&page, &format!("#{id}")).len(), 1, "{id}");
        }
    }
    let ids: Vec<_> = page
        .select(&Selector::parse("[id]").unwrap())
        .filter_map(|found| found.attr("id"))
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
}

#[test]
fn long_lists_are_summarized() {
    let word = |n: usize| ["abcdefghij".chars().nth(n / 10), "abcdefghij".chars().nth(n % 10)];
    let logs: Vec<_> = (0..80)
        .map(|n| {
            let name: String = word(n).into_iter().flatten().collect();
            log(1, "failed", json!({"status_reason": name, "provider_id": name}))
        })
        .collect();
    let page = Html::parse_document(&render_data(&data(mail(&logs), &[], Vec::new())));
    let reasons = text(&page, "section:nth-of-type(2) tbody tr");
    assert_eq!(account_rows(&page)[0], "aa not listed 1 1.3% 1 100.0%");
    assert_eq!(reasons.len(), 11);
    assert_eq!(reasons[10], "All other reasons 70 87.5%");
    let senders = account_rows(&page);
    assert_eq!(senders.len(), 51);
    assert_eq!(senders[50], "All other accounts 30 37.5% 30 100.0%");
}

#[test]
fn no_account_is_unlisted_if_the_list_is_missing() {
    let sent = log(1, "sent", json!({"provider_id": "dprov_1", "provider_name": "Main"}));
    let mut data = data(mail(&[sent]), &[], Vec::new());
    data.providers = Err(Problem::new("no"));
    let page = Html::parse_document(&render_data(&data));
    assert_eq!(account_rows(&page), ["Main 1 100.0% 0 0.0%"]);
}

#[test]
fn differing_counts_are_both_shown() {
    let mut data = data(mail(&[log(1, "sent", json!({}))]), &[], Vec::new());
    let page = Html::parse_document(&render_data(&data));
    assert!(text(&page, "footer p")[0].ends_with("the metrics of the API agree."));
    if let Ok(metrics) = &mut data.metrics {
        metrics.total.pending = 2;
    }
    let html = render_data(&data);
    assert_harmless(&html);
    let page = Html::parse_document(&html);
    assert!(text(&page, "h2").contains(&"Log and metrics".to_owned()));
    assert!(text(&page, "tr").contains(&"Total 1 3".to_owned()));
}

#[test]
fn missing_parts_are_named() {
    let response = json!({
        "summary": {"total": 5, "sent": 4, "failed": 1, "rejected": 0, "pending": 0},
        "comparison": {"total": 0, "sent": 0, "failed": 0, "rejected": 0, "pending": 0,
            "change_pct": {"total": 0, "sent": 0, "failed": 0, "rejected": 0, "pending": 0}},
        "timeseries": [],
    });
    let metrics: EmailMetrics = serde_json::from_value(response).unwrap();
    let total: StatusCounts = (&metrics.summary).into();
    let problem = || Problem::new(HOSTILE);
    let mut days = vec![StatusCounts::default(); 31];
    days[4] = total;
    let data = ReportData {
        team: String::new(),
        mail: Err(problem()),
        metrics: Ok(Metrics {
            total,
            previous: StatusCounts::default(),
            days: Some(days),
            earlier: Err(problem()),
        }),
        providers: Err(problem()),
        spend: Err(problem()),
    };
    let html = render_data(&data);
    assert_harmless(&html);
    let page = Html::parse_document(&html);
    assert_eq!(text(&page, ".notice li").len(), 4);
    assert_eq!(text(&page, ".value"), ["5", "4", "20.0%", "–"]);
    assert_eq!(text(&page, ".days tbody tr")[4], "Mon 5 October 5 4 0 1 0 20.0%");
}

#[test]
fn the_time_zone_and_the_unfinished_month_are_mentioned() {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let generated_at: jiff::Timestamp = "2026-10-20T10:30:00Z".parse().unwrap();
    let period = Period::new("2026-10".parse().unwrap(), zone, generated_at).unwrap();
    let data = data(mail(&[log(20, "failed", json!({}))]), &[], Vec::new());
    let render_with = |reason_format| {
        render(&Report { data: &data, period: &period, reason_format, demo: false, generated_at })
    };
    let html = render_with(ReasonFormat::Verbatim);
    assert_harmless(&html);
    let page = Html::parse_document(&html);
    let expected = "Month to date, up to 20 October, 12:30. \
        Days are in Europe/Berlin; those of the API are in UTC.";
    assert_eq!(text(&page, "header p")[1], expected);
    assert_eq!(text(&page, ".change")[0], "▼ 90.0% vs the same period of September");
    assert_eq!(text(&page, ".days tbody tr").len(), 20);
    assert!(!html.contains("identifiers replaced"));
    assert!(render_with(ReasonFormat::Grouped).contains("identifiers replaced"));
}

#[test]
fn the_months_of_a_year_are_side_by_side() {
    let counts = |sent, failed| StatusCounts { sent, failed, ..StatusCounts::default() };
    let mut data = data(mail(&[log(1, "sent", json!({}))]), &[], Vec::new());
    let last = Period::earlier_months(&period()).len() - 1;
    if let Ok(Metrics { earlier: Ok(earlier), .. }) = &mut data.metrics {
        earlier[last - 2] = counts(1000, 0);
        earlier[last] = counts(75, 25);
    }
    let html = render_data(&data);
    assert_harmless(&html);
    let page = Html::parse_document(&html);
    let rows = [
        "Jul 2026 1,000 – 0 0.0% $0.00",
        "Aug 2026 0 ▼ 100.0% 0 – $0.00",
        "Sep 2026 100 – 25 25.0% $0.00",
        "Oct 2026 1 ▼ 99.0% 0 0.0% $0.00",
    ];
    assert_eq!(text(&page, ".months tbody tr"), rows);
    assert_eq!(text(&page, "svg[aria-labelledby=year-title] g.column").len(), 12);

    let nothing_earlier = render_data(&self::data(mail(&[]), &[], Vec::new()));
    assert!(!nothing_earlier.contains("side by side"));
}

#[test]
fn changes_have_a_direction() {
    assert_eq!(growth_since(110, 100, "May"), "▲ 10.0% vs May");
    assert_eq!(growth_since(90, 100, "May"), "▼ 10.0% vs May");
    assert_eq!(growth_since(100, 100, "May"), "= 0.0% vs May");
    assert_eq!(growth_since(5, 0, "May"), "none in May");
    assert_eq!(spend_growth(Decimal::new(15, 1), Decimal::ONE, "May"), "▲ 50.0% vs May");
    assert_eq!(spend_growth(Decimal::ONE, Decimal::ZERO, "May"), "none in May");
    assert_eq!(spend_growth(Decimal::MAX, Decimal::new(1, 6), "May"), "none in May");
}
