//! Managed public keys: one spelling each, or refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use rstest::rstest;
use sealgate_verify::{PublicKey, limits};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../../testdata/keys/", $name, ".pem"))
    };
}

#[rstest]
#[case::p256(pem!("p256"))]
#[case::p384(pem!("p384"))]
#[case::p521(pem!("p521"))]
#[case::ed25519(pem!("ed25519"))]
#[case::rsa2048(pem!("rsa2048"))]
#[case::rsa4096(pem!("rsa4096"))]
fn a_supported_key_is_read_as_openssl_writes_it(#[case] text: &str) {
    let key = PublicKey::from_pem(text).unwrap();
    assert_eq!(key.spki(), pem::parse(text).unwrap().contents());
    assert_eq!(PublicKey::from_spki(key.spki()).unwrap(), key);
    assert_eq!(PublicKey::from_pem(&text.replace('\n', "\r\n")).unwrap().fingerprint(), key.fingerprint());
    assert_eq!(PublicKey::from_pem(text.trim_end()).unwrap(), key);
}

#[test]
fn one_key_in_two_spellings_has_one_fingerprint() {
    let key = PublicKey::from_pem(pem!("rsa2048")).unwrap();
    assert_eq!(PublicKey::from_pem(pem!("rsa2048-pkcs1")).unwrap().fingerprint(), key.fingerprint());
    // The same without the NULL that stands for no parameters: two bytes less in both sequences.
    let mut der = key.spki().to_vec();
    assert_eq!(&der[..8], &[0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09]);
    (der[3], der[5]) = (0x20, 0x0b);
    assert_eq!(der.drain(17..19).collect::<Vec<_>>(), [5, 0]);
    assert_eq!(PublicKey::from_spki(&der).unwrap().fingerprint(), key.fingerprint());
}

#[rstest]
#[case::private(pem!("p256-private").to_owned(), "private key")]
#[case::certificate(pem!("p256-certificate").to_owned(), "certificate")]
#[case::two([pem!("p256"), pem!("p384")].concat(), "more than one")]
#[case::text_before(format!("acme\n{}", pem!("p256")), "nothing else")]
#[case::text_behind(format!("{}acme", pem!("p256")), "nothing else")]
#[case::nothing(String::new(), "nothing else")]
#[case::another_label(pem!("p256").replace("PUBLIC KEY", "EC KEY"), "no `PUBLIC KEY`")]
#[case::cut(pem!("p256")[..100].to_owned(), "nothing else")]
#[case::compressed(pem!("p256-compressed").to_owned(), "compressed")]
#[case::explicit(pem!("p256-explicit").to_owned(), "without a name")]
#[case::p224(pem!("p224").to_owned(), "another elliptic curve")]
#[case::p256k1(pem!("p256k1").to_owned(), "another elliptic curve")]
#[case::ed448(pem!("ed448").to_owned(), "another algorithm")]
#[case::pss(pem!("rsa-pss").to_owned(), "another algorithm")]
#[case::rsa1024(pem!("rsa1024").to_owned(), "2048 to 4096 bits, this one has 1024")]
#[case::rsa2047(pem!("rsa2047").to_owned(), "2048 to 4096 bits, this one has 2047")]
#[case::rsa4097(pem!("rsa4097").to_owned(), "2048 to 4096 bits, this one has 4097")]
#[case::exponent(pem!("rsa-e3").to_owned(), "exponent")]
fn what_cannot_be_a_key_is_refused(#[case] text: String, #[case] why: &str) {
    let error = PublicKey::from_pem(&text).unwrap_err();
    assert_eq!(error.field, "pem");
    assert!(error.why.contains(why), "{}", error.why);
}

#[test]
fn a_point_off_its_curve_is_refused() {
    let mut der = PublicKey::from_pem(pem!("p256")).unwrap().spki().to_vec();
    *der.last_mut().unwrap() ^= 1;
    assert!(PublicKey::from_spki(&der).unwrap_err().why.contains("cannot be a key"));
}

#[test]
fn a_key_is_read_up_to_its_limit_and_not_beyond() {
    let text = pem!("p256");
    let padded = |bytes: usize| PublicKey::from_pem(&format!("{text}{}", "\n".repeat(bytes - text.len())));
    assert!(padded(limits::KEY_BYTES).is_ok());
    assert!(padded(limits::KEY_BYTES + 1).unwrap_err().why.contains("at most"));
}

#[test]
fn altered_or_cut_keys_never_stop_the_reader() {
    for text in [pem!("p256"), pem!("ed25519"), pem!("rsa2048")] {
        let good = PublicKey::from_pem(text).unwrap();
        for at in 0..good.spki().len() {
            assert!(PublicKey::from_spki(&good.spki()[..at]).is_err());
            for value in [0, 0x7f, 0x80, 0xff] {
                let mut bad = good.spki().to_vec();
                bad[at] = value;
                if let Ok(read) = PublicKey::from_spki(&bad) {
                    assert_eq!(read.spki(), bad, "what is read is read as it is written");
                }
            }
        }
    }
}
