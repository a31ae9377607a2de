//! Asks the library as the binary would.

use std::{collections::BTreeMap, path::PathBuf};

use sealgate_cli::Console;
use sealgate_testkit::{Identity, Image, Registry, World};

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Told {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One command line, without the program's name.
pub(crate) fn ask(words: &[&str]) -> Told {
    ask_with(words, &[], b"")
}

/// The same with variables and standard input.
pub(crate) fn ask_with(words: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Told {
    ask_as("/usr/local/bin/sealgate", words, variables, input)
}

/// The same in front of a person, whose terminal has 80 columns.
pub(crate) fn ask_watched(words: &[&str], variables: &[(&str, &str)]) -> Told {
    told("sealgate", words, variables, b"", Some(80))
}

/// The same under another name.
pub(crate) fn ask_as(program: &str, words: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Told {
    told(program, words, variables, input, None)
}

fn told(
    program: &str,
    words: &[&str],
    variables: &[(&str, &str)],
    input: &[u8],
    columns: Option<usize>,
) -> Told {
    let arguments: Vec<String> =
        std::iter::once(&program).chain(words).map(|word| (*word).to_owned()).collect();
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console =
        Console::new(environment, input, &mut stdout, &mut stderr).on_terminals(columns, columns);
    let code = sealgate_cli::run(&arguments, &mut console);
    drop(console);
    Told { code, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
}

/// A registry, a Sigstore and a folder.
pub(crate) struct Place {
    pub(crate) registry: Registry,
    pub(crate) world: &'static World,
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            registry: Registry::start_blocking(),
            world: World::shared(),
            folder: tempfile::tempdir().unwrap(),
        };
        place.file("root.json", &place.world.trusted_root_json());
        place
    }

    /// Writes a file; its name.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.name(name)
    }

    pub(crate) fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An image signed as a bundle by the release workflow of `acme/app`.
    pub(crate) fn signed(&self, repository: &str) -> Image {
        let image = self.registry.push_image(repository, Some("v1"), repository);
        self.registry.push_bundle(
            repository,
            &image.digest,
            &self.world.sign_image(&image.digest, &release()),
        );
        image
    }

    /// The same in cosign's older format.
    pub(crate) fn signed_older(&self, repository: &str) -> Image {
        let image = self.registry.push_image(repository, Some("v1"), repository);
        let signed = self.world.sign_image_legacy(&image.digest, &release());
        self.registry.push_legacy(repository, &image.digest, &[&signed]);
        image
    }

    pub(crate) fn pinned(&self, repository: &str, image: &Image) -> String {
        self.registry.pinned(repository, &image.digest)
    }

    /// Asks a verb of cosign's with this world's root.
    pub(crate) fn cosign(&self, verb: &str, words: &[&str]) -> Told {
        let root = self.name("root.json");
        ask(&[&[verb, "--trusted-root", root.as_str()], words].concat())
    }

    /// Asks `check` with this world's root, the policy in `policy.yaml` and plain http to the registry.
    pub(crate) fn check(&self, words: &[&str]) -> Told {
        let (root, policy, host) =
            (format!("virtual={}", self.name("root.json")), self.name("policy.yaml"), self.registry.host());
        let common = ["check", "--trusted-root", &root, "--policy", &policy, "--allow-http-registry", &host];
        ask_with(&[&common, words].concat(), &[], b"")
    }

    /// A policy for this registry that trusts the release workflow.
    pub(crate) fn policy(&self, repository: &str) {
        let text = format!(
            "apiVersion: sealgate.dev/v1alpha1\nkind: ClusterSealPolicy\nmetadata: {{name: apps}}\nspec:\n  \
             match: {{images: [\"{}/**\"]}}\n  signers:\n    release:\n      roots: [virtual]\n      \
             github: {{repository: {repository}, workflow: release.yml, ref: \"refs/tags/v*\"}}\n  \
             require:\n    signed: {{signature: {{by: [release]}}}}\n",
            self.registry.host()
        );
        self.file("policy.yaml", text.as_bytes());
    }
}

/// The release workflow of `acme/app`.
pub(crate) fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

/// Its subject.
pub(crate) const RELEASE: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";
/// Its issuer.
pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";
/// Flags that trust it.
pub(crate) const BY_RELEASE: [&str; 4] =
    ["--certificate-identity", RELEASE, "--certificate-oidc-issuer", GITHUB];
