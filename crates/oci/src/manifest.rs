//! What manifests and indexes say, read strictly: their writers are strangers.

use std::{collections::BTreeMap, fmt};

use sealgate_verify::Digest;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{fault::Fault, limits};

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// What is accepted as an image. Docker's first schema is not: its bytes do not have its digest.
pub(crate) const ACCEPT_ANY: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const ACCEPT_MANIFEST: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const ACCEPT_INDEX: &str = OCI_INDEX;
pub(crate) const ACCEPT_BLOB: &str = "*/*";

/// The start of every media type of a Sigstore bundle.
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// What cosign calls a manifest of older signatures that refers to its image (`--registry-referrers-mode oci-1-1`).
pub(crate) const SIGNATURES: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

pub(crate) const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// What a manifest or an index says of another thing. Its `urls` and `data` are not read: bytes come from the registry,
/// under their digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// What kind of artifact it is; often empty.
    pub artifact_type: String,
    /// Its name.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// Notes of whoever wrote it.
    pub annotations: BTreeMap<String, String>,
    /// What it runs on, in an index of images.
    pub platform: Option<Platform>,
}

/// What an image runs on.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// Such as `linux`.
    pub os: String,
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `v8`.
    pub variant: String,
    /// Such as `10.0.14393.1066`.
    #[serde(rename = "os.version")]
    pub os_version: String,
}

/// What an index or a list of referrers names. Entries that cannot be read are faults of their own.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) manifests: Vec<Result<Descriptor, Fault>>,
}

/// What an image manifest names.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Option<Result<Descriptor, Fault>>,
    pub(crate) layers: Vec<Result<Descriptor, Fault>>,
    pub(crate) subject: Option<Digest>,
    pub(crate) annotations: Result<BTreeMap<String, String>, Fault>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    #[serde(borrow)]
    config: Option<&'a RawValue>,
    #[serde(borrow)]
    layers: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    manifests: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDescriptor {
    media_type: String,
    #[serde(default)]
    artifact_type: Option<String>,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: Option<Annotations>,
    #[serde(default)]
    platform: Option<Platform>,
}

/// Reads an index: of `manifests` and nothing that an image manifest has.
pub(crate) fn index(bytes: &[u8]) -> Result<Index, Fault> {
    read_index(bytes, &[OCI_INDEX])
}

/// The same for an index that may be Docker's.
pub(crate) fn any_index(bytes: &[u8]) -> Result<Index, Fault> {
    read_index(bytes, &[OCI_INDEX, DOCKER_INDEX])
}

fn read_index(bytes: &[u8], media_types: &[&str]) -> Result<Index, Fault> {
    let raw = raw(bytes, media_types)?;
    let listed = match (raw.manifests, raw.layers, raw.config) {
        (Some(listed), None, None) => listed,
        (Some(_), ..) => return Err(Fault::malformed("an index that is an image manifest as well")),
        _ => return Err(Fault::malformed("an index without `manifests`")),
    };
    Ok(Index { manifests: descriptors(&listed)? })
}

/// Reads an image manifest: of `layers` and nothing that an index has.
pub(crate) fn manifest(bytes: &[u8]) -> Result<Manifest, Fault> {
    let raw = raw(bytes, &[OCI_MANIFEST, DOCKER_MANIFEST])?;
    let layers = match (raw.layers, raw.manifests) {
        (Some(layers), None) => layers,
        (Some(_), Some(_)) => return Err(Fault::malformed("an image manifest that is an index as well")),
        _ => return Err(Fault::malformed("an image manifest without `layers`")),
    };
    let subject = raw.subject.map(descriptor).transpose()?.map(|subject| subject.digest);
    let annotations = raw.annotations.map_or_else(
        || Ok(BTreeMap::new()),
        |raw| {
            serde_json::from_str::<Option<Annotations>>(raw.get())
                .map(|read| read.unwrap_or_default().0)
                .map_err(|error| Fault::malformed(format!("annotations that cannot be read: {error}")))
        },
    );
    Ok(Manifest {
        artifact_type: raw.artifact_type,
        config: raw.config.map(descriptor),
        layers: descriptors(&layers)?,
        subject,
        annotations,
    })
}

// THREAT: two readers of one document see two documents, through doubled keys or two shapes in one.
// See a_manifest_has_one_meaning.
fn raw<'a>(bytes: &'a [u8], media_types: &[&str]) -> Result<Raw<'a>, Fault> {
    if !is_object(bytes) {
        return Err(Fault::malformed("not readable as a manifest: it is no JSON object"));
    }
    let raw: Raw<'a> = serde_json::from_slice(bytes).map_err(|error| {
        Fault::malformed(format!(
            "not readable as a manifest at line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    if raw.schema_version != Some(2) {
        return Err(Fault::malformed("`schemaVersion` is not 2"));
    }
    match &raw.media_type {
        Some(own) if !media_types.contains(&own.as_str()) => {
            Err(Fault::malformed(format!("calls itself `{own}`, which was not asked for")))
        }
        _ => Ok(raw),
    }
}

fn descriptors(raw: &[&RawValue]) -> Result<Vec<Result<Descriptor, Fault>>, Fault> {
    if raw.len() > limits::MANIFEST_DESCRIPTORS {
        return Err(Fault::limit("descriptors in one manifest", limits::MANIFEST_DESCRIPTORS, raw.len()));
    }
    Ok(raw.iter().map(|raw| descriptor(raw)).collect())
}

// Derived readers take a list of values for an object; others do not.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

fn descriptor(raw: &RawValue) -> Result<Descriptor, Fault> {
    if !is_object(raw.get().as_bytes()) {
        return Err(Fault::malformed("a descriptor that is no JSON object"));
    }
    let raw: RawDescriptor = serde_json::from_str(raw.get())
        .map_err(|error| Fault::malformed(format!("a descriptor that cannot be read: {error}")))?;
    let digest = raw.digest.parse().map_err(|error| Fault::malformed(format!("a descriptor: {error}")))?;
    Ok(Descriptor {
        media_type: raw.media_type,
        artifact_type: raw.artifact_type.unwrap_or_default(),
        digest,
        size: raw.size,
        annotations: raw.annotations.unwrap_or_default().0,
        platform: raw.platform,
    })
}

/// A media type without parameters, in lower case.
pub(crate) fn media_type(header: Option<&http::HeaderValue>) -> String {
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[derive(Default)]
struct Annotations(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Annotations;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts, each key once")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Annotations, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, value)) = access.next_entry::<String, String>()? {
                    if map.insert(key, value).is_some() {
                        return Err(A::Error::custom("an annotation that is there twice"));
                    }
                }
                Ok(Annotations(map))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

#[cfg(test)]
mod tests {
    use sealgate_verify::GapCause;

    use super::{index, manifest, media_type};
    use crate::{fault::Fault, limits};

    const EMPTY: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn layer(more: &str) -> String {
        format!(r#"{{"mediaType": "m", "digest": "{EMPTY}", "size": 2{more}}}"#)
    }

    fn is_malformed<T: std::fmt::Debug>(result: Result<T, Fault>) -> bool {
        result.is_err_and(|fault| fault.cause() == Some(GapCause::Malformed))
    }

    #[test]
    fn a_manifest_has_one_meaning() {
        let layers = format!(r#""layers": [{}]"#, layer(""));
        let good = format!(r#"{{"schemaVersion": 2, {layers}}}"#);
        assert_eq!(manifest(good.as_bytes()).unwrap().layers.len(), 1);
        for bad in [
            format!(r#"{{"schemaVersion": 2, {layers}, {layers}}}"#),
            format!(r#"{{"schemaVersion": 2, {layers}, "manifests": []}}"#),
            format!(
                r#"{{"schemaVersion": 2, {layers}, "subject": {}, "subject": {}}}"#,
                layer(""),
                layer("")
            ),
            format!(r#"{{"schemaVersion": 2, {layers}, "config": {{}}, "config": {{}}}}"#),
            format!(
                r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", {layers}}}"#
            ),
            format!(r#"{{"schemaVersion": 1, {layers}}}"#),
            format!(r#"{{{layers}}}"#),
            format!(r#"{{"schemaVersion": 2, {layers}}} trailing"#),
            r#"{"schemaVersion": 2}"#.to_owned(),
            format!("[2, null, null, null, [{}], null, null, null]", layer("")),
            "<html>".to_owned(),
            String::new(),
        ] {
            assert!(is_malformed(manifest(bad.as_bytes())), "{bad}");
        }
    }

    #[test]
    fn an_index_is_no_image_manifest() {
        assert!(index(br#"{"schemaVersion": 2, "manifests": []}"#).unwrap().manifests.is_empty());
        for bad in [
            r#"{"schemaVersion": 2, "manifests": [], "layers": []}"#,
            r#"{"schemaVersion": 2, "manifests": [], "config": {}}"#,
            r#"{"schemaVersion": 2, "manifests": [], "manifests": []}"#,
            r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "manifests": []}"#,
            r#"{"schemaVersion": 2, "layers": []}"#,
            "{}",
        ] {
            assert!(is_malformed(index(bad.as_bytes())), "{bad}");
        }
    }

    #[test]
    fn one_bad_descriptor_spoils_no_other() {
        let bad = [
            r#"{"mediaType": "m", "digest": "md5:00", "size": 2}"#.to_owned(),
            format!(r#"{{"mediaType": "m", "digest": "{}", "size": 2}}"#, EMPTY.to_uppercase()),
            format!(r#"{{"mediaType": "m", "digest": "{EMPTY}", "size": -1}}"#),
            format!(r#"{{"mediaType": "m", "digest": "{EMPTY}", "size": 1e3}}"#),
            format!(r#"{{"mediaType": "m", "digest": "{EMPTY}", "size": 18446744073709551616}}"#),
            format!(r#"{{"mediaType": "m", "digest": "{EMPTY}"}}"#),
            format!(r#"{{"mediaType": "m", "digest": "{EMPTY}", "digest": "{EMPTY}", "size": 2}}"#),
            layer(r#", "annotations": {"a": "1", "a": "2"}"#),
            layer(r#", "annotations": {"a": 1}"#),
            format!(r#"["m", null, "{EMPTY}", 2, null, null]"#),
            "[]".to_owned(),
            "null".to_owned(),
        ];
        let good =
            layer(r#", "annotations": {"a": "1"}, "urls": ["http://169.254.169.254/"], "data": "e30="}"#)
                .replace("}}", "}");
        let text = format!(r#"{{"schemaVersion": 2, "layers": [{}, {good}]}}"#, bad.join(","));
        let layers = manifest(text.as_bytes()).unwrap().layers;
        assert_eq!(layers.len(), bad.len() + 1);
        let (last, others) = layers.split_last().unwrap();
        assert_eq!(last.as_ref().unwrap().annotations.get("a").map(String::as_str), Some("1"));
        for (found, text) in others.iter().zip(&bad) {
            assert!(is_malformed(found.clone()), "{text}");
        }
    }

    #[test]
    fn descriptors_are_counted() {
        let of = |count: usize| {
            let layers = vec![layer(""); count].join(",");
            manifest(format!(r#"{{"schemaVersion": 2, "layers": [{layers}]}}"#).as_bytes())
        };
        assert_eq!(of(limits::MANIFEST_DESCRIPTORS).unwrap().layers.len(), limits::MANIFEST_DESCRIPTORS);
        assert_eq!(of(limits::MANIFEST_DESCRIPTORS + 1).unwrap_err().cause(), Some(GapCause::Limit));
    }

    #[test]
    fn a_media_type_is_compared_without_parameters_and_case() {
        let header = http::HeaderValue::from_static("Application/JSON ; charset=utf-8");
        assert_eq!(media_type(Some(&header)), "application/json");
        assert_eq!(media_type(None), "");
    }
}
