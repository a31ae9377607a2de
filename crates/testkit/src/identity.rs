//! What an OIDC provider says about who signs, as the certificate authority writes it down.

use std::collections::BTreeMap;

use crate::certificate::{CertificateProfile, Extension, San};

/// GitHub's issuer.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Whom a certificate is given to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The subject.
    pub san: San,
    /// The OIDC issuer.
    pub issuer: String,
    /// Fulcio extensions 1.2 to 1.6, bare text.
    pub old_claims: BTreeMap<u8, String>,
    /// Fulcio extensions 1.9 to 1.24, DER strings.
    pub claims: BTreeMap<u8, String>,
}

impl Identity {
    /// Somebody with a subject and an issuer, and nothing else.
    pub fn new(san: San, issuer: &str) -> Self {
        Self { san, issuer: issuer.into(), old_claims: BTreeMap::new(), claims: BTreeMap::new() }
    }

    /// A person with a mail address.
    pub fn email(address: &str, issuer: &str) -> Self {
        Self::new(San::Email(address.into()), issuer)
    }

    /// A subject that is a URI.
    pub fn uri(uri: &str, issuer: &str) -> Self {
        Self::new(San::Uri(uri.into()), issuer)
    }

    /// A workflow of GitHub: `("acme/app", "release.yml", "refs/tags/v1.2.3")`.
    pub fn github(repository: &str, workflow: &str, reference: &str) -> Self {
        let path = format!("{repository}/.github/workflows/{workflow}@{reference}");
        Self::github_reusable(repository, reference, &path)
    }

    /// A reusable workflow (`acme/ci/.github/workflows/build.yml@refs/tags/v1`) that `repository` calls at `reference`.
    pub fn github_reusable(repository: &str, reference: &str, workflow: &str) -> Self {
        let subject = format!("https://github.com/{workflow}");
        let owner = repository.split('/').next().unwrap();
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let claims = [
            (9, subject.as_str()),
            (10, commit),
            (11, "github-hosted"),
            (12, &format!("https://github.com/{repository}")),
            (13, commit),
            (14, reference),
            (15, "1001"),
            (16, &format!("https://github.com/{owner}")),
            (17, "2002"),
            (18, &format!("https://github.com/{repository}/.github/workflows/release.yml@{reference}")),
            (19, commit),
            (20, "push"),
            (21, &format!("https://github.com/{repository}/actions/runs/1/attempts/1")),
            (22, "public"),
        ];
        let old = [(2, "push"), (3, commit), (4, "release"), (5, repository), (6, reference)];
        let own = |(number, text): (u8, &str)| (number, text.to_owned());
        Self {
            san: San::Uri(subject.clone()),
            issuer: GITHUB_ISSUER.into(),
            old_claims: old.into_iter().map(own).collect(),
            claims: claims.into_iter().map(own).collect(),
        }
    }

    /// The same with one of the extensions 1.9 to 1.24 changed.
    #[must_use]
    pub fn claim(mut self, number: u8, text: &str) -> Self {
        self.claims.insert(number, text.into());
        self
    }

    /// The same with the old claim changed as well, so that the two agree.
    #[must_use]
    pub fn old_claim(mut self, number: u8, text: &str) -> Self {
        self.old_claims.insert(number, text.into());
        self
    }

    /// The subject's text; empty for a raw name.
    pub fn subject(&self) -> &str {
        match &self.san {
            San::Dns(text) | San::Email(text) | San::Uri(text) | San::Username(text) => text,
            San::Raw(_) => "",
        }
    }

    pub(crate) fn write(&self, profile: &mut CertificateProfile) {
        profile.set_sans(std::slice::from_ref(&self.san));
        profile.replace(Extension::fulcio_old(1, &self.issuer));
        profile.replace(Extension::fulcio(8, &self.issuer));
        for (number, text) in &self.old_claims {
            profile.replace(Extension::fulcio_old(*number, text));
        }
        for (number, text) in &self.claims {
            profile.replace(Extension::fulcio(*number, text));
        }
    }
}
