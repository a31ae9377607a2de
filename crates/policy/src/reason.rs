//! Reasons of this crate's own, and how foreign text is shown.

use sealgate_verify::GapCause;

use crate::{Reason, limits};

/// What can speak against an image beside what `sealgate-verify` finds wrong with one signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    /// A genuine signature whose certificate claims another source, ref, trigger or runner than the policy wants.
    ClaimMismatch,
    /// A place could not be read.
    Gap(GapCause),
    /// A genuine signature, but by somebody else.
    IdentityMismatch,
    /// No enforced policy is about the image.
    NoPolicyMatches,
    /// No candidate was found anywhere.
    NoSignatureFound,
    /// Signed by a trusted signer, but something else than the image's digest as such.
    NotASignature,
    /// No trusted root of a signer's is loaded.
    RootMissing,
    /// The reference has no digest.
    TagNotAllowed,
    /// Some, but not enough of the wanted signers signed.
    TooFewSigners,
}

impl Code {
    /// Every reason that this crate gives by itself.
    pub const ALL: [Self; 21] = [
        Self::ClaimMismatch,
        Self::IdentityMismatch,
        Self::NoPolicyMatches,
        Self::NoSignatureFound,
        Self::NotASignature,
        Self::RootMissing,
        Self::TagNotAllowed,
        Self::TooFewSigners,
        Self::Gap(GapCause::AccessDenied),
        Self::Gap(GapCause::DigestMismatch),
        Self::Gap(GapCause::HostForbidden),
        Self::Gap(GapCause::Limit),
        Self::Gap(GapCause::Malformed),
        Self::Gap(GapCause::NotFound),
        Self::Gap(GapCause::NotLookedFor),
        Self::Gap(GapCause::RateLimited),
        Self::Gap(GapCause::Running),
        Self::Gap(GapCause::Timeout),
        Self::Gap(GapCause::Tls),
        Self::Gap(GapCause::UnexpectedAnswer),
        Self::Gap(GapCause::Unreachable),
    ];

    /// Stable, kebab-case, never renamed.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gap(cause) => match cause {
                GapCause::AccessDenied => "registry-access-denied",
                GapCause::DigestMismatch => "registry-digest-mismatch",
                GapCause::HostForbidden => "registry-host-forbidden",
                GapCause::Limit => "evidence-limit-exceeded",
                GapCause::Malformed => "registry-malformed",
                GapCause::NotFound => "image-not-found",
                GapCause::NotLookedFor => "evidence-not-looked-for",
                GapCause::RateLimited => "registry-rate-limited",
                GapCause::Running => "registry-still-answering",
                GapCause::Timeout => "registry-timeout",
                GapCause::Tls => "registry-tls-failed",
                GapCause::UnexpectedAnswer => "registry-unexpected-answer",
                GapCause::Unreachable => "registry-unreachable",
            },
            Self::ClaimMismatch => "claim-mismatch",
            Self::IdentityMismatch => "identity-mismatch",
            Self::NoPolicyMatches => "no-policy-matches",
            Self::NoSignatureFound => "no-signature-found",
            Self::NotASignature => "not-a-signature",
            Self::RootMissing => "root-missing",
            Self::TagNotAllowed => "tag-not-allowed",
            Self::TooFewSigners => "too-few-signers",
        }
    }

    /// What the reader can do.
    pub fn help(self) -> &'static str {
        match self {
            Self::Gap(cause) => match cause {
                GapCause::AccessDenied => {
                    "check the credentials that the gate has for this registry and repository"
                }
                GapCause::DigestMismatch => {
                    "the registry serves other bytes than it promises; tell its operator, and try another mirror"
                }
                GapCause::HostForbidden => {
                    "move the image to a registry that the gate may speak to, or ask the gate's operator"
                }
                GapCause::Limit => "remove stale signatures and attestations of this image from the registry",
                GapCause::Malformed => {
                    "push the image's signatures again; what the registry holds cannot be read"
                }
                GapCause::NotFound => {
                    "check the image's name and digest; the registry does not know it, or does not show it to the gate"
                }
                GapCause::NotLookedFor => {
                    "gather the evidence again: it was recorded without looking where this policy asks"
                }
                GapCause::RateLimited => {
                    "wait, then try again; credentials or a mirror raise the registry's limit"
                }
                GapCause::Running => "try again in a few seconds; the registry is still answering",
                GapCause::Timeout => "try again; if it stays so, check the way from the gate to the registry",
                GapCause::Tls => "check the registry's certificate, and that the gate knows its authority",
                GapCause::UnexpectedAnswer => {
                    "check that the host is a registry, and what stands between the gate and it"
                }
                GapCause::Unreachable => {
                    "try again; if it stays so, check that the gate can reach the registry"
                }
            },
            Self::ClaimMismatch => {
                "build the image from the repository, ref and trigger that the policy lists, or ask the policy's owner"
            }
            Self::IdentityMismatch => {
                "have the image signed by an identity the policy lists, or ask the policy's owner"
            }
            Self::NoPolicyMatches => "use an image that a policy is about, or ask the policies' owner",
            Self::NoSignatureFound => {
                "sign exactly this digest, and push the signature to the same repository"
            }
            Self::NotASignature => {
                "sign the image itself as well; an attestation says something about it, but does not release it"
            }
            Self::RootMissing => "ask the gate's operator to load the trusted root that the policy names",
            Self::TagNotAllowed => {
                "write the reference with its digest, so that what was judged is what runs"
            }
            Self::TooFewSigners => "have the image signed by more of the signers that the policy lists",
        }
    }
}

/// A reason that no gap is the cause of.
pub(crate) fn plain(code: Code, rule: Option<String>, message: String) -> Reason {
    Reason { code: code.code(), rule, message, help: code.help().to_owned(), cause: None, compared: None }
}

/// Foreign text in one printable line of bounded length.
///
// THREAT: a subject or registry message that moves the cursor, hides or forges lines of a log.
// See foreign_text_is_shown_in_one_plain_line.
pub(crate) fn shown(text: &str) -> String {
    let mut line = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == limits::SHOWN_CHARACTERS {
            line.push('…');
            break;
        }
        let is_hidden = character.is_control()
            || matches!(u32::from(character), 0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF);
        if is_hidden {
            line.extend(character.escape_unicode());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Code, shown};
    use crate::limits;

    #[test]
    fn foreign_text_is_shown_in_one_plain_line() {
        assert_eq!(shown("a\nb\u{1b}[2J\u{202e}c"), "a\\u{a}b\\u{1b}[2J\\u{202e}c");
        assert_eq!(shown(&"x".repeat(limits::SHOWN_CHARACTERS)).chars().count(), limits::SHOWN_CHARACTERS);
        assert!(shown(&"x".repeat(limits::SHOWN_CHARACTERS + 1)).ends_with("x…"));
    }

    #[test]
    fn codes_are_unique_and_never_renamed() {
        let table: Vec<String> =
            Code::ALL.iter().map(|code| format!("{}: {}", code.code(), code.help())).collect();
        let codes: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        insta::assert_snapshot!(table.join("\n"));
    }
}
