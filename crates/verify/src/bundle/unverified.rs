//! What a signature says about itself before anything is verified.

use super::{Bundle, Signed};

/// What a signature says about itself. Nothing vouches for it before a verifier did; for messages only.
#[derive(Clone, Copy, Debug)]
pub struct Unverified<'b> {
    /// The signature's bytes.
    pub signature: &'b [u8],
    /// What it is over, where that is written out: a payload, or an envelope that stood alone.
    pub content: Option<&'b [u8]>,
    /// The body of the first log entry.
    pub entry: Option<&'b [u8]>,
}

impl Bundle {
    /// What it says about itself. Nothing vouches for it before a verifier did; for messages only.
    pub fn unverified(&self) -> Unverified<'_> {
        let content = match &self.signed {
            Signed::Artifact(_) => None,
            Signed::Envelope(envelope) => envelope.written.as_deref(),
            Signed::Payload(payload) => Some(payload.as_slice()),
        };
        let entry = self.entries.first().map(|entry| entry.body.as_slice());
        Unverified { signature: &self.signature, content, entry }
    }
}
