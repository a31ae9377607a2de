//! What is accepted with a warning, and its twin without.

use crate::support::{policy, try_load};

fn warnings(text: &str) -> Vec<(&'static str, String)> {
    let loaded = match try_load(text) {
        Ok(loaded) => loaded,
        Err(findings) => panic!("{findings:#?}\n{text}"),
    };
    loaded.warnings.into_iter().map(|finding| (finding.code, finding.field)).collect()
}

/// Uses every signer once, so that nothing else is odd.
fn all(more: &str) -> String {
    policy(&format!("{{signed: {{{more}signature: {{by: [release, qa, ops]}}}}}}"))
}

fn odd(text: &str, code: &'static str, field: &str) {
    assert_eq!(warnings(&all("")), [], "the twin");
    assert_eq!(warnings(text), [(code, field.to_owned())]);
}

#[test]
fn a_signer_that_nothing_names_is_odd() {
    odd(&all("").replace(", ops]", "]"), "unused-signer", "spec.signers.ops");
}

#[test]
fn one_signature_that_can_serve_two_requirements_is_odd() {
    let two = policy("{a: {signature: {by: [release, qa]}}, b: {signature: {by: [qa, ops]}}}");
    odd(&two, "one-signature-serves-two", "spec.require.b");
    let leaves =
        policy("{a: {anyOf: {x: {m: {signature: {by: [release, qa]}}, o: {signature: {by: [qa, ops]}}}}}}");
    odd(&leaves, "one-signature-serves-two", "spec.require.a.anyOf.x.o");
    // Two alternatives are meant to share.
    let alternatives = policy(
        "{a: {anyOf: {x: {m: {signature: {by: [release, qa]}}}, z: {o: {signature: {by: [qa, ops]}}}}}}",
    );
    assert_eq!(warnings(&alternatives), []);
}

#[test]
fn lifting_no_match_in_a_policy_that_enforces_is_odd() {
    odd(
        &all("").replace("  match:", "  liftsNoMatch: true\n  match:"),
        "without-effect",
        "spec.liftsNoMatch",
    );
    assert_eq!(warnings(&all("").replace("  match:", "  liftsNoMatch: true\n  mode: warn\n  match:")), []);
}

#[test]
fn a_requirement_stronger_than_its_policy_is_odd() {
    let text = all("mode: enforce, ").replace("  match:", "  mode: audit\n  match:");
    odd(&text, "without-effect", "spec.require.signed.mode");
    assert_eq!(warnings(&all("mode: audit, ")), []);
}

#[test]
fn patterns_that_match_nothing_are_odd() {
    odd(&all("").replace("ghcr.io/acme/**", "docker.io/nginx"), "never-matches", "spec.match.images[0]");
    let emptied = all("")
        .replace("[\"ghcr.io/acme/**\"]", "[\"ghcr.io/acme/**\"], exceptImages: [\"ghcr.io/acme/**\"]");
    odd(&emptied, "never-matches", "spec.match.images[0]");
}

#[test]
fn an_issuer_that_is_no_https_url_is_odd() {
    let text = all("").replacen("https://accounts.google.com", "accounts.google.com", 1);
    odd(&text, "odd-issuer", "spec.signers.qa.keyless.issuer");
}

// X509-12
#[test]
fn a_bare_dot_in_a_regular_expression_is_odd() {
    let with = |regex: &str| {
        all("").replace("subject: qa@acme.example", &format!("subjectRegex: \"{regex}\", subjectKind: email"))
    };
    odd(&with("qa@acme.example"), "bare-dot", "spec.signers.qa.keyless.subjectRegex");
    assert_eq!(warnings(&with("qa@acme[.]example")), []);
    assert_eq!(warnings(&with(".*@acme[.]example")), []);
    let issuer = all("").replacen(
        "issuer: \"https://accounts.google.com\"",
        "issuerRegex: \"https://[a-z]+.example\"",
        1,
    );
    odd(&issuer, "bare-dot", "spec.signers.qa.keyless.issuerRegex");
}
