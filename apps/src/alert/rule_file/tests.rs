use super::*;
use crate::alert::receiver::Endpoint;

#[track_caller]
fn rejected(text: &str, parts: &[&str]) {
    let error = RuleFile::parse(text).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

const BALANCE: &str = "[[rule]]\nname = \"low\"\nkind = \"balance-below\"\nbelow = \"5\"\n";

#[test]
fn the_example_has_a_rule_of_every_kind() {
    let rules = RuleFile::parse(EXAMPLE).unwrap();
    let kinds: BTreeSet<_> = rules
        .rules
        .iter()
        .map(|rule| std::mem::discriminant(&rule.condition))
        .map(|kind| format!("{kind:?}"))
        .collect();
    assert_eq!((rules.rules.len(), kinds.len()), (9, 9));
    assert_eq!((rules.overlap, rules.lookback()), (900, Some(25 * 3600)));
    let failures = &rules.rules[0];
    assert_eq!((failures.severity, failures.hold_duration), (Severity::Critical, 300));
    assert_eq!(failures.repeat_interval, Some(4 * 3600));
}

#[test]
fn the_commented_part_of_the_example_is_valid_too() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    fs::write(&secret, "https://example.com/t0ken\n").unwrap();
    let begin = EXAMPLE.find("# [[notify]]\n# name = \"pager\"").unwrap();
    let end = begin + EXAMPLE[begin..].find("\n# Failure rate").unwrap();
    let mut tables = format!("\n{}", &EXAMPLE[begin..end]).replace("\n# ", "\n");
    for path in ["pager", "token", "mailbox-key"] {
        let path = format!("/run/secrets/{path}");
        tables = tables.replace(&path, secret.to_str().unwrap());
    }
    let rules = RuleFile::parse(&format!("{tables}\n{BALANCE}")).unwrap();
    let [pager, alertmanager, mail] = rules.receivers.as_slice() else { panic!("{rules:?}") };
    assert!(matches!(pager.endpoint, Endpoint::Webhook(_)));
    assert!(matches!(alertmanager.endpoint, Endpoint::Alertmanager(_)));
    assert!(matches!(mail.endpoint, Endpoint::Email(_)));
    assert!(!format!("{rules:?}").contains("t0ken"));
}

#[test]
fn omitted_keys_have_defaults() {
    let rules = RuleFile::parse(BALANCE).unwrap();
    assert_eq!(rules.receivers.len(), 1);
    let rule = &rules.rules[0];
    assert_eq!(
        (rule.severity, rule.hold_duration, rule.repeat_interval),
        (Severity::Warning, 0, None)
    );
    assert_eq!(rule.condition, Condition::BalanceBelow { below: 5.into() });
    assert_eq!(rules.lookback(), None);
}

#[test]
fn errors_name_line_and_key() {
    rejected("", &["no [[rule]]"]);
    rejected("[[rule]\n", &["line 1"]);
    rejected(&format!("{BALANCE}belwo = 3\n"), &["line 5", "belwo", "below"]);
    rejected(&format!("{BALANCE}window = \"1h\"\n"), &["line 1", "`low`", "`window`"]);
    rejected(&format!("{BALANCE}for = 5\n"), &["line 5", "`for`"]);
    rejected(&format!("{BALANCE}for = \"soon\"\n"), &["line 5", "`for`", "15m"]);
    rejected(&format!("{BALANCE}repeat = \"900d\"\n"), &["line 5", "`repeat`", "31d"]);
    rejected(&format!("{BALANCE}{BALANCE}"), &["line 5", "two rules", "`low`"]);
    rejected("[[rule]]\nname = \"a\"\nkind = \"odd\"\n", &["line 3", "`kind`", "failure-rate"]);
    rejected("[[rule]]\nname = \"a\"\nkind = \"no-mail\"\n", &["`a`", "`window` is missing"]);
    rejected("[[rule]]\nname = \"\"\nkind = \"no-mail\"\nwindow = \"1h\"\n", &["`name`"]);
    rejected(
        "\n[[rule]]\nname = \"a\"\nkind = \"provider-quota\"\nabove = 80\n",
        &["line 2", "share from 0 to 1"],
    );
    rejected(
        "[[rule]]\nname = \"a\"\nkind = \"bounce-surge\"\nwindow = \"1h\"\nfactor = nan\n",
        &["`factor`"],
    );
    rejected(
        "[[rule]]\nname = \"a\"\nkind = \"failure-rate\"\nwindow = \"1h\"\nabove = nan\n",
        &["`above`"],
    );
}

#[test]
fn errors_do_not_contain_urls() {
    let url = "https://hooks.example.com/t0ken";
    for (table, word) in [
        (format!("name = \"a\"\nto = \"{url}\""), "`to`"),
        (
            format!("name = \"a\"\nto = \"slack\"\nurl = \"http://example.com/t0ken\" # {url}"),
            "https",
        ),
        (format!("name = \"a\"\nto = \"slack\"\nurl = [\"{url}\"]"), "`url`"),
        (format!("name = \"a\"\nto = \"slack\"\nurl = \"{url}\"\nurl_env = \"A\""), "only one"),
        (format!("name = \"a\"\nto = \"stdout\"\nurl = \"{url}\""), "takes no URL"),
        (format!("name = \"a\"\nto = \"slack\"\nurl = \"{url}"), "line"),
        ("name = \"a\"\nto = \"webhook\"".to_owned(), "missing"),
        ("name = \"a\"\nto = \"webhook\"\nurl_env = \"SENDMUX_UNSET\"".to_owned(), "SENDMUX_UNSET"),
        ("name = \"a\"\nto = \"webhook\"\nurl_file = \"/nowhere/url\"".to_owned(), "/nowhere/url"),
    ] {
        let error = RuleFile::parse(&format!("[[notify]]\n{table}\n{BALANCE}")).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(word) && !text.contains("t0ken"), "{text}");
    }
    let good = format!("[[notify]]\nname = \"a\"\nto = \"slack\"\nurl = \"{url}\"\n{BALANCE}");
    assert!(!format!("{:?}", RuleFile::parse(&good).unwrap()).contains("t0ken"));
}

#[test]
fn the_overlap_is_that_of_the_rule_that_needs_the_longest() {
    let log = |name: &str, more: &str| {
        format!("[[rule]]\nname = \"{name}\"\nkind = \"no-mail\"\nwindow = \"1h\"\n{more}\n")
    };
    let rules = format!("overlap = \"5m\"\n{}{}", log("a", ""), log("b", "overlap = \"2h\""));
    assert_eq!(RuleFile::parse(&rules).unwrap().overlap, 7200);
    rejected(&format!("{BALANCE}overlap = \"2h\"\n"), &["`overlap` does not apply"]);
}

#[test]
fn sending_accounts_can_have_their_own_thresholds() {
    let rule = "[[rule]]\nname = \"a\"\nkind = \"failure-rate\"\nwindow = \"1h\"\nabove = 0.1\n";
    let rules = RuleFile::parse(&format!("{rule}accounts = {{ dprov_1 = 0.5 }}\n")).unwrap();
    let Condition::FailureRate { above, per_account: true, .. } = &rules.rules[0].condition else {
        panic!("{rules:?}")
    };
    assert_eq!((above.of("dprov_1"), above.of("dprov_2")), (0.5, 0.1));
    rejected(&format!("{rule}accounts = {{ dprov_1 = 5 }}\n"), &["share from 0 to 1"]);
    rejected(
        &format!("{rule}per_account = false\naccounts = {{ dprov_1 = 0.5 }}\n"),
        &["per_account"],
    );
}

#[test]
fn the_name_of_the_monitor_is_reserved() {
    let rule = BALANCE.replace("\"low\"", "\"sendmux-alert\"");
    rejected(&rule, &["reserved"]);
}

#[test]
fn errors_do_not_contain_headers() {
    let hook = "[[notify]]\nname = \"a\"\nto = \"webhook\"\nurl = \"https://example.com\"\n";
    for headers in ["\"Bearer t0ken\"", "{ A = [\"t0ken\"] }", "{ A = { t0ken = \"t0ken\" } }"] {
        let error = RuleFile::parse(&format!("{hook}headers = {headers}\n{BALANCE}")).unwrap_err();
        assert!(!error.to_string().contains("t0ken"), "{error}");
    }
}

#[test]
fn a_misspelled_name_is_answered_with_the_nearest_one() {
    let rule = |line: &str| format!("[[rule]]\nname = \"a\"\nkind = \"failure-rate\"\n{line}\n");
    for (text, expected) in [
        (rule("windows = \"1h\""), "did you mean `window`?"),
        (rule("severity = \"critic\""), "did you mean `critical`?"),
        ("[[rule]]\nname = \"a\"\nkind = \"failure_rate\"\n".to_owned(), "`failure-rate`?"),
        ("[[rules]]\nname = \"a\"\n".to_owned(), "did you mean `rule`?"),
        ("[heartbeet]\nurl = \"https://t0ken/\"\n".to_owned(), "did you mean `heartbeat`?"),
        (rule("above = \"5%\""), "`above`: this must be a number, without quotation marks"),
        (rule("per_account = \"yes\""), "`per_account`: this must be true or false"),
    ] {
        let problem = RuleFile::parse(&text).unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}");
    }
    let problem = RuleFile::parse(&rule("q = 1")).unwrap_err().to_string();
    assert!(!problem.contains("did you mean"), "{problem}");
}
