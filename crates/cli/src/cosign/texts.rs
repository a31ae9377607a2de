//! What went wrong, in the words that pipelines know from cosign. Where it has none that fit, in ours.

use sealgate::verify::{
    BundleError, CertificateSigner, Gap, GapCause, LogRule, Reference, SctError, Signer, VerifyError,
};

use super::{
    failure::Failure,
    judge::{Circumstances, Encoding, Form, KeyKind, Miss, Refusal},
    meaning::Verb,
};

/// More than one way of naming the signer.
pub(crate) const KEY_AND_IDENTITY: &str = "exactly one of: key reference (--key) or certificate identity (--certificate-identity or \
     --certificate-identity-regexp), must be provided. To determine which to use, inspect the bundle's 'verificationMaterial' field: \
     if 'publicKey' is present, use key reference; if 'certificate' or 'x509CertificateChain' is present, use certificate identity";

/// What is said wherever SBOMs are looked for that nobody signed.
pub(crate) const SBOM_DEPRECATION: &str = "WARNING: SBOM attachments are deprecated and support will be removed in a Cosign release \
     soon after 2024-02-22 (see https://github.com/sigstore/cosign/issues/2755). Instead, please use SBOM attestations.";

/// All refusals of one image, joined as cosign joins them.
pub(crate) fn all(refusals: &[Refusal], form: Form) -> String {
    let texts: Vec<String> = refusals.iter().map(|refusal| of(refusal, form)).collect();
    texts.join(if form == Form::Bundle { "\n" } else { "\n " })
}

/// One refusal.
pub(crate) fn of(refusal: &Refusal, form: Form) -> String {
    match refusal {
        Refusal::Annotation => "missing or incorrect annotation".into(),
        Refusal::Bundle(error) => bundle(error),
        Refusal::Identity(miss) => identity(miss, form),
        Refusal::LayerSize { size, limit } => format!("size of layer ({size}) exceeded the limit ({limit})"),
        Refusal::NoJson(why) => why.clone(),
        Refusal::LayerUnsigned(digest) => {
            format!("signature layer {digest} is missing \"dev.cosignproject.cosign/signature\" annotation")
        }
        Refusal::NoEnvelope => "bundle does not contain a DSSE envelope".into(),
        Refusal::OlderIssuer(signer) => nobody(signer, ""),
        Refusal::OtherCertificate => OTHER_CERTIFICATE.into(),
        Refusal::Pattern(error) if form == Form::Bundle => error.why.clone(),
        Refusal::Pattern(error) => format!("malformed {} in identity: {} : {}", error.field, error.pattern, error.why),
        Refusal::Sct(error) => match error {
            SctError::Unreadable(_) => "unmarshal".into(),
            SctError::LogId { found } => format!("id is invalid length, expected 32 got {found}"),
            SctError::Malformed => "error verifying SCT".into(),
            SctError::Limit { .. } => error.to_string(),
        },
        Refusal::Stale(stale) => stale.why.clone(),
        Refusal::TimestampMissing => {
            "failed to verify timestamps: threshold not met for verified signed timestamps: 0 < 1; error: %!w(<nil>)".into()
        }
        Refusal::Verify(error, around) if form == Form::Bundle => by_bundle(error, around),
        Refusal::Verify(error, around) if around.pieced => by_pieces(error, around),
        Refusal::Verify(error, around) => by_older(error, around),
    }
}

/// Whether a newer root could have changed the outcome and could not be had: then nobody knows, which is no mismatch.
pub(crate) fn stale(refusals: &[Refusal]) -> Option<Failure> {
    let stale = refusals.iter().find_map(|refusal| match refusal {
        Refusal::Stale(stale) => Some(stale),
        _ => None,
    })?;
    let aside = format!("note: the trusted root of {} does not do: {}", stale.since, stale.error);
    Some(Failure { aside: Some(aside), ..Failure::from(stale.why.clone()) })
}

/// Why something could not be looked at.
pub(crate) fn gap(gap: &Gap) -> String {
    gap.detail.clone()
}

/// A repository with everything written out, as `ref.Context().Name()` is in Go.
pub(crate) fn repository_name(reference: &Reference) -> String {
    let host = if reference.host() == "docker.io" { "index.docker.io" } else { reference.host() };
    format!("{host}/{}", reference.repository())
}

/// What stands before what is wrong with `--key` and `--certificate`.
pub(crate) fn key_opts(verb: Verb) -> &'static str {
    // SIC: cosign's texts are compared letter by letter.
    if verb == Verb::Attestation { "loading verifierfrom key opts" } else { "loading verifier from key opts" }
}

/// Why an image could not be found, as Go's registry client says it where it is the first request that fails.
pub(crate) fn unresolved(gap: &Gap, reference: &str) -> String {
    match gap.cause {
        GapCause::NotFound => match gap.detail.split_once(" does not exist: ") {
            Some((_, said)) => said.to_owned(),
            None => gap.detail.clone(),
        },
        GapCause::Timeout => {
            let host = Reference::parse(reference).map(|reference| host(&reference)).unwrap_or_default();
            let asked = |scheme: &str| format!("Get \"{scheme}://{host}/v2/\": context deadline exceeded");
            if is_loopback(&host) { format!("{}; {}", asked("https"), asked("http")) } else { asked("https") }
        }
        _ => gap.detail.clone(),
    }
}

// Hosts that are asked in plain http where they speak no TLS.
fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "[::1]"
}

fn host(reference: &Reference) -> String {
    match reference.host() {
        "docker.io" => "index.docker.io".to_owned(),
        host => host.to_owned(),
    }
}

/// A reference with everything written out, as `ref.Name()` is in Go.
pub(crate) fn full_name(reference: &Reference) -> String {
    let name = repository_name(reference);
    match (reference.digest(), reference.tag()) {
        (Some(digest), _) => format!("{name}@{digest}"),
        (None, tag) => format!("{name}:{}", tag.unwrap_or("latest")),
    }
}

fn bundle(error: &BundleError) -> String {
    error.to_string()
}

fn identity(miss: &Miss, form: Form) -> String {
    let Miss { mismatch, typed, typed_subject, signer } = miss;
    let Signer::Certificate(certificate) = signer else {
        return "can't verify certificate identities: entity was not signed with a certificate".into();
    };
    let number = mismatch.field.strip_prefix("extension 1.3.6.1.4.1.57264.1.");
    let workflow = number.and_then(|number| WORKFLOW.iter().find(|(known, _)| *known == number));
    if let Some((_, name)) = workflow {
        return match form {
            Form::Bundle => no_identity(&format!(
                "expected GithubWorkflow{name} to be \"{}\", got \"{}\"",
                mismatch.wanted, mismatch.found
            )),
            Form::Older => format!("expected GitHub Workflow {name} not found in certificate"),
        };
    }
    if form == Form::Older {
        return nobody(certificate, certificate.claims.extension(1).unwrap_or_default());
    }
    if let (Some(subject), true) = (typed_subject, mismatch.field == "issuer") {
        // cosign compares the subject first.
        if *subject != certificate.subject.value {
            return no_identity(&format!(
                "expected SAN value \"{subject}\", got \"{}\"",
                certificate.subject.value
            ));
        }
    }
    let what = if mismatch.field == "issuer" { "issuer value" } else { "SAN value" };
    let found = &mismatch.found;
    // cosign compares the exact text first.
    no_identity(&match (&typed.exact, &typed.pattern) {
        (Some(exact), _) if exact != found => format!("expected {what} \"{exact}\", got \"{found}\""),
        (_, Some(pattern)) => format!("expected {what} to match regex \"{pattern}\", got \"{found}\""),
        _ => format!("expected {what} \"{}\", got \"{found}\"", mismatch.wanted),
    })
}

const WORKFLOW: [(&str, &str); 5] =
    [("2", "Trigger"), ("3", "SHA"), ("4", "Name"), ("5", "Repository"), ("6", "Ref")];

const OTHER_CERTIFICATE: &str =
    "error verifying bundle: both public key and certificate were provided but did not match";

fn no_identity(last: &str) -> String {
    format!(
        "failed to verify certificate identity: no matching CertificateIdentity found, last error: {last}"
    )
}

fn nobody(signer: &CertificateSigner, issuer: &str) -> String {
    let names: Vec<&str> = signer.names.iter().map(|name| name.value.as_str()).collect();
    let names = names.join(", ");
    format!(
        "none of the expected identities matched what was in the certificate, got subjects [{names}] with issuer {issuer}"
    )
}

fn by_bundle(error: &VerifyError, around: &Circumstances) -> String {
    let log = "failed to verify log inclusion: ";
    let leaf = "failed to verify leaf certificate: leaf certificate verification failed";
    let asked = around.log == LogRule::Required;
    match error {
        VerifyError::CertificateExpired { .. } if asked && around.logged && !around.stamped => {
            format!("{log}integrated time outside certificate validity")
        }
        VerifyError::CertificateMissing if asked && !around.logged => {
            format!("{log}not enough verified log entries from transparency log: 0 < 1")
        }
        VerifyError::AuthorityExpired { .. }
        | VerifyError::CertificateExpired { .. }
        | VerifyError::CertificateUntrusted { .. }
        | VerifyError::CertificateUsage(_)
        | VerifyError::NoTrustedTime => leaf.into(),
        VerifyError::DigestMismatch { .. } | VerifyError::SignatureInvalid if !around.enveloped => {
            format!("failed to verify signature: could not verify message: {}", no_signature(around))
        }
        VerifyError::SignatureInvalid => {
            "failed to verify signature: could not verify envelope: accepted signatures do not match threshold, Found: 0, Expected 1".into()
        }
        VerifyError::InclusionPromiseInvalid { .. } | VerifyError::LogEntryMissing | VerifyError::LogUnknown { .. } => {
            format!("{log}not enough verified log entries from transparency log: 0 < 1")
        }
        VerifyError::CertificateMissing | VerifyError::LogMismatch { .. } => {
            format!("{log}transparency log certificate does not match")
        }
        VerifyError::MaterialMismatch => "expected key signature, not certificate".into(),
        VerifyError::SctInvalid { .. } | VerifyError::SctMissing => {
            "failed to verify signed certificate timestamp: only able to verify 0 SCT entries; unable to meet threshold of 1".into()
        }
        VerifyError::Signer(_) => "failed to summarize certificate: no Subject Alternative Name found".into(),
        VerifyError::SubjectMismatch { .. } => {
            "failed to verify signature: provided artifact digest does not match any digest in statement".into()
        }
        other => other.to_string(),
    }
}

// Each library of cosign's has its own words.
fn no_signature(around: &Circumstances) -> &'static str {
    match around.key {
        KeyKind::Ecdsa => match around.encoding {
            Encoding::Asn1 => "invalid signature when validating ASN.1 encoded signature",
            Encoding::Halves => "invalid signature when validating IEEE_P1363 encoded signature",
            Encoding::Neither => "ecdsa: Invalid IEEE_P1363 encoded bytes",
        },
        KeyKind::Ed25519 => "failed to verify signature",
        KeyKind::Rsa => "crypto/rsa: verification error",
    }
}

// Of the older format by keys and certificates in files of their own.
fn by_pieces(error: &VerifyError, around: &Circumstances) -> String {
    let root = "Check your TUF root (see cosign initialize) or set a custom";
    match error {
        VerifyError::AuthorityExpired { .. } | VerifyError::CertificateUntrusted { .. } => {
            format!(
                "cert verification failed: x509: certificate signed by unknown authority. {root} root with env var SIGSTORE_ROOT_FILE"
            )
        }
        VerifyError::InclusionPromiseInvalid { .. } => "error verifying bundle: unable to verify SET".into(),
        VerifyError::LogUnknown { .. } => {
            "error verifying bundle: verifying bundle: rekor log public key not found for payload".into()
        }
        VerifyError::SctInvalid { why } if why.ends_with("by other logs") => unknown_ct_log(),
        other => by_older(other, around),
    }
}

fn unknown_ct_log() -> String {
    "ctfe public key not found for payload. Check your TUF root (see cosign initialize) or set a custom key with env var \
     SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"
        .into()
}

fn by_older(error: &VerifyError, around: &Circumstances) -> String {
    match error {
        VerifyError::AuthorityExpired { .. }
        | VerifyError::CertificateUntrusted { .. }
        | VerifyError::CertificateUsage(_) => "leaf certificate verification failed".into(),
        VerifyError::SctInvalid { why } if around.detached && why.ends_with("by other logs") => unknown_ct_log(),
        VerifyError::SctInvalid { .. } if around.detached => "error verifying SCT".into(),
        VerifyError::SctInvalid { .. } => {
            "only able to verify 0 SCT entries; unable to meet threshold of 1".into()
        }
        VerifyError::CertificateExpired { time, not_after, .. } if time > not_after => {
            format!(
                "checking expiry on certificate with bundle: certificate expired before observed time: {not_after} is before {time}"
            )
        }
        VerifyError::CertificateExpired { time, not_before, .. } => {
            format!(
                "checking expiry on certificate with bundle: certificate was issued after observed time: {not_before} is after {time}"
            )
        }
        VerifyError::DigestMismatch { signed, artifact } => {
            let hex = |digest: &str| digest.split_once(':').map_or(digest, |(_, hex)| hex).to_owned();
            format!(
                "error verifying bundle: matching bundle to payload: bundle=\"{}\", payload=\"{}\"",
                hex(signed),
                hex(artifact)
            )
        }
        VerifyError::LogMismatch { field: "signature" } => {
            "error verifying bundle: signature in bundle does not match signature being verified".into()
        }
        VerifyError::LogMismatch { .. } => match &around.compared {
            Some(compared) => format!("error verifying bundle: {compared}"),
            None => format!("error verifying bundle: {error}"),
        },
        VerifyError::TimestampInvalid { .. } => {
            format!("unable to verify RFC3161 timestamp bundle: {error}")
        }
        VerifyError::CertificateMissing if around.log == LogRule::None => {
            "no certificate found on signature".into()
        }
        VerifyError::CertificateMissing if around.logged => "error verifying bundle: empty key".into(),
        VerifyError::CertificateMissing => "empty key".into(),
        VerifyError::InclusionPromiseInvalid { .. } => {
            "error verifying bundle: verifying bundle with trusted root: unable to verify SET".into()
        }
        VerifyError::LogEntryMissing => "offline verification failed".into(),
        VerifyError::LogUnknown { .. } => {
            "error verifying bundle: verifying bundle with trusted root: rekor log public key not found for payload".into()
        }
        VerifyError::MaterialMismatch => OTHER_CERTIFICATE.into(),
        VerifyError::NoTrustedTime => "expected a signed timestamp to verify an expired certificate".into(),
        VerifyError::StatementUnreadable(_) if around.compared.is_some() => {
            around.compared.clone().unwrap_or_default()
        }
        VerifyError::SctMissing => {
            "certificate does not include required embedded SCT and no detached SCT was set".into()
        }
        // An envelope of the older format is verified as one, too.
        VerifyError::SignatureInvalid if around.enveloped => {
            "accepted signatures do not match threshold, Found: 0, Expected 1".into()
        }
        VerifyError::SignatureInvalid => no_signature(around).into(),
        VerifyError::SubjectMismatch { signed, .. } => {
            format!("invalid or missing digest in claim: {signed}")
        }
        other => other.to_string(),
    }
}
