//! `conformance`: what the Sigstore conformance suite calls.

use clap::Subcommand;
use sealgate::verify::{
    Artifact, Bundle, Digest, LogRule, SignerRule, TrustedRoot, Verifier,
    rule::{IssuerMatch, Keyless, SubjectMatch},
};

use super::{ALLOW, DENY, Fault};
use crate::{Console, cosign, files, limits};

/// The client of the Sigstore conformance suite.
#[derive(Debug, Subcommand)]
pub(crate) enum Conformance {
    /// Verify a bundle over a file or a digest.
    ///
    /// Exit code: 0 it is good, 1 it is not, 64 wrong usage.
    VerifyBundle(VerifyBundle),
}

/// As the suite's protocol has it.
#[derive(clap::Args, Debug)]
pub(crate) struct VerifyBundle {
    /// The bundle
    #[arg(long, value_name = "FILE")]
    bundle: String,
    /// The signer's subject
    #[arg(long, value_name = "TEXT", requires = "certificate_oidc_issuer")]
    certificate_identity: Option<String>,
    /// The signer's issuer
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    certificate_oidc_issuer: Option<String>,
    /// The signer's public key
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "certificate_identity",
        required_unless_present = "certificate_identity"
    )]
    key: Option<String>,
    /// The trusted root, instead of the public-good one
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<String>,
    /// The staging instance; its root must be named
    #[arg(long, requires = "trusted_root")]
    staging: bool,
    /// The file, or `sha256:HEX`
    #[arg(value_name = "FILE_OR_DIGEST")]
    artifact: String,
}

impl Conformance {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        let Self::VerifyBundle(asked) = self;
        match asked.verify() {
            Ok(()) => Ok(ALLOW),
            Err(why) => {
                console.say(format!("error: {why}"));
                Ok(DENY)
            }
        }
    }
}

impl VerifyBundle {
    fn verify(&self) -> Result<(), String> {
        let text = |error: files::FileError| error.to_string();
        let root = match &self.trusted_root {
            Some(name) => TrustedRoot::from_json(&files::read(name, limits::ROOT).map_err(text)?),
            None => TrustedRoot::public_good(),
        }
        .map_err(|error| error.to_string())?;
        let bundle = Bundle::from_json(&files::read(&self.bundle, limits::FILE).map_err(text)?)
            .map_err(|error| format!("{}: {error}", error.code()))?;
        let bytes;
        let digest;
        let artifact = match self.artifact.parse::<Digest>() {
            Ok(parsed) => {
                digest = parsed;
                Artifact::Digest(&digest)
            }
            Err(_) => {
                bytes = files::read(&self.artifact, limits::FILE).map_err(text)?;
                Artifact::Bytes(&bytes)
            }
        };
        let verifier = Verifier::new(&root, crate::clock::now());
        let (authentic, rule) = match (&self.key, &self.certificate_identity, &self.certificate_oidc_issuer) {
            (Some(name), ..) => {
                let key = cosign::public_key(&files::read(name, limits::FILE).map_err(text)?)?;
                // The suite's keys sign with and without entries; where there is one, it must hold.
                let log = if bundle.log_entry_count() > 0 { LogRule::Required } else { LogRule::None };
                (verifier.authenticate_with_key(&bundle, artifact, &key, log), SignerRule::key(&key))
            }
            (None, Some(subject), Some(issuer)) => {
                let keyless = Keyless {
                    issuer: IssuerMatch::Exact(issuer.clone()),
                    subject: SubjectMatch::Exact(subject.clone()),
                    subject_kind: None,
                    claims: [].into(),
                    extensions: [].into(),
                };
                let rule = SignerRule::keyless(&keyless).map_err(|error| error.to_string())?;
                (verifier.authenticate(&bundle, artifact), rule)
            }
            (None, ..) => {
                return Err("give --certificate-identity and --certificate-oidc-issuer, or --key".into());
            }
        };
        let authentic = authentic.map_err(|error| format!("{}: {error}", error.code()))?;
        authentic.signed_by(&rule).map_err(|error| format!("{}: {error}", error.code()))?;
        Ok(())
    }
}
