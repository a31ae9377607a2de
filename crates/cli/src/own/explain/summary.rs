//! What an attestation claims, in a few words. The predicate is the signer's text: nothing in it is proven but that he said it.

use sealgate::{
    attest::Attestation,
    verify::{Verified, signer::printable},
};
use serde::{Deserialize, de::IgnoredAny};

use crate::facts::Fact;

/// What is worth telling, where the predicate's form is known. A predicate that is not what its type says is told so.
pub(super) fn of(verified: Verified<'_>) -> Vec<Fact> {
    let Ok(attestation) = Attestation::read(verified) else { return Vec::new() };
    let kind = attestation.predicate_type();
    let read = match kind {
        "https://slsa.dev/provenance/v1" => attestation.predicate_as().map(provenance_1),
        "https://slsa.dev/provenance/v0.2" => attestation.predicate_as().map(provenance_0_2),
        "https://slsa.dev/verification_summary/v1" => attestation.predicate_as().map(summary),
        "https://cosign.sigstore.dev/attestation/vuln/v1" => attestation.predicate_as().map(vulnerabilities),
        _ if kind.starts_with("https://spdx.dev/Document") => attestation.predicate_as().map(spdx),
        _ if kind.starts_with("https://cyclonedx.org/bom") => attestation.predicate_as().map(cyclonedx),
        _ if kind.starts_with("https://openvex.dev/ns") => attestation.predicate_as().map(vex),
        _ => return Vec::new(),
    };
    let facts =
        read.unwrap_or_else(|_| vec![("predicate", "is not of the form that its type says".to_owned())]);
    facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| Fact { name, value: short(&printable(&value)) })
        .collect()
}

type Facts = Vec<(&'static str, String)>;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Provenance1 {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    external_parameters: Parameters,
    resolved_dependencies: Vec<Resource>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    workflow: Workflow,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Workflow {
    repository: String,
    r#ref: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    uri: String,
    digest: Commit,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Commit {
    git_commit: String,
    sha1: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RunDetails {
    builder: Builder,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Builder {
    id: String,
}

fn provenance_1(predicate: Provenance1) -> Facts {
    let BuildDefinition { build_type, external_parameters, resolved_dependencies } =
        predicate.build_definition;
    let workflow = external_parameters.workflow;
    let source = match (workflow.repository.as_str(), resolved_dependencies.first()) {
        ("", Some(first)) => first.uri.clone(),
        (repository, _) => at(repository, &workflow.r#ref),
    };
    let commit = resolved_dependencies.into_iter().map(|resource| commit(resource.digest)).next();
    vec![
        ("builder", predicate.run_details.builder.id),
        ("source", source),
        ("commit", commit.unwrap_or_default()),
        ("build", build_type),
    ]
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Provenance02 {
    builder: Builder,
    build_type: String,
    invocation: Invocation,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Invocation {
    config_source: Resource,
}

fn provenance_0_2(predicate: Provenance02) -> Facts {
    let source = predicate.invocation.config_source;
    vec![
        ("builder", predicate.builder.id),
        ("source", source.uri),
        ("commit", commit(source.digest)),
        ("build", predicate.build_type),
    ]
}

fn commit(digest: Commit) -> String {
    if digest.git_commit.is_empty() { digest.sha1 } else { digest.git_commit }
}

fn at(name: &str, reference: &str) -> String {
    if reference.is_empty() { name.to_owned() } else { format!("{name}@{reference}") }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Summary {
    verifier: Builder,
    verification_result: String,
    verified_levels: Vec<String>,
}

fn summary(predicate: Summary) -> Facts {
    vec![
        ("verifier", predicate.verifier.id),
        ("result", predicate.verification_result),
        ("levels", predicate.verified_levels.join(", ")),
    ]
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vulnerabilities {
    scanner: Scanner,
    metadata: Scan,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Scanner {
    uri: String,
    version: String,
    result: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Scan {
    scan_finished_on: String,
}

fn vulnerabilities(predicate: Vulnerabilities) -> Facts {
    let result = if predicate.scanner.result.is_some() { "" } else { "the scan brings no result" };
    vec![
        ("scanner", format!("{} {}", predicate.scanner.uri, predicate.scanner.version).trim().to_owned()),
        ("scanned", predicate.metadata.scan_finished_on),
        ("result", result.to_owned()),
    ]
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spdx {
    spdx_version: String,
    packages: Vec<IgnoredAny>,
}

fn spdx(predicate: Spdx) -> Facts {
    let name = if predicate.spdx_version.is_empty() { "SPDX".to_owned() } else { predicate.spdx_version };
    vec![("sbom", format!("{name}, {} packages", predicate.packages.len()))]
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CycloneDx {
    spec_version: String,
    components: Vec<IgnoredAny>,
}

fn cyclonedx(predicate: CycloneDx) -> Facts {
    let name = format!("CycloneDX {}", predicate.spec_version);
    vec![("sbom", format!("{}, {} components", name.trim(), predicate.components.len()))]
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vex {
    author: String,
    statements: Vec<VexStatement>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct VexStatement {
    status: String,
}

fn vex(predicate: Vex) -> Facts {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for statement in &predicate.statements {
        // Four are specified; anything else is counted as one.
        let status = match statement.status.as_str() {
            known @ ("affected" | "fixed" | "not_affected" | "under_investigation") => known,
            _ => "of another status",
        };
        *counts.entry(status).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let parts = if parts.is_empty() { "no statements".to_owned() } else { parts.join(", ") };
    vec![("author", predicate.author), ("vex", parts)]
}

// The signer chooses these words; a screen is not his to fill.
fn short(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}... ({} characters)", text.len())
}

const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::{LONGEST, short};

    #[test]
    fn a_signers_words_are_cut_beyond_the_limit_and_not_at_it() {
        let whole = "x".repeat(LONGEST);
        assert_eq!(short(&whole), whole);
        assert_eq!(short(&format!("{whole}y")), format!("{whole}... (301 characters)"));
    }
}
