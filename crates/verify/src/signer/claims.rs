//! What a Fulcio certificate says about its signer, besides subject and issuer.

use std::collections::BTreeMap;

use super::certificate::SignerError;
use crate::der;

/// The names of claims, by the last arc of their extension (1.3.6.1.4.1.57264.1.N), as sigstore-go and gh print them.
pub const CLAIM_NAMES: [(u8, &str); 17] = [
    (4, "githubWorkflowName"),
    (9, "buildSignerURI"),
    (10, "buildSignerDigest"),
    (11, "runnerEnvironment"),
    (12, "sourceRepositoryURI"),
    (13, "sourceRepositoryDigest"),
    (14, "sourceRepositoryRef"),
    (15, "sourceRepositoryIdentifier"),
    (16, "sourceRepositoryOwnerURI"),
    (17, "sourceRepositoryOwnerIdentifier"),
    (18, "buildConfigURI"),
    (19, "buildConfigDigest"),
    (20, "buildTrigger"),
    (21, "runInvocationURI"),
    (22, "sourceRepositoryVisibilityAtSigning"),
    (23, "deploymentEnvironment"),
    (24, "tokenSubject"),
];

/// The only issuer whose old short repository names have a known host.
pub(crate) const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

// Old extension, new one that says the same.
const SUCCESSORS: [(u8, u8); 4] = [(2, 20), (3, 13), (5, 12), (6, 14)];

/// The Fulcio extensions 1.1 to 1.24, each under its printed name; see [`Claims::get`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claims {
    values: BTreeMap<&'static str, String>,
    written: BTreeMap<u8, String>,
}

impl Claims {
    /// The claim of that name (`sourceRepositoryURI`, `buildTrigger`, ...); old extensions stand in for absent new ones.
    ///
    /// Never empty: an empty claim is as good as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All claims, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The text of the extension 1.3.6.1.4.1.57264.1.`number` as the certificate has it, nothing standing in; 1.1 and 1.8
    /// are the issuer.
    pub fn extension(&self, number: u8) -> Option<&str> {
        self.written.get(&number).map(String::as_str)
    }

    /// How many of the extensions the certificate has.
    pub(super) fn extension_count(&self) -> usize {
        self.written.len()
    }

    /// Brings the texts of a certificate's extensions, by last arc, into one answer per claim.
    pub(super) fn from_extensions(written: BTreeMap<u8, String>, issuer: &str) -> Result<Self, SignerError> {
        let mut values = written.clone();
        values.retain(|_, value| !value.is_empty());
        for (old, new) in SUCCESSORS {
            let Some(short) = values.get(&old).cloned() else { continue };
            let long = if old == 5 { repository_uri(&short, issuer) } else { Some(short.clone()) };
            let fits = match (values.get(&new), &long) {
                (Some(found), Some(long)) => found == long,
                (Some(found), None) => found.strip_suffix(&short).is_some_and(|host| host.ends_with('/')),
                (None, Some(long)) => {
                    values.insert(new, long.clone());
                    true
                }
                (None, None) => true,
            };
            if !fits {
                return Err(SignerError::Contradiction { old, new });
            }
        }
        let named =
            CLAIM_NAMES.iter().filter_map(|(number, name)| Some((*name, values.remove(number)?))).collect();
        Ok(Self { values: named, written })
    }
}

// `owner/name`, as a URI where its host is known.
fn repository_uri(short: &str, issuer: &str) -> Option<String> {
    (issuer == GITHUB_ISSUER).then(|| format!("https://github.com/{short}"))
}

/// Reads the text of an extension: bare in 1.1 to 1.6, a DER `UTF8String` from 1.8 on.
pub(super) fn text(number: u8, value: &[u8]) -> Result<String, SignerError> {
    let malformed = || SignerError::MalformedExtension { number };
    let bytes = if number < 7 { value } else { der::whole(value, der::UTF8_STRING).ok_or_else(malformed)? };
    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
    if text.chars().any(char::is_control) {
        return Err(malformed());
    }
    Ok(text.to_owned())
}
