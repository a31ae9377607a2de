//! What is wrong with a signature whatever time is proven for it. For messages alone: nothing passes by it.

use super::{Artifact, Message, ProvenTime, TimeSource, Verifier, VerifyError};
use crate::{Bundle, bundle::Material, signer::CertificateSigner};

impl Verifier<'_> {
    /// What would be wrong with a signature that was refused for its time, had it been made when its certificate began.
    /// For messages alone.
    pub fn wrong_at_any_time(&self, bundle: &Bundle, artifact: Option<Artifact<'_>>) -> Option<VerifyError> {
        let Material::Certificate { leaf, intermediates } = &bundle.material else { return None };
        let look = || {
            let time = CertificateSigner::from_der(leaf)?.not_before;
            let times = [ProvenTime { time, source: TimeSource::Log(String::new()) }];
            let certified = self.certify(leaf, intermediates, &times)?;
            let content = Message::new(bundle, artifact)?.verify(&certified.key)?;
            artifact.map_or(Ok(()), |artifact| content.is_about(artifact))
        };
        look().err()
    }
}
