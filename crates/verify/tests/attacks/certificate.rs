//! Leaf certificates that an authority of the root has really issued.

use sealgate_testkit::{
    CertificateProfile, Extension, Recipe, San, World,
    certificate::{BASIC_CONSTRAINTS, CODE_SIGNING, EKU, KEY_USAGE, SAN},
    der,
};

use crate::{Line, each_recipe, recipe};

fn with(recipe: &mut Recipe, change: fn(&mut CertificateProfile)) {
    recipe.patches.certificate.add(change);
}

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const ANY: &str = "2.5.29.37.0";
const POISON: &str = "1.3.6.1.4.1.11129.2.4.3";

fn sans(profile: &mut CertificateProfile, names: &[San]) {
    let good = San::Uri("https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3".into());
    let mut all = vec![good];
    all.extend_from_slice(names);
    profile.set_sans(&all);
}

const PURPOSES: &[Line<Recipe>] = &[
    ("code signing beside another use", "", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::extended_key_usage(&[SERVER, CODE_SIGNING])))
    }),
    ("code signing beside any use", "", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::extended_key_usage(&[CODE_SIGNING, ANY])))
    }),
    ("any use alone", "certificate-usage", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::extended_key_usage(&[ANY])))
    }),
    ("another use", "certificate-usage", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::extended_key_usage(&[SERVER])))
    }),
    ("no use", "certificate-usage", |recipe| with(recipe, |leaf| leaf.remove(EKU))),
    ("an empty list of uses", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::extended_key_usage(&[])))
    }),
    ("uses cut short", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::new(EKU, vec![0x30, 0x0a, 0x06])))
    }),
    ("no key usage", "", |recipe| with(recipe, |leaf| leaf.remove(KEY_USAGE))),
    ("a key for agreement", "certificate-usage", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::key_usage(&[4])))
    }),
    ("a key usage that is none", "certificate-usage", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::new(KEY_USAGE, der::null())))
    }),
];

#[test]
fn a_certificate_must_be_for_signing_code() {
    each_recipe(&recipe(), PURPOSES);
}

const NAMES: &[Line<Recipe>] = &[
    ("the good name before an evil one", "certificate-subject", |recipe| {
        with(recipe, |leaf| sans(leaf, &[San::Email("evil@example.com".into())]))
    }),
    ("the good name twice", "certificate-subject", |recipe| {
        with(recipe, |leaf| {
            sans(
                leaf,
                &[San::Uri(
                    "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3".into(),
                )],
            )
        })
    }),
    ("the good name beside a host", "certificate-subject", |recipe| {
        with(recipe, |leaf| sans(leaf, &[San::Dns("acme.example".into())]))
    }),
    ("a list without a name", "certificate-subject", |recipe| with(recipe, |leaf| leaf.set_sans(&[]))),
    ("no list", "certificate-subject", |recipe| with(recipe, |leaf| leaf.remove(SAN))),
    ("bytes behind the list", "certificate-ambiguous", |recipe| {
        with(recipe, |leaf| {
            leaf.extensions.iter_mut().find(|extension| extension.oid == SAN).unwrap().value.push(0)
        })
    }),
    ("bytes behind the name", "certificate-subject", |recipe| {
        with(recipe, |leaf| {
            let name = San::Email("qa@acme.example".into()).der();
            leaf.set_sans(&[San::Raw([name, vec![5, 0]].concat())]);
        })
    }),
    ("two lists", "certificate-duplicate-extension", |recipe| {
        with(recipe, |leaf| {
            let list = leaf.extensions.iter().find(|extension| extension.oid == SAN).unwrap().clone();
            leaf.extensions.push(list);
        })
    }),
    ("a name with a zone in its host", "", |recipe| {
        // Genuine: whether anybody trusts it is the rule's to say, which compares it as text.
        with(recipe, |leaf| leaf.set_sans(&[San::Uri("https://[fe80::1%25x.corp.test]/".into())]))
    }),
];

#[test]
fn a_certificate_has_one_name_in_one_spelling() {
    each_recipe(&recipe(), NAMES);
}

const FORMS: &[Line<Recipe>] = &[
    ("two lists of uses", "certificate-duplicate-extension", |recipe| {
        with(recipe, |leaf| leaf.extensions.push(Extension::extended_key_usage(&[CODE_SIGNING])))
    }),
    ("two issuers", "certificate-duplicate-extension", |recipe| {
        with(recipe, |leaf| leaf.extensions.push(Extension::fulcio_old(1, "https://accounts.example")))
    }),
    ("a precertificate's poison", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.extensions.push(Extension::new(POISON, der::null()).critical()))
    }),
    ("an authority", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::authority(None)))
    }),
    ("expressly no authority", "", |recipe| {
        with(recipe, |leaf| leaf.replace(Extension::new(BASIC_CONSTRAINTS, der::sequence(&[])).critical()))
    }),
    ("a truth that is not all ones", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| {
            leaf.replace(Extension::new(BASIC_CONSTRAINTS, der::sequence(&[der::tlv(1, &[1])])).critical())
        })
    }),
    ("the first version of X.509", "certificate-subject", |recipe| with(recipe, |leaf| leaf.version = 0)),
    ("the second version of X.509", "certificate-untrusted", |recipe| with(recipe, |leaf| leaf.version = 1)),
    ("a fourth version of X.509", "certificate-ambiguous", |recipe| with(recipe, |leaf| leaf.version = 3)),
    ("another algorithm outside", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.outer_algorithm = Some(der::algorithm("1.2.840.10045.4.3.2")))
    }),
    ("another algorithm inside", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.inner_algorithm = Some(der::algorithm("1.2.840.10045.4.3.2")))
    }),
    ("an algorithm with parameters", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| {
            let odd = der::sequence(&[der::oid("1.2.840.10045.4.3.3"), der::null()]);
            (leaf.inner_algorithm, leaf.outer_algorithm) = (Some(odd.clone()), Some(odd));
        })
    }),
    ("signed with SHA-1", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| {
            let weak = der::algorithm("1.2.840.10045.4.1");
            (leaf.inner_algorithm, leaf.outer_algorithm) = (Some(weak.clone()), Some(weak));
        })
    }),
    ("a serial number of 21 bytes", "", |recipe| with(recipe, |leaf| leaf.serial = vec![0x40; 21])),
    ("the serial number zero", "", |recipe| with(recipe, |leaf| leaf.serial = vec![])),
    ("an end in the year 9999", "", |recipe| with(recipe, |leaf| leaf.not_after = 253_402_300_799)),
    ("an end before its begin", "certificate-expired-at-signing", |recipe| {
        with(recipe, |leaf| leaf.not_after = leaf.not_before - 1)
    }),
    ("a name of a megabyte", "bundle-limit-exceeded", |recipe| {
        with(recipe, |leaf| leaf.subject = der::name("acme", &"x".repeat(1 << 20)))
    }),
    ("an issuer of another name", "certificate-untrusted", |recipe| {
        with(recipe, |leaf| leaf.issuer = der::name("other.example", "other"))
    }),
];

#[test]
fn a_certificate_has_one_meaning() {
    each_recipe(&recipe(), FORMS);
}

fn key(recipe: &mut Recipe, spki: fn(Vec<u8>) -> Vec<u8>) {
    recipe.patches.certificate.add(move |leaf| leaf.spki = spki(leaf.spki.clone()));
}

fn pem(text: &str) -> Vec<u8> {
    pem::parse(text).unwrap().into_contents()
}

const KEYS: &[Line<Recipe>] = &[
    ("a compressed point", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/p256-compressed.pem")))
    }),
    ("a curve in its own words", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/p256-explicit.pem")))
    }),
    ("a curve that nobody uses", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/p256k1.pem")))
    }),
    ("1024 bits of RSA", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/rsa1024.pem")))
    }),
    ("4097 bits of RSA", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/rsa4097.pem")))
    }),
    ("RSA with exponent 3", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/rsa-e3.pem")))
    }),
    ("RSA for PSS alone", "key-unsupported", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/rsa-pss.pem")))
    }),
    ("somebody else's key", "signature-invalid", |recipe| {
        key(recipe, |_| pem(include_str!("../../../../testdata/keys/p256.pem")))
    }),
    ("a point off its curve", "signature-invalid", |recipe| {
        key(recipe, |mut spki| {
            *spki.last_mut().unwrap() ^= 1;
            spki
        })
    }),
    ("a point at infinity", "key-unsupported", |recipe| {
        key(recipe, |spki| der::sequence(&[spki[2..23].to_vec(), der::bits(&[0])]))
    }),
];

#[test]
fn a_certificate_names_a_key_of_the_table() {
    each_recipe(&recipe(), KEYS);
}

fn times(recipe: &mut Recipe, logged: i64, stamped: i64) {
    recipe.timestamp_authorities = vec![World::shared().timestamps.clone()];
    (recipe.logged_after, recipe.stamped_after) = (logged, stamped);
}

const TIMES: &[Line<Recipe>] = &[
    ("both at the first second", "", |recipe| times(recipe, 0, 0)),
    ("both at the last second", "", |recipe| times(recipe, 600, 600)),
    ("stamped before", "certificate-expired-at-signing", |recipe| times(recipe, 60, -1)),
    ("stamped after", "certificate-expired-at-signing", |recipe| times(recipe, 60, 601)),
    ("logged before", "certificate-expired-at-signing", |recipe| times(recipe, -1, 60)),
    ("logged after", "certificate-expired-at-signing", |recipe| times(recipe, 601, 60)),
];

#[test]
fn a_certificate_is_valid_at_every_proven_time() {
    each_recipe(&recipe(), TIMES);
}
