//! Transparency logs: Rekor v1 with inclusion promises, Rekor v2 (tiles) without.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};

use crate::key::{KeyKind, SigningKey, base64, sha256};

/// A transparency log. The rest of its tree is invented anew for every entry: nobody compares checkpoints.
#[derive(Clone, Debug)]
pub struct Log {
    /// Which protocol it speaks.
    pub version: LogVersion,
    /// The host, which is also the name in its checkpoints.
    pub host: String,
    /// The first line of its checkpoints.
    pub origin: String,
    /// Its key.
    pub key: SigningKey,
    next: Arc<AtomicU64>,
}

/// Which protocol a log speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogVersion {
    /// Inclusion promises, integrated times, one global index above the tree's own.
    V1,
    /// Checkpoints only.
    V2,
}

/// What an inclusion promise signs.
#[derive(Clone, Debug)]
pub struct Promise {
    /// base64 of the body.
    pub body: String,
    /// Seconds.
    pub integrated_time: i64,
    /// Hexadecimal.
    pub log_id: String,
    /// The global index.
    pub log_index: u64,
    /// Who signs it.
    pub key: SigningKey,
}

/// An inclusion proof, made for a leaf and a place in a tree.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The leaf's index in the tree.
    pub index: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// Siblings from the leaf upwards.
    pub hashes: Vec<Vec<u8>>,
    /// The tree's root.
    pub root: Vec<u8>,
}

/// A checkpoint before it is signed.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// First line.
    pub origin: String,
    /// Second line.
    pub size: String,
    /// Third line, base64.
    pub root: String,
    /// More lines.
    pub extra: Vec<String>,
    /// Signature lines, in order.
    pub signatures: Vec<NoteSignature>,
}

/// A signature line of a checkpoint.
#[derive(Clone, Debug)]
pub struct NoteSignature {
    /// The signer's name.
    pub name: String,
    /// The first four bytes of the key's identifier.
    pub hint: Vec<u8>,
    /// Who signs.
    pub key: SigningKey,
}

/// An entry as bundles carry it. Every part may be replaced.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// The index: global in v1, the tree's in v2.
    pub index: u64,
    /// The log's identifier.
    pub log_id: Vec<u8>,
    /// `hashedrekord`, `dsse`, `intoto`.
    pub kind: String,
    /// `0.0.1`, `0.0.2`.
    pub version: String,
    /// Seconds; v2 has none.
    pub integrated_time: Option<i64>,
    /// The SET.
    pub promise: Option<Vec<u8>>,
    /// The proof.
    pub proof: Option<Proof>,
    /// The checkpoint's text.
    pub checkpoint: Option<String>,
    /// The canonical body.
    pub body: Vec<u8>,
}

impl Log {
    /// Makes a Rekor v1 log with a P-256 key.
    pub fn v1(name: &str) -> Self {
        let host = format!("rekor.{name}.example");
        let origin = format!("{host} - 1193050959916656506");
        Self {
            version: LogVersion::V1,
            host,
            origin,
            key: SigningKey::p256(),
            next: Arc::new(AtomicU64::new(3)),
        }
    }

    /// Makes a Rekor v2 log; `kind` is Ed25519 or P-256.
    pub fn v2(name: &str, kind: KeyKind) -> Self {
        let host = format!("log2026.rekor.{name}.example");
        let origin = host.clone();
        Self {
            version: LogVersion::V2,
            host,
            origin,
            key: SigningKey::generate(kind),
            next: Arc::new(AtomicU64::new(3)),
        }
    }

    /// Its identifier: SHA-256 of the key, or for Ed25519 in v2 the identifier of a signed note's key.
    pub fn id(&self) -> Vec<u8> {
        if self.version == LogVersion::V2 && self.key.kind() == KeyKind::Ed25519 {
            let key = self.key.public_bytes();
            return sha256(&[self.host.as_bytes(), b"\n\x01", &key].concat()).to_vec();
        }
        sha256(&self.key.spki()).to_vec()
    }

    /// This log as `tlogs` of a trusted root lists it.
    pub fn json(&self) -> Value {
        json!({
            "baseUrl": format!("https://{}", self.host),
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": base64(&self.key.spki()),
                "keyDetails": self.key.details(),
                "validFor": {"start": "2024-01-01T00:00:00Z"},
            },
            "logId": {"keyId": base64(&self.id())},
        })
    }

    /// The next free place in the tree.
    pub fn next_index(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The promise that this log gives for a body.
    pub fn promise(&self, body: &[u8], tree_index: u64, at: i64) -> Promise {
        Promise {
            body: base64(body),
            integrated_time: at,
            log_id: hex::encode(self.id()),
            log_index: 1_000_000 + tree_index,
            key: self.key.clone(),
        }
    }

    /// The checkpoint that this log gives for a tree.
    pub fn checkpoint(&self, proof: &Proof) -> Checkpoint {
        Checkpoint {
            origin: self.origin.clone(),
            size: proof.size.to_string(),
            root: base64(&proof.root),
            extra: Vec::new(),
            signatures: vec![NoteSignature {
                name: self.host.clone(),
                hint: self.id()[..4].to_vec(),
                key: self.key.clone(),
            }],
        }
    }
}

impl Promise {
    /// The bytes that are signed: RFC 8785 JSON.
    pub fn canonical(&self) -> Vec<u8> {
        format!(
            r#"{{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
            self.body, self.integrated_time, self.log_id, self.log_index
        )
        .into_bytes()
    }

    /// The SET.
    pub fn sign(&self) -> Vec<u8> {
        self.key.sign(&self.canonical())
    }
}

impl Proof {
    /// A true proof for `body` at `index` of a tree of `size` leaves.
    pub fn new(body: &[u8], index: u64, size: u64) -> Self {
        let (inner, border) = shape(index, size);
        let hashes: Vec<Vec<u8>> = (0..inner + border)
            .map(|level| sha256(format!("sibling {index} {level}").as_bytes()).to_vec())
            .collect();
        let mut proof = Self { index, size, hashes, root: Vec::new() };
        proof.root = proof.root_of(&leaf_hash(body));
        proof
    }

    /// The root that this proof's siblings lead to from a leaf hash.
    pub fn root_of(&self, leaf: &[u8; 32]) -> Vec<u8> {
        let (inner, _) = shape(self.index, self.size);
        let mut hash = *leaf;
        for (level, sibling) in self.hashes.iter().enumerate() {
            let on_right = (level as u64) < inner && (self.index >> level) & 1 == 0;
            hash = if on_right { node_hash(&hash, sibling) } else { node_hash(sibling, &hash) };
        }
        hash.to_vec()
    }
}

/// RFC 6962: a leaf's hash.
pub fn leaf_hash(body: &[u8]) -> [u8; 32] {
    sha256(&[&[0], body].concat())
}

/// RFC 6962: an inner node's hash.
pub fn node_hash(left: &[u8], right: &[u8]) -> [u8; 32] {
    sha256(&[&[1], left, right].concat())
}

fn shape(index: u64, size: u64) -> (u64, u64) {
    let inner = u64::from(64 - (index ^ (size - 1)).leading_zeros());
    let border = if inner >= 64 { 0 } else { u64::from((index >> inner).count_ones()) };
    (inner, border)
}

impl Checkpoint {
    /// The text that is signed, without the empty line behind it.
    pub fn body(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extra {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The signed note.
    pub fn sign(&self) -> String {
        let body = self.body();
        let mut text = format!("{body}\n");
        for signature in &self.signatures {
            let blob = [signature.hint.clone(), signature.key.sign(body.as_bytes())].concat();
            text.push_str(&format!("\u{2014} {} {}\n", signature.name, base64(&blob)));
        }
        text
    }
}

impl LogEntry {
    /// The entry as bundles write it.
    pub fn json(&self) -> Value {
        let mut entry = json!({
            "logIndex": self.index.to_string(),
            "logId": {"keyId": base64(&self.log_id)},
            "kindVersion": {"kind": self.kind, "version": self.version},
            "canonicalizedBody": base64(&self.body),
        });
        if let Some(time) = self.integrated_time {
            entry["integratedTime"] = json!(time.to_string());
        }
        if let Some(promise) = &self.promise {
            entry["inclusionPromise"] = json!({"signedEntryTimestamp": base64(promise)});
        }
        if let Some(proof) = &self.proof {
            entry["inclusionProof"] = json!({
                "logIndex": proof.index.to_string(),
                "rootHash": base64(&proof.root),
                "treeSize": proof.size.to_string(),
                "hashes": proof.hashes.iter().map(|hash| base64(hash)).collect::<Vec<_>>(),
            });
            if let Some(checkpoint) = &self.checkpoint {
                entry["inclusionProof"]["checkpoint"] = json!({"envelope": checkpoint});
            }
        }
        entry
    }

    /// The entry as cosign's `dev.sigstore.cosign/bundle` annotation writes it.
    pub fn legacy_json(&self) -> Value {
        json!({
            "SignedEntryTimestamp": base64(self.promise.as_deref().unwrap_or_default()),
            "Payload": {
                "body": base64(&self.body),
                "integratedTime": self.integrated_time.unwrap_or_default(),
                "logIndex": self.index,
                "logID": hex::encode(&self.log_id),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_of_a_tree_of_three_leads_to_its_root() {
        let leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
        let root = node_hash(&node_hash(&leaves[0], &leaves[1]), &leaves[2]);
        let proof = |index, hashes: Vec<Vec<u8>>| Proof { index, size: 3, hashes, root: Vec::new() };
        assert_eq!(proof(0, vec![leaves[1].to_vec(), leaves[2].to_vec()]).root_of(&leaves[0]), root);
        assert_eq!(proof(1, vec![leaves[0].to_vec(), leaves[2].to_vec()]).root_of(&leaves[1]), root);
        assert_eq!(proof(2, vec![node_hash(&leaves[0], &leaves[1]).to_vec()]).root_of(&leaves[2]), root);
        assert_eq!(Proof::new(b"a", 5, 11).hashes.len(), 4);
    }
}
