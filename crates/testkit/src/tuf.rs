//! A TUF repository that can do every step wrongly and then sign it rightly.

mod mirror;
mod older;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use crate::{KeyKind, SigningKey, sha256};

pub use mirror::{Manner, TufMirror};
pub use older::{OlderTarget, older_targets};

/// When the repositories of tests live: everything expires `Tuf::LIFE` later.
pub const TUF_NOW: i64 = 1_800_000_000;

/// Paths below the mirror, and what lies there.
pub type TufFiles = BTreeMap<String, Vec<u8>>;

/// A repository, and the secrets of those who sign it.
#[derive(Clone, Debug)]
pub struct Tuf {
    /// Who signs each role from now on, and how many must.
    pub roles: BTreeMap<&'static str, (Vec<SigningKey>, u64)>,
    /// What is served.
    pub files: TufFiles,
    /// When all that is published from now on expires.
    pub expires: i64,
    root: u64,
}

impl Tuf {
    /// How long metadata lives, seconds.
    pub const LIFE: i64 = 7 * 86_400;

    /// A repository of version 1 that publishes these bytes as its trusted root.
    pub fn new(trusted_root: &[u8]) -> Self {
        Self::until(TUF_NOW + Self::LIFE, trusted_root)
    }

    /// The same, until another time.
    pub fn until(end: i64, trusted_root: &[u8]) -> Self {
        let keys = |count: usize| (0..count).map(|_| SigningKey::p256()).collect::<Vec<_>>();
        let roles = BTreeMap::from([
            ("root", (keys(3), 2)),
            ("snapshot", (keys(1), 1)),
            ("targets", (keys(2), 2)),
            ("timestamp", (keys(1), 1)),
        ]);
        let mut tuf = Self { roles, files: TufFiles::new(), expires: end, root: 0 };
        tuf.rotate(None);
        tuf.publish(1, trusted_root);
        tuf
    }

    /// The first root, where trust begins.
    pub fn anchor(&self) -> Vec<u8> {
        self.files["1.root.json"].clone()
    }

    /// The version of the newest root.
    pub fn root_version(&self) -> u64 {
        self.root
    }

    /// Publishes a new root of the keys that `roles` has now, signed by these and by `before`'s.
    pub fn rotate(&mut self, before: Option<&Self>) {
        self.root += 1;
        let signed = self.root_signed(self.root);
        let mut signers = self.roles["root"].0.clone();
        signers.extend(before.iter().flat_map(|before| before.roles["root"].0.clone()));
        self.files.insert(format!("{}.root.json", self.root), envelope(&signed, &signers));
    }

    /// What the root of that version says of the keys that `roles` has now.
    pub fn root_signed(&self, version: u64) -> Value {
        let mut keys = serde_json::Map::new();
        let mut roles = serde_json::Map::new();
        for (role, (signers, threshold)) in &self.roles {
            let names: Vec<String> = signers.iter().map(key_name).collect();
            roles.insert((*role).to_owned(), json!({"keyids": names, "threshold": threshold}));
            keys.extend(signers.iter().map(|signer| (key_name(signer), key(signer))));
        }
        json!({
            "_type": "root", "spec_version": "1.0.31", "version": version, "expires": expires(self.expires),
            "consistent_snapshot": true, "keys": keys, "roles": roles, "x-of-somebody-else": {"n": -1},
        })
    }

    /// Publishes targets, snapshot and timestamp of one version.
    pub fn publish(&mut self, version: u64, trusted_root: &[u8]) {
        let whole =
            OlderTarget { name: "trusted_root.json".into(), bytes: trusted_root.to_vec(), custom: None };
        self.publish_all(version, &[whole]);
    }

    /// The same of other targets.
    pub fn publish_all(&mut self, version: u64, all: &[OlderTarget]) {
        let mut targets = json!({});
        for OlderTarget { name, bytes, custom } in all {
            let digest = hex::encode(sha256(bytes));
            self.files.insert(format!("targets/{digest}.{name}"), bytes.clone());
            targets[name] = json!({"length": bytes.len(), "hashes": {"sha256": digest}});
            if let Some(custom) = custom {
                targets[name]["custom"] = custom.clone();
            }
        }
        let end = self.expires;
        let role = |kind: &str| json!({"_type": kind, "spec_version": "1.0.31", "version": version, "expires": expires(end)});
        let mut signed = role("targets");
        signed["targets"] = targets;
        self.put("targets", &signed);
        let mut signed = role("snapshot");
        signed["meta"] = json!({});
        self.put("snapshot", &signed);
        let mut signed = role("timestamp");
        signed["meta"] = json!({});
        self.put("timestamp", &signed);
        self.link();
    }

    /// Changes what a role's newest file says, signs it, and lets the roles above name the new bytes.
    pub fn edit(&mut self, role: &'static str, change: impl FnOnce(&mut Value)) {
        self.edit_alone(role, change);
        self.link();
    }

    /// The same, but the roles above go on naming the old bytes.
    pub fn edit_alone(&mut self, role: &'static str, change: impl FnOnce(&mut Value)) {
        let mut signed = self.signed(role);
        change(&mut signed);
        self.put(role, &signed);
    }

    /// What a role's newest file says.
    pub fn signed(&self, role: &str) -> Value {
        let file: Value = serde_json::from_slice(&self.files[&self.path(role)]).unwrap();
        file["signed"].clone()
    }

    /// Changes a file without signing it.
    pub fn patch(&mut self, role: &str, change: impl FnOnce(&mut Value)) {
        let path = self.path(role);
        let mut file: Value = serde_json::from_slice(&self.files[&path]).unwrap();
        change(&mut file);
        self.files.insert(path, serde_json::to_vec(&file).unwrap());
    }

    /// Signs `signed` with the keys that `roles` has now for the role, and serves it.
    pub fn put(&mut self, role: &'static str, signed: &Value) {
        let bytes = envelope(signed, &self.roles[role].0);
        let version = signed["version"].as_u64().unwrap_or(1);
        let path = match role {
            "timestamp" => "timestamp.json".to_owned(),
            _ => format!("{version}.{role}.json"),
        };
        self.files.retain(|name, _| {
            role == "root" || !name.ends_with(&format!("{role}.json")) || name.contains('/')
        });
        self.files.insert(path, bytes);
    }

    /// Where a role's newest file lies.
    pub fn path(&self, role: &str) -> String {
        match role {
            "root" => format!("{}.root.json", self.root),
            "timestamp" => "timestamp.json".to_owned(),
            _ => {
                let name = format!(".{role}.json");
                self.files.keys().find(|path| path.ends_with(&name) && !path.contains('/')).unwrap().clone()
            }
        }
    }

    // Lets snapshot and timestamp name what lies below them now.
    fn link(&mut self) {
        for (upper, lower) in [("snapshot", "targets"), ("timestamp", "snapshot")] {
            let bytes = self.files[&self.path(lower)].clone();
            let version = self.signed(lower)["version"].clone();
            let pin = json!({"version": version, "length": bytes.len(), "hashes": {"sha256": hex::encode(sha256(&bytes))}});
            self.edit_alone(upper, |signed| signed["meta"][format!("{lower}.json")] = pin);
        }
    }

    /// Writes everything into a folder, as a copy that is carried somewhere.
    pub fn write_to(&self, folder: &Path) {
        for (path, bytes) in &self.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

/// `signed`, signed by all of `signers`.
pub fn envelope(signed: &Value, signers: &[SigningKey]) -> Vec<u8> {
    let message = canonical(signed);
    let signatures: Vec<Value> = signers
        .iter()
        .map(|signer| json!({"keyid": key_name(signer), "sig": hex::encode(signer.sign(message.as_bytes()))}))
        .collect();
    serde_json::to_vec_pretty(&json!({"signed": signed, "signatures": signatures})).unwrap()
}

/// What a root says of a key.
pub fn key(signer: &SigningKey) -> Value {
    let (kind, scheme, public) = match signer.kind() {
        KeyKind::Ed25519 => ("ed25519", "ed25519", hex::encode(signer.public_bytes())),
        KeyKind::P384 => ("ecdsa", "ecdsa-sha2-nistp384", signer.public_pem()),
        _ => ("ecdsa", "ecdsa-sha2-nistp256", signer.public_pem()),
    };
    json!({"keytype": kind, "scheme": scheme, "keyval": {"public": public}, "x-owner": "@somebody"})
}

/// What a root calls a key.
pub fn key_name(signer: &SigningKey) -> String {
    hex::encode(sha256(&signer.spki()))
}

/// A time as metadata writes it.
pub fn expires(seconds: i64) -> String {
    sealgate_verify::Timestamp(seconds).to_string()
}

// Canonical JSON, written apart from the product's.
fn canonical(value: &Value) -> String {
    let text = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match value {
        Value::String(it) => text(it),
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<String> =
                sorted.iter().map(|(name, value)| format!("{}:{}", text(name), canonical(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}
