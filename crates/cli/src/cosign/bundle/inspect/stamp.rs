//! A signed timestamp, RFC 3161. Only the parts that are shown are read.

use x509_parser::{
    der_parser::{Oid, num_bigint::BigUint},
    prelude::FromDer as _,
    time::ASN1Time,
};

use super::tree::{Tree, size};
use crate::go;

/// Shows a timestamp response; nothing if it cannot be read.
pub(super) fn show(tree: &mut Tree, response: &[u8]) {
    let Some(stamp) = read(response) else {
        tree.warning("Timestamp cannot be read");
        return;
    };
    tree.leaf("Time", &stamp.time);
    tree.leaf("Hash Algorithm", &stamp.algorithm);
    tree.leaf("Message Imprint", &size(stamp.imprint));
    tree.leaf("Serial Number", &stamp.serial);
    tree.leaf("Policy", &stamp.policy);
}

struct Stamp {
    time: String,
    algorithm: String,
    imprint: usize,
    serial: String,
    policy: String,
}

fn read(response: &[u8]) -> Option<Stamp> {
    // TimeStampResp: status, token. Token: ContentInfo with SignedData, whose content is the TSTInfo.
    let (_, response, _) = element(response)?;
    let (_, _, token) = element(response)?;
    let (_, token, _) = element(token)?;
    let (_, _, explicit) = element(token)?;
    let (_, explicit, _) = element(explicit)?;
    let (_, signed, _) = element(explicit)?;
    let (_, _, rest) = element(signed)?;
    let (_, _, rest) = element(rest)?;
    let (_, content, _) = element(rest)?;
    let (_, _, explicit) = element(content)?;
    let (_, explicit, _) = element(explicit)?;
    let (_, octets, _) = element(explicit)?;
    let (_, info, _) = element(octets)?;
    // TSTInfo: version, policy, message imprint, serial number, time.
    let (_, _, rest) = element(info)?;
    let (policy, _) = Oid::from_der(rest).map(|(rest, oid)| (oid.to_id_string(), rest)).ok()?;
    let (_, _, rest) = element(rest)?;
    let (_, imprint, rest) = element(rest)?;
    let (_, algorithm, hashed) = element(imprint)?;
    let (_, algorithm) = Oid::from_der(algorithm).ok()?;
    let (_, hashed, _) = element(hashed)?;
    let (2, serial, rest) = element(rest)? else { return None };
    let (_, time) = ASN1Time::from_der(rest).ok()?;
    Some(Stamp {
        time: go::time::write(time.to_datetime()),
        algorithm: match algorithm.to_id_string().as_str() {
            "1.3.14.3.2.26" => "SHA-1".into(),
            "2.16.840.1.101.3.4.2.1" => "SHA-256".into(),
            "2.16.840.1.101.3.4.2.2" => "SHA-384".into(),
            "2.16.840.1.101.3.4.2.3" => "SHA-512".into(),
            other => other.to_owned(),
        },
        imprint: hashed.len(),
        serial: BigUint::from_bytes_be(serial.get(..64.min(serial.len()))?).to_string(),
        policy,
    })
}

// Tag, content and what follows of one DER element.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}
