use super::*;
use crate::alert::rule::{Condition, Severity};
use crate::alert::sink::Address;

#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let refusal = Rules::parse(text).unwrap_err().to_string();
    for part in parts {
        assert!(refusal.contains(part), "`{part}` is not in: {refusal}");
    }
}

const BALANCE: &str = "[[rule]]\nname = \"low\"\nkind = \"balance-below\"\nbelow = \"5\"\n";

#[test]
fn the_example_has_every_kind() {
    let rules = Rules::parse(EXAMPLE).unwrap();
    let kinds: BTreeSet<_> = rules
        .rules
        .iter()
        .map(|rule| std::mem::discriminant(&rule.condition))
        .map(|kind| format!("{kind:?}"))
        .collect();
    assert_eq!((rules.rules.len(), kinds.len()), (6, 6));
    assert_eq!((rules.overlap, rules.reach()), (900, Some(25 * 3600)));
    let failures = &rules.rules[0];
    assert_eq!((failures.severity, failures.hold), (Severity::Critical, 300));
    assert_eq!(failures.repeat, Some(4 * 3600));
}

#[test]
fn what_is_commented_out_in_the_example_is_valid_too() {
    let begin = EXAMPLE.find("# [[notify]]\n# name = \"pager\"").unwrap();
    let end = begin + EXAMPLE[begin..].find("\n\n").unwrap();
    let table = format!("\n{}", &EXAMPLE[begin..end]).replace("\n# ", "\n");
    let table = table.replace("url_file = \"/run/secrets/pager\"", "url = \"https://example.com\"");
    let rules = Rules::parse(&format!("{table}\n{BALANCE}")).unwrap();
    assert!(matches!(rules.sinks[0].address, Address::Webhook(_)));
}

#[test]
fn defaults_are_modest() {
    let rules = Rules::parse(BALANCE).unwrap();
    assert_eq!(rules.sinks.len(), 1);
    let rule = &rules.rules[0];
    assert_eq!((rule.severity, rule.hold, rule.repeat), (Severity::Warning, 0, None));
    assert_eq!(rule.condition, Condition::BalanceBelow { below: 5.into() });
    assert_eq!(rules.reach(), None);
}

#[test]
fn refusals_name_line_and_key() {
    refused("", &["no [[rule]]"]);
    refused("[[rule]\n", &["line 1"]);
    refused(&format!("{BALANCE}belwo = 3\n"), &["line 5", "belwo", "below"]);
    refused(&format!("{BALANCE}window = \"1h\"\n"), &["line 1", "`low`", "`window`"]);
    refused(&format!("{BALANCE}for = 5\n"), &["line 5", "`for`"]);
    refused(&format!("{BALANCE}for = \"soon\"\n"), &["line 5", "`for`", "15m"]);
    refused(&format!("{BALANCE}repeat = \"900d\"\n"), &["line 5", "`repeat`", "31d"]);
    refused(&format!("{BALANCE}{BALANCE}"), &["line 5", "two rules", "`low`"]);
    refused("[[rule]]\nname = \"a\"\nkind = \"odd\"\n", &["line 3", "`kind`", "failure-rate"]);
    refused("[[rule]]\nname = \"a\"\nkind = \"no-mail\"\n", &["`a`", "`window` is missing"]);
    refused("[[rule]]\nname = \"\"\nkind = \"no-mail\"\nwindow = \"1h\"\n", &["`name`"]);
    refused(
        "\n[[rule]]\nname = \"a\"\nkind = \"provider-quota\"\nabove = 80\n",
        &["line 2", "share from 0 to 1"],
    );
    refused(
        "[[rule]]\nname = \"a\"\nkind = \"bounce-surge\"\nwindow = \"1h\"\nfactor = nan\n",
        &["`factor`"],
    );
    refused(
        "[[rule]]\nname = \"a\"\nkind = \"failure-rate\"\nwindow = \"1h\"\nabove = nan\n",
        &["`above`"],
    );
}

#[test]
fn refusals_keep_urls_to_themselves() {
    let url = "https://hooks.example.com/t0ken";
    for (table, word) in [
        (format!("name = \"a\"\nto = \"{url}\""), "`to`"),
        (
            format!("name = \"a\"\nto = \"slack\"\nurl = \"http://example.com/t0ken\" # {url}"),
            "https",
        ),
        (format!("name = \"a\"\nto = \"slack\"\nurl = [\"{url}\"]"), "`url`"),
        (format!("name = \"a\"\nto = \"slack\"\nurl = \"{url}\"\nurl_env = \"A\""), "give one"),
        (format!("name = \"a\"\nto = \"stdout\"\nurl = \"{url}\""), "no URL"),
        (format!("name = \"a\"\nto = \"slack\"\nurl = \"{url}"), "line"),
        ("name = \"a\"\nto = \"webhook\"".to_owned(), "missing"),
        ("name = \"a\"\nto = \"webhook\"\nurl_env = \"SENDMUX_UNSET\"".to_owned(), "SENDMUX_UNSET"),
        ("name = \"a\"\nto = \"webhook\"\nurl_file = \"/nowhere/url\"".to_owned(), "/nowhere/url"),
    ] {
        let refusal = Rules::parse(&format!("[[notify]]\n{table}\n{BALANCE}")).unwrap_err();
        let said = format!("{refusal} {refusal:?}");
        assert!(said.contains(word) && !said.contains("t0ken"), "{said}");
    }
    let good = format!("[[notify]]\nname = \"a\"\nto = \"slack\"\nurl = \"{url}\"\n{BALANCE}");
    assert!(!format!("{:?}", Rules::parse(&good).unwrap()).contains("t0ken"));
}
