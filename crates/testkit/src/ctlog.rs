//! A certificate transparency log on loopback, as far as a certificate authority speaks to it: RFC 6962 4.2.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::{
    authority::CtLog,
    der,
    key::{base64, sha256, unbase64},
    loopback::Loopback,
};

/// A running log. It promises and keeps nothing.
#[derive(Debug)]
pub struct CtLogServer {
    service: Loopback,
}

impl CtLogServer {
    /// Serves a log under any prefix of its address.
    pub fn start(log: CtLog) -> Self {
        let service = Loopback::start(|_| {
            Box::new(move |asked, body| {
                (asked.starts_with("POST /") && asked.ends_with("/ct/v1/add-pre-chain"))
                    .then(|| promise(&log, body))
                    .flatten()
            })
        });
        Self { service }
    }

    /// Where a certificate authority finds it.
    pub fn url(&self) -> String {
        format!("{}/test", self.service.url())
    }
}

fn promise(log: &CtLog, body: &[u8]) -> Option<Value> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let chain = request["chain"].as_array()?;
    let certificate = |index: usize| Some(unbase64(chain.get(index)?.as_str()?));
    let (precertificate, issuer) = (certificate(0)?, certificate(1)?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut sct = log.sct(without_poison(&precertificate), &log.key, 0);
    sct.issuer_key_hash = sha256(public_key(&issuer));
    sct.timestamp = u64::try_from(now.as_millis()).unwrap();
    // The signature and its algorithm follow version, log id, timestamp and the (empty) extensions' length.
    let signature = &sct.sign()[1 + 32 + 8 + 2..];
    Some(json!({
        "sct_version": sct.version, "id": base64(&sct.log_id), "timestamp": sct.timestamp,
        "extensions": "", "signature": base64(signature),
    }))
}

/// The critical extension that keeps a precertificate from being used: RFC 6962 3.1.
const POISON: &str = "1.3.6.1.4.1.11129.2.4.3";

/// The signed part of a precertificate as the final certificate will have it, without SCTs.
fn without_poison(precertificate: &[u8]) -> Vec<u8> {
    let signed_part = der::children(precertificate)[0];
    let fields: Vec<Vec<u8>> = der::children(signed_part)
        .into_iter()
        .map(|field| match field[0] {
            EXTENSIONS => {
                let poison = der::oid(POISON);
                let kept = der::children(der::content(field))
                    .into_iter()
                    .filter(|extension| der::children(extension)[0] != poison)
                    .map(<[u8]>::to_vec);
                der::context(3, &der::sequence(&kept.collect::<Vec<_>>()))
            }
            _ => field.to_vec(),
        })
        .collect();
    der::sequence(&fields)
}

const EXTENSIONS: u8 = 0xa3;

/// The SubjectPublicKeyInfo of a version 3 certificate.
fn public_key(certificate: &[u8]) -> &[u8] {
    // Version, serial number, algorithm, issuer, validity, subject, key.
    der::children(der::children(certificate)[0])[6]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Authority, Extension, Identity, SigningKey};

    #[test]
    fn a_precertificate_gets_the_promise_that_its_certificate_will_carry() {
        let (authority, log) = (Authority::new("ct"), CtLog::new("ct"));
        let mut profile = authority.leaf(&SigningKey::p256(), 1_780_315_200);
        Identity::email("dev@acme.example", "https://issuer.example").write(&mut profile);
        let plain = profile.tbs(&authority.issuing_key);
        let poison = Extension::new(POISON, der::null()).critical();
        let precertificate = profile.with(poison).sign(&authority.issuing_key);
        assert_eq!(without_poison(&precertificate), plain);

        let chain = json!({"chain": [base64(&precertificate), base64(&authority.intermediate)]});
        let answer = promise(&log, chain.to_string().as_bytes()).unwrap();
        assert_eq!(answer["id"], base64(&log.id()));
        assert_eq!(public_key(&authority.intermediate), authority.issuing_key.spki());
        // TLS numbers of SHA-256 and ECDSA, then the signature with its length.
        let signature = unbase64(answer["signature"].as_str().unwrap());
        assert_eq!(signature[..2], [4, 3]);
        assert_eq!(usize::from(signature[3]), signature.len() - 4);
        assert!(promise(&log, b"{}").is_none());
    }
}
