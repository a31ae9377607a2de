//! Whom somebody trusts to sign. Every text matches whole, never in part.

use crate::Signer;

/// Whom to trust.
#[derive(Clone, Debug)]
pub struct SignerRule {}

impl SignerRule {
    /// Whether `signer` is whom this rule names.
    ///
    /// # Errors
    /// [`IdentityMismatch`] says which field differs.
    pub fn admits(&self, _signer: &Signer) -> Result<(), IdentityMismatch> {
        unimplemented!()
    }
}

/// Genuine, but not by whom the rule names.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field} is `{found}`, wanted `{wanted}`")]
pub struct IdentityMismatch {
    /// Which field differs first: `issuer`, `subject`, a claim's name, `key`.
    pub field: String,
    /// What the rule wants.
    pub wanted: String,
    /// What the certificate or key says.
    pub found: String,
    /// How many fields were compared and fitted before: the larger, the nearer the miss.
    pub nearness: usize,
}

impl IdentityMismatch {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        "identity-mismatch"
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "have the image signed by an identity the policy lists, or ask the policy's owner"
    }
}

/// Why a rule cannot be built.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct RuleError {
    /// Which field.
    pub field: String,
    /// What is wrong and what to write instead.
    pub why: String,
}
