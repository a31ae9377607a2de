//! The file form of evidence: versioned JSON with base64 bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

use super::{Entry, Evidence, EvidenceError, Gap, Item, Place};
use crate::{Digest, Timestamp, limits};

const VERSION: &str = "1";

impl Evidence {
    /// Reads the file form; every digest is computed anew.
    ///
    /// # Errors
    /// [`EvidenceError`] if it is not readable, over a limit, of an unknown version, or a digest does not fit.
    pub fn from_json(bytes: &[u8]) -> Result<Self, EvidenceError> {
        at_most("bytes", limits::EVIDENCE_BYTES, bytes.len())?;
        let head: Head = read(bytes)?;
        if head.version != VERSION {
            return Err(EvidenceError::Version(crate::signer::printable(
                &head.version.chars().take(40).collect::<String>(),
            )));
        }
        let file: File = read(bytes)?;
        at_most("entries", limits::EVIDENCE_ENTRIES, file.entries.len())?;
        let entries = file
            .entries
            .into_iter()
            .enumerate()
            .map(|(at, entry)| entry.checked(at))
            .collect::<Result<_, _>>()?;
        Ok(Self { reference: file.reference, gathered_at: file.gathered_at, entries, gaps: file.gaps })
    }

    /// Writes the file form: versioned JSON with base64 bytes.
    pub fn to_json(&self) -> Vec<u8> {
        let entries: Vec<Value> = self.entries.iter().map(write_entry).collect();
        let file = json!({
            "version": VERSION,
            "reference": self.reference,
            "gatheredAt": self.gathered_at,
            "entries": entries,
            "gaps": self.gaps,
        });
        format!("{file:#}\n").into_bytes()
    }
}

fn write_entry(entry: &Entry) -> Value {
    let items: Vec<Value> = entry.items.iter().map(write_item).collect();
    json!({
        "digest": entry.digest,
        "manifest": entry.manifest.as_deref().map(|bytes| STANDARD.encode(bytes)),
        "items": items,
        "gaps": entry.gaps,
        "lookedIn": entry.looked_in,
    })
}

fn write_item(item: &Item) -> Value {
    json!({
        "digest": Digest::sha256(&item.bytes),
        "bytes": STANDARD.encode(&item.bytes),
        "mediaType": item.media_type,
        "annotations": item.annotations,
        "place": item.place,
    })
}

#[derive(Deserialize)]
struct Head {
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    #[serde(rename = "version")]
    _version: String,
    reference: String,
    gathered_at: Timestamp,
    entries: Vec<FileEntry>,
    gaps: Vec<Gap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileEntry {
    digest: Digest,
    manifest: Option<Base64>,
    items: Vec<FileItem>,
    gaps: Vec<Gap>,
    looked_in: BTreeSet<Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileItem {
    digest: Digest,
    bytes: Base64,
    media_type: String,
    #[serde(deserialize_with = "unique")]
    annotations: BTreeMap<String, String>,
    place: Place,
}

impl FileEntry {
    // THREAT: a recorded file whose bytes were exchanged. See bytes_that_were_exchanged_are_found_out.
    fn checked(self, at: usize) -> Result<Entry, EvidenceError> {
        at_most("items in one entry", limits::EVIDENCE_ITEMS, self.items.len())?;
        if let Some(manifest) = &self.manifest {
            fits(&self.digest, &manifest.0, || format!("entries[{at}].manifest"))?;
        }
        let mut items = Vec::with_capacity(self.items.len());
        for (number, item) in self.items.into_iter().enumerate() {
            fits(&item.digest, &item.bytes.0, || format!("entries[{at}].items[{number}].bytes"))?;
            items.push(Item {
                bytes: item.bytes.0,
                media_type: item.media_type,
                annotations: item.annotations,
                place: item.place,
            });
        }
        let manifest = self.manifest.map(|bytes| bytes.0);
        Ok(Entry { digest: self.digest, manifest, items, gaps: self.gaps, looked_in: self.looked_in })
    }
}

fn fits(expected: &Digest, bytes: &[u8], field: impl Fn() -> String) -> Result<(), EvidenceError> {
    let found = Digest::of(expected.algorithm(), bytes);
    if found == *expected {
        Ok(())
    } else {
        Err(EvidenceError::Digest { field: field(), expected: expected.clone(), found })
    }
}

fn at_most(what: &'static str, limit: usize, found: usize) -> Result<(), EvidenceError> {
    if found > limit { Err(EvidenceError::Limit { what, limit, found }) } else { Ok(()) }
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, EvidenceError> {
    serde_json::from_slice(bytes).map_err(|source| EvidenceError::Unreadable {
        line: source.line(),
        column: source.column(),
        source,
    })
}

struct Base64(Arc<[u8]>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Base64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("standard base64 with padding")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Base64, E> {
                STANDARD
                    .decode(text)
                    .map(|bytes| Base64(bytes.into()))
                    .map_err(|_| E::custom("not standard base64 with padding"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

// A map that has no key twice.
fn unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Unique;
    impl<'de> de::Visitor<'de> for Unique {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of texts")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<String, String>()? {
                if map.insert(key, value).is_some() {
                    return Err(de::Error::custom("a key twice"));
                }
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Unique)
}
