//! RFC 3161 timestamps: every one must be by an authority of the root.

use sigstore_types::{SignatureBytes, TimestampToken};

use super::{ProvenTime, TimeSource, VerifyError, cms};
use crate::{Timestamp, bundle::Bundle, root::TrustedRoot};

/// The times that the bundle's timestamps prove.
///
/// Spec: sigstore client-spec 4.2. Certificate, chain and window are of one authority, never mixed from several.
pub(super) fn proven_times(bundle: &Bundle, root: &TrustedRoot) -> Result<Vec<ProvenTime>, VerifyError> {
    let stamped = SignatureBytes::new(bundle.stamped.as_ref().unwrap_or(&bundle.signature).clone());
    let mut times = Vec::new();
    for (number, token) in (1..).zip(&bundle.timestamps) {
        cms::check(token).map_err(|why| VerifyError::TimestampInvalid { number, why: why.to_owned() })?;
        times.push(by_an_authority(number, token, &stamped, root)?);
    }
    Ok(times)
}

fn by_an_authority(
    number: usize,
    token: &[u8],
    stamped: &SignatureBytes,
    root: &TrustedRoot,
) -> Result<ProvenTime, VerifyError> {
    let token = TimestampToken::new(token.to_vec());
    let mut why = "the root names none".to_owned();
    for authority in root.timestamp_authorities.iter() {
        match sigstore_tsa::verify_timestamp_for_authority(&token, stamped, &authority.chain) {
            Ok(time) => {
                let time = Timestamp(time.as_second());
                if authority.window.contains(time) {
                    return Ok(ProvenTime {
                        time,
                        source: TimeSource::TimestampAuthority(authority.name.clone()),
                    });
                }
                why = format!("{} is not valid at {time}", authority.name);
            }
            // Of several authorities that do not fit, the reason of the last is as good as any.
            Err(error) => why = error.to_string(),
        }
    }
    Err(VerifyError::TimestampInvalid { number, why: crate::json::printable(&why) })
}
