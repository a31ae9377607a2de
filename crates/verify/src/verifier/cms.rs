//! RFC 3161 timestamp tokens, taken apart. Raw bytes throughout: nothing is encoded again before it is hashed.

use crate::{
    Algorithm, Timestamp,
    der::{self, Element},
    limits,
};

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];

/// A timestamp token, read but not believed.
pub(super) struct Token<'a> {
    /// What the timestamp says, as it was signed.
    pub(super) content: &'a [u8],
    pub(super) info: Info<'a>,
    pub(super) signer: SignerInfo<'a>,
}

/// What a timestamp says.
pub(super) struct Info<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) imprint: &'a [u8],
    pub(super) time: Timestamp,
}

/// Who says it, and how it is signed.
pub(super) struct SignerInfo<'a> {
    pub(super) name: SignerName<'a>,
    pub(super) digest: Algorithm,
    /// What the signature is over.
    pub(super) attributes: Vec<u8>,
    pub(super) message_digest: &'a [u8],
    /// None, or one of each kind; all of them are signed.
    pub(super) certificates: Vec<CertificateHash<'a>>,
    pub(super) signature: &'a [u8],
}

/// How a token names the certificate of its signer.
pub(super) enum SignerName<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

/// The signed digest of the signer's certificate.
pub(super) enum CertificateHash<'a> {
    Sha1(&'a [u8]),
    Sha2(Algorithm, &'a [u8]),
}

type Read<T> = Result<T, &'static str>;
const MALFORMED: &str = "it is not a timestamp token in DER";

impl<'a> Token<'a> {
    /// Takes a response or a bare token apart.
    ///
    /// Spec: RFC 3161 2.4.2, RFC 5652 5.
    // THREAT: signed attributes of another kind of message, or a second signer that only one reader sees.
    pub(super) fn read(bytes: &'a [u8]) -> Read<Self> {
        let parts = fields(bytes)?;
        let [name, content] = match parts.as_slice() {
            // A response has a status before the token: 0 and 1 are granted.
            [status, token] if status.tag == 0x30 => {
                let granted =
                    matches!(der::first(status.content), Some((Element { tag: 2, content: [0 | 1], .. }, _)));
                if !granted {
                    return Err("it was not granted");
                }
                two(&fields(token.whole)?)?
            }
            parts => two(parts)?,
        };
        if name.tag != 0x06 || name.content != SIGNED_DATA || content.tag != 0xa0 {
            return Err("it is not CMS signed data");
        }
        let data = fields(content.content)?;
        let encapsulated = data.get(2).ok_or(MALFORMED)?;
        let [kind, wrapped] = two(&fields(encapsulated.whole)?)?;
        if kind.tag != 0x06 || kind.content != TST_INFO {
            return Err("it does not hold a timestamp");
        }
        let content = tagged(&wrapped, 0xa0).and_then(|octets| der::whole(octets, 0x04)).ok_or(MALFORMED)?;
        let certificates =
            data.get(3).and_then(|part| tagged(part, 0xa0)).map_or_else(|| Some(Vec::new()), der::all);
        if certificates.ok_or(MALFORMED)?.len() > limits::TIMESTAMP_CERTIFICATES {
            return Err("it has too many certificates");
        }
        let signers = data.last().and_then(|last| tagged(last, 0x31)).and_then(der::all).ok_or(MALFORMED)?;
        let [signer] = signers.as_slice() else { return Err("it has other than one signer") };
        Ok(Self { content, info: Info::read(content)?, signer: SignerInfo::read(signer.whole)? })
    }
}

impl<'a> Info<'a> {
    fn read(content: &'a [u8]) -> Read<Self> {
        let parts = fields(content)?;
        let [version, _policy, imprint, _serial, time, optional @ ..] = parts.as_slice() else {
            return Err(MALFORMED);
        };
        if (version.tag, version.content) != (0x02, &[1][..]) {
            return Err("it is of an unknown version");
        }
        let [algorithm, hashed] = two(&fields(imprint.whole)?)?;
        // Extensions, of which none is known here.
        let critical = |extension: &Element<'_>| {
            der::all(extension.content).is_none_or(|parts| parts.iter().any(|part| part.tag == 0x01))
        };
        let extensions = optional.iter().find_map(|part| tagged(part, 0xa1));
        if extensions.is_some_and(|list| der::all(list).is_none_or(|list| list.iter().any(critical))) {
            return Err("it has a critical extension");
        }
        let time = tagged(time, 0x18).and_then(generalized_time).ok_or("its time is malformed")?;
        Ok(Self { algorithm: hash(&algorithm)?, imprint: tagged(&hashed, 0x04).ok_or(MALFORMED)?, time })
    }
}

impl<'a> SignerInfo<'a> {
    fn read(signer: &'a [u8]) -> Read<Self> {
        let parts = fields(signer)?;
        let [_version, name, digest, attributes, algorithm, signature, ..] = parts.as_slice() else {
            return Err("it has no signed attributes");
        };
        let name = match name.tag {
            0x30 => {
                let [issuer, serial] = two(&fields(name.whole)?)?;
                SignerName::IssuerAndSerial { issuer: issuer.whole, serial: serial.content }
            }
            0x80 => SignerName::KeyIdentifier(name.content),
            _ => return Err(MALFORMED),
        };
        let signed = tagged(attributes, 0xa0).ok_or("it has no signed attributes")?;
        let digest = hash(digest)?;
        if signature_hash(algorithm)?.is_some_and(|named| named != digest) {
            return Err("its signature is over another digest than it says");
        }
        let mut found = Attributes::default();
        for attribute in der::all(signed).ok_or(MALFORMED)? {
            found.add(&attribute)?;
        }
        if !found.is_timestamp {
            return Err("it does not sign that it is a timestamp");
        }
        Ok(Self {
            name,
            digest,
            // SPEC: RFC 5652 5.4, the signature is over the attributes as a SET.
            attributes: der::element(0x31, signed),
            message_digest: found.message_digest.ok_or("it does not sign its content")?,
            certificates: found.sha1.into_iter().chain(found.sha2).collect(),
            signature: tagged(signature, 0x04).ok_or(MALFORMED)?,
        })
    }
}

#[derive(Default)]
struct Attributes<'a> {
    is_timestamp: bool,
    message_digest: Option<&'a [u8]>,
    sha1: Option<CertificateHash<'a>>,
    sha2: Option<CertificateHash<'a>>,
}

impl<'a> Attributes<'a> {
    // SPEC: RFC 5652 11, each of these once, with one value.
    fn add(&mut self, attribute: &Element<'a>) -> Read<()> {
        let [name, values] = two(&fields(attribute.whole)?)?;
        let values = tagged(&values, 0x31).ok_or(MALFORMED)?;
        let twice = match name.content {
            CONTENT_TYPE => {
                if der::whole(values, 0x06) != Some(TST_INFO) {
                    return Err("its signed content type is not a timestamp's");
                }
                std::mem::replace(&mut self.is_timestamp, true)
            }
            MESSAGE_DIGEST => {
                self.message_digest.replace(der::whole(values, 0x04).ok_or(MALFORMED)?).is_some()
            }
            // The first certificate of the list is the signer's.
            SIGNING_CERTIFICATE => {
                let parts = first_certificate(values)?;
                let hash = parts.first().and_then(|hash| tagged(hash, 0x04)).ok_or(MALFORMED)?;
                self.sha1.replace(CertificateHash::Sha1(hash)).is_some()
            }
            SIGNING_CERTIFICATE_V2 => {
                let parts = first_certificate(values)?;
                // SHA-256 is left unsaid.
                let (algorithm, hash) = match parts.as_slice() {
                    [hash, ..] if hash.tag == 0x04 => (Algorithm::Sha256, hash.content),
                    [algorithm, hash, ..] if hash.tag == 0x04 => (self::hash(algorithm)?, hash.content),
                    _ => return Err(MALFORMED),
                };
                self.sha2.replace(CertificateHash::Sha2(algorithm, hash)).is_some()
            }
            _ => false,
        };
        if twice { Err("it signs the same attribute twice") } else { Ok(()) }
    }
}

// SPEC: RFC 5035 3, `SEQUENCE { certs SEQUENCE OF SEQUENCE {..}, ..}`.
fn first_certificate(values: &[u8]) -> Read<Vec<Element<'_>>> {
    let list = fields(values)?;
    let certificates = fields(list.first().ok_or(MALFORMED)?.whole)?;
    fields(certificates.first().ok_or(MALFORMED)?.whole)
}

fn fields(input: &[u8]) -> Read<Vec<Element<'_>>> {
    der::whole(input, 0x30).and_then(der::all).ok_or(MALFORMED)
}

fn two<'a>(parts: &[Element<'a>]) -> Read<[Element<'a>; 2]> {
    parts.try_into().map_err(|_| MALFORMED)
}

fn tagged<'a>(element: &Element<'a>, tag: u8) -> Option<&'a [u8]> {
    (element.tag == tag).then_some(element.content)
}

fn hash(algorithm: &Element<'_>) -> Read<Algorithm> {
    match der::first(algorithm.content).map(|(name, _)| name.content) {
        Some([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 1]) => Ok(Algorithm::Sha256),
        Some([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 2]) => Ok(Algorithm::Sha384),
        Some([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 3]) => Ok(Algorithm::Sha512),
        _ => Err("it uses a digest other than SHA-256, SHA-384 and SHA-512"),
    }
}

// The digest that a signature algorithm names, if it names one.
fn signature_hash(algorithm: &Element<'_>) -> Read<Option<Algorithm>> {
    match der::first(algorithm.content).map(|(name, _)| name.content) {
        Some(
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 2]
            | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        ) => Ok(Some(Algorithm::Sha256)),
        Some(
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 3]
            | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c],
        ) => Ok(Some(Algorithm::Sha384)),
        Some(
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 4]
            | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d],
        ) => Ok(Some(Algorithm::Sha512)),
        // rsaEncryption, and the bare key type that some signers write.
        Some(
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
            | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
        ) => Ok(None),
        _ => Err("its signature algorithm is not supported"),
    }
}

// SPEC: RFC 3161 2.4.2, `YYYYMMDDhhmmss[.s...]Z`. Fractions are dropped: everything we compare counts whole seconds.
fn generalized_time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let whole = match text.split_once('.') {
        Some((whole, fraction)) => {
            let digits = fraction.bytes().all(|digit| digit.is_ascii_digit());
            if !digits || !(1..=9).contains(&fraction.len()) || fraction.ends_with('0') {
                return None;
            }
            whole
        }
        None => text,
    };
    if whole.len() != 14 || !whole.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1970..=9999).contains(&year)
        || !(1..=length).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    // Days since 1970-01-01, with the year beginning in March.
    let shifted = year - i64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719_468;
    Some(Timestamp(days * 86_400 + hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::generalized_time;
    use crate::Timestamp;

    #[test]
    fn a_time_is_read_in_its_one_spelling() {
        assert_eq!(generalized_time(b"19700101000000Z"), Some(Timestamp(0)));
        for text in ["20000229000000Z", "20240229235959Z", "20261121113111Z", "99991231235959Z"] {
            let time = generalized_time(text.as_bytes()).unwrap();
            let spelt: String =
                time.to_string().chars().filter(|character| !"-:T".contains(*character)).collect();
            assert_eq!(spelt, text);
        }
        assert_eq!(generalized_time(b"19700101000001.25Z"), Some(Timestamp(1)));
        for wrong in [
            "19700101000000",
            "19700101000000.Z",
            "19700101000000.10Z",
            "197001010000Z",
            "19700230000000Z",
            "19701301000000Z",
            "19700101240000Z",
            "19700101006000Z",
            "19690101000000Z",
            "19700101000000+0100",
            "1970010100000aZ",
            "+9700101000000Z",
        ] {
            assert_eq!(generalized_time(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
