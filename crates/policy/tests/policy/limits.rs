//! Every limit at n and at n + 1.

use sealgate_policy::{PolicySet, limits};
use sealgate_testkit::SigningKey;

use crate::support::{policy, roots, source};

const SIGNED: &str = "{signed: {signature: {by: [release]}}}";

fn outcome(text: &str) -> Result<(), Vec<(&'static str, String)>> {
    match PolicySet::load(&[source("p.yaml", text)], &roots()) {
        Ok(_) => Ok(()),
        Err(findings) => Err(findings.into_iter().map(|finding| (finding.code, finding.field)).collect()),
    }
}

fn bounded(limit: usize, field: &str, make: impl Fn(usize) -> String) {
    assert_eq!(outcome(&make(limit)), Ok(()), "{limit}");
    let refused = outcome(&make(limit + 1)).unwrap_err();
    assert!(refused.contains(&("limit", field.to_owned())), "{refused:?}");
}

fn list(count: usize, entry: impl Fn(usize) -> String) -> String {
    (0..count).map(entry).collect::<Vec<_>>().join(", ")
}

/// A policy with so many signers, of which `by` and `requirements` are made.
fn with_signers(count: usize, require: &str) -> String {
    let signer = |index| {
        format!("s{index}: {{keyless: {{issuer: \"https://i.example\", subject: \"s{index}@a.example\"}}}}")
    };
    let signers = list(count, signer);
    let text = policy(require);
    let (before, _) = text.split_once("  signers:").unwrap();
    format!("{before}  signers: {{{signers}}}\n  require: {require}\n")
}

#[test]
fn signers_are_limited() {
    bounded(limits::SIGNERS, "spec.signers", |count| {
        with_signers(count, "{signed: {signature: {by: [s0]}}}")
    });
}

#[test]
fn requirements_are_limited() {
    bounded(limits::REQUIREMENTS, "spec.require", |count| {
        policy(&format!("{{{}}}", list(count, |index| format!("r{index}: {{signature: {{by: [release]}}}}"))))
    });
}

#[test]
fn alternatives_and_their_leaves_are_limited() {
    let leaf = |index| format!("l{index}: {{signature: {{by: [release]}}}}");
    bounded(limits::ALTERNATIVES, "spec.require.r.anyOf", |count| {
        policy(&format!(
            "{{r: {{anyOf: {{{}}}}}}}",
            list(count, |index| format!("a{index}: {{{}}}", leaf(0)))
        ))
    });
    bounded(limits::LEAVES, "spec.require.r.anyOf.a", |count| {
        policy(&format!("{{r: {{anyOf: {{a: {{{}}}}}}}}}", list(count, leaf)))
    });
}

#[test]
fn names_in_by_are_limited() {
    bounded(limits::BY, "spec.require.signed.signature.by", |count| {
        with_signers(
            limits::SIGNERS,
            &format!("{{signed: {{signature: {{by: [{}]}}}}}}", list(count, |index| format!("s{index}"))),
        )
    });
}

#[test]
fn images_and_exceptions_are_limited() {
    let images = |count| list(count, |index| format!("\"ghcr.io/acme/i{index}\""));
    bounded(limits::IMAGES, "spec.match.images", |count| {
        policy(SIGNED).replace("\"ghcr.io/acme/**\"", &images(count))
    });
    bounded(limits::IMAGES, "spec.match.exceptImages", |count| {
        policy(SIGNED).replace(
            "\"ghcr.io/acme/**\"]",
            &format!("\"ghcr.io/acme/**\"], exceptImages: [{}]", images(count)),
        )
    });
}

#[test]
fn names_and_patterns_are_limited() {
    bounded(limits::NAME_BYTES, "metadata.name", |count| {
        policy(SIGNED).replace("acme-apps", &"a".repeat(count))
    });
    bounded(limits::PATTERN_BYTES, "spec.match.images[0]", |count| {
        policy(SIGNED)
            .replace("ghcr.io/acme/**", &format!("ghcr.io/{}", "a".repeat(count - "ghcr.io/".len())))
    });
    bounded(limits::PATTERN_BYTES, "spec.signers.qa.keyless.subject", |count| {
        policy(SIGNED).replace(
            "qa@acme.example",
            &format!("{}@acme.example", "q".repeat(count - "@acme.example".len())),
        )
    });
    bounded(limits::HELP_BYTES, "spec.require.signed.help", |count| {
        policy(SIGNED).replace("{signature", &format!("{{help: \"{}\", signature", "h".repeat(count)))
    });
}

#[test]
fn claims_roots_and_registries_are_limited() {
    // There are fewer claims than the limit, so only its far side can be seen.
    let claims = list(limits::CLAIMS + 1, |index| format!("c{index}: x"));
    let text = policy(SIGNED)
        .replace("subject: qa@acme.example", &format!("subject: qa@acme.example, claims: {{{claims}}}"));
    assert!(outcome(&text).unwrap_err().contains(&("limit", "spec.signers.qa.keyless.claims".to_owned())));
    let root = roots()["public-good"].clone();
    let many = (0..=limits::ROOTS).map(|index| (format!("r{index}"), root.clone())).collect();
    let with = |count| {
        let named = list(count, |index| format!("r{index}"));
        let text = policy(SIGNED).replace("      github", &format!("      roots: [{named}]\n      github"));
        let text = text
            .replace("keyless: {issuer", "roots: [r0]\n      keyless: {issuer")
            .replace("\n      keyless", ", keyless");
        text.replace("roots: [r0], keyless: {", "{roots: [r0], keyless: {")
    };
    // The two keyless signers are of no interest here.
    let only = |count: usize| {
        let text = with(count);
        let (before, rest) = text.split_once("    qa:").unwrap();
        format!(
            "{before}{}",
            rest.split_once("  require").map(|(_, rest)| format!("  require{rest}")).unwrap()
        )
    };
    assert!(PolicySet::load(&[source("p", &only(limits::ROOTS))], &many).is_ok());
    let refused = PolicySet::load(&[source("p", &only(limits::ROOTS + 1))], &many).unwrap_err();
    assert_eq!((refused[0].code, refused[0].field.as_str()), ("limit", "spec.signers.release.roots"));
    bounded(limits::REGISTRIES, "spec.registries", |count| {
        let hosts = list(count, |index| format!("h{index}.example"));
        format!(
            "{}---\napiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {{name: default}}\nspec: {{registries: [{hosts}]}}\n",
            policy(SIGNED)
        )
    });
}

#[test]
fn a_key_is_limited() {
    let pem = SigningKey::p256().public_pem();
    let with = |bytes: usize| {
        let padded = format!("{}{}", pem.replace('\n', "\\n"), "\\n".repeat(bytes - pem.len()));
        policy("{signed: {signature: {by: [vendor]}}}")
            .replace("  require", &format!("    vendor: {{key: {{pem: \"{padded}\"}}}}\n  require"))
    };
    bounded(limits::PEM_BYTES, "spec.signers.vendor.key.pem", with);
}

#[test]
fn a_file_is_limited_in_bytes() {
    let padded = |bytes: usize| {
        let text = policy(SIGNED);
        format!("{text}# {}\n", "x".repeat(bytes - text.len() - 3))
    };
    bounded(limits::SOURCE_BYTES, "", padded);
}

#[test]
fn a_file_is_limited_in_documents_and_a_set_in_policies() {
    let named = |index: usize| policy(SIGNED).replace("acme-apps", &format!("p{index}"));
    bounded(limits::DOCUMENTS, "", |count| (0..count).map(named).collect::<Vec<_>>().join("---\n"));
    let sources =
        |count: usize| (0..count).map(|index| source(&index.to_string(), &named(index))).collect::<Vec<_>>();
    assert!(PolicySet::load(&sources(limits::POLICIES), &roots()).is_ok());
    let refused = PolicySet::load(&sources(limits::POLICIES + 1), &roots()).unwrap_err();
    assert_eq!(refused[0].code, "limit");
}

#[test]
fn a_document_that_nests_too_deep_is_refused() {
    // `status` is never read, but parsed.
    let nested =
        |depth: usize| format!("{}status: {}{}\n", policy(SIGNED), "[".repeat(depth), "]".repeat(depth));
    bounded(limits::DEPTH, "", nested);
    for depth in [1_000, 100_000] {
        assert!(outcome(&nested(depth)).is_err());
        assert!(outcome(&format!("{}{}", "a:\n".repeat(10), "- ".repeat(depth))).is_err());
    }
}

#[test]
fn a_file_is_limited_in_values() {
    let base = policy(SIGNED);
    let with = |count: usize| format!("{base}status: [{}]\n", "0,".repeat(count));
    let (mut low, mut high) = (limits::NODES - 200, limits::NODES);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if outcome(&with(middle)).is_ok() { low = middle } else { high = middle - 1 }
    }
    assert!(outcome(&with(low)).is_ok());
    assert_eq!(outcome(&with(low + 1)).unwrap_err(), [("limit", String::new())]);
}

#[test]
fn reported_faults_are_limited() {
    let with = |count: usize| {
        let text = policy(SIGNED).replace("\"ghcr.io/acme/**\"", &list(count, |_| "\"nginx\"".to_owned()));
        outcome(&text).unwrap_err().len()
    };
    assert_eq!((with(limits::FINDINGS), with(limits::FINDINGS + 1)), (limits::FINDINGS, limits::FINDINGS));
}
