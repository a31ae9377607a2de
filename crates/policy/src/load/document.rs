//! The documents as they are written. These types are the published schema, and the loader's structure checks follow
//! that schema, so the two cannot drift.
//!
//! Every field is an `Option`: what is missing or of a wrong kind is reported by the loader, with its place.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::limits;

const NAME: &str = "^[a-z][a-z0-9-]*$";

/// Who must have signed which images.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "`apiVersion` and `kind` are compared before a document has a type")]
pub(super) struct PolicyDocument {
    /// Always `sealgate.dev/v1alpha1`.
    #[schemars(required, extend("enum" = ["sealgate.dev/v1alpha1"]))]
    pub(super) api_version: Option<String>,
    /// Always `ClusterSealPolicy`.
    #[schemars(required, extend("enum" = ["ClusterSealPolicy"]))]
    pub(super) kind: Option<String>,
    /// Of the metadata only the name counts.
    #[schemars(required)]
    pub(super) metadata: Option<Metadata>,
    /// What the policy says.
    #[schemars(required)]
    pub(super) spec: Option<PolicySpec>,
}

/// The gate's own settings; there is one document of it at most.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "`apiVersion` and `kind` are compared before a document has a type")]
pub(super) struct SettingsDocument {
    /// Always `sealgate.dev/v1alpha1`.
    #[schemars(required, extend("enum" = ["sealgate.dev/v1alpha1"]))]
    pub(super) api_version: Option<String>,
    /// Always `GateSettings`.
    #[schemars(required, extend("enum" = ["GateSettings"]))]
    pub(super) kind: Option<String>,
    /// The name is always `default`.
    #[schemars(required)]
    pub(super) metadata: Option<Metadata>,
    /// The settings.
    #[schemars(required)]
    pub(super) spec: Option<SettingsSpec>,
}

/// Of the metadata only the name counts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(super) struct Metadata {
    /// The name: a lower-case letter, then letters, digits and `-`.
    #[schemars(required, length(min = 1, max = limits::NAME_BYTES), regex(pattern = NAME))]
    pub(super) name: Option<String>,
}

/// What a policy says.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "!has(self.require) || self.require.all(r, !has(self.require[r].signature) || !has(self.require[r].signature.by) || (has(self.signers) && self.require[r].signature.by.all(s, s in self.signers)))",
        "message": "`by` names a signer that this policy does not have",
    },
    {
        "rule": "!has(self.require) || self.require.all(r, !has(self.require[r].anyOf) || self.require[r].anyOf.all(a, self.require[r].anyOf[a].all(l, !has(self.require[r].anyOf[a][l].signature) || !has(self.require[r].anyOf[a][l].signature.by) || (has(self.signers) && self.require[r].anyOf[a][l].signature.by.all(s, s in self.signers)))))",
        "message": "`by` names a signer that this policy does not have",
    },
    {
        "rule": "!has(self.require) || size(self.require) == 1 || !self.require.exists(r, has(self.require[r].unsigned))",
        "message": "`unsigned` stands alone",
    },
]))]
pub(super) struct PolicySpec {
    /// Which images the policy is about.
    #[schemars(required)]
    pub(super) r#match: Option<MatchSpec>,
    /// What happens when a requirement fails: `enforce` (the default) denies, `warn` warns, `audit` records.
    pub(super) mode: Option<ModeSpec>,
    /// For policies that only warn or audit: whether an image that they match counts as matched, so that
    /// `GateSettings.noMatch` no longer speaks about it. The default is false.
    pub(super) lifts_no_match: Option<bool>,
    /// Whom `by` may name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = limits::SIGNERS))]
    pub(super) signers: Option<BTreeMap<String, SignerSpec>>,
    /// What must hold, by name; all of it.
    #[schemars(required, extend("minProperties" = 1, "maxProperties" = limits::REQUIREMENTS))]
    pub(super) require: Option<BTreeMap<String, RequirementSpec>>,
}

/// Which images a policy is about. The first segment of a pattern is the registry's host.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MatchSpec {
    /// Patterns such as `ghcr.io/acme/**`: `*` stands within one segment, `**` for any number of whole ones.
    #[schemars(required, length(min = 1, max = limits::IMAGES), inner(length(min = 1, max = limits::PATTERN_BYTES)))]
    pub(super) images: Option<Vec<String>>,
    /// Images that the policy is not about, although `images` matches them.
    #[schemars(length(min = 1, max = limits::IMAGES), inner(length(min = 1, max = limits::PATTERN_BYTES)))]
    pub(super) except_images: Option<Vec<String>>,
}

/// What happens when something fails.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum ModeSpec {
    Audit,
    Enforce,
    Warn,
}

/// Somebody to trust: exactly one of `keyless`, `github` and `key`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "[has(self.keyless), has(self.github), has(self.key)].filter(x, x).size() == 1",
        "message": "exactly one of `keyless`, `github` and `key` is wanted",
    },
    {
        "rule": "!has(self.transparencyLog) || has(self.key)",
        "message": "`transparencyLog` is for keys only",
    },
]))]
pub(super) struct SignerSpec {
    /// The trusted roots that may vouch for this signer. The default is `public-good` alone.
    #[schemars(length(min = 1, max = limits::ROOTS), inner(length(min = 1, max = limits::NAME_BYTES)))]
    pub(super) roots: Option<Vec<String>>,
    /// An identity in a certificate.
    pub(super) keyless: Option<KeylessSpec>,
    /// A workflow of GitHub Actions.
    pub(super) github: Option<GithubSpec>,
    /// A public key.
    pub(super) key: Option<KeySpec>,
    /// Whether a signature by the key needs an entry in a transparency log: `required` (the default) or `none`.
    pub(super) transparency_log: Option<LogSpec>,
}

/// Whether a key's signature needs a log entry.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogSpec {
    None,
    Required,
}

/// An identity in a certificate: issuer and subject belong together.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "has(self.issuer) != has(self.issuerRegex)",
        "message": "exactly one of `issuer` and `issuerRegex` is wanted",
    },
    {
        "rule": "[has(self.subject), has(self.subjectRegex), has(self.anySubject)].filter(x, x).size() == 1",
        "message": "exactly one of `subject`, `subjectRegex` and `anySubject` is wanted",
    },
    {
        "rule": "!has(self.subjectRegex) || has(self.subjectKind)",
        "message": "`subjectRegex` needs `subjectKind`",
    },
]))]
pub(super) struct KeylessSpec {
    /// The OIDC issuer, as written in the certificate; no wildcards.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) issuer: Option<String>,
    /// A regular expression that matches the whole issuer.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) issuer_regex: Option<String>,
    /// The subject: text in which `*` stands within one segment and `**` for any number of whole ones.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) subject: Option<String>,
    /// A regular expression that matches the whole subject.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) subject_regex: Option<String>,
    /// `true`: whoever the issuer knows.
    #[schemars(extend("enum" = [true]))]
    pub(super) any_subject: Option<bool>,
    /// Of which kind the subject is: `uri`, `email` or `other`. Read from the subject's text where it tells.
    pub(super) subject_kind: Option<SubjectKindSpec>,
    /// More that the certificate must say, by the names that gh and sigstore-go print, such as `buildTrigger: push`.
    #[schemars(extend("minProperties" = 1, "maxProperties" = limits::CLAIMS))]
    pub(super) claims: Option<BTreeMap<String, ClaimSpec>>,
}

/// What a claim must be: text in which `*` stands within one segment and `**` for any number of whole ones.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(extend("minLength" = 1, "maxLength" = limits::PATTERN_BYTES))]
pub(super) struct ClaimSpec(pub(super) String);

/// The kinds of subject.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum SubjectKindSpec {
    Email,
    Other,
    Uri,
}

/// A workflow of GitHub Actions, run by a repository at a ref.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "has(self.workflow) != has(self.reusableWorkflow)",
        "message": "exactly one of `workflow` and `reusableWorkflow` is wanted",
    },
]))]
pub(super) struct GithubSpec {
    /// The repository that ran the workflow, such as `acme/app` or `acme/*`.
    #[schemars(required, length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) repository: Option<String>,
    /// The workflow's file in that same repository, such as `release.yml`.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) workflow: Option<String>,
    /// A workflow that other repositories call, such as `acme/ci/.github/workflows/build.yml@refs/tags/v*`.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) reusable_workflow: Option<String>,
    /// The ref that was built, such as `refs/tags/v*`; `**` says any.
    #[schemars(required, length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) r#ref: Option<String>,
    /// The owner's number, which a new owner of the old name does not have.
    #[schemars(length(min = 1, max = limits::NAME_BYTES))]
    pub(super) owner_id: Option<String>,
    /// The repository's number.
    #[schemars(length(min = 1, max = limits::NAME_BYTES))]
    pub(super) repository_id: Option<String>,
    /// The event that started the run, such as `push`.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) trigger: Option<String>,
    /// Whose machine ran it: `github-hosted` or `self-hosted`.
    #[schemars(length(min = 1, max = limits::PATTERN_BYTES))]
    pub(super) runner: Option<String>,
}

/// A public key.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct KeySpec {
    /// One PEM block `PUBLIC KEY`.
    #[schemars(required, length(min = 1, max = limits::PEM_BYTES))]
    pub(super) pem: Option<String>,
}

/// Something that must hold: exactly one of `signature`, `anyOf` and `unsigned`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "[has(self.signature), has(self.anyOf), has(self.unsigned)].filter(x, x).size() == 1",
        "message": "exactly one of `signature`, `anyOf` and `unsigned` is wanted",
    },
]))]
pub(super) struct RequirementSpec {
    /// What happens when it fails; the weaker of this and the policy's mode holds.
    pub(super) mode: Option<ModeSpec>,
    /// What a denial tells its reader besides the reason, such as whom to ask.
    #[schemars(length(min = 1, max = limits::HELP_BYTES))]
    pub(super) help: Option<String>,
    /// The image is signed.
    pub(super) signature: Option<SignatureSpec>,
    /// Named alternatives, of which one suffices; each is a map of leaves that all hold.
    #[schemars(extend("minProperties" = 1, "maxProperties" = limits::ALTERNATIVES))]
    pub(super) any_of: Option<BTreeMap<String, AlternativeSpec>>,
    /// The image is admitted without evidence.
    pub(super) unsigned: Option<UnsignedSpec>,
}

/// Named leaves that all hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1, "maxProperties" = limits::LEAVES))]
pub(super) struct AlternativeSpec(pub(super) BTreeMap<String, LeafSpec>);

/// One condition.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LeafSpec {
    /// The image is signed.
    #[schemars(required)]
    pub(super) signature: Option<SignatureSpec>,
}

/// Signatures over this very digest, by signers of this policy.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "!has(self.atLeast) || !has(self.by) || self.atLeast <= size(self.by)",
        "message": "`atLeast` is more than `by` has",
    },
]))]
pub(super) struct SignatureSpec {
    /// Names of signers.
    #[schemars(required, length(min = 1, max = limits::BY), inner(length(min = 1, max = limits::NAME_BYTES)))]
    pub(super) by: Option<Vec<String>>,
    /// How many of them must have signed; 1 is the default.
    #[schemars(range(min = 1, max = limits::BY))]
    pub(super) at_least: Option<i64>,
}

/// No evidence is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UnsignedSpec {
    /// Why, for those who read the policy later.
    #[schemars(required, length(min = 1, max = limits::HELP_BYTES))]
    pub(super) reason: Option<String>,
}

/// The gate's own settings.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SettingsSpec {
    /// What an image gets that no enforced policy matches; the default is `deny`.
    pub(super) no_match: Option<ActionSpec>,
    /// What a reference without a digest gets; the default is `deny`.
    pub(super) tags: Option<ActionSpec>,
    /// What an object gets that the gate cannot read images from; the default is `deny`.
    pub(super) unknown_kinds: Option<UnknownKindsSpec>,
    /// The only registry hosts that may be spoken to; empty, the default, means any.
    #[schemars(length(max = limits::REGISTRIES), inner(length(min = 1, max = limits::PATTERN_BYTES)))]
    pub(super) registries: Option<Vec<String>>,
}

/// What happens where no policy speaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum ActionSpec {
    Allow,
    Audit,
    Deny,
    Warn,
}

/// What happens to unknown objects.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum UnknownKindsSpec {
    Allow,
    Deny,
}
