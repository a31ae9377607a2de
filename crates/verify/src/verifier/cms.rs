//! What a timestamp token's structure must be, beyond what the signature core looks at.

use super::der;
use crate::limits;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// Refuses tokens with other than one signer, without exactly one content type and digest that are signed, or with too many
/// certificates.
///
/// Spec: RFC 3161 2.4.2, RFC 5652 5.3 and 11.1.
// THREAT: signed attributes of another kind of message, or a second signer that only one reader sees.
pub(super) fn check(token: &[u8]) -> Result<(), &'static str> {
    let malformed = "it is not a timestamp token in DER";
    let parts = fields(token).ok_or(malformed)?;
    // A response has a status before the token.
    let parts = match parts.as_slice() {
        [status, inner] if status.tag == 0x30 => fields(inner.whole).ok_or(malformed)?,
        _ => parts,
    };
    let [name, content] = parts.as_slice() else { return Err(malformed) };
    if name.tag != 0x06 || name.content != SIGNED_DATA || content.tag != 0xa0 {
        return Err("it is not CMS signed data");
    }
    let data = fields(content.content).ok_or(malformed)?;
    let certificates = data.iter().find(|part| part.tag == 0xa0).map(|part| der::all(part.content));
    if certificates.is_some_and(|list| list.is_none_or(|list| list.len() > limits::TIMESTAMP_CERTIFICATES)) {
        return Err("it has too many certificates");
    }
    let signers = data
        .last()
        .filter(|last| last.tag == 0x31)
        .and_then(|last| der::all(last.content))
        .ok_or(malformed)?;
    let [signer] = signers.as_slice() else { return Err("it has other than one signer") };
    let signer = der::all(signer.content).ok_or(malformed)?;
    let attributes =
        signer.iter().skip(2).find(|part| part.tag == 0xa0).ok_or("it has no signed attributes")?;
    let (mut kinds, mut digests) = (0, 0);
    for attribute in der::all(attributes.content).ok_or(malformed)? {
        let (name, values) = der::first(attribute.content).ok_or(malformed)?;
        let values = der::only(values, 0x31).ok_or(malformed)?;
        match name.content {
            CONTENT_TYPE => {
                kinds += 1;
                if der::only(values, 0x06) != Some(TST_INFO) {
                    return Err("its signed content type is not a timestamp's");
                }
            }
            MESSAGE_DIGEST => digests += 1,
            _ => {}
        }
    }
    if (kinds, digests) == (1, 1) {
        Ok(())
    } else {
        Err("it does not sign exactly one content type and digest")
    }
}

fn fields(input: &[u8]) -> Option<Vec<der::Element<'_>>> {
    der::all(der::only(input, 0x30)?)
}
