//! `--sct`: a CT log's timestamp beside a certificate that carries none.

use sealgate_testkit::{CtLog, Recipe, SctProfile, SigningKey, base64, pem_block};
use serde_json::json;

use crate::ask::{BY_RELEASE, Place, Told, ask_with, release};

const BLOB: &[u8] = b"a release";

/// A place with the root as single files.
struct Scene {
    place: Place,
    variables: Vec<(&'static str, String)>,
    blob: String,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        let (world, pem) = (place.world, |der: &[u8]| pem_block("CERTIFICATE", der));
        let chain = pem(&world.authority.intermediate) + &pem(&world.authority.root);
        let key =
            |name: &str, key: &SigningKey| place.file(name, pem_block("PUBLIC KEY", &key.spki()).as_bytes());
        let variables = vec![
            ("SIGSTORE_ROOT_FILE", place.file("chain.pem", chain.as_bytes())),
            ("SIGSTORE_REKOR_PUBLIC_KEY", key("rekor.pub", &world.log.key)),
            ("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", key("ct.pub", &world.ct.key)),
        ];
        let blob = place.file("blob", BLOB);
        Self { variables, blob, place }
    }

    /// Writes a bundle of the older format; its name and the certificate.
    fn bundle(&self, name: &str, ct_logs: Vec<CtLog>) -> (String, Vec<u8>) {
        let digest = sealgate::verify::Digest::sha256(BLOB);
        let recipe: Recipe = self.place.world.recipe(&digest, &release()).message(BLOB);
        let signed = recipe.with(|recipe| recipe.ct_logs = ct_logs).sign();
        let certificate = signed.certificate.clone().unwrap();
        let form = json!({
            "base64Signature": base64(&signed.signature),
            "cert": base64(pem_block("CERTIFICATE", &certificate).as_bytes()),
            "rekorBundle": signed.entries[0].legacy_json(),
        });
        (self.place.file(name, form.to_string().as_bytes()), certificate)
    }

    fn good(&self, certificate: &[u8]) -> SctProfile {
        self.place.world.ct.sct_beside(certificate, self.place.world.at)
    }

    fn asked(&self, bundle: &str, more: &[&str]) -> Told {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, file)| (*name, file.as_str())).collect();
        let words = [&["verify-blob", "--bundle", bundle][..], &BY_RELEASE, more, &[&self.blob]].concat();
        ask_with(&words, &variables, b"")
    }

    fn with(&self, bundle: &str, sct: &[u8]) -> Told {
        let file = self.place.file("sct.json", sct);
        self.asked(bundle, &["--sct", &file])
    }
}

#[test]
fn a_blob_s_certificate_without_a_timestamp_passes_with_one_beside_it() {
    let scene = Scene::new();
    let (bundle, certificate) = scene.bundle("bundle", vec![]);
    let answer = scene.good(&certificate).answer().to_string();
    let told = scene.with(&bundle, answer.as_bytes());
    assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{told:?}");
    assert!(told.stderr.ends_with("Verified OK\n"), "{told:?}");

    let missing = "certificate does not include required embedded SCT and no detached SCT was set";
    let told = scene.asked(&bundle, &[]);
    assert!(told.code == 1 && told.stderr.contains(missing), "{told:?}");
    let told = scene.with(&bundle, b"");
    assert!(told.code == 1 && told.stderr.contains(missing), "{told:?}");

    let other = scene.bundle("other", vec![]).1;
    let evil = CtLog::new("evil");
    for (sct, text) in [
        (scene.good(&other), "error verifying SCT"),
        (SctProfile { kind: 1, ..scene.good(&certificate) }, "error verifying SCT"),
        (SctProfile { key: evil.key.clone(), ..scene.good(&certificate) }, "error verifying SCT"),
        (SctProfile { version: 1, ..scene.good(&certificate) }, "error verifying SCT"),
        (evil.sct_beside(&certificate, scene.place.world.at), "ctfe public key not found for payload"),
    ] {
        let told = scene.with(&bundle, sct.answer().to_string().as_bytes());
        assert!(told.code == 1 && told.stdout.is_empty() && told.stderr.contains(text), "{told:?}");
    }
    for (file, text) in [
        (&b"text"[..], "unmarshal"),
        (b"[]", "unmarshal"),
        (b"{}", "id is invalid length, expected 32 got 0"),
        (&vec![b' '; 70 << 10], "reading sct from file"),
        (&[&[b' '; 20 << 10], answer.as_bytes()].concat(), "Verified OK"),
    ] {
        let told = scene.with(&bundle, file);
        assert!(told.stderr.contains(text), "{told:?}");
        assert_eq!(told.code == 0, text == "Verified OK", "{told:?}");
    }
    let told = scene.asked(&bundle, &["--sct", "/nonexistent"]);
    let text = "reading sct from file: open /nonexistent: no such file or directory";
    assert!(told.code == 1 && told.stderr.contains(text), "{told:?}");
    assert_eq!(scene.asked(&bundle, &["--insecure-ignore-sct"]).code, 0);
}

#[test]
fn beside_a_certificate_with_a_timestamp_the_file_is_not_looked_at() {
    let scene = Scene::new();
    let (bundle, _) = scene.bundle("bundle", vec![scene.place.world.ct.clone()]);
    assert_eq!(scene.with(&bundle, b"text").code, 0);
    let (bundle, certificate) = scene.bundle("evil", vec![CtLog::new("evil")]);
    let told = scene.with(&bundle, scene.good(&certificate).answer().to_string().as_bytes());
    assert_eq!(told.code, 1, "{told:?}");
}

#[test]
fn an_image_s_certificate_that_was_typed_may_have_its_timestamp_beside_it() {
    let scene = Scene::new();
    let place = &scene.place;
    let image = place.registry.push_image("app", Some("v1"), "app");
    let recipe = place.world.recipe(&image.digest, &release()).simple_signing(&image.digest);
    let signed = recipe.with(|recipe| recipe.ct_logs.clear()).sign();
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let certificate = signed.certificate.unwrap();
    let pem = place.file("leaf.pem", pem_block("CERTIFICATE", &certificate).as_bytes());
    let sct = place.file("good.json", scene.good(&certificate).answer().to_string().as_bytes());
    let reference = place.pinned("app", &image);
    let asked =
        |more: &[&str]| place.cosign("verify", &[&BY_RELEASE[..], more, &[reference.as_str()]].concat());
    let both = ["--certificate", &pem, "--sct", &sct];
    assert_eq!(asked(&both).code, 0);
    // Without the certificate, nobody says whose it is; and cosign never takes it.
    assert_eq!(asked(&["--sct", &sct]).code, 12);
    for more in [&["--strict-compat"][..], &["--sct", &pem]] {
        let told = asked(&[&both[..], more].concat());
        assert!(told.code == 1 && told.stderr.contains("validating cert: "), "{told:?}");
    }
}
