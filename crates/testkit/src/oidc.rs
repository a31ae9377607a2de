//! An OIDC issuer on loopback: discovery, keys, and a token for whomever a test wants to be.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    der,
    key::{KeyKind, SigningKey},
    loopback::Loopback,
};

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
        // Fulcio and cosign take RS256 alone, unless told otherwise.
        let key = SigningKey::generate(KeyKind::Rsa2048);
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
                "id_token_signing_alg_values_supported": ["RS256"],
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
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": KEY_NAME});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An RSA key as RFC 7518 6.3 writes it.
fn public_jwk(key: &SigningKey) -> Value {
    // RSAPublicKey: a SEQUENCE of modulus and exponent.
    let public = key.public_bytes();
    let number = |index: usize| {
        let bytes = der::content(der::children(&public)[index]);
        // DER writes a zero before a number whose first bit is set.
        URL_SAFE_NO_PAD.encode(bytes.strip_prefix(&[0]).unwrap_or(bytes))
    };
    json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_NAME, "n": number(0), "e": number(1)})
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    #[test]
    fn a_token_is_signed_by_the_published_key() {
        let issuer = OidcIssuer::start();
        let token = issuer.token("dev@acme.example", 0);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let jwk = public_jwk(&issuer.key);
        let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let key = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).unwrap();
        assert!(key.verify(&RSA_PKCS1_2048_8192_SHA256, b"something else", &signature).is_err());
    }
}
