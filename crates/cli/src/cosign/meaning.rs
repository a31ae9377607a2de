//! From what was typed to what it means. Every laxity of cosign's flags lives here: patterns that match anywhere, two
//! readings of one issuer, any of several names, any attestation as a signature.

use std::{collections::BTreeMap, time::Duration};

use sealgate::verify::{
    LogRule, PublicKey, SignerRule, Timestamp,
    rule::{IssuerMatch, Keyless, SubjectMatch},
};

use super::{
    failure::Failure,
    judge::{Form, Identity, Judge, PatternError, Rules, Wanted, Whom},
    key,
    sct::Beside,
    texts, trust,
};
use crate::{Console, go::flags::Typed, go::regexp};

/// Which verb asks; some texts and defaults differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verb {
    /// `verify`
    Image,
    /// `verify-attestation`
    Attestation,
    /// `verify-blob`
    Blob,
    /// `verify-blob-attestation`
    BlobAttestation,
}

/// Reads the flags that all four verbs share, in cosign's order of complaints.
pub(crate) fn check(verb: Verb, typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    match typed.text("signature-digest-algorithm").to_lowercase().as_str() {
        "" | "sha224" | "sha256" | "sha384" | "sha512" => {}
        other => return Err(format!("unknown digest algorithm: {other}").into()),
    }
    // Of files there is one; cosign does not look at the number there.
    if matches!(verb, Verb::Image | Verb::Attestation) {
        check_workers(typed)?;
    }
    if typed.switch("insecure-ignore-tlog") && !typed.switch("private-infrastructure") {
        let what = match verb {
            Verb::Image => "signature",
            Verb::Attestation => "attestation",
            Verb::Blob => "blob",
            Verb::BlobAttestation => "blob attestation",
        };
        console.say(format!(
            "WARNING: Skipping tlog verification is an insecure practice that lacks transparency and auditability verification for the {what}."
        ));
    }
    Ok(())
}

/// Fails unless somebody works.
pub(crate) fn check_workers(typed: &Typed) -> Result<(), Failure> {
    match typed.number("max-workers") {
        1.. => Ok(()),
        _ => Err("please set the --max-worker flag to a value that is greater than 0".into()),
    }
}

/// Fails unless exactly one way of naming the signer was typed.
pub(crate) fn check_signer(verb: Verb, typed: &Typed) -> Result<(), Failure> {
    let ways = ["key", "certificate-identity", "certificate-identity-regexp"];
    if ways.iter().filter(|name| typed.some(name).is_some()).count() > 1 {
        return Err(texts::KEY_AND_IDENTITY.into());
    }
    let blob = matches!(verb, Verb::Blob | Verb::BlobAttestation);
    let tokens = usize::from(typed.some("key").is_some()) + usize::from(typed.switch("sk"));
    if blob && tokens + usize::from(typed.some("certificate").is_some()) > 1 {
        return Err("exactly one of: key reference (--key), certificate (--cert) or hardware token (--sk) must be provided".into());
    }
    if verb == Verb::Attestation && tokens > 1 {
        return Err("exactly one of: key reference (--key), or hardware token (--sk) must be provided".into());
    }
    if tokens > 0 {
        return Ok(());
    }
    for (exact, pattern) in [
        ("certificate-identity", "certificate-identity-regexp"),
        ("certificate-oidc-issuer", "certificate-oidc-issuer-regexp"),
    ] {
        if typed.some(exact).is_none() && typed.some(pattern).is_none() {
            return Err(
                format!("--{exact} or --{pattern} is required for verification in keyless mode").into()
            );
        }
    }
    Ok(())
}

/// Fails where a flag was typed that cosign has for the older format alone, or no root can vouch for bundles.
pub(crate) fn check_bundle_flags(typed: &Typed, no_root: Option<&str>) -> Result<(), Failure> {
    let flags: [(&[&str], &str); 6] = [
        (&["certificate"], "certificate must be in bundle and may not be provided using --certificate"),
        (
            &["certificate-chain"],
            "certificate chain must be in bundle and may not be provided using --certificate-chain",
        ),
        (&["ca-roots", "ca-intermediates"], "CA roots/intermediates must be provided using --trusted-root"),
        (
            &["timestamp-certificate-chain"],
            "TSA certificate chain path may only be provided using --trusted-root",
        ),
        (&["rfc3161-timestamp"], "RFC3161 timestamp may not be provided using --rfc3161-timestamp"),
        (&["sct"], "SCT may not be provided using --sct"),
    ];
    for (names, text) in flags {
        if names.iter().any(|name| typed.some(name).is_some()) {
            return Err(format!("unsupported: {text} when using --new-bundle-format").into());
        }
    }
    no_root.map_or(Ok(()), |why| Err(why.into()))
}

/// Whether log entries are not asked for.
pub(crate) fn ignores_log(typed: &Typed) -> bool {
    typed.switch("insecure-ignore-tlog") || typed.switch("private-infrastructure")
}

/// How long all of it may take.
pub(crate) fn patience(typed: &Typed) -> Duration {
    typed.duration("timeout")
}

/// What the flags ask of a signature.
pub(crate) fn judge(typed: &Typed, trust: trust::Trust, whom: Whom, now: Timestamp) -> Judge {
    Judge {
        whom,
        pieced: trust.no_bundles.is_some(),
        chains: trust.chains,
        root: trust.root,
        later: trust.later,
        log: if ignores_log(typed) { LogRule::None } else { LogRule::Required },
        sct: !typed.switch("insecure-ignore-sct"),
        beside: Beside::Nothing,
        timestamp: typed.switch("use-signed-timestamps")
            || typed.some("timestamp-certificate-chain").is_some(),
        bound: typed.switch("check-claims") || typed.text("check-claims").is_empty(),
        now,
    }
}

/// The key that was typed, if one was.
pub(crate) fn typed_key(typed: &Typed, console: &Console<'_>) -> Result<Option<PublicKey>, String> {
    if let Some(reference) = typed.some("key") {
        return key::load(reference, console)
            .map(Some)
            .map_err(|error| format!("loading public key: {error}"));
    }
    if typed.switch("sk") {
        return Err(
            "opening piv token: hardware tokens are not supported; export the public key and give --key"
                .into(),
        );
    }
    Ok(None)
}

/// Whom the flags trust.
pub(crate) fn whom(typed: &Typed, key: Option<PublicKey>) -> Whom {
    if let Some(key) = key {
        return Whom::Key { rule: SignerRule::key(&key), key };
    }
    identity(typed).unwrap_or_else(Whom::Unreadable)
}

fn identity(typed: &Typed) -> Result<Whom, Vec<PatternError>> {
    let wanted = |exact: &str, pattern: &str| Wanted {
        exact: typed.some(exact).map(str::to_owned),
        pattern: typed.some(pattern).map(str::to_owned),
    };
    let subject = wanted("certificate-identity", "certificate-identity-regexp");
    let issuer = wanted("certificate-oidc-issuer", "certificate-oidc-issuer-regexp");
    let extensions: BTreeMap<u8, String> = WORKFLOW
        .into_iter()
        .filter_map(|(number, flag)| Some((number, typed.some(flag)?.to_owned())))
        .collect();
    let (mut unreadable, mut compiled_issuer) = (Vec::new(), None);
    let names = match &subject {
        Wanted { pattern: Some(pattern), .. } => match anywhere("subject", pattern) {
            Ok(compiled) => SubjectMatch::Regex(compiled),
            Err(error) => {
                unreadable.push(error);
                SubjectMatch::Exact(String::new())
            }
        },
        Wanted { exact, .. } => SubjectMatch::Exact(exact.clone().unwrap_or_default()),
    };
    if let Some(pattern) = &issuer.pattern {
        match anywhere("issuer", pattern) {
            Ok(compiled) => compiled_issuer = Some(compiled),
            Err(error) => unreadable.push(error),
        }
    }
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let rule = |issuer: IssuerMatch| {
        let keyless = Keyless {
            issuer,
            subject: names.clone(),
            subject_kind: None,
            claims: BTreeMap::new(),
            extensions: extensions.clone(),
        };
        SignerRule::keyless(&keyless)
            .map_err(|error| vec![PatternError { field: "identity", pattern: error.field, why: error.why }])
    };
    let exact = |text: &str| match text.contains('*') {
        true => IssuerMatch::Regex(regex::escape(text)),
        false => IssuerMatch::Exact(text.to_owned()),
    };
    let of = |rule: &SignerRule, form: Form| rule.clone().with_names(form.names());
    let rules = |first: &SignerRule, second: Option<SignerRule>| Rules {
        first: of(first, Form::Bundle),
        second: second.map(|rule| of(&rule, Form::Bundle)),
    };
    let older = |first: &SignerRule| Rules { first: of(first, Form::Older), second: None };
    // Bundles must satisfy both issuers, the older format only the pattern where both are typed.
    let (rules, older_rules) = match (&issuer.exact, compiled_issuer) {
        (text, Some(compiled)) => {
            // GitHub's own instance names no issuer; a pattern such as `.*` takes that for one of no letters.
            let first = rule(IssuerMatch::RegexOrAbsent(compiled))?;
            let second = text.as_deref().map(|text| rule(exact(text))).transpose()?;
            (rules(&first, second), older(&first))
        }
        (text, None) => {
            let first = rule(exact(text.as_deref().unwrap_or_default()))?;
            (rules(&first, None), older(&first))
        }
    };
    let workflow = extensions.clone();
    Ok(Whom::Identity(Box::new(Identity { rules, older_rules, subject, issuer, workflow })))
}

fn anywhere(field: &'static str, pattern: &str) -> Result<String, PatternError> {
    regexp::translate(pattern).map(|translated| regexp::anywhere(&translated)).map_err(|why| PatternError {
        field,
        pattern: pattern.to_owned(),
        why,
    })
}

// The last arc of the extension, and its flag.
const WORKFLOW: [(u8, &str); 5] = [
    (2, "certificate-github-workflow-trigger"),
    (3, "certificate-github-workflow-sha"),
    (4, "certificate-github-workflow-name"),
    (5, "certificate-github-workflow-repository"),
    (6, "certificate-github-workflow-ref"),
];
