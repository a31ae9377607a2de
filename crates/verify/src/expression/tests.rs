use proptest::prelude::*;
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_syntax::Parser;

use super::{Expression, ExpressionError, has_bare_dot, size};

const PLENTY: usize = 1 << 20;

fn fits(expression: &str, text: &str) -> bool {
    let fits = Expression::parse(expression, PLENTY).unwrap().matches(text);
    let oracle = regex::Regex::new(&format!(r"\A(?:{expression})\z")).unwrap();
    assert_eq!(fits, oracle.is_match(text), "`{expression}` on `{text}`");
    fits
}

#[test]
fn an_expression_fits_whole_texts_or_nothing() {
    assert!(fits("acme", "acme") && !fits("acme", "xacme") && !fits("acme", "acmex") && !fits("acme", ""));
    assert!(fits("a|b", "b") && !fits("a|b", "ab") && !fits("a|bc", "ac"));
    assert!(fits("", "") && !fits("", "x") && fits(".*", "") && !fits(".*", "\n"));
    assert!(!fits("(?m)^a$", "a\nb") && fits("(?s).*", "a\nb"));
}

#[test]
fn letters_beyond_ascii_count_in_both_halves() {
    assert!(fits("^.$", "ü") && fits("^.$", "u") && !fits("^.$", "ue") && !fits("^.$", "üe"));
    assert!(fits("[^/]+", "a-b") && fits("[^/]+", "ä-b") && !fits("[^/]+", "ä/b"));
    assert!(fits("ü|u", "u") && fits("ü|u", "ü") && !fits("ü", "u"));
    assert!(fits(r"\w+", "abc") && fits(r"\w+", "äbc") && !fits(r"\w+", "a-c"));
    // The Kelvin sign is a K, and a long s an s.
    assert!(fits("(?i)\u{212a}", "k") && fits("(?i)k", "\u{212a}") && fits("(?i)\u{17f}", "S"));
    assert!(fits(r"\bab\b", "ab") && fits(r".*\bab", "\u{2014}ab") && !fits(r".*\bab", "äab"));
    assert!(!fits(r"\P{ASCII}", "a") && fits(r"\P{ASCII}", "ä"));
}

#[test]
fn long_texts_are_judged_as_short_ones() {
    let long = "a".repeat(300_000);
    assert!(fits("a*", &long) && !fits("a*", &format!("{long}b")) && fits("(a|aa)+b?", &long));
    assert!(fits(".*", &format!("{long}ü")) && !fits(".*", &format!("{long}\nü")));
}

#[test]
fn what_is_no_expression_alone_is_refused() {
    for text in ["a)|(b", "(", "a{1,", "\\", "(?=a)", r"(a)\1", "[a"] {
        assert!(matches!(Expression::parse(text, PLENTY), Err(ExpressionError::Syntax(_))), "{text}");
    }
    // A comment ends with the expression, and swallows no end of it.
    assert!(!fits("(?x)a # \n", "ab") && Expression::parse("(?x)a # ", PLENTY).unwrap().matches("a"));
}

#[test]
fn the_limit_holds_for_the_whole_expression_and_not_only_for_its_ascii_half() {
    let too_large = |text: &str, limit: usize| {
        matches!(Expression::parse(text, limit), Err(ExpressionError::TooLarge { .. }))
    };
    assert!(too_large(r"\w{500}", 256 << 10) && !too_large("[0-9A-Za-z_]{500}", 256 << 10));
    for text in ["a{100}", ".{20}", r"[^/]+\w", "(a|bc)*"] {
        let exactly = compiled(&Parser::new().parse(&format!(r"\A(?:{text})\z")).unwrap());
        let limits: Vec<usize> = (0..2 * exactly).collect();
        let least = limits.partition_point(|limit| too_large(text, *limit));
        // What is counted while it is compiled is a little more or less than what comes of it.
        assert!((exactly / 2..2 * exactly).contains(&least), "{text}: {least} instead of {exactly}");
        assert!(!too_large(text, least) && too_large(text, least - 1), "{text}");
    }
}

fn compiled(hir: &regex_syntax::hir::Hir) -> usize {
    let config = NFA::config().which_captures(WhichCaptures::None);
    NFA::compiler().configure(config).build_from_hir(hir).unwrap().memory_usage()
}

fn expressions() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        Just(".".to_owned()),
        Just("a".to_owned()),
        Just("ü".to_owned()),
        Just("[^/]".to_owned()),
        Just("[a-fü-\u{3042}]".to_owned()),
        Just(r"\w".to_owned()),
        Just(r"\b".to_owned()),
        Just("(?i:k)".to_owned()),
        Just("[\u{1}-\u{10fffe}]".to_owned()),
    ];
    atom.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
            inner.clone().prop_map(|a| format!("(?:{a})*")),
            inner.clone().prop_map(|a| format!("({a}){{2,3}}")),
            inner.clone().prop_map(|a| format!("(?:{a}){{2,}}")),
            inner.prop_map(|a| format!("(?:{a})?")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_halves_agree_with_the_usual_engine(
        expression in expressions(),
        ascii in "[akK/\\-]{0,5}",
        other in "[akK/ü\u{3042}\u{212a}]{0,5}",
    ) {
        fits(&expression, &ascii);
        fits(&expression, &other);
    }

    #[test]
    fn no_expression_is_larger_than_it_was_said_to_be(expression in expressions()) {
        let hir = Parser::new().parse(&expression).unwrap();
        prop_assert!(compiled(&hir) <= size::at_most(&hir), "{}: {} > {}", expression, compiled(&hir), size::at_most(&hir));
    }
}

#[test]
fn a_bare_dot_is_one_that_nobody_escaped_or_repeated() {
    for bare in ["github.com/acme", "[.].", r"\\.com", "a.b"] {
        assert!(has_bare_dot(bare), "{bare}");
    }
    for fine in [r"github\.com", ".*acme.+", "[.]", ".{3}", "acme", r"a\"] {
        assert!(!has_bare_dot(fine), "{fine}");
    }
}
