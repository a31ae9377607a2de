//! RFC 3161 timestamps: every one must be by an authority of the root.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{
    ProvenTime, TimeSource, VerifyError,
    cms::{CertificateHash, SignerName, Token},
};
use crate::{
    Digest,
    bundle::Bundle,
    root::{TimestampAuthority, TrustedRoot},
};

/// The times that the bundle's timestamps prove.
///
/// Spec: sigstore client-spec 4.2. Certificate, chain and window are of one authority, never mixed from several.
pub(super) fn proven_times(bundle: &Bundle, root: &TrustedRoot) -> Result<Vec<ProvenTime>, VerifyError> {
    let stamped = bundle.stamped.as_ref().unwrap_or(&bundle.signature);
    let time = |(number, token): (usize, &Vec<u8>)| {
        proven_time(token, stamped, root)
            .map_err(|why| VerifyError::TimestampInvalid { number, why: why.to_owned() })
    };
    (1..).zip(&bundle.timestamps).map(time).collect()
}

fn proven_time(token: &[u8], stamped: &[u8], root: &TrustedRoot) -> Result<ProvenTime, &'static str> {
    let token = Token::read(token)?;
    if Digest::of(token.info.algorithm, stamped).bytes() != token.info.imprint {
        return Err("it is over something else");
    }
    if Digest::of(token.signer.digest, token.content).bytes() != token.signer.message_digest {
        return Err("its signed attributes are about something else");
    }
    // Certificates inside the token are not looked at: the signer is the first certificate of an authority's chain.
    let by = |authority: &&TimestampAuthority| is_by(&token, authority) && authority.is_sound();
    let mut named = root.timestamp_authorities.iter().filter(by).peekable();
    if named.peek().is_none() {
        return Err("none of them is its signer");
    }
    let over = Digest::of(token.signer.digest, &token.signer.attributes);
    let signed: Vec<_> =
        named.filter(|authority| authority.key.verifies_digest(&over, token.signer.signature)).collect();
    if signed.is_empty() {
        return Err("its signature is wrong");
    }
    let time = token.info.time;
    match signed.into_iter().find(|authority| authority.window.contains(time)) {
        Some(authority) => {
            Ok(ProvenTime { time, source: TimeSource::TimestampAuthority(authority.name.clone()) })
        }
        None => Err("the authority or a certificate of its chain is not valid at its time"),
    }
}

fn is_by(token: &Token<'_>, authority: &TimestampAuthority) -> bool {
    let named = match token.signer.name {
        SignerName::IssuerAndSerial { issuer, serial } => {
            issuer == authority.issuer && serial == authority.serial
        }
        SignerName::KeyIdentifier(id) => authority.key_identifier.as_deref() == Some(id),
    };
    // THREAT: one key with two certificates, of which the other is for something else. Where a token names its certificate
    // in both ways, both must be true.
    let certificate = |named: &CertificateHash<'_>| match named {
        CertificateHash::Sha1(hash) => {
            digest(&SHA1_FOR_LEGACY_USE_ONLY, &authority.certificate).as_ref() == *hash
        }
        CertificateHash::Sha2(algorithm, hash) => {
            Digest::of(*algorithm, &authority.certificate).bytes() == *hash
        }
    };
    named && token.signer.certificates.iter().all(certificate)
}
