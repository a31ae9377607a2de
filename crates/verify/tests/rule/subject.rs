//! Who a certificate was issued to, and by whom: whole texts, of one kind.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::prelude::*;
use rcgen::{OtherNameValue, SanType};
use rstest::rstest;
use sealgate_verify::{Signer, SignerRule, SubjectKind, rule::SubjectMatch};

use crate::{
    GOOGLE, admits, keyless, miss, of, pattern, regex,
    sample::{GITHUB, email},
    uri,
};

// X509-17, X509-18: what looks like the subject but is not.
#[rstest]
fn a_look_alike_of_a_subject_does_not_match(
    #[values(
        "https://github.com/acme/app-evil/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme-evil/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1/evil",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main",
        "https://github.com/acme/app/.github/workflows/release.yml",
        "https://github.com/acme/app/.github/workflows/release.yml@",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1@evil",
        "https://github.com@evil.test/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/../evil/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/%2e%2e/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme//app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/app?/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a?x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a#x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a%2fx/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a\\x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com:443/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "HTTPS://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://GitHub.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/Acme/app/.github/workflows/release.yml@refs/tags/v1",
        "http://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://evil.test/?https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"
    )]
    subject: &str,
) {
    let good = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";
    // Each wildcard with what it may really stand for among these: a tag may have an `@` in it, and GitLab's subjects an empty segment.
    let widened = [
        (good.replace("v1", "v*"), "@refs/tags/v1@evil"),
        (good.replace("/app/", "/*/"), "/acme/app-evil/"),
        (good.replace("app/.github", "**/.github"), "/acme//app/"),
    ];
    for (text, meant) in widened {
        let rule = keyless(GITHUB, pattern(&text));
        assert!(admits(&rule, &of(GITHUB, uri(good))), "twin of {text}");
        let also = text.contains("**") && subject.contains("/acme/app-evil/");
        assert_eq!(
            admits(&rule, &of(GITHUB, uri(subject))),
            subject.contains(meant) || also,
            "{text} and {subject}"
        );
    }
}

#[test]
fn a_wildcard_swallows_nothing_that_ends_a_name() {
    let rule = keyless(GITHUB, pattern("https://*.acme.example/ci"));
    assert!(admits(&rule, &of(GITHUB, uri("https://build.acme.example/ci"))));
    for subject in [
        "https://evil.test?.acme.example/ci",
        "https://evil.test#.acme.example/ci",
        "https://evil@x.acme.example/ci",
        "https://evil.test\\.acme.example/ci",
    ] {
        assert!(!admits(&rule, &of(GITHUB, uri(subject))), "{subject}");
    }
}

// X509-06
#[test]
fn the_kind_of_a_subject_is_part_of_it() {
    let other = SanType::OtherName((
        vec![1, 3, 6, 1, 4, 1, 57264, 1, 7],
        OtherNameValue::Utf8String("dev@acme.example".into()),
    ));
    let rule = SignerRule::keyless(&keyless(GOOGLE, pattern("dev@acme.example"))).unwrap();
    assert_eq!(miss(&rule, &of(GOOGLE, email("dev@acme.example"))), None);
    assert_eq!(miss(&rule, &of(GOOGLE, other.clone())), Some(("subjectKind".into(), 1)));
    assert_eq!(miss(&rule, &of(GOOGLE, uri("dev@acme.example"))), Some(("subjectKind".into(), 1)));
    let mut stated = keyless(GOOGLE, pattern("dev@acme.example"));
    stated.subject_kind = Some(SubjectKind::Other);
    assert!(admits(&stated, &of(GOOGLE, other)));
}

// X509-16, X509-15
#[test]
fn emails_match_byte_by_byte_and_halves_apart() {
    let rule = keyless(GOOGLE, pattern("*@acme.example"));
    assert!(admits(&rule, &of(GOOGLE, email("dev@acme.example"))));
    for name in [
        "dev@acme.example.evil.test",
        "dev@evil.test",
        "dev@ACME.example",
        "dev@evil.test@acme.example",
        "@acme.example",
    ] {
        assert!(!admits(&rule, &of(GOOGLE, email(name))), "{name}");
    }
}

// X509-19
#[rstest]
#[case("https://token.actions.githubusercontent.com/")]
#[case("https://token.actions.githubusercontent.com/enterprise")]
#[case("https://token.actions.githubusercontent.com.evil.test")]
#[case("http://token.actions.githubusercontent.com")]
#[case("https://token.actions.githubusercontent.com:443")]
#[case("https://Token.actions.githubusercontent.com")]
#[case("")]
fn an_issuer_is_that_text_and_no_other(#[case] issuer: &str) {
    let rule = SignerRule::keyless(&keyless(GITHUB, SubjectMatch::Any)).unwrap();
    assert_eq!(miss(&rule, &of(issuer, email("dev@acme.example"))), Some(("issuer".into(), 0)));
    assert_eq!(miss(&rule, &of(GITHUB, email("dev@acme.example"))), None);
}

// X509-43
#[test]
fn issuer_and_subject_belong_to_one_certificate() {
    let rule = |issuer, name: &str| keyless(issuer, pattern(name));
    let rules = [rule(GOOGLE, "a@acme.example"), rule(GITHUB, "b@acme.example")];
    let crossed = of(GOOGLE, email("b@acme.example"));
    assert!(rules.iter().all(|rule| !admits(rule, &crossed)));
    assert!(admits(&rules[0], &of(GOOGLE, email("a@acme.example"))));
}

// X509-10, X509-11
#[test]
fn a_regex_matches_the_whole_subject_or_not_at_all() {
    let fits = |text: &str, name: &str| admits(&keyless(GOOGLE, regex(text)), &of(GOOGLE, email(name)));
    assert!(fits("dev@acme\\.example", "dev@acme.example"));
    assert!(fits("(dev|ops)@acme\\.example", "ops@acme.example"));
    assert!(fits("(?i)DEV@acme\\.example", "dev@acme.example"));
    assert!(fits("(?x) dev@acme\\.example # ", "dev@acme.example"), "a comment swallows no end");
    for (text, name) in [
        ("dev@acme\\.example", "xdev@acme.example"),
        ("dev@acme\\.example", "dev@acme.example.evil.test"),
        ("dev@acme\\.example|ops@acme\\.example", "ops@acme.example.evil.test"),
        ("dev|ops@acme\\.example", "dev@evil.test"),
        ("(?m)^dev@acme\\.example$", "dev@acme.example.evil"),
        ("(?x) dev@acme\\.example # ", "dev@acme.example.evil.test"),
        (".*@acme\\.example", "evil@evil.test@acme.example"),
        ("dev@acme\\.example", "DEV@acme.example"),
    ] {
        assert!(!fits(text, name), "{text} should not match {name}");
    }
    assert!(
        !admits(&keyless(GOOGLE, regex("dev@acme\\.ex.mple")), &of(GITHUB, email("dev@acme.example"))),
        "another issuer"
    );
}

#[test]
fn an_exact_subject_takes_a_star_for_a_star() {
    let rule = keyless(GOOGLE, SubjectMatch::Exact("https://acme.example/*".into()));
    assert!(admits(&rule, &of(GOOGLE, uri("https://acme.example/*"))));
    assert!(!admits(&rule, &of(GOOGLE, uri("https://acme.example/x"))));
}

// X509-15: what looks like the subject to a person. None of it is ASCII, so a certificate has it only as Fulcio's user name.
#[test]
fn what_only_looks_like_a_subject_is_another() {
    let named = |text: &str| {
        let name = OtherNameValue::Utf8String(text.into());
        of(GOOGLE, SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 57264, 1, 7], name)))
    };
    let mut rule = keyless(GOOGLE, pattern("caf\u{e9}!acme.example"));
    rule.subject_kind = Some(SubjectKind::Other);
    assert!(admits(&rule, &named("caf\u{e9}!acme.example")), "twin");
    for look_alike in [
        "cafe\u{301}!acme.example",
        "caf\u{e9}!acm\u{435}.example",
        "caf\u{e9}\u{ff01}acme.example",
        "caf\u{e9}!acme\u{ff0e}example",
        "caf\u{e9}\u{200d}!acme.example",
        "\u{feff}caf\u{e9}!acme.example",
        "caf\u{e9}!acme.example\u{200b}",
        "\u{202e}caf\u{e9}!acme.example",
        "caf\u{e9}!acme.example\u{a0}",
        "CAF\u{c9}!acme.example",
        "caf\u{e9}!acme.\u{212f}xample",
    ] {
        assert!(!admits(&rule, &named(look_alike)), "{}", look_alike.escape_unicode());
    }
}

/// A regular expression that we know the meaning of.
#[derive(Clone, Debug)]
enum Known {
    Begin,
    Either(Box<Known>, Box<Known>),
    End,
    Many(Box<Known>),
    One(char),
    Then(Box<Known>, Box<Known>),
}

impl Known {
    fn written(&self) -> String {
        match self {
            Self::Begin => "^".into(),
            // Without parentheses: that is the trap.
            Self::Either(one, other) => format!("{}|{}", one.written(), other.written()),
            Self::End => "$".into(),
            Self::Many(one) => format!("(?:{})*", one.written()),
            Self::One(letter) => letter.to_string(),
            Self::Then(one, other) => format!("(?:{})(?:{})", one.written(), other.written()),
        }
    }

    // Where it may end that begins at `at`.
    fn ends(&self, text: &[u8], at: usize) -> BTreeSet<usize> {
        match self {
            Self::Begin => (at == 0).then_some(at).into_iter().collect(),
            Self::Either(one, other) => &one.ends(text, at) | &other.ends(text, at),
            Self::End => (at == text.len()).then_some(at).into_iter().collect(),
            Self::Many(one) => {
                let mut found = BTreeSet::from([at]);
                loop {
                    let more: BTreeSet<_> = found.iter().flat_map(|at| one.ends(text, *at)).collect();
                    if more.is_subset(&found) {
                        return found;
                    }
                    found.extend(more);
                }
            }
            Self::One(letter) => {
                (text.get(at) == Some(&(*letter as u8))).then_some(at + 1).into_iter().collect()
            }
            Self::Then(one, other) => {
                one.ends(text, at).into_iter().flat_map(|at| other.ends(text, at)).collect()
            }
        }
    }
}

fn known() -> impl Strategy<Value = Known> {
    let leaf = prop_oneof![
        4 => prop::char::range('a', 'b').prop_map(Known::One),
        1 => Just(Known::Begin),
        1 => Just(Known::End),
    ];
    leaf.prop_recursive(4, 12, 2, |part| {
        let two = || (part.clone(), part.clone()).prop_map(|(one, other)| (Box::new(one), Box::new(other)));
        prop_oneof![
            two().prop_map(|(one, other)| Known::Either(one, other)),
            two().prop_map(|(one, other)| Known::Then(one, other)),
            part.clone().prop_map(|one| Known::Many(Box::new(one))),
        ]
    })
}

static NAMED: LazyLock<BTreeMap<String, Signer>> = LazyLock::new(|| {
    let texts = (1..=4).flat_map(|length| (0..1 << length).map(move |bits: u32| (length, bits)));
    texts
        .map(|(length, bits)| {
            let text: String = (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect();
            (text.clone(), of(GOOGLE, email(&text)))
        })
        .collect()
});

proptest! {
    // X509-10
    #[test]
    fn a_regex_fits_exactly_the_texts_that_it_covers_from_begin_to_end(expression in known()) {
        let rule = SignerRule::keyless(&keyless(GOOGLE, regex(&expression.written()))).unwrap();
        for (text, signer) in NAMED.iter() {
            let covered = expression.ends(text.as_bytes(), 0).contains(&text.len());
            prop_assert_eq!(rule.admits(signer).is_ok(), covered, "{} and {}", expression.written(), text);
        }
    }
}
