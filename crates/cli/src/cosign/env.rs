//! `env`: which variables count, and what they are.

use super::failure::Failure;
use crate::{Console, go::flags::Typed};

/// `env`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let (described, shown) = (typed.switch("show-descriptions"), typed.switch("show-sensitive-values"));
    let mut text = String::new();
    for Variable { name, secret, about, expects } in VARIABLES {
        if described {
            text.push_str(&format!("# {name} {about}\n# Expects: {expects}\n"));
        }
        let value = console.variable(name).unwrap_or_default();
        let value = if *secret && !shown && !value.is_empty() { MASK } else { value };
        text.push_str(&format!("{name}={value}\n"));
    }
    let others: Vec<(&str, &str)> = console
        .variables()
        .filter(|(name, _)| ["COSIGN_", "SIGSTORE_", "TUF_"].iter().any(|prefix| name.starts_with(prefix)))
        .filter(|(name, _)| VARIABLES.iter().all(|known| known.name != *name))
        .collect();
    if described && !others.is_empty() {
        text.push_str(
            "# COSIGN_ and a flag's name in upper case stands in for the flag; others may count elsewhere\n",
        );
    }
    for (name, value) in others {
        // Nobody said whether it is a secret.
        let value = if shown || value.is_empty() { value } else { MASK };
        text.push_str(&format!("{name}={value}\n"));
    }
    console.answer(text);
    Ok(())
}

struct Variable {
    name: &'static str,
    /// Not shown unless somebody insists.
    secret: bool,
    about: &'static str,
    expects: &'static str,
}

const fn open(name: &'static str, about: &'static str, expects: &'static str) -> Variable {
    Variable { name, secret: false, about, expects }
}

const fn secret(name: &'static str, about: &'static str, expects: &'static str) -> Variable {
    Variable { name, secret: true, about, expects }
}

const MASK: &str = "******";
const SIGNING: &str = "is only used for signing, by cosign";

/// The variables that cosign knows, in the order of their names.
const VARIABLES: &[Variable] = &[
    secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN", SIGNING, "GitHub's token for asking for another"),
    open("ACTIONS_ID_TOKEN_REQUEST_URL", SIGNING, "URL that GitHub gives tokens at"),
    secret("BUILDKITE_AGENT_ACCESS_TOKEN", SIGNING, "Buildkite's token"),
    open("BUILDKITE_AGENT_ENDPOINT", SIGNING, "URL of Buildkite"),
    open("BUILDKITE_AGENT_LOG_LEVEL", SIGNING, "one of debug, notice, info, error, warn, fatal"),
    open("BUILDKITE_JOB_ID", SIGNING, "id of a Buildkite job"),
    open("COSIGN_DOCKER_MEDIA_TYPES", SIGNING, "1, or nothing"),
    open("COSIGN_EXPERIMENTAL", "allows `tree --registry-referrers-mode oci-1-1`", "1, or nothing"),
    open(
        "COSIGN_MAX_ATTACHMENT_SIZE",
        "bounds what is read of one older signature or attestation (128MiB where it says nothing)",
        "a number of bytes, with or without a unit: 5120, 20K, 3M, 45MiB, 1GB",
    ),
    secret("COSIGN_PASSWORD", SIGNING, "password of a private key"),
    open("COSIGN_PKCS11_IGNORE_CERTIFICATE", SIGNING, "1, or nothing"),
    open("COSIGN_PKCS11_MODULE_PATH", SIGNING, "path of a PKCS #11 module"),
    secret("COSIGN_PKCS11_PIN", SIGNING, "PIN of a token"),
    open(
        "COSIGN_REPOSITORY",
        "is where signatures and attestations are looked for, instead of beside the image",
        "a repository without tag or digest, such as registry.example/signatures",
    ),
    open("GITHUB_HOST", SIGNING, "URL of a GitHub Enterprise instance"),
    secret("GITHUB_TOKEN", SIGNING, "GitHub's token"),
    open("GITLAB_HOST", SIGNING, "URL of a GitLab instance"),
    secret("GITLAB_TOKEN", SIGNING, "GitLab's token"),
    open("GOOGLE_SERVICE_ACCOUNT_NAME", SIGNING, "name of a service account"),
    open(
        "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE",
        "names the CT log to trust; for signatures in the older format",
        "file with a public key, PEM",
    ),
    secret("SIGSTORE_ID_TOKEN", SIGNING, "OIDC token"),
    open(
        "SIGSTORE_REKOR_PUBLIC_KEY",
        "names the transparency log to trust; for signatures in the older format",
        "file with a public key, PEM",
    ),
    open(
        "SIGSTORE_ROOT_FILE",
        "names the certificate authority to trust; for signatures in the older format",
        "file with certificates, PEM",
    ),
    open(
        "SIGSTORE_TSA_CERTIFICATE_FILE",
        "names the timestamp authority to trust; for signatures in the older format",
        "file with its certificates from leaf to root, PEM",
    ),
    open("SOURCE_DATE_EPOCH", SIGNING, "seconds since 1970"),
    open("SPIFFE_ENDPOINT_SOCKET", SIGNING, "path of a SPIFFE socket"),
    open(
        "TUF_MIRROR",
        "is where trusted roots are fetched from; needs TUF_ROOT_JSON",
        "URL of a TUF repository",
    ),
    open(
        "TUF_ROOT",
        "is where fetched trusted roots are kept ($HOME/.sigstore/root where it says nothing)",
        "path of a folder",
    ),
    open("TUF_ROOT_JSON", "says whom to believe about TUF_MIRROR", "file with a TUF root"),
];

#[cfg(test)]
mod tests {
    use super::VARIABLES;

    #[test]
    fn variables_are_in_order_and_tokens_are_secret() {
        assert!(VARIABLES.is_sorted_by_key(|variable| variable.name));
        for variable in VARIABLES {
            let secret = ["TOKEN", "PASSWORD", "PIN"].iter().any(|word| variable.name.ends_with(word));
            assert_eq!(variable.secret, secret, "{}", variable.name);
        }
    }
}
