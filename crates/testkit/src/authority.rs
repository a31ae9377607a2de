//! A certificate authority and its certificate transparency log.

use serde_json::{Value, json};

use crate::{
    certificate::{CODE_SIGNING, CertificateProfile, Extension, SCT_LIST},
    der,
    key::{KeyKind, SigningKey, base64, sha256},
};

/// A root, one intermediate, and the keys of both.
#[derive(Clone, Debug)]
pub struct Authority {
    /// For messages, and the `uri` in trusted roots.
    pub name: String,
    /// The root's key.
    pub root_key: SigningKey,
    /// The root's certificate, DER.
    pub root: Vec<u8>,
    /// The root's name, DER.
    pub root_name: Vec<u8>,
    /// The intermediate's key, which signs leaves.
    pub issuing_key: SigningKey,
    /// The intermediate's name, DER.
    pub issuing_name: Vec<u8>,
    /// The intermediate's certificate, DER.
    pub intermediate: Vec<u8>,
}

/// First second of every long-lived certificate and key: 2024-01-01.
pub const LONG_BEFORE: i64 = 1_704_067_200;
/// Last second of every long-lived certificate: 2036-01-01.
pub const LONG_AFTER: i64 = 2_082_758_400;

impl Authority {
    /// Makes an authority whose names contain `name`.
    pub fn new(name: &str) -> Self {
        Self::patched(name, |_| (), |_| ())
    }

    /// The same with the root's and the intermediate's profiles changed before they are signed.
    pub fn patched(
        name: &str,
        patch_root: impl FnOnce(&mut CertificateProfile),
        patch_intermediate: impl FnOnce(&mut CertificateProfile),
    ) -> Self {
        let (root_key, issuing_key) =
            (SigningKey::generate(KeyKind::P384), SigningKey::generate(KeyKind::P384));
        let organization = format!("{name}.example");
        let root_name = der::name(&organization, &format!("{name}-root"));
        let issuing_name = der::name(&organization, &format!("{name}-intermediate"));
        let mut profile = CertificateProfile::new(
            root_name.clone(),
            root_name.clone(),
            root_key.spki(),
            LONG_BEFORE,
            LONG_AFTER,
        )
        .with(Extension::key_usage(&[5, 6]))
        .with(Extension::authority(Some(1)))
        .with(subject_key(&root_key));
        patch_root(&mut profile);
        let root = profile.sign(&root_key);
        let mut profile = CertificateProfile::new(
            root_name.clone(),
            issuing_name.clone(),
            issuing_key.spki(),
            LONG_BEFORE,
            LONG_AFTER,
        )
        .with(Extension::key_usage(&[5, 6]))
        .with(Extension::extended_key_usage(&[CODE_SIGNING]))
        .with(Extension::authority(Some(0)))
        .with(subject_key(&issuing_key))
        .with(authority_key(&root_key));
        patch_intermediate(&mut profile);
        let intermediate = profile.sign(&root_key);
        Self { name: name.into(), root_key, root, root_name, issuing_key, issuing_name, intermediate }
    }

    /// What a leaf of this authority looks like before anybody has changed it: ten minutes from `at`, code signing.
    pub fn leaf(&self, key: &SigningKey, at: i64) -> CertificateProfile {
        CertificateProfile::new(self.issuing_name.clone(), der::sequence(&[]), key.spki(), at, at + 600)
            .with(Extension::key_usage(&[0]))
            .with(Extension::extended_key_usage(&[CODE_SIGNING]))
            .with(subject_key(key))
            .with(authority_key(&self.issuing_key))
    }

    /// This authority as `certificateAuthorities` of a trusted root lists it.
    pub fn json(&self) -> Value {
        json!({
            "subject": {"organization": format!("{}.example", self.name), "commonName": format!("{}-root", self.name)},
            "uri": format!("https://ca.{}.example", self.name),
            "certChain": {"certificates": [{"rawBytes": base64(&self.intermediate)}, {"rawBytes": base64(&self.root)}]},
            "validFor": {"start": "2024-01-01T00:00:00Z"},
        })
    }
}

/// `subjectKeyIdentifier` of a key.
pub fn subject_key(key: &SigningKey) -> Extension {
    Extension::new("2.5.29.14", der::octets(&sha256(&key.public_bytes())[..20]))
}

/// `authorityKeyIdentifier` that names a key.
pub fn authority_key(key: &SigningKey) -> Extension {
    let identifier = der::context_primitive(0, &sha256(&key.public_bytes())[..20]);
    Extension::new("2.5.29.35", der::sequence(&[identifier]))
}

/// A certificate transparency log.
#[derive(Clone, Debug)]
pub struct CtLog {
    /// For the `baseUrl` in trusted roots.
    pub name: String,
    /// Its key.
    pub key: SigningKey,
}

/// A signed certificate timestamp before it is signed.
#[derive(Clone, Debug)]
pub struct SctProfile {
    /// 0 is the only one there is.
    pub version: u8,
    /// Which log it names.
    pub log_id: [u8; 32],
    /// Milliseconds.
    pub timestamp: u64,
    /// Extensions of the SCT.
    pub extensions: Vec<u8>,
    /// 0 is a certificate as it is, 1 what it was before it had SCTs.
    pub kind: u8,
    /// SHA-256 of the issuer's key; written only where `kind` is 1.
    pub issuer_key_hash: [u8; 32],
    /// The certificate's signed part without SCTs, or the certificate.
    pub tbs: Vec<u8>,
    /// Hash and signature algorithm as TLS numbers them.
    pub algorithm: [u8; 2],
    /// Who signs it.
    pub key: SigningKey,
}

impl CtLog {
    /// Makes a log.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), key: SigningKey::p256() }
    }

    /// SHA-256 of its key.
    pub fn id(&self) -> [u8; 32] {
        sha256(&self.key.spki())
    }

    /// The SCT that this log would give for a certificate of `issuer`.
    pub fn sct(&self, tbs: Vec<u8>, issuer: &SigningKey, at: i64) -> SctProfile {
        SctProfile {
            version: 0,
            log_id: self.id(),
            timestamp: u64::try_from(at).unwrap() * 1000 + 1000,
            extensions: Vec::new(),
            kind: 1,
            issuer_key_hash: sha256(&issuer.spki()),
            tbs,
            algorithm: [4, 3],
            key: self.key.clone(),
        }
    }

    /// The SCT that this log would give for a finished certificate, to stand beside it.
    pub fn sct_beside(&self, certificate: &[u8], at: i64) -> SctProfile {
        SctProfile { kind: 0, ..self.sct(certificate.to_vec(), &self.key, at) }
    }

    /// This log as `ctlogs` of a trusted root lists it.
    pub fn json(&self) -> Value {
        json!({
            "baseUrl": format!("https://ct.{}.example", self.name),
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": base64(&self.key.spki()),
                "keyDetails": self.key.details(),
                "validFor": {"start": "2024-01-01T00:00:00Z"},
            },
            "logId": {"keyId": base64(&self.id())},
        })
    }
}

impl SctProfile {
    /// The SCT as RFC 6962 3.3 writes it.
    pub fn sign(&self) -> Vec<u8> {
        let extensions = [&u16_bytes(self.extensions.len())[..], &self.extensions].concat();
        let length = u32::try_from(self.tbs.len()).unwrap().to_be_bytes();
        let issuer = if self.kind == 1 { &self.issuer_key_hash[..] } else { &[] };
        let message = [
            &[self.version, 0][..],
            &self.timestamp.to_be_bytes(),
            &[0, self.kind],
            issuer,
            &length[1..],
            &self.tbs,
            &extensions,
        ]
        .concat();
        let signature = self.key.sign(&message);
        [
            &[self.version][..],
            &self.log_id,
            &self.timestamp.to_be_bytes(),
            &extensions,
            &self.algorithm,
            &u16_bytes(signature.len()),
            &signature,
        ]
        .concat()
    }
}

impl SctProfile {
    /// The SCT as a log answers with it: RFC 6962 4.1.
    pub fn answer(&self) -> Value {
        let written = self.sign();
        // Behind version, log, time and the extensions with their length.
        let signature = &written[1 + 32 + 8 + 2 + self.extensions.len()..];
        json!({
            "sct_version": self.version,
            "id": base64(&self.log_id),
            "timestamp": self.timestamp,
            "extensions": base64(&self.extensions),
            "signature": base64(signature),
        })
    }
}

/// The extension that carries SCTs.
pub fn sct_extension(scts: &[Vec<u8>]) -> Extension {
    let list: Vec<u8> = scts.iter().flat_map(|sct| [&u16_bytes(sct.len())[..], sct].concat()).collect();
    Extension::new(SCT_LIST, der::octets(&[&u16_bytes(list.len())[..], &list].concat()))
}

fn u16_bytes(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_be_bytes()
}
