//! Why a signature did not pass.

use sealgate::verify::{
    BundleError, CertificateSigner, Digest, IdentityMismatch, SctError, Signer, VerifyError,
};

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
    /// Longer than `COSIGN_MAX_ATTACHMENT_SIZE`.
    LayerSize {
        /// Its size.
        size: usize,
        /// The limit.
        limit: u64,
    },
}

/// What decides in which words cosign says that a signature is not genuine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Whether the root was put together from single files.
    pub(crate) pieced: bool,
    /// Whether the signature is over an envelope.
    pub(crate) enveloped: bool,
    /// Whether the certificate's timestamp of a CT log stands beside it.
    pub(crate) detached: bool,
    /// Of which kind the key is, as far as it claims to be any.
    pub(crate) key: KeyKind,
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
