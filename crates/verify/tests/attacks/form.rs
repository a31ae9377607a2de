//! Bundles that do not say what they are, or say it twice.

use proptest::prelude::*;
use sealgate_testkit::{Format, Recipe, Signed, SigningKey, World, base64};
use sealgate_verify::{Artifact, Bundle, Content, Item, Signer, Verifier};
use serde_json::{Value, json};

use crate::{Line, MANIFEST, each, each_recipe, image, judge_item, recipe};

fn whole(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.bundle.add(change);
}

fn material(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.bundle.add(move |bundle| change(&mut bundle["verificationMaterial"]));
}

fn remove(value: &mut Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name).unwrap()
}

const UNKNOWN: &str = "bundle-version-unknown";
const UNREADABLE: &str = "bundle-unreadable";
const MALFORMED: &str = "bundle-malformed";
const INCOMPLETE: &str = "bundle-incomplete";

const VERSIONS: &[Line<Recipe>] = &[
    ("the older spelling of the version", "", |recipe| recipe.format = Format::V03Old),
    ("no version", UNREADABLE, |recipe| whole(recipe, |it| drop(remove(it, "mediaType")))),
    ("an empty version", UNKNOWN, |recipe| whole(recipe, |it| it["mediaType"] = json!(""))),
    ("a version to come", UNKNOWN, |recipe| {
        whole(recipe, |it| it["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.4+json"))
    }),
    ("a version with a digit more", UNKNOWN, |recipe| {
        whole(recipe, |it| it["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.31+json"))
    }),
    ("a version with a parameter", UNKNOWN, |recipe| {
        whole(recipe, |it| {
            it["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json;version=0.1")
        })
    }),
    ("a version in upper case", UNKNOWN, |recipe| {
        whole(recipe, |it| it["mediaType"] = json!("application/vnd.dev.sigstore.bundle.V0.3+json"))
    }),
    ("a version with a blank", UNKNOWN, |recipe| {
        whole(recipe, |it| it["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json; version=0.3"))
    }),
    ("a version that is a number", UNREADABLE, |recipe| whole(recipe, |it| it["mediaType"] = json!(0.3))),
    ("a trusted root's", UNKNOWN, |recipe| {
        whole(recipe, |it| {
            it["mediaType"] = json!("application/vnd.dev.sigstore.trustedroot+json;version=0.1")
        })
    }),
];

#[test]
fn a_bundle_says_its_version_in_one_of_four_ways() {
    each_recipe(&recipe(), VERSIONS);
}

const MATERIALS: &[Line<Recipe>] = &[
    ("none", UNREADABLE, |recipe| whole(recipe, |it| drop(remove(it, "verificationMaterial")))),
    ("null", UNREADABLE, |recipe| whole(recipe, |it| it["verificationMaterial"] = Value::Null)),
    ("no signer", INCOMPLETE, |recipe| material(recipe, |it| drop(remove(it, "certificate")))),
    ("a signer of null", INCOMPLETE, |recipe| material(recipe, |it| it["certificate"] = Value::Null)),
    ("a key hint beside the certificate", MALFORMED, |recipe| {
        material(recipe, |it| it["publicKey"] = json!({"hint": "release"}))
    }),
    ("a key hint in its place", "certificate-missing", |recipe| {
        material(recipe, |it| {
            drop(remove(it, "certificate"));
            it["publicKey"] = json!({"hint": "release"});
        })
    }),
    ("a key in the place of the hint", UNREADABLE, |recipe| {
        material(recipe, |it| {
            drop(remove(it, "certificate"));
            it["publicKey"] = json!({"rawBytes": base64(&SigningKey::p256().spki())});
        })
    }),
    ("a chain in its place", MALFORMED, |recipe| {
        material(recipe, |it| {
            let leaf = remove(it, "certificate");
            it["x509CertificateChain"] = json!({"certificates": [leaf]});
        })
    }),
    ("a chain beside it", MALFORMED, |recipe| {
        material(recipe, |it| it["x509CertificateChain"] = json!({"certificates": [it["certificate"]]}))
    }),
    ("a certificate without bytes", UNREADABLE, |recipe| {
        material(recipe, |it| it["certificate"] = json!({}))
    }),
    ("a certificate of no bytes", "log-mismatch", |recipe| {
        material(recipe, |it| it["certificate"]["rawBytes"] = json!(""))
    }),
    ("a certificate in armour", "log-mismatch", |recipe| {
        material(recipe, |it| {
            let der = sealgate_testkit::unbase64(it["certificate"]["rawBytes"].as_str().unwrap());
            let pem = sealgate_testkit::pem_block("CERTIFICATE", &der);
            it["certificate"]["rawBytes"] = json!(base64(pem.as_bytes()));
        })
    }),
    ("entries of null", "log-entry-missing", |recipe| material(recipe, |it| it["tlogEntries"] = Value::Null)),
    ("no entries", "log-entry-missing", |recipe| material(recipe, |it| it["tlogEntries"] = json!([]))),
    ("an entry of null", UNREADABLE, |recipe| material(recipe, |it| it["tlogEntries"] = json!([null]))),
    ("entries that are no list", UNREADABLE, |recipe| {
        material(recipe, |it| it["tlogEntries"] = it["tlogEntries"][0].clone())
    }),
    ("a timestamp of null", UNREADABLE, |recipe| {
        material(recipe, |it| it["timestampVerificationData"] = json!({"rfc3161Timestamps": [null]}))
    }),
    ("an empty timestamp", "timestamp-invalid", |recipe| {
        material(recipe, |it| {
            it["timestampVerificationData"] = json!({"rfc3161Timestamps": [{"signedTimestamp": ""}]})
        })
    }),
    ("a trusted root", UNREADABLE, |recipe| {
        material(recipe, |it| it["trustedRoot"] = World::shared().trusted_root())
    }),
    ("a field that nobody knows", UNREADABLE, |recipe| material(recipe, |it| it["x"] = json!(1))),
    ("a field outside that nobody knows", UNREADABLE, |recipe| whole(recipe, |it| it["x"] = json!(1))),
    ("no content", INCOMPLETE, |recipe| whole(recipe, |it| drop(remove(it, "dsseEnvelope")))),
    ("content of null", INCOMPLETE, |recipe| whole(recipe, |it| it["dsseEnvelope"] = Value::Null)),
    ("names as they are written in Go", UNREADABLE, |recipe| {
        whole(recipe, |it| it["media_type"] = remove(it, "mediaType"))
    }),
];

#[test]
fn a_bundle_names_one_signer_and_one_content() {
    each_recipe(&recipe(), MATERIALS);
}

const CHAINS: &[Line<Recipe>] = &[
    ("a certificate alone", "", |recipe| {
        material(recipe, |it| {
            let chain = remove(it, "x509CertificateChain");
            it["certificate"] = chain["certificates"][0].clone();
        })
    }),
    ("an empty chain", INCOMPLETE, |recipe| {
        material(recipe, |it| it["x509CertificateChain"] = json!({"certificates": []}))
    }),
    ("a chain of null", INCOMPLETE, |recipe| {
        material(recipe, |it| it["x509CertificateChain"] = json!({"certificates": null}))
    }),
    ("the leaf behind its authority", "log-mismatch", |recipe| {
        material(recipe, |it| {
            let authority = json!({"rawBytes": base64(&World::shared().authority.intermediate)});
            let list = it["x509CertificateChain"]["certificates"].as_array_mut().unwrap();
            list.insert(0, authority);
        })
    }),
    ("no proof", INCOMPLETE, |recipe| recipe.patches.entry.add(|entry| entry.proof = None)),
];

#[test]
fn an_older_bundle_brings_its_leaf_first() {
    each_recipe(&recipe().with(|recipe| recipe.format = Format::V02), CHAINS);
}

const KINDS: &[Line<Item>] = &[
    ("another version's type", "", |item| {
        // What a registry says of its type only finds it: what is inside counts.
        item.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1".into()
    }),
    ("a parameter", "", |item| item.media_type.push_str("; charset=utf-8")),
    ("an envelope's type", UNREADABLE, |item| {
        item.media_type = "application/vnd.dsse.envelope.v1+json".into()
    }),
    ("a payload's type", "bundle-kind-unknown", |item| {
        item.media_type = "application/vnd.dev.cosign.simplesigning.v1+json".into()
    }),
    ("no type", "bundle-kind-unknown", |item| item.media_type.clear()),
    ("annotations of a layer", "", |item| {
        drop(item.annotations.insert("dev.sigstore.cosign/certificate".into(), "x".into()))
    }),
    ("in two parts", UNREADABLE, |item| item.bytes = [&item.bytes[..], b"{}"].concat().into()),
    ("one a line", UNREADABLE, |item| item.bytes = [&item.bytes[..], b"\n", &item.bytes].concat().into()),
    ("blanks around", "", |item| item.bytes = [b"\n ", &item.bytes[..], b"\r\n"].concat().into()),
    ("a mark of byte order", UNREADABLE, |item| {
        item.bytes = [b"\xef\xbb\xbf", &item.bytes[..]].concat().into()
    }),
    ("cut short", UNREADABLE, |item| item.bytes = item.bytes[..item.bytes.len() - 1].to_vec().into()),
    ("packed", UNREADABLE, |item| item.bytes = b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec().into()),
    ("nothing", UNREADABLE, |item| item.bytes = Vec::new().into()),
];

#[test]
fn an_item_is_read_by_what_is_in_it() {
    each(&recipe().sign().item(), judge_item, KINDS);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whichever byte is another: what is still accepted says the same, by the same signer.
    #[test]
    fn no_byte_of_a_bundle_changes_what_is_believed(at in 0.0f64..1.0, bit in 0u8..8, is_layer in any::<bool>()) {
        let made: Signed = recipe().sign();
        let item = if is_layer { made.legacy_item() } else { made.item() };
        let mut bytes = item.bytes.to_vec();
        let place = ((bytes.len() as f64) * at) as usize;
        bytes[place] ^= 1 << bit;
        let root = World::shared().root();
        let read = |item: &Item| {
            let digest = image();
            let bundle = Bundle::read(item).ok()?;
            Verifier::new(&root, World::shared().now()).authenticate(&bundle, Artifact::Digest(&digest)).ok()
        };
        let believed = |item: &Item| {
            let authentic = read(item)?;
            let Signer::Certificate(signer) = authentic.signer().clone() else { panic!("a certificate") };
            let rule = sealgate_verify::SignerRule::keyless(&sealgate_verify::rule::Keyless {
                issuer: sealgate_verify::rule::IssuerMatch::Regex(".*".into()),
                subject: sealgate_verify::rule::SubjectMatch::Any,
                subject_kind: None,
                claims: Default::default(),
                extensions: Default::default(),
            });
            let rule = rule.unwrap();
            let verified = authentic.signed_by(&rule).unwrap();
            let Content::Statement(statement) = verified.content() else { panic!("a statement") };
            Some((signer.certificate, statement.raw.clone(), verified.signed_at().to_vec()))
        };
        let good = believed(&item);
        prop_assert!(good.is_some());
        if let Some(changed) = believed(&Item { bytes: bytes.into(), ..item }) {
            prop_assert_eq!(Some(changed), good);
        }
    }
}

#[test]
fn a_message_s_bundle_is_not_an_envelope_s() {
    let lines: &[Line<Recipe>] = &[
        ("an envelope beside the message", MALFORMED, |recipe| {
            whole(recipe, |it| {
                it["dsseEnvelope"] =
                    json!({"payload": "", "payloadType": "", "signatures": [{"sig": "AA=="}]})
            })
        }),
        ("no signature", UNREADABLE, |recipe| {
            whole(recipe, |it| drop(remove(&mut it["messageSignature"], "signature")))
        }),
        ("a field that nobody knows", UNREADABLE, |recipe| {
            whole(recipe, |it| it["messageSignature"]["x"] = json!(1))
        }),
    ];
    each_recipe(&recipe().message(MANIFEST), lines);
}
