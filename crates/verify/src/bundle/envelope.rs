//! The JSON of a DSSE envelope.

use serde::Deserialize;

use super::{BundleError, Envelope, within};
use crate::{
    limits,
    wire::{Bytes, or_default},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvelopeForm {
    payload: Bytes,
    #[serde(default)]
    payload_type: String,
    #[serde(default, deserialize_with = "or_default")]
    signatures: Vec<SignatureForm>,
}

#[derive(Deserialize)]
struct SignatureForm {
    #[serde(default, deserialize_with = "or_default")]
    keyid: Option<String>,
    sig: Bytes,
}

impl EnvelopeForm {
    // SPEC: protobuf-specs Bundle, an envelope has exactly one signature.
    // THREAT: several signatures, of which one is checked and another is believed.
    pub(super) fn into_envelope(self, written: Option<&[u8]>) -> Result<(Envelope, Vec<u8>), BundleError> {
        within("envelope signatures", limits::ENVELOPE_SIGNATURES, self.signatures.len())?;
        let signature = self.signatures.into_iter().next().ok_or(BundleError::Missing("signature"))?;
        let envelope = Envelope {
            payload_type: self.payload_type,
            payload: self.payload.0,
            key_id: signature.keyid,
            written: written.map(<[u8]>::to_vec),
        };
        Ok((envelope, signature.sig.0))
    }
}
