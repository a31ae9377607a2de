//! Signed certificate timestamps, embedded in a certificate or beside it.

mod detached;

use super::VerifyError;
use crate::{Digest, Timestamp, der, limits, root::TrustedRoot};

pub use detached::{DetachedSct, SctError};

/// DER of 1.3.6.1.4.1.11129.2.4.2.
const EMBEDDED_SCTS: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];

/// Checks that a CT log of the root has seen the certificate: at least one SCT is by such a log, and none that claims to be is
/// wrong. `issuer` is the digest of the key that the certificate was found to be issued by. A certificate with SCTs of its own
/// must hold by these; only another one may have one beside it.
///
/// Spec: sigstore client-spec 4.3, RFC 6962 3.2.
pub(super) fn check(
    certificate: &[u8],
    issuer: &Digest,
    beside: Option<&DetachedSct>,
    root: &TrustedRoot,
    now: Timestamp,
) -> Result<(), VerifyError> {
    let invalid = |why| VerifyError::SctInvalid { why };
    let split = split(certificate).ok_or_else(|| invalid("its extensions are malformed"))?;
    let Some(list) = split.scts else {
        let sct = beside.ok_or(VerifyError::SctMissing)?.sct();
        let sct = sct.ok_or_else(|| invalid("its timestamp is malformed"))?;
        let entry = Logged::Certificate(certificate);
        return if sct.holds(&entry, root, now)? { Ok(()) } else { Err(invalid(OTHER_LOGS)) };
    };
    let entry = Logged::Precertificate { issuer, signed_part: &split.precertificate };
    let scts = entries(list).ok_or_else(|| invalid("its timestamps are malformed"))?;
    if scts.len() > limits::SCTS {
        return Err(VerifyError::Limit {
            what: "signed certificate timestamps",
            limit: limits::SCTS,
            found: scts.len(),
        });
    }
    let mut seen = false;
    for sct in scts {
        let sct = Sct::read(sct).ok_or_else(|| invalid("its timestamp is malformed"))?;
        seen |= sct.holds(&entry, root, now)?;
    }
    if seen { Ok(()) } else { Err(invalid(OTHER_LOGS)) }
}

const OTHER_LOGS: &str = "its timestamps are by other logs";

/// What a log was shown.
enum Logged<'a> {
    /// The certificate as it is.
    Certificate(&'a [u8]),
    /// What it was before it had SCTs.
    Precertificate {
        /// The digest of the key that issued it.
        issuer: &'a Digest,
        /// The TBSCertificate.
        signed_part: &'a [u8],
    },
}

struct Split<'a> {
    // The TBSCertificate that the CT log signed: ours without the extension that holds its signature.
    precertificate: Vec<u8>,
    scts: Option<&'a [u8]>,
}

// Raw bytes throughout: nothing is decoded and encoded again, so nothing can change on the way.
fn split(certificate: &[u8]) -> Option<Split<'_>> {
    let (tbs, _) = der::first(der::whole(certificate, 0x30)?)?;
    let mut scts = None;
    let mut kept = Vec::with_capacity(tbs.content.len());
    for field in der::all(tbs.content)? {
        if field.tag != 0xa3 {
            kept.extend_from_slice(field.whole);
            continue;
        }
        let mut extensions = Vec::new();
        for extension in der::all(der::whole(field.content, 0x30)?)? {
            let (name, value) = der::first(extension.content)?;
            if name.tag != 0x06 || name.content != EMBEDDED_SCTS {
                extensions.extend_from_slice(extension.whole);
                continue;
            }
            // Never critical, so the value follows at once: an OCTET STRING in an OCTET STRING.
            if scts.replace(der::whole(der::whole(value, 0x04)?, 0x04)?).is_some() {
                return None;
            }
        }
        if !extensions.is_empty() {
            kept.extend(der::element(0xa3, &der::element(0x30, &extensions)));
        }
    }
    Some(Split { precertificate: der::element(0x30, &kept), scts })
}

// SPEC: RFC 6962 3.3, a list of lists with lengths of two bytes.
fn entries(list: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, after) = counted(list)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (sct, more) = counted(rest)?;
        found.push(sct);
        rest = more;
    }
    (after.is_empty() && !found.is_empty()).then_some(found)
}

fn counted(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = input.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

struct Sct<'a> {
    log: [u8; 32],
    milliseconds: u64,
    extensions: &'a [u8],
    digest: Option<crate::Algorithm>,
    is_rsa: bool,
    signature: &'a [u8],
}

impl<'a> Sct<'a> {
    fn read(input: &'a [u8]) -> Option<Self> {
        let (&version, rest) = input.split_first()?;
        let (log, rest) = rest.split_first_chunk::<32>()?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (extensions, rest) = counted(rest)?;
        let ([hash, kind], rest) = rest.split_first_chunk::<2>()?;
        let (signature, rest) = counted(rest)?;
        // RFC 5246 7.4.1.4.1: hashes 4 to 6; RSA is 1, ECDSA 3. The key's own kind decides, this must not contradict it.
        let digest = match (hash, kind) {
            (4, 1 | 3) => crate::Algorithm::Sha256,
            (5, 1 | 3) => crate::Algorithm::Sha384,
            (6, 1 | 3) => crate::Algorithm::Sha512,
            _ => return None,
        };
        let whole = version == 0 && rest.is_empty();
        let milliseconds = u64::from_be_bytes(*time);
        let is_rsa = *kind == 1;
        whole.then_some(Self { log: *log, milliseconds, extensions, digest: Some(digest), is_rsa, signature })
    }

    // Whether it is by a log of the root over `entry`. One by a log that nobody here knows proves nothing and spoils nothing;
    // one that claims a known log must be right.
    fn holds(&self, entry: &Logged<'_>, root: &TrustedRoot, now: Timestamp) -> Result<bool, VerifyError> {
        let invalid = |why| VerifyError::SctInvalid { why };
        let known: Vec<_> = root.ct_logs.iter().filter(|log| log.id == self.log).collect();
        if known.is_empty() {
            return Ok(false);
        }
        let time = i64::try_from(self.milliseconds / 1000)
            .map(Timestamp)
            .map_err(|_| invalid("its time is malformed"))?;
        if time.0 > now.0.saturating_add(limits::CLOCK_BEHIND_SECONDS) {
            return Err(invalid("its time has not come yet"));
        }
        let signed = self.signed(entry).ok_or_else(|| invalid("the certificate is too long"))?;
        let by = |log: &&crate::root::Log| {
            log.window.contains(time)
                && log.key.is_rsa() == self.is_rsa
                && log.key.verifies(&signed, self.signature, self.digest)
        };
        match known.into_iter().any(|log| by(&log)) {
            true => Ok(true),
            false => Err(invalid("its signature is wrong, or the log's key was not in use then")),
        }
    }

    // SPEC: RFC 6962 3.2, `digitally-signed struct`. The two kinds of entry are told apart by their number, so that neither
    // can stand for the other.
    fn signed(&self, entry: &Logged<'_>) -> Option<Vec<u8>> {
        let (kind, issuer, bytes): (u8, &[u8], &[u8]) = match entry {
            Logged::Certificate(certificate) => (0, &[], certificate),
            Logged::Precertificate { issuer, signed_part } => (1, issuer.bytes(), signed_part),
        };
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length < 1 << 24)?.to_be_bytes();
        let extensions = u16::try_from(self.extensions.len()).ok()?.to_be_bytes();
        let mut out = vec![0, 0];
        out.extend_from_slice(&self.milliseconds.to_be_bytes());
        out.extend_from_slice(&[0, kind]);
        out.extend_from_slice(issuer);
        out.extend_from_slice(length.get(1..)?);
        out.extend_from_slice(bytes);
        out.extend_from_slice(&extensions);
        out.extend_from_slice(self.extensions);
        Some(out)
    }
}
