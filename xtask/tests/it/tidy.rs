//! `cargo xtask tidy` on small workspaces with one thing wrong, or nothing.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::tidy;

const MAP: &str = "# Architecture\n\n```text modules:sample\nhigh   above\nlow    below\n```\n";
const HIGH: &str = "pub(crate) struct High;\npub(crate) fn rise() {}\npub(crate) mod inner {}\n";

/// Writes a crate `sample` with the modules `high` and `low`, and the files given.
fn sample(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let usual = [
        ("Cargo.toml", "[package]\nname = \"sample\"\n"),
        ("ARCHITECTURE.md", MAP),
        ("src/lib.rs", "mod high;\nmod low;\n"),
        ("src/high.rs", HIGH),
        ("src/low.rs", ""),
    ];
    for (file, text) in usual.iter().chain(files) {
        let file = folder.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

fn violations_in(root: &Path) -> Vec<String> {
    tidy::check(root).unwrap().iter().map(ToString::to_string).collect()
}

fn violations(files: &[(&str, &str)]) -> Vec<String> {
    violations_in(sample(files).path())
}

/// Asserts that the files break one rule, and that the violation says all of `words`.
#[track_caller]
fn assert_violation(files: &[(&str, &str)], words: &[&str]) {
    let violations = violations(files);
    let [violation] = violations.as_slice() else {
        panic!("not one violation: {violations:#?}");
    };
    for word in words {
        assert!(violation.contains(word), "{word:?} is not in:\n{violation}");
    }
    assert!(violation.contains("help: "), "{violation}");
}

/// One arrow from `low` up to `high`, which must be found at the place given.
macro_rules! upward {
    ($($name:ident: $place:literal, [$($file:literal = $text:literal),+ $(,)?];)+) => {$(
        #[test]
        fn $name() {
            assert_violation(
                &[$(($file, $text)),+],
                &["module `low` uses `high`, which the map puts above it", concat!("--> ", $place)],
            );
        }
    )+};
}

upward! {
    a_use_tree_is_an_arrow: "src/low.rs:2: crate::high::High",
        ["src/low.rs" = "\nuse crate::high::High;\n"];
    a_nested_group_is_an_arrow: "src/low.rs:3: crate::high::inner",
        ["src/low.rs" = "use crate::{\n    low as own,\n    high::{inner::{self}},\n};\n"];
    a_rename_is_an_arrow: "src/low.rs:1: crate::high",
        ["src/low.rs" = "use crate::high as other;\n"];
    a_glob_is_an_arrow: "src/low.rs:1: crate::high",
        ["src/low.rs" = "use crate::high::*;\n"];
    a_use_within_a_function_is_an_arrow: "src/low.rs:2: crate::high::rise",
        ["src/low.rs" = "fn f() {\n    use crate::high::rise;\n}\n"];
    a_chain_of_super_is_an_arrow: "src/low/a/b.rs:1: super::super::super::high::High",
        ["src/low.rs" = "mod a;\n", "src/low/a.rs" = "mod b;\n",
         "src/low/a/b.rs" = "use super::super::super::high::High;\n"];
    a_path_from_self_is_an_arrow: "src/low.rs:1: self::super::high::High",
        ["src/low.rs" = "use self::super::high::High;\n"];
    a_re_export_of_the_root_is_an_arrow_to_its_origin: "src/low.rs:1: crate::High",
        ["src/lib.rs" = "mod high;\nmod low;\npub use high::High;\n", "src/low.rs" = "use crate::High;\n"];
    a_renamed_re_export_of_the_root_is_an_arrow: "src/low.rs:1: crate::Peak",
        ["src/lib.rs" = "mod high;\nmod low;\npub use self::high::High as Peak;\n",
         "src/low.rs" = "use crate::Peak;\n"];
    a_glob_re_export_of_the_root_is_an_arrow: "src/low.rs:1: crate::High",
        ["src/lib.rs" = "mod high;\nmod low;\npub use high::*;\n", "src/low.rs" = "use crate::High;\n"];
    a_name_from_a_glob_of_the_root_is_an_arrow: "src/low.rs:2: High",
        ["src/lib.rs" = "mod high;\nmod low;\npub use high::High;\n",
         "src/low.rs" = "use super::*;\nfn f(_: High) {}\n"];
    a_path_in_an_expression_is_an_arrow: "src/low.rs:2: crate::high::rise",
        ["src/low.rs" = "fn f() {\n    crate::high::rise();\n}\n"];
    a_path_in_a_type_is_an_arrow: "src/low.rs:1: crate::high::High",
        ["src/low.rs" = "struct A(Vec<crate::high::High>);\n"];
    a_path_in_a_bound_is_an_arrow: "src/low.rs:1: super::high::Rise",
        ["src/low.rs" = "fn f<T: super::high::Rise>(_: T) {}\n"];
    a_path_in_an_attribute_is_an_arrow: "src/low.rs:1: crate::high::Derive",
        ["src/low.rs" = "#[derive(Debug, crate::high::Derive)]\nstruct A;\n"];
    a_path_in_a_string_of_an_attribute_is_an_arrow: "src/low.rs:2: crate::high::inner",
        ["src/low.rs" = "struct A {\n    #[serde(with = \"crate::high::inner\")]\n    a: u8,\n}\n"];
    a_path_in_a_macro_body_is_an_arrow: "src/low.rs:3: crate::high::rise",
        ["src/low.rs" = "macro_rules! m {\n    () => {\n        crate::high::rise()\n    };\n}\n"];
    a_group_in_a_macro_body_is_an_arrow: "src/low.rs:2: crate::high::High",
        ["src/low.rs" = "macro_rules! m {\n    () => { use crate::{low, high::{High}}; };\n}\n"];
    a_path_through_dollar_crate_is_an_arrow: "src/low.rs:2: crate::high::rise",
        ["src/low.rs" = "macro_rules! m {\n    ($x:expr) => { $crate::high::rise($x) };\n}\n"];
    a_path_given_to_a_macro_is_an_arrow: "src/low.rs:2: crate::high::rise",
        ["src/low.rs" = "fn f() {\n    println!(\"{:?}\", [crate::high::rise()]);\n}\n"];
    a_macro_re_exported_by_the_root_is_an_arrow: "src/low.rs:1: crate::lift",
        ["src/lib.rs" = "mod high;\nmod low;\npub(crate) use high::lift;\n",
         "src/high.rs" = "macro_rules! lift { () => {} }\npub(crate) use lift;\n",
         "src/low.rs" = "crate::lift!();\n"];
    an_exported_macro_is_an_arrow: "src/low.rs:1: crate::lift",
        ["src/high.rs" = "#[macro_export]\nmacro_rules! lift { () => {} }\n",
         "src/low.rs" = "crate::lift!();\n"];
    a_macro_in_textual_scope_is_an_arrow: "src/low.rs:1: lift",
        ["src/lib.rs" = "#[macro_use]\nmod high;\nmod low;\n",
         "src/high.rs" = "macro_rules! lift { () => {} }\n", "src/low.rs" = "lift!();\n"];
    an_inner_file_deep_in_a_module_has_arrows: "src/low/a/b/c.rs:1: crate::high::High",
        ["src/low.rs" = "mod a;\n", "src/low/a/mod.rs" = "mod b { mod c; }\n",
         "src/low/a/b/c.rs" = "use crate::high::High;\n"];
    an_inline_module_has_arrows: "src/lib.rs:3: super::high::High",
        ["src/lib.rs" = "mod high;\nmod low {\n    use super::high::High;\n}\n",
         "src/low.rs" = "// @generated\n"];
    a_conditional_item_has_arrows: "src/low.rs:2: crate::high::High",
        ["src/low.rs" = "#[cfg(any(test, feature = \"a\"))]\nuse crate::high::High;\n"];
    a_conditional_module_has_arrows: "src/low.rs:1: crate::high::High",
        ["src/lib.rs" = "mod high;\n#[cfg(feature = \"a\")]\nmod low;\n",
         "src/low.rs" = "use crate::high::High;\n"];
    a_name_of_another_crate_that_a_module_re_exports_is_an_arrow: "src/low.rs:1: crate::high::Status",
        ["src/high.rs" = "pub(crate) use http::Status;\n", "src/low.rs" = "use crate::high::Status;\n"];
    each_of_two_modules_that_a_condition_chooses_between_has_arrows: "src/low/other.rs:1: crate::high",
        ["src/low.rs" = "#[cfg(a)]\n#[path = \"low/other.rs\"]\nmod choice;\n#[cfg(not(a))]\nmod choice;\n",
         "src/low/other.rs" = "use crate::high;\n", "src/low/choice.rs" = ""];
    a_raw_name_is_followed: "src/low/type.rs:1: crate::high::fn",
        ["src/low.rs" = "mod r#type;\n", "src/low/type.rs" = "use crate::high::r#fn;\n"];
    the_crate_under_a_name_of_its_own_is_followed: "src/low.rs:1: crate::sample::high::High",
        ["src/lib.rs" = "extern crate self as sample;\nmod high;\nmod low;\n",
         "src/low.rs" = "use crate::sample::high::High;\n"];
}

#[test]
fn what_points_downward_is_no_violation() {
    let high = "use crate::low::{self, Low};\npub(crate) fn rise(_: Low) { low::sink(); }\n";
    let low = "pub(crate) struct Low;\npub(crate) fn sink() {}\n";
    let files = [("src/high.rs", high), ("src/low.rs", low)];
    assert_eq!(violations(&files), Vec::<String>::new());
}

#[test]
fn unit_tests_are_exempt() {
    let low = "#[cfg(test)]\nmod tests {\n    use crate::high::High;\n}\n#[cfg(all(test, unix))]\n\
               use crate::high;\n#[cfg(test)]\nmod more;\n#[test]\nfn t() { crate::high::rise() }\n";
    let files = [("src/low.rs", low), ("src/low/more.rs", "use crate::high::High;\n")];
    assert_eq!(violations(&files), Vec::<String>::new());
}

#[test]
fn documentation_is_exempt() {
    let low = "//! Of [`crate::high::High`].\n\n/// See [`High`](crate::high::High).\n\
               #[doc = \"crate::high::High\"]\nstruct A;\n\
               macro_rules! m { () => { /** crate::high::High */ struct B; } }\n";
    assert_eq!(violations(&[("src/low.rs", low)]), Vec::<String>::new());
}

#[test]
fn strings_are_exempt() {
    let low =
        "const A: &str = \"crate::high::High\";\nfn f() { println!(\"crate::high::High\"); }\n";
    assert_eq!(violations(&[("src/low.rs", low)]), Vec::<String>::new());
}

#[test]
fn other_crates_are_exempt() {
    let low = "use high::High;\nuse ::low::high;\nfn f(x: u8) { x.high(); ::high::rise(); }\n";
    assert_eq!(violations(&[("src/low.rs", low)]), Vec::<String>::new());
}

#[test]
fn an_import_that_leads_to_itself_ends() {
    let low =
        "pub(crate) use self::low as low;\npub(crate) use super::low::*;\nfn f(_: low::X) {}\n";
    assert_eq!(violations(&[("src/low.rs", low)]), Vec::<String>::new());
}

#[test]
fn an_item_of_the_root_is_above_its_modules() {
    let files = [
        ("src/lib.rs", "mod high;\nmod low;\npub struct Root;\n"),
        ("src/low.rs", "use crate::Root;\n"),
    ];
    assert_violation(&files, &["which src/lib.rs defines", "--> src/low.rs:1: crate::Root"]);
}

#[test]
fn a_function_of_the_root_does_not_hide_a_module_of_its_name() {
    let files = [
        ("src/lib.rs", "mod high;\nmod low;\nfn low() {}\n"),
        ("src/high.rs", "use crate::low::Low;\n"),
    ];
    assert_eq!(violations(&files), Vec::<String>::new());
}

#[test]
fn modules_that_use_each_other_are_shown_with_both_places() {
    let files = [
        ("src/high.rs", "\n\nuse crate::low::Low;\n"),
        ("src/low.rs", "\nfn f(_: crate::high::High) {}\n"),
    ];
    let violations = violations(&files);
    let first = &violations[0];
    assert!(first.contains("modules `high`, `low` of sample use each other"), "{first}");
    assert!(first.contains("--> src/high.rs:3: crate::low::Low"), "{first}");
    assert!(first.contains("--> src/low.rs:2: crate::high::High"), "{first}");
    assert!(first.contains("help: move what both need into a module below both"), "{first}");
}

#[test]
fn the_shortest_cycle_comes_first() {
    let files = [
        ("src/lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\nmod e;\n"),
        ("src/a.rs", "use crate::b::X;\n"),
        ("src/b.rs", "use crate::c::X;\n"),
        ("src/c.rs", "use crate::a::X;\nuse crate::d;\n"),
        ("src/d.rs", "use crate::e;\n"),
        ("src/e.rs", "use crate::d;\n"),
        ("src/high.rs", "// @generated\n"),
        ("src/low.rs", "// @generated\n"),
        ("ARCHITECTURE.md", ""),
    ];
    let violations = violations(&files);
    assert!(violations[0].contains("modules `d`, `e`"), "{violations:#?}");
    assert!(violations[1].contains("modules `a`, `b`, `c`"), "{violations:#?}");
    assert!(violations[2].contains("no map of sample"), "{violations:#?}");
}

#[test]
fn a_crate_without_a_map_is_shown_one() {
    let files = [("ARCHITECTURE.md", ""), ("src/high.rs", "use crate::low;\n")];
    assert_violation(&files, &["no map of sample", "```text modules:sample\nhigh\nlow\n```"]);
}

#[test]
fn a_module_that_is_not_on_the_map_is_found() {
    let files = [("ARCHITECTURE.md", "```text modules:sample\nlow\n```\n")];
    assert_violation(
        &files,
        &["module `high` is missing", "--> src/high.rs:1", "ARCHITECTURE.md:1"],
    );
}

#[test]
fn a_module_that_is_only_on_the_map_is_found() {
    let files = [("ARCHITECTURE.md", "```text modules:sample\nhigh, low\nroof  closed\n```\n")];
    assert_violation(&files, &["sample has no module `roof`", "--> ARCHITECTURE.md:3"]);
}

#[test]
fn modules_of_one_line_do_not_use_each_other() {
    let files = [
        ("ARCHITECTURE.md", "```text modules:sample\nhigh, low   peers\n```\n"),
        ("src/high.rs", "use crate::low;\n"),
    ];
    assert_violation(&files, &["which the map puts beside it", "--> src/high.rs:1: crate::low"]);
}

#[test]
fn a_map_of_nothing_is_found() {
    let map = format!("{MAP}\n```text modules:another\na\n```\n");
    assert_violation(&[("ARCHITECTURE.md", &map)], &["maps another", "--> ARCHITECTURE.md:8"]);
}

#[test]
fn a_line_that_cannot_be_read_is_found() {
    let map = "```text modules:sample\nhigh  above,\n      as said\n\nlow and more\nlow\n```\n";
    assert_violation(&[("ARCHITECTURE.md", map)], &["`low and more`", "--> ARCHITECTURE.md:5"]);
}

/// A module `high` of two modules that use each other.
fn recursion(map: &str) -> Vec<String> {
    violations(&[
        ("ARCHITECTURE.md", &format!("{MAP}\n{map}")),
        ("src/high.rs", "mod one;\nmod two;\npub(crate) use two::Two;\n"),
        ("src/high/one.rs", "use crate::high::Two;\npub(crate) struct One;\n"),
        ("src/high/two.rs", "pub(crate) struct Two(super::one::One);\n"),
    ])
}

#[test]
fn a_module_without_a_map_is_not_looked_into() {
    assert_eq!(recursion(""), Vec::<String>::new());
}

#[test]
fn a_map_of_a_module_is_held_too() {
    let violations = recursion("```text modules:sample/high\none\ntwo\n```\n");
    assert!(
        violations[0].contains("`one`, `two` of sample/high use each other"),
        "{violations:#?}"
    );
    assert!(violations[0].contains("src/high/one.rs:1: crate::high::Two"), "{violations:#?}");
}

#[test]
fn a_recursion_with_a_reason_is_allowed_within_a_module() {
    let map = "```text modules:sample/high\none\ntwo\none ⇄ two: a tree of both\n```\n";
    assert_eq!(recursion(map), Vec::<String>::new());
}

#[test]
fn a_recursion_without_a_reason_is_not_allowed() {
    let map = "```text modules:sample/high\none\ntwo\none ⇄ two\n```\n";
    assert!(recursion(map)[0].contains("`a ⇄ b: reason`"));
}

#[test]
fn a_recursion_that_is_over_is_found() {
    let map = "```text modules:sample/high\none\ntwo\none ⇄ two: a tree of both\n```\n";
    let files = [
        ("ARCHITECTURE.md", &*format!("{MAP}\n{map}")),
        ("src/high.rs", "mod one;\nmod two;\n"),
        ("src/high/one.rs", "use super::two::Two;\n"),
        ("src/high/two.rs", ""),
    ];
    assert_violation(&files, &["no longer use each other", "--> ARCHITECTURE.md:11"]);
}

#[test]
fn a_crate_allows_no_recursion() {
    let map = "```text modules:sample\nhigh\nlow\nhigh ⇄ low: we meant to\n```\n";
    let files = [
        ("ARCHITECTURE.md", map),
        ("src/high.rs", "use crate::low;\n"),
        ("src/low.rs", "use crate::high;\n"),
    ];
    assert_violation(&files, &["a map of a crate allows no recursion"]);
}

#[test]
fn every_member_and_every_binary_is_checked() {
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\".\", \"tool\"]\n[package]\nname = \"sample\"\n"),
        ("tool/Cargo.toml", "[package]\nname = \"tool\"\n"),
        ("tool/src/main.rs", "mod a;\nfn main() {}\n"),
        ("tool/src/a.rs", ""),
        ("tool/src/bin/extra.rs", "mod b {}\nfn main() {}\n"),
    ];
    let violations = violations(&files);
    assert_eq!(violations.len(), 2, "{violations:#?}");
    assert!(violations[0].contains("no map of tool\n"), "{violations:#?}");
    assert!(violations[1].contains("no map of tool/bin/extra\n"), "{violations:#?}");
}

#[test]
fn a_long_file_is_found_unless_it_is_generated() {
    let long = "\n".repeat(701);
    assert_violation(&[("src/low.rs", &long)], &["701 lines", "--> src/low.rs:701"]);
    let generated = format!("// @generated by a tool\n{long}");
    assert_eq!(violations(&[("src/low.rs", &generated)]), Vec::<String>::new());
}

#[test]
fn leftovers_are_found() {
    for left in ["TO\x44O", "FIX\x4dE", "/ho\x6de/me", "/ro\x6ft/.cargo"] {
        let text = format!("\n// {left}\n");
        assert_violation(&[("src/low.rs", &text)], &["is left behind", "--> src/low.rs:2"]);
    }
}

#[test]
fn a_file_that_no_crate_has_is_found() {
    for file in ["src/lost.rs", "tests/it/lost.rs", "examples/tour/lost.rs"] {
        assert_violation(&[(file, "")], &["not part of any crate", file]);
    }
    let reached = [
        ("tests/it/main.rs", "mod support;\n#[path = \"data/odd.rs\"]\nmod odd;\n"),
        ("tests/it/support.rs", "include!(\"list.rs\");\n"),
        ("tests/it/list.rs", ""),
        ("tests/it/data/odd.rs", "mod inner;\n"),
        ("tests/it/data/inner.rs", ""),
        ("tests/ui/not_built.rs", ""),
        ("examples/tour/main.rs", "mod screen;\n"),
        ("examples/tour/screen.rs", ""),
        ("benches/Cargo.toml", ""),
        ("benches/another_workspace.rs", ""),
    ];
    assert_eq!(violations(&reached), Vec::<String>::new());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let folder = sample(&[("src/low.rs", "fn (\n")]);
    let error = tidy::check(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("src/low.rs:1: "), "{error}");
    let folder = sample(&[("src/lib.rs", "mod nowhere;\n")]);
    let error = tidy::check(folder.path()).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
}
