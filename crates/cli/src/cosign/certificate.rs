//! What cosign prints of a certificate: the GitHub extensions.

use sealgate::verify::CertificateSigner;

/// The extensions 1.3.6.1.4.1.57264.1.1 to .6 under the names that cosign prints.
pub(crate) const EXTENSIONS: [(u8, &str); 6] = [
    (1, "Issuer"),
    (2, "githubWorkflowTrigger"),
    (3, "githubWorkflowSha"),
    (4, "githubWorkflowName"),
    (5, "githubWorkflowRepository"),
    (6, "githubWorkflowRef"),
];

/// The text of one of these extensions, as written.
pub(crate) fn extension(signer: &CertificateSigner, number: u8) -> Option<&str> {
    signer.claims.extension(number)
}
