//! What cosign's verbs refuse: the attestation that was not asked for, and parts that belong to something else. Each line says
//! the exit code and words of the error, and differs in one thing from a line that passes.

use sealgate::verify::{Digest, Item};
use sealgate_testkit::{Content, Identity, Image, Recipe, Signed, SigningKey, base64, pem_block, statement};
use serde_json::{Value, json};

use crate::ask::{BY_RELEASE, GITHUB, Place, RELEASE, Told, ask, ask_with, release};

const WANTED: &str = "https://slsa.dev/provenance/v1";

/// What is attached to the image, in both formats.
fn attached(place: &Place, make: impl Fn(&Image, bool) -> Vec<Item>) -> [Told; 2] {
    ["bundles", "layers"].map(|repository| {
        let image = place.registry.push_image(repository, Some("v1"), repository);
        let items = make(&image, repository == "bundles");
        if repository == "bundles" {
            for item in &items {
                place.registry.push_bundle_bytes(repository, &image.digest, &item.bytes);
            }
        } else if !items.is_empty() {
            place.registry.push_layers(repository, &image.digest, "att", &items);
        }
        let image = place.pinned(repository, &image);
        let words = [&BY_RELEASE[..], &["--type", "slsaprovenance1", &image]].concat();
        place.cosign("verify-attestation", &words)
    })
}

fn attest(place: &Place, image: &Image, kind: &str) -> Recipe {
    let said = statement(&image.digest, kind, json!({"buildDefinition": {}, "runDetails": {}}));
    place.world.recipe(&image.digest, &release()).statement(&said)
}

fn payload(recipe: Recipe, bytes: &[u8]) -> Recipe {
    recipe.with(|recipe| {
        let Content::Envelope(_, payload) = &mut recipe.content else { panic!("an envelope") };
        *payload = bytes.to_vec();
    })
}

type Make = fn(&Place, &Image) -> Vec<Recipe>;

/// A name, the exit codes for bundles and for layers, words of both errors, and what is attached.
const ATTESTATIONS: &[(&str, [u8; 2], &str, Make)] = &[
    ("the one that is asked for", [0, 0], "", |place, image| vec![attest(place, image, WANTED)]),
    ("beside one of another type", [0, 0], "", |place, image| {
        vec![attest(place, image, "https://spdx.dev/Document"), attest(place, image, WANTED)]
    }),
    ("beside one by somebody else", [0, 0], "", |place, image| {
        let other = Identity::email("evil@example.com", "https://accounts.example");
        vec![attest(place, image, WANTED).by(other), attest(place, image, WANTED)]
    }),
    ("nothing", [1, 1], "no matching attestations", |_, _| vec![]),
    ("one of another type", [1, 1], "type", |place, image| {
        vec![attest(place, image, "https://spdx.dev/Document")]
    }),
    ("one of an older version", [1, 1], "type", |place, image| {
        vec![attest(place, image, "https://slsa.dev/provenance/v0.2")]
    }),
    ("one with a slash more", [1, 1], "type", |place, image| {
        vec![attest(place, image, "https://slsa.dev/provenance/v1/")]
    }),
    ("one without TLS in its name", [1, 1], "type", |place, image| {
        vec![attest(place, image, "http://slsa.dev/provenance/v1")]
    }),
    ("a plain signature", [1, 1], "type", |place, image| vec![place.world.recipe(&image.digest, &release())]),
    ("a good one of another type and a bad one of this", [1, 1], "", |place, image| {
        vec![
            attest(place, image, "https://spdx.dev/Document"),
            attest(place, image, WANTED).with(|recipe| recipe.signing_key = Some(SigningKey::p256())),
        ]
    }),
    ("a good one of another type and a stranger's of this", [1, 1], "", |place, image| {
        let other = Identity::email("evil@example.com", "https://accounts.example");
        vec![attest(place, image, "https://spdx.dev/Document"), attest(place, image, WANTED).by(other)]
    }),
    ("one about another image", [1, 1], "", |place, image| {
        let other = Digest::sha256(b"another image");
        vec![place.world.recipe(&image.digest, &release()).statement(&statement(&other, WANTED, json!({})))]
    }),
    ("one without a subject", [1, 1], "", |place, image| {
        let mut said = statement(&image.digest, WANTED, json!({}));
        said["subject"] = json!([]);
        vec![place.world.recipe(&image.digest, &release()).statement(&said)]
    }),
    ("a list", [1, 1], "", |place, image| vec![payload(attest(place, image, WANTED), b"[]")]),
    ("a text", [1, 1], "", |place, image| vec![payload(attest(place, image, WANTED), b"\"x\"")]),
    ("an empty object", [1, 1], "", |place, image| vec![payload(attest(place, image, WANTED), b"{}")]),
    ("no statement at all", [1, 1], "", |place, image| vec![payload(attest(place, image, WANTED), b"x")]),
];

#[test]
fn an_image_is_attested_by_what_was_asked_for_and_nothing_else() {
    let wrong: Vec<String> = ATTESTATIONS
        .iter()
        .filter_map(|(name, codes, words, make)| {
            let place = Place::new();
            let told = attached(&place, |image, is_bundle| {
                let signed = make(&place, image).into_iter().map(|recipe| recipe.sign());
                signed.map(|signed| if is_bundle { signed.item() } else { signed.legacy_item() }).collect()
            });
            let found = [told[0].code, told[1].code];
            let fits = told
                .iter()
                .all(|told| (told.code == 0) != told.stdout.is_empty() && told.stderr.contains(words));
            (found != *codes || !fits).then(|| format!("{name}: {found:?} instead of {codes:?}: {told:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

#[test]
fn a_registry_s_word_about_a_layer_is_not_the_statement_s() {
    let place = Place::new();
    let told = |kind: &'static str, claimed: Option<&'static str>| {
        let [_, told] = attached(&place, |image, _| {
            let mut item = attest(&place, image, kind).sign().legacy_item();
            match claimed {
                Some(claimed) => drop(item.annotations.insert("predicateType".into(), claimed.into())),
                None => drop(item.annotations.remove("predicateType")),
            }
            vec![item]
        });
        told.code
    };
    assert_eq!(told(WANTED, Some(WANTED)), 0);
    assert_eq!(told(WANTED, None), 0);
    assert_eq!(told(WANTED, Some("https://spdx.dev/Document")), 0);
    assert_eq!(told("https://spdx.dev/Document", Some(WANTED)), 1);
}

const BLOB: &[u8] = b"an installer\n";

fn blob(place: &Place) -> Recipe {
    place.world.recipe(&Digest::sha256(BLOB), &release()).message(BLOB)
}

/// The file that cosign wrote before there were bundles.
fn older(signed: &Signed) -> Value {
    json!({
        "base64Signature": base64(&signed.signature),
        "cert": base64(pem_block("CERTIFICATE", signed.certificate.as_ref().unwrap()).as_bytes()),
        "rekorBundle": signed.entries[0].legacy_json(),
    })
}

#[test]
fn a_file_s_older_bundle_holds_together() {
    let place = Place::new();
    let (own, next) = (blob(&place).sign(), blob(&place).sign());
    let evil = blob(&place).by(Identity::email("evil@example.com", "https://accounts.example")).sign();
    let artifact = place.file("blob", BLOB);
    let key = |name: &str, key: &SigningKey| place.file(name, key.public_pem().as_bytes());
    let (log, ct_log) = (key("rekor.pub", &place.world.log.key), key("ct.pub", &place.world.ct.key));
    let chain = [&place.world.authority.intermediate, &place.world.authority.root];
    let chain: String = chain.iter().map(|der| pem_block("CERTIFICATE", der)).collect();
    let chain = place.file("chain.pem", chain.as_bytes());
    let pieces = [
        ("SIGSTORE_REKOR_PUBLIC_KEY", &*log),
        ("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", &*ct_log),
        ("SIGSTORE_ROOT_FILE", &*chain),
    ];
    let verified = |form: &Value, more: &[&str]| {
        let bundle = place.file("older.json", form.to_string().as_bytes());
        let words = [&["verify-blob", "--offline", "--bundle", &bundle][..], more, &[&artifact]].concat();
        let told = ask_with(&words, &pieces, b"");
        assert_eq!(told.code == 0, told.stderr.contains("Verified OK"), "{told:?}");
        told
    };
    let good = older(&own);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut form = good.clone();
        change(&mut form);
        form
    };
    let told = verified(&good, &BY_RELEASE);
    assert_eq!(told.code, 0, "{told:?}");
    for (name, form) in [
        ("another's entry", with(&|form| form["rekorBundle"] = next.entries[0].legacy_json())),
        ("another's signature", with(&|form| form["base64Signature"] = json!(base64(&next.signature)))),
        ("another's certificate", with(&|form| form["cert"] = older(&next)["cert"].clone())),
        ("a stranger's certificate", with(&|form| form["cert"] = older(&evil)["cert"].clone())),
        ("a stranger's whole", older(&evil)),
        (
            "a key for a certificate",
            with(&|form| form["cert"] = json!(base64(own.key.public_pem().as_bytes()))),
        ),
        ("no certificate", with(&|form| form["cert"] = json!(""))),
        ("no entry", with(&|form| drop(form.as_object_mut().unwrap().remove("rekorBundle")))),
        ("a broken promise", with(&|form| form["rekorBundle"]["SignedEntryTimestamp"] = json!(base64(b"x")))),
        (
            "another time",
            with(&|form| form["rekorBundle"]["Payload"]["integratedTime"] = json!(1_780_315_261)),
        ),
    ] {
        assert_eq!(verified(&form, &BY_RELEASE).code, 1, "{name}");
    }
    // A signature or certificate beside the bundle does not replace the bundle's.
    let signature = place.file("other.sig", base64(&next.signature).as_bytes());
    let own_signature = place.file("own.sig", base64(&own.signature).as_bytes());
    let pem = |signed: &Signed| pem_block("CERTIFICATE", signed.certificate.as_ref().unwrap());
    let certificate = place.file("other.pem", pem(&evil).as_bytes());
    let own_certificate = place.file("own.pem", pem(&own).as_bytes());
    let beside = |words: &[&str]| verified(&good, &[&BY_RELEASE[..], words].concat()).code;
    assert_eq!(beside(&["--signature", &own_signature, "--certificate", &own_certificate]), 0);
    assert_eq!(beside(&["--signature", &signature]), 1);
    assert_eq!(beside(&["--certificate", &certificate]), 1);
}

#[test]
fn whom_one_trusts_is_said_once_and_whole() {
    let place = Place::new();
    let signed = place.pinned("app", &place.signed("app"));
    let key = place.file("key.pub", SigningKey::p256().public_pem().as_bytes());
    assert_eq!(place.cosign("verify", &[&BY_RELEASE[..], &[&signed]].concat()).code, 0);
    let subject = ["--certificate-identity", RELEASE];
    let issuer = ["--certificate-oidc-issuer", GITHUB];
    for words in [
        vec![],
        subject.to_vec(),
        issuer.to_vec(),
        [&subject[..], &["--certificate-oidc-issuer", ""]].concat(),
        [&["--certificate-identity", ""][..], &issuer].concat(),
        [&["--certificate-identity-regexp", ""][..], &issuer].concat(),
        [&BY_RELEASE[..], &["--key", &key]].concat(),
        [&["--certificate-identity", "https://github.com/acme/*"][..], &issuer].concat(),
        [&subject[..], &issuer, &["--certificate-identity", "somebody else"]].concat(),
        [&subject[..], &issuer, &["--certificate-oidc-issuer", "https://accounts.example"]].concat(),
        [&BY_RELEASE[..], &["--certificate-github-workflow-repository", "evil/app"]].concat(),
        [&BY_RELEASE[..], &["--certificate-github-workflow-ref", "refs/heads/main"]].concat(),
        [&BY_RELEASE[..], &["--certificate-github-workflow-sha", "0"]].concat(),
        [&BY_RELEASE[..], &["--certificate-github-workflow-name", "x"]].concat(),
        [&BY_RELEASE[..], &["--certificate-github-workflow-trigger", "pull_request"]].concat(),
    ] {
        let told = place.cosign("verify", &[&words[..], &[&signed]].concat());
        assert!(told.code != 0 && told.stdout.is_empty(), "{words:?}: {told:?}");
    }
    // Variables say nothing that was not typed.
    let (root, image) = (place.name("root.json"), signed.as_str());
    let typed = ["verify", "--trusted-root", &root, "--certificate-oidc-issuer", GITHUB, image];
    assert_ne!(ask_with(&typed, &[("COSIGN_IDENTITY", RELEASE)], b"").code, 0);
    assert_ne!(
        ask(&["verify", "--trusted-root", &root, "--", "--certificate-identity", RELEASE, image]).code,
        0
    );
}
