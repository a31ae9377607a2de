//! Signatures by managed keys, and signatures as numbers.

use sealgate_testkit::{KeyKind, Recipe, SigningKey, World, base64, der};
use sealgate_verify::{Algorithm, Artifact, Bundle, Digest, LogRule, PublicKey, Verifier};
use serde_json::json;

use crate::{Line, MANIFEST, each, each_recipe, recipe};

fn judge(key: &SigningKey, rule: LogRule, recipe: &Recipe) -> &'static str {
    let root = World::shared().root();
    let key = PublicKey::from_spki(&key.spki()).unwrap();
    let bundle = match Bundle::from_json(&recipe.sign().bundle()) {
        Ok(bundle) => bundle,
        Err(error) => return error.code(),
    };
    Verifier::new(&root, World::shared().now())
        .authenticate_with_key(&bundle, Artifact::Bytes(MANIFEST), &key, rule)
        .map_or_else(|error| error.code(), |_| "")
}

fn entry_of(recipe: &mut Recipe, change: fn(Recipe) -> Recipe) {
    let other = change(recipe.clone()).sign().entries;
    recipe.patches.entry.add(move |entry| *entry = other[0].clone());
}

const ENTRIES: &[Line<Recipe>] = &[
    ("none", "log-entry-missing", |recipe| recipe.logs.clear()),
    ("of another key", "log-mismatch", |recipe| entry_of(recipe, |it| it.by_key(&SigningKey::p256()))),
    ("of a certificate", "log-mismatch", |recipe| entry_of(recipe, |it| it.by(crate::release()))),
    ("of another signature", "log-mismatch", |recipe| entry_of(recipe, |it| it)),
    ("of another message", "log-mismatch", |recipe| entry_of(recipe, |it| it.message(b"another"))),
    ("of an envelope", "log-entry-unreadable", |recipe| {
        entry_of(recipe, |it| it.statement(&sealgate_testkit::sign_statement(&crate::image())))
    }),
    ("with a bad promise", "inclusion-promise-invalid", |recipe| {
        recipe.patches.promise.add(|promise| promise.key = SigningKey::p256())
    }),
    ("with a bad proof", "inclusion-proof-invalid", |recipe| {
        recipe.patches.proof.add(|proof| proof.hashes[0][0] ^= 1)
    }),
    ("without a promise", "", |recipe| recipe.patches.entry.add(|entry| entry.promise = None)),
    ("that names another verifier", "log-mismatch", |recipe| {
        recipe.patches.body.add(|body| {
            let pem = SigningKey::p256().public_pem();
            body["spec"]["signature"]["publicKey"]["content"] = json!(base64(pem.as_bytes()));
        })
    }),
    ("to come", "time-in-future", |recipe| recipe.logged_after = 7200),
];

#[test]
fn a_key_s_entry_is_of_this_key_and_this_signature() {
    for kind in [KeyKind::P256, KeyKind::Ed25519] {
        let key = SigningKey::generate(kind);
        let good = recipe().message(MANIFEST).by_key(&key);
        // Ed25519 signs alike each time, so its other signature is this one.
        let lines: Vec<_> = ENTRIES
            .iter()
            .filter(|(name, ..)| kind == KeyKind::P256 || *name != "of another signature")
            .copied()
            .collect();
        each(&good, |recipe| judge(&key, LogRule::Required, recipe), &lines);
    }
}

#[test]
fn a_signature_counts_for_its_key_alone_whatever_the_kinds() {
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa2048];
    let keys: Vec<_> = kinds.iter().flat_map(|kind| [*kind; 2]).map(SigningKey::generate).collect();
    for (at, own) in keys.iter().enumerate() {
        let signed = recipe().by_key(own);
        for (other_at, other) in keys.iter().enumerate() {
            let found = judge(other, LogRule::None, &signed);
            let wanted = if at == other_at { "" } else { "signature-invalid" };
            assert_eq!(found, wanted, "{own:?} {at} and {other:?} {other_at}");
        }
    }
}

#[test]
fn the_bundle_does_not_choose_the_key_s_hash() {
    let key = SigningKey::p256();
    let stated = |algorithm: Algorithm, name: &'static str| {
        recipe().message(MANIFEST).by_key(&key).with(|recipe| {
            recipe.logs.clear();
            recipe.patches.bundle.add(move |bundle| {
                let digest = Digest::of(algorithm, MANIFEST);
                bundle["messageSignature"]["messageDigest"] =
                    json!({"algorithm": name, "digest": base64(digest.bytes())});
            });
        })
    };
    let over = |signed: Recipe, algorithm: Algorithm| {
        // This key over that hash: what it signs is digested with SHA-256 once more, so that only the name is right.
        let digest = Digest::of(algorithm, MANIFEST).bytes().to_vec();
        signed.with(|recipe| recipe.patches.signed_bytes.add(move |bytes| bytes.clone_from(&digest)))
    };
    assert_eq!(judge(&key, LogRule::None, &stated(Algorithm::Sha256, "SHA2_256")), "");
    assert_eq!(judge(&key, LogRule::None, &stated(Algorithm::Sha512, "SHA2_512")), "", "a second opinion");
    for (algorithm, name) in [(Algorithm::Sha256, "SHA2_256"), (Algorithm::Sha512, "SHA2_512")] {
        let doubled = over(stated(algorithm, name), algorithm);
        assert_eq!(judge(&key, LogRule::None, &doubled), "signature-invalid", "{name}");
    }
}

// r and s of an ECDSA signature.
fn numbers(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let parts = der::children(signature);
    (der::content(parts[0]).to_vec(), der::content(parts[1]).to_vec())
}

fn number(content: &[u8]) -> Vec<u8> {
    der::tlv(0x02, content)
}

fn forge(recipe: &mut Recipe, change: fn(&[u8], &[u8]) -> Vec<u8>) {
    recipe.patches.signature.add(move |signature| {
        let (r, s) = numbers(signature);
        *signature = change(&r, &s);
    });
}

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn padded(number: &[u8]) -> [u8; 32] {
    let digits: Vec<u8> = number.iter().copied().skip_while(|digit| *digit == 0).collect();
    let mut out = [0; 32];
    out[32 - digits.len()..].copy_from_slice(&digits);
    out
}

// ORDER - number.
fn negated(number: &[u8]) -> Vec<u8> {
    let (number, mut out, mut borrow) = (padded(number), ORDER, 0_i16);
    for at in (0..32).rev() {
        let digit = i16::from(ORDER[at]) - i16::from(number[at]) - borrow;
        borrow = i16::from(digit < 0);
        out[at] = (digit & 0xff) as u8;
    }
    out.to_vec()
}

// ORDER + number, of 33 bytes.
fn beyond(number: &[u8]) -> Vec<u8> {
    let (number, mut out, mut carry) = (padded(number), vec![0; 33], 0_u16);
    for at in (0..32).rev() {
        let digit = u16::from(ORDER[at]) + u16::from(number[at]) + carry;
        (out[at + 1], carry) = ((digit & 0xff) as u8, digit >> 8);
    }
    out[0] = carry as u8;
    out
}

const INVALID: &str = "signature-invalid";

// The log is the attacker's accomplice here: it records the signature as it stands.
const SPELLINGS: &[Line<Recipe>] = &[
    ("written again", "", |recipe| forge(recipe, |r, s| der::sequence(&[number(r), number(s)]))),
    // Mathematically the same: so nobody may take a signature's bytes for its name.
    ("with the other s", "", |recipe| {
        forge(recipe, |r, s| der::sequence(&[number(r), der::unsigned(&negated(s))]))
    }),
    ("with an s beyond the order", INVALID, |recipe| {
        forge(recipe, |r, s| der::sequence(&[number(r), der::unsigned(&beyond(s))]))
    }),
    ("with an r beyond the order", INVALID, |recipe| {
        forge(recipe, |r, s| der::sequence(&[der::unsigned(&beyond(r)), number(s)]))
    }),
    ("of zeros", INVALID, |recipe| forge(recipe, |_, _| der::sequence(&[number(&[0]), number(&[0])]))),
    ("with an r of zero", INVALID, |recipe| forge(recipe, |_, s| der::sequence(&[number(&[0]), number(s)]))),
    ("with an s of zero", INVALID, |recipe| forge(recipe, |r, _| der::sequence(&[number(r), number(&[0])]))),
    ("with an s of the order", INVALID, |recipe| {
        forge(recipe, |r, _| der::sequence(&[number(r), der::unsigned(&ORDER)]))
    }),
    ("with a negative r", INVALID, |recipe| {
        forge(recipe, |r, s| {
            let negative: Vec<u8> = [&[0xff], &padded(r)[..]].concat();
            der::sequence(&[number(&negative), number(s)])
        })
    }),
    ("with a zero more", INVALID, |recipe| {
        forge(recipe, |r, s| der::sequence(&[number(&[&[0, 0], r].concat()), number(s)]))
    }),
    ("with a long length", INVALID, |recipe| {
        forge(recipe, |r, s| {
            let content = [number(r), number(s)].concat();
            [&[0x30, 0x81, content.len() as u8], &content[..]].concat()
        })
    }),
    ("with an endless length", INVALID, |recipe| {
        forge(recipe, |r, s| [&[0x30, 0x80], &number(r)[..], &number(s), &[0, 0]].concat())
    }),
    ("with a byte behind", INVALID, |recipe| {
        forge(recipe, |r, s| [der::sequence(&[number(r), number(s)]), vec![0]].concat())
    }),
    ("with a third number", INVALID, |recipe| {
        forge(recipe, |r, s| der::sequence(&[number(r), number(s), number(&[1])]))
    }),
    ("with one number", INVALID, |recipe| forge(recipe, |r, _| der::sequence(&[number(r)]))),
    ("side by side", INVALID, |recipe| forge(recipe, |r, s| [padded(r), padded(s)].concat())),
    ("exchanged", INVALID, |recipe| forge(recipe, |r, s| der::sequence(&[number(s), number(r)]))),
    ("any bytes", INVALID, |recipe| forge(recipe, |_, _| vec![7; 64])),
    ("nothing", "bundle-incomplete", |recipe| forge(recipe, |_, _| Vec::new())),
];

#[test]
fn a_signature_s_numbers_have_one_spelling_each() {
    each_recipe(&recipe(), SPELLINGS);
}

/// The order of Ed25519's base point, little-endian.
const ORDER_25519: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn bytes(recipe: &mut Recipe, change: fn(&mut Vec<u8>)) {
    recipe.patches.signature.add(change);
}

const OF_ED25519: &[Line<Recipe>] = &[
    ("with an s beyond the order", INVALID, |recipe| {
        bytes(recipe, |signature| {
            let mut carry = 0;
            for (digit, more) in signature[32..].iter_mut().zip(ORDER_25519) {
                let sum = u16::from(*digit) + u16::from(more) + carry;
                (*digit, carry) = ((sum & 0xff) as u8, sum >> 8);
            }
        })
    }),
    ("with another sign", INVALID, |recipe| bytes(recipe, |signature| signature[31] ^= 0x80)),
    ("a byte short", INVALID, |recipe| {
        bytes(recipe, |signature| {
            signature.pop();
        })
    }),
    ("a byte long", INVALID, |recipe| bytes(recipe, |signature| signature.push(0))),
    ("of zeros", INVALID, |recipe| bytes(recipe, |signature| signature.fill(0))),
];

const OF_RSA: &[Line<Recipe>] = &[
    ("a zero before", INVALID, |recipe| bytes(recipe, |signature| signature.insert(0, 0))),
    ("a byte short", INVALID, |recipe| {
        bytes(recipe, |signature| {
            signature.remove(0);
        })
    }),
    ("of zeros", INVALID, |recipe| bytes(recipe, |signature| signature.fill(0))),
    ("of one", INVALID, |recipe| {
        bytes(recipe, |signature| {
            signature.fill(0);
            signature[255] = 1;
        })
    }),
    ("of ones", INVALID, |recipe| bytes(recipe, |signature| signature.fill(0xff))),
];

#[test]
fn signatures_of_other_kinds_have_one_spelling_too() {
    for (kind, lines) in [(KeyKind::Ed25519, OF_ED25519), (KeyKind::Rsa2048, OF_RSA)] {
        let key = SigningKey::generate(kind);
        each(
            &recipe().by_key(&key).with(|recipe| recipe.logs.clear()),
            |recipe| judge(&key, LogRule::None, recipe),
            lines,
        );
    }
}

/// The y of the points of order 1, 2, 4 and 8, and those of 2^255 - 19 and more that stand for small ones.
const WEAK: [&str; 7] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn a_key_of_small_order_is_no_key() {
    let spki = |point: &[u8]| der::sequence(&[der::algorithm("1.3.101.112"), der::bits(point)]);
    // The base point as R and 1 as s: a signature of anything by the first of these keys, where nobody looks.
    let base = unhex("5866666666666666666666666666666666666666666666666666666666666666");
    let forged = [&base[..], &[1], &[0; 31]].concat();
    for y in WEAK {
        for sign in [0, 0x80] {
            let mut point = unhex(y);
            point[31] |= sign;
            let error = PublicKey::from_spki(&spki(&point)).unwrap_err();
            assert!(error.why.contains("cannot be a key"), "{y}: {}", error.why);

            let weak = spki(&point);
            let root = crate::root_with(|root| {
                root["tlogs"][1]["publicKey"]["rawBytes"] = json!(base64(&weak));
                root["ctlogs"][0]["publicKey"]["rawBytes"] = json!(base64(&weak));
            });
            let left_out: Vec<_> = root.notes().iter().map(|note| note.field.as_str()).collect();
            assert_eq!(left_out, ["ctlogs[0]", "tlogs[1]"], "{y}");

            let forged = forged.clone();
            let signed = recipe().with(|recipe| {
                recipe.patches.certificate.add(move |leaf| leaf.spki.clone_from(&weak));
                recipe.patches.signature.add(move |signature| signature.clone_from(&forged));
            });
            assert_eq!(crate::judge(&signed.sign()), "key-unsupported", "{y}");
        }
    }
    let good = SigningKey::generate(KeyKind::Ed25519);
    assert!(PublicKey::from_spki(&spki(&good.public_bytes())).is_ok(), "twin");
    let signed = recipe().with(|recipe| recipe.leaf_key = Some(good));
    assert_eq!(crate::judge(&signed.sign()), "", "twin");
}
