//! Why a signature did not pass.

use sealgate::verify::{
    BundleError, CertificateSigner, Digest, IdentityMismatch, LogRule, SctError, Signer, VerifyError,
};
use x509_parser::der_parser::asn1_rs::{Any, FromDer as _, Tag};

use super::{PatternError, Stale, Wanted};

/// Why a signature did not pass.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// Not readable.
    Bundle(BundleError),
    /// Not known to the root at hand, and a newer one cannot be had.
    Stale(Box<Stale>),
    /// Not genuine.
    Verify(VerifyError, Circumstances),
    /// By somebody else.
    Identity(Box<Miss>),
    /// A certificate that cosign's older rules read as having no issuer.
    OlderIssuer(Box<CertificateSigner>),
    /// Not by the holder of `--certificate`.
    OtherCertificate,
    /// Nobody can be compared with what was typed.
    Pattern(PatternError),
    /// No timestamp of an authority.
    TimestampMissing,
    /// A certificate without a timestamp of a CT log, and what was typed as one is none.
    Sct(SctError),
    /// A signature over bytes where a statement is wanted.
    NoEnvelope,
    /// `-a` is not there.
    Annotation,
    /// The layer has no signature at all.
    LayerUnsigned(Digest),
    /// Something beside the signature is no JSON.
    NoJson(String),
    /// Longer than `COSIGN_MAX_ATTACHMENT_SIZE`.
    LayerSize {
        /// Its size.
        size: usize,
        /// The limit.
        limit: u64,
    },
}

/// What decides in which words cosign says that a signature is not genuine.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances {
    /// Whether the root was put together from single files.
    pub(crate) pieced: bool,
    /// Whether the signature is over an envelope.
    pub(crate) enveloped: bool,
    /// Whether the certificate's timestamp of a CT log stands beside it.
    pub(crate) detached: bool,
    /// Whether there is a log entry.
    pub(crate) logged: bool,
    /// Whether one is asked for.
    pub(crate) log: LogRule,
    /// Whether there is a timestamp of an authority.
    pub(crate) stamped: bool,
    /// Of which kind the key is, as far as it claims to be any.
    pub(crate) key: KeyKind,
    /// How the signature is written.
    pub(crate) encoding: Encoding,
    /// What was expected of an older signature's log entry, and what is there.
    pub(crate) compared: Option<String>,
}

/// How a signature by an elliptic curve can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// As ASN.1.
    Asn1,
    /// As two halves (IEEE P1363).
    Halves,
    /// As neither.
    Neither,
}

impl Encoding {
    /// How these bytes are written, as far as their shape shows.
    pub(crate) fn of(signature: &[u8]) -> Self {
        let is_sequence = Any::from_der(signature).is_ok_and(|(rest, any)| {
            rest.is_empty() && any.tag() == Tag::Sequence && is_two_integers(any.data)
        });
        match signature.len() {
            _ if is_sequence => Self::Asn1,
            1..=132 if signature.len().is_multiple_of(2) => Self::Halves,
            _ => Self::Neither,
        }
    }
}

fn is_two_integers(bytes: &[u8]) -> bool {
    let integer = |bytes| Any::from_der(bytes).ok().filter(|(_, any)| any.tag() == Tag::Integer);
    integer(bytes).and_then(|(rest, _)| integer(rest)).is_some()
}

/// Kinds of keys that are told apart in messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyKind {
    /// An elliptic curve, and whatever cannot be read.
    Ecdsa,
    /// Ed25519.
    Ed25519,
    /// RSA.
    Rsa,
}

/// Genuine, but by somebody else.
#[derive(Clone, Debug)]
pub(crate) struct Miss {
    /// Which field differs, and how.
    pub(crate) mismatch: IdentityMismatch,
    /// The field as it was typed.
    pub(crate) typed: Wanted,
    /// The subject, if it was typed to the letter.
    pub(crate) typed_subject: Option<String>,
    /// Who signed.
    pub(crate) signer: Signer,
}
