//! `bundle create`, `bundle upgrade` and `bundle inspect`.

use sealgate_testkit::{SigningKey, base64, recipe};
use serde_json::{Value, json};

use crate::ask::{BY_RELEASE, Place, RELEASE, ask, release};

const BLOB: &[u8] = b"an installer\n";

#[test]
fn a_bundle_made_of_a_key_and_a_signature_verifies() {
    let place = Place::new();
    let (key, stranger) = (SigningKey::p256(), SigningKey::p256());
    let (blob, out) = (place.file("blob", BLOB), place.name("made.json"));
    let pem = place.file("key.pub", key.public_pem().as_bytes());
    let signature = place.file("blob.sig", format!("{}\n", base64(&key.sign(BLOB))).as_bytes());
    let words =
        ["bundle", "create", "--artifact", &blob, "--key", &pem, "--signature", &signature, "--ignore-tlog"];
    let told = ask(&words);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    assert!(told.stdout.starts_with("{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.3\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\""), "{told:?}");
    assert_eq!(ask(&[&words[..], &["--out", &out]].concat()).code, 0);
    assert_eq!(std::fs::read_to_string(&out).unwrap() + "\n", told.stdout);
    let verify = |pem: &str| {
        ask(&["verify-blob", "--key", pem, "--insecure-ignore-tlog", "--bundle", &out, &blob]).code
    };
    assert_eq!(verify(&pem), 0);
    assert_eq!(verify(&place.file("other.pub", stranger.public_pem().as_bytes())), 1);
}

#[test]
fn a_bundle_made_of_a_certificate_and_a_timestamp_verifies() {
    let place = Place::new();
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let mut recipe = place.world.recipe(&digest, &release()).message(BLOB);
    recipe.timestamp_authorities = vec![place.world.timestamps.clone()];
    let signed = recipe.sign();
    let written = signed.bundle_json();
    let material = &written["verificationMaterial"];
    let der = material["certificate"]["rawBytes"].as_str().unwrap();
    let certificate = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    let stamp = &material["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"];
    let (blob, out) = (place.file("blob", BLOB), place.name("made.json"));
    let signature = written["messageSignature"]["signature"].as_str().unwrap();
    let (signature, certificate, stamp) = (
        place.file("sig", signature.as_bytes()),
        place.file("cert", base64(certificate.as_bytes()).as_bytes()),
        place.file("stamp", json!({"SignedRFC3161Timestamp": stamp}).to_string().as_bytes()),
    );
    let words = [
        "bundle",
        "create",
        "--artifact",
        &blob,
        "--signature",
        &signature,
        "--certificate",
        &certificate,
        "--rfc3161-timestamp",
        &stamp,
        "--ignore-tlog",
        "--out",
        &out,
    ];
    let told = ask(&words);
    assert_eq!(told.code, 0, "{told:?}");
    let verify = |blob: &str| {
        place
            .cosign(
                "verify-blob",
                &[
                    &["--bundle", &out, "--insecure-ignore-tlog", "--use-signed-timestamps"][..],
                    &BY_RELEASE,
                    &[blob],
                ]
                .concat(),
            )
            .code
    };
    assert_eq!(verify(&blob), 0);
    assert_eq!(verify(&place.file("other", b"another\n")), 1);
}

#[test]
fn what_makes_no_bundle_fails_and_overwrites_nothing() {
    let place = Place::new();
    let blob = place.file("blob", BLOB);
    let key = SigningKey::p256();
    let pem = place.file("key.pub", key.public_pem().as_bytes());
    let signature = place.file("sig", base64(&key.sign(BLOB)).as_bytes());
    let text = place.file("text", b"hello world");
    let older = |promise: &str| {
        let entry = json!({"SignedEntryTimestamp": promise, "Payload": {}});
        json!({"base64Signature": base64(&key.sign(BLOB)), "rekorBundle": entry}).to_string()
    };
    let (promised, older) =
        (place.file("promised", older("AA==").as_bytes()), place.file("older", older("").as_bytes()));
    let out = place.file("kept.json", b"kept");
    let create = |more: &[&str]| ask(&[&["bundle", "create", "--out", &out][..], more].concat());
    for (words, said) in [
        (&[][..], "must supply --artifact"),
        (&["--artifact", &blob], "must at least supply signature via --bundle or --signature"),
        (
            &["--artifact", &blob, "--bundle", "a", "--signature", "b"],
            "if any flags in the group [bundle signature] are set none of the others can be; [bundle signature] were all set",
        ),
        (
            &["--artifact", &blob, "--bundle", &promised, "--ignore-tlog"],
            "cannot ignore transparency log when the provided bundle contains a Signed Entry Timestamp",
        ),
        (
            &["--artifact", &blob, "--signature", &signature, "--key", &pem],
            "unable to find tlog entry: Rekor is never asked here; give --ignore-tlog for what is in no log",
        ),
        (
            &["--artifact", &blob, "--signature", &signature, "--ignore-tlog"],
            "invalid bundle: validation error: missing verification material",
        ),
        (
            &["--artifact", &blob, "--signature", &text, "--key", &pem, "--ignore-tlog"],
            "illegal base64 data at input byte 5",
        ),
        (
            &["--artifact", &blob, "--bundle", &text, "--key", &pem, "--ignore-tlog"],
            "invalid character 'h' looking for beginning of value",
        ),
        (
            &["--artifact", &blob, "--signature", &signature, "--certificate", &signature, "--ignore-tlog"],
            "unable to decode provided certificate",
        ),
        (
            &["--artifact", &blob, "--signature", &signature, "--key", &text, "--ignore-tlog"],
            "loading public key: pem to public key: PEM decoding failed",
        ),
        (
            &["--artifact", "/nonexistent", "--signature", &signature, "--key", &pem, "--ignore-tlog"],
            "open /nonexistent: no such file or directory",
        ),
    ] {
        let told = create(words);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.contains(&format!("Error: {said}\n")), "{said}: {told:?}");
        assert_eq!(std::fs::read(&out).unwrap(), b"kept", "{said}");
    }
    for form in [["--signature", signature.as_str()], ["--bundle", &older]] {
        let told = create(&[&["--artifact", &blob, "--key", &pem, "--ignore-tlog"][..], &form].concat());
        assert_eq!(told.code, 0, "{told:?}");
    }
}

#[test]
fn an_older_bundle_is_brought_to_todays_version_and_verifies() {
    let place = Place::new();
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let mut bundle = place.world.recipe(&digest, &release()).message(BLOB).sign().bundle_json();
    let leaf = bundle["verificationMaterial"].as_object_mut().unwrap().remove("certificate").unwrap();
    bundle["verificationMaterial"]["x509CertificateChain"] = json!({"certificates": [leaf]});
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2".into();
    let (blob, out) = (place.file("blob", BLOB), place.name("new.json"));
    let upgrade = |bundle: &Value| {
        let name = place.file("old.json", bundle.to_string().as_bytes());
        ask(&["bundle", "upgrade", &name, "--out", &out])
    };
    let told = upgrade(&bundle);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stderr.contains(&format!("  Certificate 0 Identity: {RELEASE}\n")), "{told:?}");
    let new: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(new["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(
        place.cosign("verify-blob", &[&["--bundle", out.as_str()][..], &BY_RELEASE, &[&blob]].concat()).code,
        0
    );
    // Rekor alone could prove the entry.
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into();
    let entry = bundle["verificationMaterial"]["tlogEntries"][0].as_object_mut().unwrap();
    entry.remove("inclusionProof");
    let told = upgrade(&bundle);
    assert!(told.code == 1 && told.stderr.contains("the inclusion proof of log index"), "{told:?}");
    assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(&out).unwrap()).unwrap(), new);
}

#[test]
fn a_bundle_of_today_stays_as_it_is() {
    let place = Place::new();
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let bundle = place.world.recipe(&digest, &release()).message(BLOB).sign().bundle();
    let told = ask(&["bundle", "upgrade", &place.file("bundle.json", &bundle)]);
    assert_eq!((told.code, told.stdout.as_bytes()), (0, &[&bundle[..], b"\n"].concat()[..]));
    assert_eq!(told.stderr, "Bundle is already at v0.3, no upgrade needed.\n");
}

#[test]
fn a_bundle_is_shown_as_a_tree_and_not_verified() {
    let place = Place::new();
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let statement = recipe::statement(&digest, "https://slsa.dev/provenance/v1", json!({}));
    let signed = place.world.recipe(&digest, &release()).statement(&statement).sign();
    let told = ask(&["bundle", "inspect", &place.file("bundle.json", &signed.bundle())]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stderr.contains("nothing is verified"), "{told:?}");
    for line in [
        "- Verification Material:\n  - Content: X.509 Certificate\n    - Signature Algorithm: ECDSA-SHA384\n",
        &format!("        - URI: {RELEASE}\n"),
        "  - Transparency Log Entries: 1\n    - Entry [0]:\n",
        "    - Predicate Type: https://slsa.dev/provenance/v1\n",
    ] {
        assert!(told.stdout.contains(line), "{line}: {told:?}");
    }
}

#[test]
fn what_is_no_bundle_is_neither_shown_nor_upgraded() {
    let place = Place::new();
    for (bytes, said) in [
        (&b"hello"[..], "unmarshaling bundle: proto: syntax error (line 1:1): invalid value hello"),
        (b"", "unmarshaling bundle: proto: syntax error (line 1:1): unexpected token "),
        (b"\xff\xfe", "unmarshaling bundle: proto: syntax error"),
        (b"{\"mediaType\": \"a\", \"mediaType\": \"b\"}", "unmarshaling bundle: proto: syntax error"),
        (b"{\"other\": 1}", "unmarshaling bundle: proto: unknown field \"other\""),
    ] {
        let name = place.file("bundle.json", bytes);
        let told = ask(&["bundle", "inspect", &name]);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.contains(&format!("Error: {said}")), "{said}: {told:?}");
        let told = ask(&["bundle", "upgrade", &name]);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.starts_with(&format!("Error: upgrading bundle: {said}")), "{said}: {told:?}");
    }
    assert!(
        ask(&["bundle", "inspect", "/nonexistent"])
            .stderr
            .contains("Error: opening bundle file: open /nonexistent: no such file")
    );
}
