//! Timestamps that are by nobody, or about something else, or say it in a second way.

use sealgate_testkit::{Recipe, Signed, TimestampAuthority, TimestampProfile, World, der, sha256};
use sealgate_verify::{Algorithm, Digest};

use crate::{Line, each, each_recipe, judge, recipe};

pub(crate) const BAD: &str = "timestamp-invalid";

pub(crate) fn stamped() -> Recipe {
    recipe().with(|recipe| recipe.timestamp_authorities = vec![World::shared().timestamps.clone()])
}

fn with(recipe: &mut Recipe, change: fn(&mut TimestampProfile)) {
    recipe.patches.timestamp.add(change);
}

fn attribute(name: &str, value: Vec<u8>) -> Vec<u8> {
    der::sequence(&[der::oid(name), der::set(&[value])])
}

const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const CERTIFICATE_2: &str = "1.2.840.113549.1.9.16.2.47";
const SHA512: &str = "2.16.840.1.101.3.4.2.3";

fn without(attributes: &mut Vec<Vec<u8>>, name: &str) {
    let name = der::oid(name);
    attributes.retain(|attribute| der::children(attribute)[0] != name);
}

// The signing certificate as RFC 2634 names it, by SHA-1.
fn older(certificate: &[u8]) -> Vec<u8> {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
    let one = der::sequence(&[der::octets(hash.as_ref())]);
    attribute(CERTIFICATE, der::sequence(&[der::sequence(&[one])]))
}

const ATTRIBUTES: &[Line<Recipe>] = &[
    ("no content type", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| without(list, CONTENT_TYPE))
    }),
    ("no digest", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| without(list, MESSAGE_DIGEST))
    }),
    ("no name of the certificate", "", |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| without(list, CERTIFICATE_2))
    }),
    ("an attribute that nobody knows", "", |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| list.push(attribute("1.2.3.4", der::null())))
    }),
    ("a second content type", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes =
                |list| list.push(attribute(CONTENT_TYPE, der::oid("1.2.840.113549.1.7.1")))
        })
    }),
    ("the content type twice", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| list.push(list[0].clone()))
    }),
    ("a second digest", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes = |list| list.push(attribute(MESSAGE_DIGEST, der::octets(&[0; 32])))
        })
    }),
    ("two digests in one attribute", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes = |list| {
                let right = der::children(der::children(&list[2])[1])[0].to_vec();
                let both = der::tlv(0x31, &[right, der::octets(&[0; 32])].concat());
                list[2] = der::sequence(&[der::oid(MESSAGE_DIGEST), both]);
            }
        })
    }),
    ("a digest without a value", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes =
                |list| list[2] = der::sequence(&[der::oid(MESSAGE_DIGEST), der::set(&[])])
        })
    }),
    ("a second name of a certificate", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| list.push(list[3].clone()))
    }),
    ("an older name of the certificate beside it", "", |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes = |list| list.push(older(&World::shared().timestamps.leaf))
        })
    }),
    ("an older name of another certificate beside it", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_attributes = |list| list.push(older(b"another certificate")))
    }),
    ("an older name twice", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes = |list| {
                let name = older(&World::shared().timestamps.leaf);
                list.extend([name.clone(), name]);
            }
        })
    }),
    ("an older name of the certificate alone", "", |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes = |list| {
                without(list, CERTIFICATE_2);
                list.push(older(&World::shared().timestamps.leaf));
            }
        })
    }),
    ("an older name of another certificate", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_attributes = |list| {
                without(list, CERTIFICATE_2);
                list.push(older(b"another certificate"));
            }
        })
    }),
];

#[test]
fn a_timestamp_signs_what_it_is_and_over_what() {
    each_recipe(&stamped(), ATTRIBUTES);
}

const SIGNERS: &[Line<Recipe>] = &[
    ("named by its key", "", |recipe| {
        with(recipe, |stamp| {
            stamp.change_signer = |parts| {
                let identifier = &sha256(&World::shared().timestamps.key.public_bytes())[..20];
                parts[1] = der::context_primitive(0, identifier);
            }
        })
    }),
    ("named by another key", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[1] = der::context_primitive(0, &[7; 20]))
    }),
    ("named by no key", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[1] = der::context_primitive(0, &[]))
    }),
    ("another serial number", BAD, |recipe| with(recipe, |stamp| stamp.signer_serial.push(0))),
    ("another issuer", BAD, |recipe| {
        with(recipe, |stamp| stamp.signer_issuer = der::name("evil.example", "evil"))
    }),
    ("a digest that is not the signature's", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[2] = der::algorithm(SHA512))
    }),
    ("a digest that is broken", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[2] = der::algorithm("1.3.14.3.2.26"))
    }),
    ("a signature over another digest", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[4] = der::algorithm("1.2.840.10045.4.3.4"))
    }),
    ("a signature by an unknown algorithm", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[4] = der::algorithm("1.2.3.4"))
    }),
    ("a signature by the bare kind of key", "", |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[4] = der::algorithm("1.2.840.10045.2.1"))
    }),
    ("any signature", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[5] = der::octets(&[7; 70]))
    }),
    ("no signature", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[5] = der::octets(&[]))
    }),
    ("attributes that are not signed", "", |recipe| {
        with(recipe, |stamp| {
            stamp.change_signer = |parts| parts.push(der::context(1, &attribute("1.2.3.4", der::null())))
        })
    }),
    ("signed attributes under the tag that is signed", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_signer = |parts| parts[3][0] = 0x31)
    }),
    ("attributes moved to those that are not signed", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_signer = |parts| {
                let mut moved = parts.remove(3);
                moved[0] = 0xa1;
                parts.push(moved);
            }
        })
    }),
    ("the trusted certificate in front of an evil signer's", BAD, |recipe| {
        with(recipe, |stamp| {
            let evil = TimestampAuthority::new("evil");
            stamp.certificates.push(evil.leaf.clone());
            (stamp.signer_issuer, stamp.signer_serial) = (evil.root_name, evil.serial);
            (stamp.signing_certificate, stamp.key) = (evil.leaf, evil.key);
        })
    }),
    ("an evil signer under the trusted certificate's name", BAD, |recipe| {
        with(recipe, |stamp| stamp.key = TimestampAuthority::new("evil").key)
    }),
    ("no certificate inside", "", |recipe| with(recipe, |stamp| stamp.certificates.clear())),
];

#[test]
fn a_timestamp_is_by_the_signer_that_it_names() {
    each_recipe(&stamped(), SIGNERS);
}

const INFOS: &[Line<Recipe>] = &[
    ("everything that there may be", "", |recipe| {
        with(recipe, |stamp| {
            stamp.change_info = |parts| {
                parts.push(der::sequence(&[der::integer(1)]));
                parts.push(der::yes());
                parts.push(der::integer(42));
                parts.push(der::context(0, &der::context(4, &der::name("tsa.example", "tsa"))));
            }
        })
    }),
    ("a critical extension", BAD, |recipe| {
        with(recipe, |stamp| {
            stamp.change_info = |parts| {
                let extension = der::sequence(&[der::oid("1.2.3.4"), der::yes(), der::octets(&[])]);
                parts.push(der::context(1, &extension));
            }
        })
    }),
    ("an extension", "", |recipe| {
        with(recipe, |stamp| {
            stamp.change_info =
                |parts| parts.push(der::context(1, &der::sequence(&[der::oid("1.2.3.4"), der::octets(&[])])))
        })
    }),
    ("another version", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[0] = der::integer(2))
    }),
    ("a time with a fraction", "", |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::tlv(0x18, b"20260601120030.5Z"))
    }),
    ("a time without its zone", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::tlv(0x18, b"20260601120030"))
    }),
    ("a time of another zone", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::tlv(0x18, b"20260601120030+0000"))
    }),
    ("a time without seconds", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::tlv(0x18, b"202606011200Z"))
    }),
    ("a time as certificates write it", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::time(1_780_315_230))
    }),
    ("a time in the year 0", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::tlv(0x18, b"00000101000000Z"))
    }),
    ("a time in the year 9999", BAD, |recipe| {
        with(recipe, |stamp| stamp.change_info = |parts| parts[4] = der::tlv(0x18, b"99991231235959Z"))
    }),
    ("an imprint of a longer hash", "", |recipe| {
        with(recipe, |stamp| stamp.change_info = |_| ());
        imprint(recipe, SHA512, 64);
    }),
    ("an imprint cut short", BAD, |recipe| imprint(recipe, SHA512, 32)),
    ("an imprint of nothing", BAD, |recipe| imprint(recipe, SHA512, 0)),
    ("an imprint under a hash of another length", BAD, |recipe| {
        with(recipe, |stamp| stamp.imprint_algorithm = SHA512.into())
    }),
    ("an imprint of a broken hash", BAD, |recipe| {
        with(recipe, |stamp| stamp.imprint_algorithm = "1.2.840.113549.2.5".into())
    }),
    ("another content", BAD, |recipe| {
        with(recipe, |stamp| stamp.content_type = "1.2.840.113549.1.7.1".into())
    }),
];

// The imprint is over the signature, which is not known before: so a message's, whose key signs alike each time.
fn imprint(recipe: &mut Recipe, algorithm: &'static str, length: usize) {
    let key = sealgate_testkit::SigningKey::generate(sealgate_testkit::KeyKind::Ed25519);
    recipe.leaf_key = Some(key);
    let signature = recipe.sign().signature;
    let mut hash = Digest::of(Algorithm::Sha512, &signature).bytes().to_vec();
    hash.truncate(length);
    recipe.patches.timestamp.add(move |stamp| {
        stamp.imprint_algorithm = algorithm.into();
        stamp.imprint.clone_from(&hash);
    });
}

#[test]
fn a_timestamp_says_one_thing_in_one_way() {
    each_recipe(&stamped(), INFOS);
}

const STATUS: &[Line<Recipe>] = &[
    ("granted with changes", "", |recipe| with(recipe, |stamp| stamp.status = 1)),
    ("refused", BAD, |recipe| with(recipe, |stamp| stamp.status = 2)),
    ("waiting", BAD, |recipe| with(recipe, |stamp| stamp.status = 3)),
    ("a warning that it will be revoked", BAD, |recipe| with(recipe, |stamp| stamp.status = 4)),
    ("revoked", BAD, |recipe| with(recipe, |stamp| stamp.status = 5)),
    ("a status that there is not", BAD, |recipe| with(recipe, |stamp| stamp.status = 256)),
];

#[test]
fn a_timestamp_was_granted() {
    each_recipe(&stamped(), STATUS);
}

const BYTES: &[Line<Signed>] = &[
    ("another time after it was signed", BAD, |signed| {
        replace(&mut signed.timestamps[0], b"20260601120030Z", b"20260601120031Z")
    }),
    ("bytes behind", BAD, |signed| signed.timestamps[0].push(0)),
    ("cut short", BAD, |signed| {
        signed.timestamps[0].pop();
    }),
    ("nothing", BAD, |signed| signed.timestamps[0].clear()),
    ("an endless length", BAD, |signed| signed.timestamps[0][1] = 0x80),
    ("in armour", BAD, |signed| {
        signed.timestamps[0] = sealgate_testkit::pem_block("TIMESTAMP", &signed.timestamps[0]).into_bytes()
    }),
    ("a token without its response", "", |signed| {
        signed.timestamps[0] = der::children(&signed.timestamps[0])[1].to_vec()
    }),
];

fn replace(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes.splice(at..at + from.len(), to.iter().copied());
}

#[test]
fn a_timestamp_s_bytes_are_what_was_signed() {
    each(&stamped().sign(), judge, BYTES);
}
