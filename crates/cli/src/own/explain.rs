//! `explain`: what is attached, by whom, when, which checks hold, and what would accept it. No verdict.

mod brief;
mod examine;
mod local;
mod paste;
mod platforms;
mod summary;
mod tree;

use std::{collections::BTreeSet, time::Duration};

use clap::Args;
use futures_util::{StreamExt as _, stream};
use schemars::JsonSchema;
use sealgate::{
    oci::{Client, Config, Look},
    policy::{PolicySet, Request, Role, Verdict, decide},
    tuf::RootSource,
    verify::{Entry, Evidence, Place, PublicKey, Reference, TrustedRoots},
};
use serde::Serialize;

use super::{
    ALLOW, Fault, UNKNOWN,
    setup::{self, Form},
};
use crate::{
    Console, cosign,
    facts::{self, Gap, Signature, Standing},
    files,
    go::duration,
    limits, progress,
};
use examine::{Against, Examined};
use paste::{Acceptance, AtHand, NamedKey, Target};
use platforms::{Asking, Found};

/// Show what is attached to images, or what a bundle holds.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// Also say what these policies say; repeatable
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<String>,
    /// A trusted root to hold signatures against; repeatable. `public-good` is there already
    #[arg(long = "trusted-root", value_name = "NAME=FILE")]
    roots: Vec<String>,
    /// A public key, PEM, that signatures without certificate may be by; repeatable
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<String>,
    /// Explain this bundle about a file, instead of images
    #[arg(long, value_name = "FILE")]
    bundle: Option<String>,
    /// Explain the image in this folder, an OCI layout, instead of one in a registry
    #[arg(long, value_name = "DIR")]
    layout: Option<String>,
    /// The images are folders, OCI layouts, as for the verbs that verify
    #[arg(long)]
    local_image: bool,
    /// Of an index, this image alone
    #[arg(long, value_name = "OS/ARCH", conflicts_with_all = ["bundle", "layout", "local_image"])]
    platform: Option<String>,
    /// What the names of cosign's tags begin with
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    attachment_tag_prefix: String,
    /// The namespace that the image would run in, for policies
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// How it is written
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    output: Form,
    /// A registry to speak plain http to, HOST or HOST:PORT; repeatable
    #[arg(long = "allow-http-registry", value_name = "HOST")]
    http: Vec<String>,
    /// A docker config.json with credentials, instead of the user's own
    #[arg(long, value_name = "FILE")]
    docker_config: Option<String>,
    /// How long an image may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration::parse)]
    timeout: Duration,
    /// The images; with --bundle the one file that it is about, with --layout none
    #[arg(required_unless_present = "layout", value_name = "IMAGE")]
    images: Vec<String>,
}

/// What `explain --output json` writes.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Explanation")]
struct Explanation<'e> {
    /// Of this form.
    version: &'static str,
    /// What this is not.
    note: &'static str,
    /// In the order typed.
    images: &'e [Explained],
}

/// What is known of one image or file.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained {
    /// As typed; of an index's images, the platform.
    name: String,
    /// What it means now; absent if that could not be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// What its manifest is.
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    /// What is stored beside it.
    signatures: Vec<Signature>,
    /// Places that could not be read.
    gaps: Vec<Gap>,
    /// What the policies given say: as `check` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    policies: Option<Verdict>,
    /// What would accept each signer of something genuine.
    would_accept: Vec<Acceptance>,
    /// Of an index: its images, each with what is attached to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<Explained>,
    /// Of an index: how many more images it has, which were not looked at.
    #[serde(skip_serializing_if = "is_none")]
    platforms_left_out: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

const NOTE: &str = "this is no verdict. It shows who signed, not whether to believe them: `sealgate check` asks your policies, \
                    `sealgate verify` about a signer whom you name";

impl Explain {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        if self.images.len() > limits::IMAGES {
            let (count, most) = (self.images.len(), limits::IMAGES);
            return Err(Fault::usage(format!("{count} images were given, at most {most} are explained")));
        }
        let roots = setup::roots(&self.roots, console)?;
        let keys = self.keys.iter().map(|file| key(file)).collect::<Result<Vec<_>, _>>()?;
        let explained = match (&self.bundle, &self.layout) {
            (Some(_), Some(_)) => {
                return Err(Fault::usage("--bundle and --layout are about different things"));
            }
            _ if self.local_image && (self.bundle.is_some() || self.layout.is_some()) => {
                return Err(Fault::usage(
                    "--local-image says that the images are folders; leave out the other flag",
                ));
            }
            (None, None) if self.local_image => {
                let each = self.images.iter().map(|folder| local::layout(&self, folder, &roots, &keys));
                each.collect::<Result<_, _>>()?
            }
            (None, Some(_)) if !self.images.is_empty() => {
                return Err(Fault::usage("--layout takes no images: it is about the one in the folder"));
            }
            (Some(bundle), None) => vec![local::file(&self, bundle, &roots, &keys, console)?],
            (None, Some(folder)) => vec![local::layout(&self, folder, &roots, &keys)?],
            (None, None) => self.all(&roots, &keys, console)?,
        };
        match self.output {
            Form::Json => {
                let whole = Explanation { version: "1", note: NOTE, images: &explained };
                let text = serde_json::to_string(&whole).map_err(|error| Fault::own(&error))?;
                console.answer(format!("{text}\n"));
            }
            Form::Text => {
                let columns = console.columns();
                for (index, one) in explained.iter().enumerate() {
                    if index > 0 {
                        console.answer_text("\n");
                    }
                    let verdict =
                        one.policies.as_ref().map(|verdict| super::report::human(verdict, columns.is_some()));
                    console.answer_text(&tree::of(one, verdict.as_deref(), columns));
                }
                console.answer_text(&tree::end(columns));
            }
        }
        // Of something that was found not a word may be missing; of nothing at all, nothing is known.
        let is_dark = |one: &Explained| one.signatures.is_empty() && !one.gaps.is_empty();
        Ok(if explained.iter().any(is_dark) { UNKNOWN } else { ALLOW })
    }

    fn all(
        &self,
        roots: &TrustedRoots,
        keys: &[NamedKey],
        console: &mut Console<'_>,
    ) -> Result<Vec<Explained>, Fault> {
        let policies = match self.policies.as_slice() {
            [] => None,
            named => Some(setup::policies(named, roots)?.set),
        };
        let mut references = Vec::new();
        for image in &self.images {
            references.push(Reference::parse(image).map_err(|error| Fault::usage(error.to_string()))?);
        }
        let config = Config {
            http_hosts: self.http.iter().cloned().collect(),
            http_loopback: true,
            // A policy is asked about what the gate would read.
            cosign_limits: policies.is_none(),
            ..Config::default()
        };
        let credentials = setup::credentials(self.docker_config.as_deref(), console)?;
        let client = Client::new(config, credentials).map_err(|error| Fault::own(&error))?;
        let usage = |failure: cosign::Failure| Fault::usage(failure.to_string());
        let look = Look {
            places: BTreeSet::from([Place::AttestationTag, Place::Referrers, Place::SignatureTag]),
            manifest: true,
            evidence_repository: cosign::evidence_repository(console).map_err(usage)?,
            tag_prefix: cosign::checked_tag_prefix(&self.attachment_tag_prefix).map_err(usage)?,
        };
        let now = crate::clock::now();
        let (timeout, platform) = (self.timeout, self.platform.as_deref());
        let asking = Asking { client: &client, look: &look, now, timeout, platform };
        let runtime = crate::runtime::network().map_err(|error| Fault::own(&error))?;
        let mut found: Vec<Found> = Vec::new();
        runtime.block_on(async {
            let looks = references.iter().map(|reference| asking.image(reference));
            let looks = stream::iter(looks).buffered(IMAGES_AT_ONCE);
            progress::watched(looks, references.len(), console, |_, one, _| {
                found.push(one?);
                Ok::<_, Fault>(())
            })
            .await
        })?;
        let plain: Vec<PublicKey> = keys.iter().map(|named| named.key.clone()).collect();
        let against = Against { roots, keys: &plain, now };
        let files = self.root_files();
        let elsewhere = console.variable("COSIGN_REPOSITORY").map(str::to_owned);
        let at_hand = AtHand {
            keys,
            roots,
            files: &files,
            http: &self.http,
            elsewhere: elsewhere.as_deref(),
            tag_prefix: &look.tag_prefix,
        };
        let explain = |(name, found): (&String, &Found)| {
            let Found { reference, evidence, parts, left_out } = found;
            let verdict =
                policies.as_ref().map(|set| self.verdict(set, reference, evidence, roots, &against));
            let part = |(name, entry): &(String, Entry)| part_of(name, reference, entry, &against, &at_hand);
            Explained {
                name: match platform {
                    Some(platform) => format!("{name} ({platform})"),
                    None => name.clone(),
                },
                policies: verdict,
                platforms: parts.iter().map(part).collect(),
                platforms_left_out: *left_out,
                ..image(reference, evidence, &against, &at_hand)
            }
        };
        Ok(self.images.iter().zip(&found).map(explain).collect())
    }

    fn verdict(
        &self,
        policies: &PolicySet,
        reference: &Reference,
        evidence: &Evidence,
        roots: &TrustedRoots,
        against: &Against<'_>,
    ) -> Verdict {
        let request = Request {
            reference: reference.clone(),
            namespace: self.namespace.clone(),
            role: Role::Container,
            allow_tags: false,
        };
        decide(policies, &request, evidence, roots, against.now)
    }

    // Which root came from which file. The names were read once already.
    fn root_files(&self) -> Vec<(String, String)> {
        let split =
            |text: &String| text.split_once('=').map(|(name, file)| (name.to_owned(), file.to_owned()));
        self.roots.iter().filter(|text| text.parse::<RootSource>().is_ok()).filter_map(split).collect()
    }
}

fn image(
    reference: &Reference,
    evidence: &Evidence,
    against: &Against<'_>,
    at_hand: &AtHand<'_>,
) -> Explained {
    let name = reference.written().to_owned();
    match evidence.entries.first() {
        Some(entry) => part_of(&name, reference, entry, against, at_hand),
        None => Explained {
            name,
            digest: None,
            media_type: None,
            signatures: Vec::new(),
            gaps: facts::gaps(&evidence.gaps),
            policies: None,
            would_accept: Vec::new(),
            platforms: Vec::new(),
            platforms_left_out: 0,
        },
    }
}

// An image of that repository, by its digest.
fn part_of(
    name: &str,
    reference: &Reference,
    entry: &Entry,
    against: &Against<'_>,
    at_hand: &AtHand<'_>,
) -> Explained {
    let digest = entry.digest.to_string();
    let http = at_hand.http.iter().any(|host| host == reference.host());
    let target = Target::Image { repository: &reference.name(), digest: &digest, http };
    entry_of(name.to_owned(), entry, &target, against, at_hand)
}

fn entry_of(
    name: String,
    entry: &Entry,
    target: &Target<'_>,
    against: &Against<'_>,
    at_hand: &AtHand<'_>,
) -> Explained {
    let mut examined: Vec<Examined> =
        entry.items.iter().map(|item| examine::item(item, &entry.digest, against)).collect();
    // What is genuine first, signatures before attestations, each kind in the order found.
    examined.sort_by_key(|one| (one.facts.standing != Standing::Genuine, !paste::is_signature(one)));
    let would_accept = paste::acceptances(&examined, target, at_hand);
    Explained {
        name,
        digest: Some(entry.digest.to_string()),
        media_type: entry.manifest.as_deref().map(kind),
        signatures: examined.into_iter().map(|one| one.facts).collect(),
        gaps: facts::gaps(&entry.gaps),
        policies: None,
        would_accept,
        platforms: Vec::new(),
        platforms_left_out: 0,
    }
}

// What a manifest says it is; an index also, of how many.
fn kind(manifest: &[u8]) -> String {
    #[derive(Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Form {
        media_type: String,
        manifests: Option<Vec<serde::de::IgnoredAny>>,
    }
    let form: Form = serde_json::from_slice(manifest).unwrap_or_default();
    let media_type = sealgate::verify::signer::printable(&form.media_type);
    let named = if media_type.is_empty() { "of no type that it names".to_owned() } else { media_type };
    match form.manifests {
        Some(parts) => {
            format!("{named}, of {} manifests", parts.len())
        }
        None => named,
    }
}

fn key(file: &str) -> Result<NamedKey, Fault> {
    let bytes = files::read(file, limits::FILE)?;
    let key = crate::cosign::public_key(&bytes).map_err(|error| Fault::usage(format!("{file}: {error}")))?;
    Ok(NamedKey { file: file.to_owned(), pem: String::from_utf8_lossy(&bytes).into_owned(), key })
}

const IMAGES_AT_ONCE: usize = 8;

#[cfg(test)]
pub(crate) fn schema() -> serde_json::Value {
    facts::schema::<Explanation<'_>>()
}
