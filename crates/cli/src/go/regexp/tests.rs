use super::{anywhere, translate};

fn matches(pattern: &str, text: &str) -> bool {
    let translated = translate(pattern).unwrap();
    let whole = regex::Regex::new(&format!("^(?:{})$", anywhere(&translated))).unwrap();
    assert_eq!(
        whole.is_match(text),
        regex::Regex::new(&translated).unwrap().is_match(text),
        "{pattern} on {text}"
    );
    whole.is_match(text)
}

#[test]
fn a_pattern_matches_anywhere_unless_it_is_anchored() {
    assert!(matches("acme", "https://github.com/acme/app"));
    assert!(!matches("^acme", "https://github.com/acme/app"));
    assert!(matches("app$", "https://github.com/acme/app"));
    assert!(!matches("acme$", "https://github.com/acme/app"));
    assert!(matches("a|b", "xbx"));
    assert!(matches(".*", ""));
    assert!(matches("", "x"));
    assert!(matches("^a\nb$", "a\nb"));
}

#[test]
fn gos_classes_are_ascii() {
    assert!(matches(r"^\d$", "7") && !matches(r"^\d$", "٧"));
    assert!(matches(r"^\w$", "a") && !matches(r"^\w$", "é"));
    assert!(matches(r"^[\d_]$", "_") && !matches(r"^[^\d]$", "7"));
    assert!(matches(r"^[\W]$", "é") && !matches(r"^[\W]$", "a"));
    assert!(!matches(r"^\s$", "\u{a0}") && matches(r"^\s$", " "));
}

#[test]
fn what_only_rust_understands_is_literal_or_refused() {
    assert!(matches(r"^a{$", "a{") && matches(r"^a{2}$", "aa") && matches("^a{,2}$", "a{,2}"));
    assert!(matches(r"^\<a\>$", "<a>"));
    assert!(matches(r"^\Qa.b\E+$", "a.bb") && !matches(r"^\Qa.b\E$", "axb"));
    assert!(matches("^[a&&b]+$", "a&b") && matches("^[[a]+$", "[a") && matches("^[a~~b-]+$", "~-"));
    assert!(matches("^[]a]+$", "]a") && matches("^[[:alpha:]]$", "x"));
    assert!(matches(r"^\101$", "A"));
    for refused in
        ["(?x)a", "(?u)a", "(?R)a", "a{1001}", "a**", "*a", "(", ")", ")(", "[a", "a\\", r"\y", r"\1"]
    {
        let error = translate(refused).unwrap_err();
        assert!(error.starts_with("error parsing regexp: "), "{refused}: {error}");
    }
    assert_eq!(translate("(").unwrap_err(), "error parsing regexp: missing closing ): `(`");
    assert_eq!(translate("a)").unwrap_err(), "error parsing regexp: unexpected ): `a)`");
    assert_eq!(
        translate("*").unwrap_err(),
        "error parsing regexp: missing argument to repetition operator: `*`"
    );
}

#[test]
fn a_pattern_cannot_break_out_of_its_wrapping() {
    // Balanced only together with the group that is put around it.
    assert!(translate("a)|(?:").is_err());
    assert!(!matches("(?i)ACME$", "acme/evil") && matches("(?i)ACME$", "evil/acme"));
}

#[test]
fn errors_are_gos_own_with_the_part_that_is_wrong() {
    for (pattern, what, part) in [
        ("(?", "invalid or unsupported Perl syntax", "(?"),
        ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
        ("(?--i)a", "invalid or unsupported Perl syntax", "(?--"),
        ("(?-)a", "invalid or unsupported Perl syntax", "(?-)"),
        ("(?P<n", "invalid named capture", "(?P<n"),
        ("(?P<a-b>x)", "invalid named capture", "(?P<a-b>"),
        ("(?<!a)", "invalid named capture", "(?<!a)"),
        ("(?i:a", "missing closing )", "(?i:a"),
        ("a**", "invalid nested repetition operator", "**"),
        ("a???", "invalid nested repetition operator", "???"),
        ("a{2}{3}", "invalid nested repetition operator", "{2}{3}"),
        ("*?", "missing argument to repetition operator", "*?"),
        ("(|*)", "missing argument to repetition operator", "*"),
        ("\\Q\\E*", "missing argument to repetition operator", "*"),
        ("a{2,1}", "invalid repeat count", "{2,1}"),
        ("a{1001}", "invalid repeat count", "{1001}"),
        ("(a{1000}){2}", "invalid repeat count", "{2}"),
        ("a{99999999999}", "invalid repeat count", "{99999999999}"),
        ("x[z-a]", "invalid character class range", "z-a"),
        ("[[:foo:]]", "invalid character class range", "[:foo:]"),
        ("\\p{Foo}", "invalid character class range", "\\p{Foo}"),
        ("a[b", "missing closing ]", "[b"),
        ("[a-\\d]", "invalid escape sequence", "\\d"),
        ("\\x{110000}", "invalid escape sequence", "\\x{110000"),
        ("\\E", "invalid escape sequence", "\\E"),
        ("\\8", "invalid escape sequence", "\\8"),
    ] {
        let expected = format!("error parsing regexp: {what}: `{part}`");
        assert_eq!(translate(pattern).unwrap_err(), expected, "{pattern}");
    }
}

#[test]
fn forms_that_only_look_wrong_are_read_as_in_go() {
    for (pattern, fits, misfit) in [
        ("^a{01}$", "a{01}", "a"),
        ("^[\\w-a]$", "-", "`"),
        ("^[[:alpha]$", "[", "]"),
        ("^[+--]$", ",", "/"),
        ("^a(?i)*B$", "aab", "Ab"),
        ("^\\Qab\\E+$", "abb", "abab"),
        ("^\\p{Greek}$", "λ", "a"),
        ("^\\p{^L}$", "7", "a"),
        ("^\\x{65e5}$", "日", "x"),
        ("^(a{10}){100}$", &"a".repeat(1000), "a"),
        ("^a\\ b$", "a b", "ab"),
    ] {
        assert!(matches(pattern, fits) && !matches(pattern, misfit), "{pattern}");
    }
}
