//! What a person at a terminal hears beside cosign's lines: expected against found, and where flags are laxer than they look.

use std::collections::BTreeSet;

use sealgate::verify::{CertificateSigner, Signer, VerifyError, expression::has_bare_dot, signer::printable};

use super::judge::Refusal;
use crate::{
    go::{flags::Typed, regexp},
    shell,
};

/// Why nothing passed, field by field; each signer and each cause once.
pub(crate) fn refusals(typed: &Typed, refusals: &[Refusal]) -> Vec<String> {
    let mut hints = Vec::new();
    let mut told = BTreeSet::new();
    for refusal in refusals {
        let hint = match refusal {
            Refusal::Identity(miss) => match &miss.signer {
                Signer::Certificate(signer) => compared(typed, signer),
                Signer::Key(_) => continue,
            },
            Refusal::OlderIssuer(signer) => compared(typed, signer),
            Refusal::Verify(VerifyError::SignatureInvalid, _) if typed.some("key").is_some() => {
                "hint: signature-invalid: the holder of another key signed, or something else than this was signed"
                    .to_owned()
            }
            Refusal::Verify(error, _) => format!("hint: {}: {error};\n  {}", error.code(), by_flags(error)),
            Refusal::Bundle(error) => format!("hint: {}: {error};\n  {}", error.code(), error.help()),
            Refusal::Sct(error) => format!("hint: {}: {error};\n  {}", error.code(), error.help()),
            _ => continue,
        };
        if told.insert(hint.clone()) && hints.len() < MOST {
            hints.push(hint);
        }
    }
    if told.len() > hints.len() {
        hints.push(format!("note: {} more are left out here", told.len() - hints.len()));
    }
    hints
}

/// Where to look next, for an image.
pub(crate) fn explain(typed: &Typed, image: &str) -> String {
    let mut command = "sealgate explain".to_owned();
    if let Some(root) = typed.some("trusted-root") {
        command.push_str(&format!(" --trusted-root typed={}", shell::word(root)));
    }
    if let Some(key) = typed.some("key").filter(|key| !key.contains(':')) {
        command.push_str(&format!(" --key {}", shell::word(key)));
    }
    if let Some(prefix) = typed.some("attachment-tag-prefix") {
        command.push_str(&format!(" --attachment-tag-prefix {}", shell::word(prefix)));
    }
    if typed.switch("local-image") {
        command.push_str(" --layout");
    }
    format!("hint: what is attached, by whom, and which checks hold:\n  {command} {}", shell::word(image))
}

/// Which types of attestation there are, where none was of the type wanted.
pub(crate) fn types(typed: &Typed, found: &[String]) -> Option<String> {
    let found: BTreeSet<&str> = found.iter().map(String::as_str).filter(|kind| !kind.is_empty()).collect();
    if found.is_empty() {
        return None;
    }
    let flags: Vec<String> =
        found.iter().map(|kind| format!("  --type {}", shell::word(alias(kind)))).collect();
    let why = if typed.given("type") { "" } else { "; without --type it is `custom`" };
    Some(format!("hint: there is no attestation of that type{why}. There are:\n{}", flags.join("\n")))
}

/// Where what was typed asks for less than it seems to.
pub(crate) fn laxities(typed: &Typed) -> Vec<String> {
    let mut hints = Vec::new();
    for flag in ["certificate-identity-regexp", "certificate-oidc-issuer-regexp"] {
        let Some(pattern) = typed.some(flag) else { continue };
        if !is_anchored(pattern) {
            hints.push(format!(
                "hint: --{flag} `{pattern}` fits anywhere in the text, also between somebody else's words; begin it with ^ and \
                 end it with $"
            ));
        }
        if has_bare_dot(pattern) {
            hints.push(format!("hint: a bare . in --{flag} fits any letter; write \\. for a dot"));
        }
    }
    let bound = typed.switch("check-claims") || typed.text("check-claims").is_empty();
    if !bound && !typed.list("annotations").is_empty() {
        hints.push("hint: --check-claims=false also drops -a: the annotations were not compared".to_owned());
    }
    let output = typed.text("output");
    if !matches!(output, "" | "json" | "text" | "verdict-json") {
        hints.push(format!("hint: -o `{output}` is unknown, so the answer is as of json; json, text and verdict-json are known"));
    }
    hints
}

/// A certificate of several names passed, of which one was named.
pub(crate) fn several_names(signer: &CertificateSigner) -> Option<String> {
    let names: Vec<String> =
        signer.names.iter().map(|name| format!("`{}`", printable(&name.value))).collect();
    (names.len() > 1).then(|| {
        format!(
            "hint: the signer's certificate has several names: {}; one that fits is enough here, and `sealgate check` takes \
             no such certificate",
            names.join(", ")
        )
    })
}

/// An attestation passed where a signature was asked for.
pub(crate) fn not_a_signature(predicate_type: &str) -> Option<String> {
    let shown = printable(predicate_type);
    (predicate_type != sealgate::attest::SIGNATURE).then(|| {
        format!(
            "hint: what passed is an attestation of type `{shown}`, which claims something about the image; \
             `sealgate check` does not take it for a signature"
        )
    })
}

struct Field {
    name: &'static str,
    flag: &'static str,
    wanted: String,
    found: String,
    fits: bool,
}

// What was typed against what the certificate says, and the flags that name this very signer.
fn compared(typed: &Typed, signer: &CertificateSigner) -> String {
    let fields = fields(typed, signer);
    let mut text = String::from("hint: signed by somebody else than the flags name");
    for field in &fields {
        if field.fits {
            text.push_str(&format!("\n  {:9} as wanted: {}", field.name, shown(&field.found)));
        } else {
            text.push_str(&format!(
                "\n  {:9} wanted  {}\n            found   {}",
                field.name,
                field.wanted,
                shown(&field.found)
            ));
        }
    }
    let missed: Vec<String> = fields
        .iter()
        .filter(|field| !field.fits && !field.found.is_empty())
        .map(|field| format!("\n  --{} {}", field.flag, shell::word(&field.found)))
        .collect();
    if !missed.is_empty() {
        text.push_str("\nhint: only if that is whom you expect to sign:");
        text.push_str(&missed.concat());
    }
    text
}

fn fields(typed: &Typed, signer: &CertificateSigner) -> Vec<Field> {
    let names = [
        (
            "subject",
            "certificate-identity",
            Some("certificate-identity-regexp"),
            signer.subject.value.as_str(),
        ),
        ("issuer", "certificate-oidc-issuer", Some("certificate-oidc-issuer-regexp"), signer.issuer.as_str()),
        ("trigger", "certificate-github-workflow-trigger", None, extension(signer, 2)),
        ("commit", "certificate-github-workflow-sha", None, extension(signer, 3)),
        ("workflow", "certificate-github-workflow-name", None, extension(signer, 4)),
        ("source", "certificate-github-workflow-repository", None, extension(signer, 5)),
        ("ref", "certificate-github-workflow-ref", None, extension(signer, 6)),
    ];
    let mut fields = Vec::new();
    for (name, flag, pattern_flag, found) in names {
        let exact = typed.some(flag);
        let pattern = pattern_flag.and_then(|flag| typed.some(flag));
        let is_wanted = |found: &str| {
            exact.is_none_or(|text| text == found)
                && pattern.is_none_or(|pattern| regexp::fits(pattern, found))
        };
        // Of a certificate's names any will do.
        let other = signer.names.iter().map(|name| name.value.as_str()).find(|name| is_wanted(name));
        let found = other.filter(|_| name == "subject").unwrap_or(found);
        let fits = is_wanted(found);
        let wanted = match (exact, pattern) {
            (Some(text), _) => text.to_owned(),
            (None, Some(pattern)) => format!("{pattern} (a pattern)"),
            (None, None) => continue,
        };
        fields.push(Field { name, flag, wanted, found: found.to_owned(), fits });
    }
    fields
}

fn extension(signer: &CertificateSigner, number: u8) -> &str {
    signer.claims.extension(number).unwrap_or_default()
}

// The engine's advice is to whoever writes policies; here it is a flag that names key or identity.
fn by_flags(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::CertificateMissing => {
            "it was made with a managed key: give --key with the public key that you expect"
        }
        VerifyError::MaterialMismatch => {
            "it was made without a key of one's own: give --certificate-identity and --certificate-oidc-issuer instead of --key"
        }
        other => other.help(),
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "(nothing)" } else { text }
}

fn alias(kind: &str) -> &str {
    sealgate::attest::ALIASES.iter().find(|(_, uri)| *uri == kind).map_or(kind, |(alias, _)| alias)
}

fn is_anchored(pattern: &str) -> bool {
    let starts = pattern.starts_with('^') || pattern.starts_with("\\A");
    let ends = pattern.ends_with('$') && !pattern.ends_with("\\$") || pattern.ends_with("\\z");
    // `.*` at an end says aloud that anything may stand there.
    (starts || pattern.starts_with(".*")) && (ends || pattern.ends_with(".*"))
}

/// Signers and causes that are told of one image.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::is_anchored;

    #[test]
    fn a_pattern_is_anchored_at_both_ends_or_says_that_anything_may_stand_there() {
        for fine in ["^a$", r"\Aa\z", "^a.*", ".*"] {
            assert!(is_anchored(fine), "{fine}");
        }
        for lax in ["a", "^a", "a$", r"^a\$"] {
            assert!(!is_anchored(lax), "{lax}");
        }
    }
}
