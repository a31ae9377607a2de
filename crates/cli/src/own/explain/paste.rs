//! Which flags and which policy would accept a signer, and nobody else.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sealgate::{
    attest::{ALIASES, SIGNATURE},
    policy::{PolicySet, Source},
    tuf::PUBLIC_GOOD,
    verify::{KeySigner, PublicKey, Signer, TrustedRoots},
};
use serde::Serialize;

use super::examine::Examined;
use crate::{
    facts::{Identity, Standing},
    shell,
};

/// What would accept one signer. It says nothing about whether to.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Acceptance {
    /// Whom.
    pub(super) signer: Identity,
    /// Variables that the commands need, `NAME=VALUE`, ready for a shell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) variables: Vec<String>,
    /// Command lines, ready for a shell, for `sealgate` as for `cosign`; only if this is whom you expect.
    pub(super) commands: Vec<Vec<String>>,
    /// A policy; absent where policies have no words for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<String>,
}

/// What the commands are about.
pub(super) enum Target<'t> {
    /// An image: its name without tag, its digest, and whether its registry is spoken to over plain http.
    Image { repository: &'t str, digest: &'t str, http: bool },
    /// A folder with an OCI layout.
    Folder(&'t str),
    /// A file and its bundle.
    File { blob: &'t str, bundle: &'t str },
}

/// What the caller named, and under which names.
pub(super) struct AtHand<'a> {
    pub(super) keys: &'a [NamedKey],
    pub(super) roots: &'a TrustedRoots,
    /// Roots that came from files, with those.
    pub(super) files: &'a [(String, String)],
    /// Registries that are spoken to over plain http.
    pub(super) http: &'a [String],
    /// Where signatures are, if not beside their image.
    pub(super) elsewhere: Option<&'a str>,
    /// What the names of cosign's tags begin with.
    pub(super) tag_prefix: &'a str,
}

/// A public key and its file.
pub(super) struct NamedKey {
    pub(super) file: String,
    pub(super) pem: String,
    pub(super) key: PublicKey,
}

impl AtHand<'_> {
    fn key(&self, signer: &KeySigner) -> Option<&NamedKey> {
        self.keys.iter().find(|known| known.key.fingerprint() == signer.fingerprint)
    }
}

/// One for each signer of something genuine, in the order found.
pub(super) fn acceptances(
    examined: &[Examined],
    target: &Target<'_>,
    at_hand: &AtHand<'_>,
) -> Vec<Acceptance> {
    let mut signers: Vec<(&Signer, &str)> = Vec::new();
    for one in examined.iter().filter(|one| one.facts.standing == Standing::Genuine) {
        let (Some(signer), Some(root)) = (&one.signer, &one.facts.root) else { continue };
        if !signers.iter().any(|(known, under)| same(known, signer) && *under == root.as_str()) {
            signers.push((signer, root));
        }
    }
    let accept = |(signer, root): &(&Signer, &str)| {
        let of_signer = |one: &&Examined| {
            one.signer.as_ref().is_some_and(|other| same(signer, other))
                && one.facts.root.as_deref() == Some(*root)
        };
        let theirs: Vec<&Examined> = examined.iter().filter(of_signer).collect();
        acceptance(signer, root, &theirs, target, at_hand)
    };
    signers.iter().map(accept).collect()
}

fn acceptance(
    signer: &Signer,
    root: &str,
    theirs: &[&Examined],
    target: &Target<'_>,
    at_hand: &AtHand<'_>,
) -> Acceptance {
    let identity = Identity::of(signer);
    let mut who = match signer {
        Signer::Key(key) => {
            let file = at_hand.key(key).map_or("KEY.pub", |key| key.file.as_str());
            vec![format!("--key {}", shell::word(file))]
        }
        Signer::Certificate(certificate) => vec![
            format!("--certificate-identity {}", shell::word(&certificate.subject.value)),
            match certificate.issuer.as_str() {
                "" => "--certificate-oidc-issuer-regexp '^$'".to_owned(),
                issuer => format!("--certificate-oidc-issuer {}", shell::word(issuer)),
            },
        ],
    };
    // Whoever calls a reusable workflow signs under its name: the repository that called it is part of the signer.
    if let Signer::Certificate(certificate) = signer
        && let Some(source) = certificate.claims.extension(5)
        && !certificate.subject.value.contains(&format!("/{source}/"))
    {
        who.push(format!("--certificate-github-workflow-repository {}", shell::word(source)));
    }
    let mut commands = Vec::new();
    match at_hand.files.iter().find(|(name, _)| name == root) {
        Some((_, file)) => who.push(format!("--trusted-root {}", shell::word(file))),
        None if root == PUBLIC_GOOD => {}
        // One that this program brings, and cosign's flags know only as a file.
        None => {
            let file = shell::word(&format!("{root}.json"));
            commands.push(vec![format!("roots print {} > {file}", shell::word(root))]);
            who.push(format!("--trusted-root {file}"));
        }
    }
    let logged = theirs.iter().any(|one| !one.facts.log.is_empty());
    if matches!(signer, Signer::Key(_)) && !logged {
        who.push("--insecure-ignore-tlog".to_owned());
    }
    // cosign's flags ask for every proof until they are told that the root knows none of its kind.
    if let (Signer::Certificate(_), Some(trusted)) = (signer, at_hand.roots.get(root)) {
        if !trusted.has_logs() {
            who.extend(["--insecure-ignore-tlog".to_owned(), "--use-signed-timestamps".to_owned()]);
        }
        if !trusted.has_ct_logs() {
            who.push("--insecure-ignore-sct".to_owned());
        }
    }
    let signed = theirs.iter().any(|one| is_signature(one));
    let types: BTreeSet<&str> = theirs
        .iter()
        .filter(|one| !is_signature(one))
        .filter_map(|one| one.facts.predicate_type.as_deref())
        .collect();
    let mut command = |verb: &str, more: &[String], last: &[String]| {
        commands.push([&[verb.to_owned()], who.as_slice(), more, last].concat());
    };
    match target {
        Target::Image { repository, digest, http } => {
            let mut plain = Vec::new();
            if *http {
                plain.push("--allow-http-registry".to_owned());
            }
            if !at_hand.tag_prefix.is_empty() {
                plain.push(format!("--attachment-tag-prefix {}", shell::word(at_hand.tag_prefix)));
            }
            let image = [shell::word(&format!("{repository}@{digest}"))];
            if signed {
                command("verify", &plain, &image);
            }
            for kind in &types {
                command("verify-attestation", &[plain.as_slice(), &[type_flag(kind)]].concat(), &image);
            }
        }
        Target::Folder(folder) => {
            let (local, folder) = ("--local-image".to_owned(), [shell::word(folder)]);
            if signed {
                command("verify", std::slice::from_ref(&local), &folder);
            }
            for kind in &types {
                command("verify-attestation", &[local.clone(), type_flag(kind)], &folder);
            }
        }
        Target::File { blob, bundle } => {
            let file = [shell::word(blob)];
            let bundle = format!("--bundle {}", shell::word(bundle));
            if types.is_empty() {
                command("verify-blob", std::slice::from_ref(&bundle), &file);
            }
            for kind in &types {
                command("verify-blob-attestation", &[bundle.clone(), type_flag(kind)], &file);
            }
        }
    }
    let policy = match target {
        // A policy knows no other place than beside the image.
        Target::Image { repository, .. }
            if signed && at_hand.elsewhere.is_none() && at_hand.tag_prefix.is_empty() =>
        {
            policy(signer, root, repository, logged, at_hand)
        }
        _ => None,
    };
    let variable = |value: &str| format!("COSIGN_REPOSITORY={}", shell::word(value));
    let variables = match target {
        Target::Image { .. } => at_hand.elsewhere.map(variable).into_iter().collect(),
        Target::File { .. } | Target::Folder(_) => Vec::new(),
    };
    Acceptance { signer: identity, variables, commands, policy }
}

fn type_flag(kind: &str) -> String {
    let name = ALIASES.iter().find(|(_, uri)| *uri == kind).map_or(kind, |(alias, _)| alias);
    format!("--type {}", shell::word(name))
}

/// Whether it is nothing more than a signature, as far as is known.
pub(super) fn is_signature(one: &Examined) -> bool {
    one.facts.predicate_type.as_deref().is_none_or(|kind| kind == SIGNATURE)
}

// The same identity: certificates live ten minutes, and every signature has its own.
fn same(left: &Signer, right: &Signer) -> bool {
    match (left, right) {
        (Signer::Certificate(left), Signer::Certificate(right)) => {
            left.subject == right.subject
                && left.issuer == right.issuer
                && left.claims.get(SOURCE) == right.claims.get(SOURCE)
        }
        (Signer::Key(left), Signer::Key(right)) => left == right,
        _ => false,
    }
}

// A policy with this one signer. Texts of a certificate are quoted as JSON does, which YAML reads alike; and it is only told
// if it loads.
fn policy(
    signer: &Signer,
    root: &str,
    repository: &str,
    logged: bool,
    at_hand: &AtHand<'_>,
) -> Option<String> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let who = match signer {
        Signer::Key(key) => {
            let pem = at_hand.key(key)?.pem.trim().replace('\n', "\n          ");
            let log = if logged { "" } else { "      transparencyLog: none\n" };
            format!("      key:\n        pem: |\n          {pem}\n{log}")
        }
        Signer::Certificate(certificate) => {
            let (subject, issuer) = (certificate.subject.value.as_str(), certificate.issuer.as_str());
            let source = certificate.claims.get(SOURCE).unwrap_or_default();
            // A star is a wildcard there, and a signer without an issuer has no name.
            if issuer.is_empty() || [subject, issuer, source].iter().any(|text| text.contains('*')) {
                return None;
            }
            let claims = match source {
                "" => String::new(),
                source => format!("        claims: {{{SOURCE}: {}}}\n", quoted(source)),
            };
            format!(
                "      keyless:\n        issuer: {}\n        subject: {}\n{claims}",
                quoted(issuer),
                quoted(subject)
            )
        }
    };
    let roots =
        if root == PUBLIC_GOOD { String::new() } else { format!("      roots: [{}]\n", quoted(root)) };
    let text = format!(
        "apiVersion: sealgate.dev/v1alpha1\nkind: ClusterSealPolicy\nmetadata: {{name: from-explain}}\nspec:\n  \
         match: {{images: [{}]}}\n  signers:\n    expected:\n{roots}{who}  require:\n    signed: {{signature: {{by: \
         [expected]}}}}\n",
        quoted(repository)
    );
    let source = Source { name: "from-explain".to_owned(), bytes: text.clone().into_bytes() };
    PolicySet::load(&[source], at_hand.roots).is_ok().then_some(text)
}

const SOURCE: &str = "sourceRepositoryURI";
