//! An RFC 3161 timestamp authority.

use serde_json::{Value, json};

use crate::{
    authority::{LONG_AFTER, LONG_BEFORE, authority_key, subject_key},
    certificate::{CertificateProfile, Extension, TIME_STAMPING},
    der,
    key::{KeyKind, SigningKey, base64, sha256},
};

/// A timestamp authority: a root and the leaf that signs.
#[derive(Clone, Debug)]
pub struct TimestampAuthority {
    /// For names.
    pub name: String,
    /// The leaf's key.
    pub key: SigningKey,
    /// The leaf's certificate, DER.
    pub leaf: Vec<u8>,
    /// The leaf's serial number.
    pub serial: Vec<u8>,
    /// The root's key.
    pub root_key: SigningKey,
    /// The root's certificate, DER.
    pub root: Vec<u8>,
    /// The root's name, DER.
    pub root_name: Vec<u8>,
}

/// A timestamp token before it is signed.
#[derive(Clone, Debug)]
pub struct TimestampProfile {
    /// `PKIStatus`; 0 is granted.
    pub status: u64,
    /// The hash of the imprint, dotted.
    pub imprint_algorithm: String,
    /// The imprint.
    pub imprint: Vec<u8>,
    /// `genTime`
    pub time: i64,
    /// The type of the encapsulated content, dotted.
    pub content_type: String,
    /// The type that the signed attributes name.
    pub attribute_content_type: String,
    /// What the `messageDigest` attribute says; `None`: the truth.
    pub message_digest: Option<Vec<u8>>,
    /// Which certificate `signingCertificateV2` names, DER.
    pub signing_certificate: Vec<u8>,
    /// Without signed attributes the signature is over the content itself.
    pub signed_attributes: bool,
    /// How often the signer info is written.
    pub signer_infos: usize,
    /// Certificates inside the token.
    pub certificates: Vec<Vec<u8>>,
    /// The issuer in the signer's identifier, DER.
    pub signer_issuer: Vec<u8>,
    /// The serial number in the signer's identifier.
    pub signer_serial: Vec<u8>,
    /// Who signs.
    pub key: SigningKey,
    /// A change to the parts of what the timestamp says, DER, before it is digested.
    pub change_info: fn(&mut Vec<Vec<u8>>),
    /// A change to the signed attributes, DER, before they are signed.
    pub change_attributes: fn(&mut Vec<Vec<u8>>),
    /// A change to the parts of the signer's information, DER, after it is signed.
    pub change_signer: fn(&mut Vec<Vec<u8>>),
}

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

impl TimestampAuthority {
    /// Makes an authority.
    pub fn new(name: &str) -> Self {
        Self::patched(name, |_| ())
    }

    /// The same with the leaf's profile changed before it is signed.
    pub fn patched(name: &str, patch: impl FnOnce(&mut CertificateProfile)) -> Self {
        let (root_key, key) = (SigningKey::generate(KeyKind::P384), SigningKey::p256());
        let organization = format!("{name}.example");
        let root_name = der::name(&organization, &format!("{name}-tsa-root"));
        let root = CertificateProfile::new(
            root_name.clone(),
            root_name.clone(),
            root_key.spki(),
            LONG_BEFORE,
            LONG_AFTER,
        )
        .with(Extension::key_usage(&[5, 6]))
        .with(Extension::authority(Some(0)))
        .with(subject_key(&root_key))
        .sign(&root_key);
        let subject = der::name(&organization, &format!("{name}-tsa"));
        let mut profile =
            CertificateProfile::new(root_name.clone(), subject, key.spki(), LONG_BEFORE, LONG_AFTER)
                .with(Extension::key_usage(&[0]))
                .with(Extension::extended_key_usage(&[TIME_STAMPING]).critical())
                .with(subject_key(&key))
                .with(authority_key(&root_key));
        patch(&mut profile);
        let leaf = profile.sign(&root_key);
        Self { name: name.into(), key, leaf, serial: profile.serial, root_key, root, root_name }
    }

    /// The token that this authority gives for a signature.
    pub fn profile(&self, signature: &[u8], time: i64) -> TimestampProfile {
        TimestampProfile {
            status: 0,
            imprint_algorithm: SHA256.into(),
            imprint: sha256(signature).to_vec(),
            time,
            content_type: TST_INFO.into(),
            attribute_content_type: TST_INFO.into(),
            message_digest: None,
            signing_certificate: self.leaf.clone(),
            signed_attributes: true,
            signer_infos: 1,
            certificates: vec![self.leaf.clone()],
            signer_issuer: self.root_name.clone(),
            signer_serial: self.serial.clone(),
            key: self.key.clone(),
            change_info: |_| (),
            change_attributes: |_| (),
            change_signer: |_| (),
        }
    }

    /// This authority as `timestampAuthorities` of a trusted root lists it.
    pub fn json(&self) -> Value {
        json!({
            "subject": {"organization": format!("{}.example", self.name), "commonName": format!("{}-tsa-root", self.name)},
            "uri": format!("https://tsa.{}.example/api/v1/timestamp", self.name),
            "certChain": {"certificates": [{"rawBytes": base64(&self.leaf)}, {"rawBytes": base64(&self.root)}]},
            "validFor": {"start": "2024-01-01T00:00:00Z"},
        })
    }
}

impl TimestampProfile {
    /// The `TimeStampResp`, DER.
    pub fn sign(&self) -> Vec<u8> {
        let status = der::sequence(&[der::integer(self.status)]);
        der::sequence(&[status, self.token()])
    }

    /// The token without the response around it, DER.
    pub fn token(&self) -> Vec<u8> {
        let hash = der::algorithm(SHA256);
        let mut info = vec![
            der::integer(1),
            der::oid("1.3.6.1.4.1.57264.2"),
            der::sequence(&[der::algorithm(&self.imprint_algorithm), der::octets(&self.imprint)]),
            der::integer(7),
            der::generalized_time(self.time),
        ];
        (self.change_info)(&mut info);
        let info = der::sequence(&info);
        let digest = self.message_digest.clone().unwrap_or_else(|| sha256(&info).to_vec());
        let attribute = |name: &str, value: Vec<u8>| der::sequence(&[der::oid(name), der::set(&[value])]);
        let names_certificate = der::sequence(&[der::sequence(&[der::sequence(&[der::octets(&sha256(
            &self.signing_certificate,
        ))])])]);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", der::oid(&self.attribute_content_type)),
            attribute("1.2.840.113549.1.9.5", der::time(self.time)),
            attribute("1.2.840.113549.1.9.4", der::octets(&digest)),
            attribute("1.2.840.113549.1.9.16.2.47", names_certificate),
        ];
        (self.change_attributes)(&mut attributes);
        let attributes = der::set(&attributes);
        let mut signer = vec![
            der::integer(1),
            der::sequence(&[self.signer_issuer.clone(), der::unsigned(&self.signer_serial)]),
            hash.clone(),
        ];
        if self.signed_attributes {
            let mut tagged = attributes.clone();
            tagged[0] = 0xa0;
            signer.push(tagged);
        }
        signer.push(self.key.signature_algorithm());
        signer.push(der::octets(&self.key.sign(if self.signed_attributes { &attributes } else { &info })));
        (self.change_signer)(&mut signer);
        let signer = der::sequence(&signer);
        let content = der::sequence(&[der::oid(&self.content_type), der::context(0, &der::octets(&info))]);
        let data = der::sequence(&[
            der::integer(3),
            der::set(&[hash]),
            content,
            der::context(0, &self.certificates.concat()),
            der::tlv(0x31, &signer.repeat(self.signer_infos)),
        ]);
        der::sequence(&[der::oid(SIGNED_DATA), der::context(0, &data)])
    }
}
