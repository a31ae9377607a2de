//! An OIDC issuer on loopback: discovery, keys, and a token for whomever a test wants to be.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{der, key::SigningKey, loopback::Loopback};

/// A running issuer. A certificate authority that is told to trust [`OidcIssuer::url`] takes its tokens.
#[derive(Debug)]
pub struct OidcIssuer {
    service: Loopback,
    key: SigningKey,
}

const KEY_NAME: &str = "testkit";

impl OidcIssuer {
    /// Starts an issuer with a fresh key.
    pub fn start() -> Self {
        let key = SigningKey::p256();
        let keys = json!({"keys": [public_jwk(&key)]});
        let service = Loopback::start(|address| {
            let url = format!("http://{address}");
            let discovery = json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/auth"),
                "token_endpoint": format!("{url}/token"),
                "jwks_uri": format!("{url}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            });
            Box::new(move |asked, _| match asked {
                "GET /.well-known/openid-configuration" => Some(discovery.clone()),
                "GET /keys" => Some(keys.clone()),
                _ => None,
            })
        });
        Self { service, key }
    }

    /// The issuer, as tokens and certificates name it.
    pub fn url(&self) -> String {
        self.service.url()
    }

    /// A token for the audience `sigstore` that says its holder has this mail address, for ten minutes from `now`
    /// (seconds UTC).
    pub fn token(&self, email: &str, now: i64) -> String {
        self.sign(&json!({
            "iss": self.url(), "aud": "sigstore", "sub": email, "email": email, "email_verified": true,
            "iat": now, "nbf": now, "exp": now + 600,
        }))
    }

    /// A token with any claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": KEY_NAME});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = fixed(&self.key.sign(message.as_bytes()));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A P-256 key as RFC 7518 6.2 writes it.
fn public_jwk(key: &SigningKey) -> Value {
    // The point, uncompressed: one byte of form, then both coordinates.
    let point = key.public_bytes();
    let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_NAME,
        "x": coordinate(1), "y": coordinate(33),
    })
}

/// From a SEQUENCE of two INTEGERs to both numbers side by side, as RFC 7518 3.4 wants an ECDSA signature.
fn fixed(signature: &[u8]) -> Vec<u8> {
    let numbers = der::children(signature);
    let mut out = Vec::new();
    for number in numbers {
        let bytes: Vec<u8> = der::content(number).iter().copied().skip_while(|byte| *byte == 0).collect();
        out.extend(std::iter::repeat_n(0, 32 - bytes.len()));
        out.extend(bytes);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_token_is_signed_by_the_published_key() {
        let issuer = OidcIssuer::start();
        // Often enough for a number that is shorter than 32 bytes.
        for turn in 0..300 {
            let token = issuer.token("dev@acme.example", turn);
            let (message, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, issuer.key.public_bytes());
            key.verify(message.as_bytes(), &signature).unwrap();
            assert!(key.verify(b"something else", &signature).is_err());
        }
    }
}
