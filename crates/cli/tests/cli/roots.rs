//! `trusted-root create`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::ask::{BY_RELEASE, Place, ask, ask_with, release};

// The world's own root, taken apart into the files that operators have.
struct Parts {
    place: Place,
    chain: String,
    stamps: String,
    log: String,
    ct_log: String,
    url: String,
}

impl Parts {
    fn new() -> Self {
        let place = Place::new();
        let root: Value = serde_json::from_slice(&place.world.trusted_root_json()).unwrap();
        let pem = |label: &str, value: &Value| {
            let der = STANDARD.decode(value.as_str().unwrap()).unwrap();
            pem::encode(&pem::Pem::new(label, der))
        };
        let chain = |name: &str| {
            let certificates = root[name][0]["certChain"]["certificates"].as_array().unwrap();
            certificates.iter().map(|one| pem("CERTIFICATE", &one["rawBytes"])).collect::<String>()
        };
        let key = |name: &str| pem("PUBLIC KEY", &root[name][0]["publicKey"]["rawBytes"]);
        Self {
            chain: place.file("chain.pem", chain("certificateAuthorities").as_bytes()),
            stamps: place.file("stamps.pem", chain("timestampAuthorities").as_bytes()),
            log: place.file("log.pub", key("tlogs").as_bytes()),
            ct_log: place.file("ct.pub", key("ctlogs").as_bytes()),
            url: root["tlogs"][0]["baseUrl"].as_str().unwrap().to_owned(),
            place,
        }
    }

    fn specs(&self) -> [String; 8] {
        let (chain, stamps, log, ct_log) = (&self.chain, &self.stamps, &self.log, &self.ct_log);
        let start = "start-time=2020-01-01T00:00:00Z";
        [
            "--fulcio".into(),
            format!("url=https://ca.example,certificate-chain={chain},{start}"),
            "--rekor".into(),
            format!("url={},public-key={log},{start}", self.url),
            "--ctfe".into(),
            format!("url=https://ct.example,public-key={ct_log},{start}"),
            "--tsa".into(),
            format!("url=https://time.example,certificate-chain={stamps},{start}"),
        ]
    }
}

#[test]
fn a_root_put_together_from_its_parts_verifies() {
    let parts = Parts::new();
    let specs = parts.specs();
    let out = parts.place.name("made.json");
    let words: Vec<&str> = ["trusted-root", "create", "--out", &out]
        .into_iter()
        .chain(specs.iter().map(String::as_str))
        .collect();
    let told = ask(&words);
    assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", ""));
    let digest = sealgate::verify::Digest::sha256(b"x");
    let signed = parts.place.world.recipe(&digest, &release()).message(b"x").sign();
    let (blob, bundle) = (parts.place.file("blob", b"x"), parts.place.file("bundle.json", &signed.bundle()));
    let verify = |root: &str| {
        ask(&[&["verify-blob", "--trusted-root", root, "--bundle", &bundle][..], &BY_RELEASE, &[&blob]]
            .concat())
    };
    let told = verify(&out);
    assert_eq!(told.code, 0, "{told:?}");
    // Without the log, its entry proves nothing.
    let words: Vec<&str> =
        words.iter().copied().filter(|word| *word != "--rekor" && *word != specs[3]).collect();
    assert_eq!(ask(&words).code, 0);
    assert_eq!(verify(&out).code, 1);
}

#[test]
fn the_older_flags_mean_the_same_without_a_start() {
    let parts = Parts::new();
    let told = ask(&[
        "trusted-root",
        "create",
        "--certificate-chain",
        &parts.chain,
        "--fulcio-uri",
        "https://ca.example",
        "--rekor-key",
        &parts.log,
        "--rekor-url",
        "https://log.example",
    ]);
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(
        told.stderr,
        "Flag --certificate-chain has been deprecated, use --fulcio instead\n\
         Flag --fulcio-uri has been deprecated, use --fulcio instead\n\
         Flag --rekor-key has been deprecated, use --rekor instead\n\
         Flag --rekor-url has been deprecated, use --rekor instead\n"
    );
    let root = told.json();
    assert_eq!(root["tlogs"][0]["publicKey"]["validFor"]["start"], "1970-01-01T00:00:00Z");
    assert_eq!(root["certificateAuthorities"][0]["uri"], "https://ca.example");
    assert!(root.get("ctlogs").is_none());
}

#[test]
fn the_public_good_services_are_there_where_they_are_asked_for() {
    let told = ask(&["trusted-root", "create", "--with-default-services"]);
    let made = sealgate::verify::TrustedRoot::from_json(told.stdout.as_bytes()).unwrap();
    let embedded = sealgate::verify::TrustedRoot::public_good().unwrap();
    assert_eq!(made.notes(), embedded.notes());
    let (made, embedded): (Value, Value) =
        (told.json(), serde_json::from_slice(sealgate::verify::TrustedRoot::public_good_json()).unwrap());
    for (service, list) in [
        ("fulcio", "certificateAuthorities"),
        ("ctfe", "ctlogs"),
        ("rekor", "tlogs"),
        ("tsa", "timestampAuthorities"),
    ] {
        assert_eq!(made[list].as_array().map(Vec::len), embedded[list].as_array().map(Vec::len), "{list}");
        let told =
            ask(&["trusted-root", "create", "--with-default-services", &format!("--no-default-{service}")]);
        assert!(told.json().get(list).is_none(), "{list}");
    }
    let alone = ask(&["trusted-root", "create"]);
    assert_eq!(
        alone.stdout,
        "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}\n"
    );
}

#[test]
fn wrong_services_fail_with_cosigns_words() {
    let parts = Parts::new();
    let (chain, log, text) = (parts.chain.as_str(), parts.log.as_str(), parts.place.file("text", b"hello"));
    let start = "start-time=2024-01-01T00:00:00Z";
    for (words, said) in [
        (vec!["--fulcio", "foo"], "parsing fulcio spec: invalid key-value pair: foo".to_owned()),
        (vec!["--fulcio", "url=x"], "parsing fulcio spec: missing or empty required key 'certificate-chain' in fulcio spec".into()),
        (vec!["--rekor", &format!("url=x,public-key={log}")], "parsing rekor spec: missing or empty required key 'start-time' in tlog spec".into()),
        (vec!["--ctfe", &format!("url=,public-key={log},{start}")], "parsing ctfe spec: missing or empty required key 'url' in tlog spec".into()),
        (vec!["--ctfe", &format!("url=x,public-key={log},{start},end-time=y")], "parsing ctfe spec: parsing end-time: parsing time \"y\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"y\" as \"2006\"".into()),
        (vec!["--rekor", &format!("url=x,public-key={chain},{start}")], "parsing rekor spec: parsing public-key: unknown Public key PEM file type: CERTIFICATE. Are you passing the correct public key?".into()),
        (vec!["--rekor", &format!("url=x,public-key={text},{start}")], "parsing rekor spec: parsing public-key: PEM decoding failed".into()),
        (vec!["--tsa", &format!("url=x,certificate-chain={chain}")], "parsing tsa spec: first certificate in chain must be a leaf certificate".into()),
        (vec!["--fulcio", &format!("url=x,certificate-chain={text}")], format!("parsing fulcio spec: parsing Fulcio certificate-chain: no certificates in file {text}")),
        (vec!["--fulcio", "url=x,certificate-chain=/nonexistent"], "parsing fulcio spec: parsing Fulcio certificate-chain: open /nonexistent: no such file or directory".into()),
        (vec!["--fulcio", "x", "--certificate-chain", chain], "cannot use --fulcio and old fulcio flags at the same time".into()),
        (vec!["--rekor", "x", "--rekor-url", "x"], "cannot use --rekor and old rekor flags at the same time".into()),
    ] {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let out = parts.place.file("kept.json", b"kept");
        let line: Vec<&str> = ["trusted-root", "create", "--out", &out].into_iter().chain(words.iter().map(String::as_str)).collect();
        let told = ask(&line);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.contains(&format!("Error: {said}\n")), "{said}: {told:?}");
        assert_eq!(std::fs::read(&out).unwrap(), b"kept", "a failure leaves the file that was there");
    }
}

#[test]
fn a_root_is_its_owners_alone_and_its_file_is_replaced_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let (fresh, old) = (place.name("fresh.json"), place.file("old.json", &[b'x'; 4096]));
    let mode = |name: &str| std::fs::metadata(name).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o644)).unwrap();
    for name in [&fresh, &old] {
        assert_eq!(ask(&["trusted-root", "create", "--out", name]).code, 0);
        assert!(serde_json::from_slice::<Value>(&std::fs::read(name).unwrap()).is_ok());
    }
    assert_eq!((mode(&fresh), mode(&old)), (0o600, 0o644));
    let left: Vec<_> = std::fs::read_dir(place.path("")).unwrap().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn only_what_is_named_as_a_root_is_trusted() {
    let parts = Parts::new();
    let reference = parts.place.pinned("older", &parts.place.signed_older("older"));
    let own = pem::parse_many(std::fs::read(&parts.chain).unwrap()).unwrap();
    let [between, top] = own.as_slice() else { panic!("a chain of two") };
    let other: Value =
        serde_json::from_slice(&sealgate_testkit::World::named("other").trusted_root_json()).unwrap();
    let other = &other["certificateAuthorities"][0]["certChain"]["certificates"][1]["rawBytes"];
    let other = pem::Pem::new("CERTIFICATE", STANDARD.decode(other.as_str().unwrap()).unwrap());
    let file = |name: &str, pems: &[&pem::Pem]| {
        let text: String = pems.iter().map(|one| pem::encode(one)).collect();
        parts.place.file(name, text.as_bytes())
    };
    let (between_file, top_file, other_file) =
        (file("between.pem", &[between]), file("top.pem", &[top]), file("other.pem", &[&other]));
    let (right, wrong) = (file("right.pem", &[between, top]), file("wrong.pem", &[between, &other]));
    let hidden = file("hidden.pem", &[between, top, &other]);
    let variables =
        [("SIGSTORE_REKOR_PUBLIC_KEY", &*parts.log), ("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", &*parts.ct_log)];
    let asked = |flags: &[&str], more: &[(&str, &str)]| {
        let words = [&["verify", "--offline"], &BY_RELEASE[..], flags, &[&reference]].concat();
        ask_with(&words, &[&variables[..], more].concat(), b"")
    };
    for (good, bad) in [
        (
            ["--ca-roots", &top_file, "--ca-intermediates", &between_file],
            ["--ca-roots", &other_file, "--ca-intermediates", &between_file],
        ),
        (
            ["--ca-roots", &top_file, "--ca-intermediates", &right],
            ["--ca-roots", &other_file, "--ca-intermediates", &right],
        ),
    ] {
        assert_eq!(asked(&good, &[]).code, 0);
        let told = asked(&bad, &[]);
        assert!(
            told.code == 12 && told.stderr.contains("certificate signed by unknown authority"),
            "{told:?}"
        );
    }
    assert_eq!(asked(&["--certificate-chain", &right], &[]).code, 0);
    // cosign takes the last certificate of a chain for its root, whatever it is.
    assert_eq!(asked(&["--certificate-chain", &between_file], &[]).code, 0);
    for chain in [&wrong, &hidden] {
        assert_eq!(asked(&["--certificate-chain", chain], &[]).code, 12);
    }
    assert_eq!(asked(&[], &[("SIGSTORE_ROOT_FILE", &right)]).code, 0);
    assert_eq!(asked(&[], &[("SIGSTORE_ROOT_FILE", &wrong)]).code, 12);
    let told = asked(&[], &[("SIGSTORE_ROOT_FILE", &between_file)]);
    assert!(told.code == 12 && told.stderr.contains("certificate signed by unknown authority"), "{told:?}");
    // What is named as standing between counts instead of what stands beside the signature.
    let top_alone = ["--ca-roots", top_file.as_str()];
    assert_eq!(asked(&top_alone, &[]).code, 0);
    assert_eq!(asked(&[&top_alone[..], &["--ca-intermediates", &other_file]].concat(), &[]).code, 12);
    let trailing = parts.place.file("trailing.pem", format!("{}text", pem::encode(top)).as_bytes());
    let told = asked(&["--ca-roots", &trailing], &[]);
    assert!(told.code == 1 && told.stderr.contains("error during PEM decoding"), "{told:?}");
}

#[test]
fn a_root_beside_another_of_its_name_is_trusted_in_any_order() {
    let parts = Parts::new();
    let reference = parts.place.pinned("older", &parts.place.signed_older("older"));
    let own = pem::parse_many(std::fs::read(&parts.chain).unwrap()).unwrap();
    let [between, top] = own.as_slice() else { panic!("a chain of two") };
    let text = |ders: &[&[u8]]| -> String {
        ders.iter().map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", *der))).collect()
    };
    // Of the same name, with another key.
    let namesake = sealgate_testkit::World::named(&parts.place.world.name).authority.root;
    let (namesake, top, between) = (namesake.as_slice(), top.contents(), between.contents());
    let between_file = parts.place.file("between.pem", text(&[between]).as_bytes());
    let variables =
        [("SIGSTORE_REKOR_PUBLIC_KEY", &*parts.log), ("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", &*parts.ct_log)];
    let asked = |flags: &[&str], more: &[(&str, &str)]| {
        let words = [&["verify", "--offline"], &BY_RELEASE[..], flags, &[&reference]].concat();
        ask_with(&words, &[&variables[..], more].concat(), b"").code
    };
    for (roots, code) in [
        (vec![top, namesake], 0),
        (vec![namesake, top], 0),
        (vec![top], 0),
        (vec![namesake], 12),
        (vec![namesake, namesake], 12),
    ] {
        let file = parts.place.file("roots.pem", text(&roots).as_bytes());
        assert_eq!(
            asked(&["--ca-roots", &file, "--ca-intermediates", &between_file], &[]),
            code,
            "{roots:?}"
        );
        let file = parts.place.file("all.pem", text(&[&roots[..], &[between]].concat()).as_bytes());
        assert_eq!(asked(&[], &[("SIGSTORE_ROOT_FILE", &file)]), code, "{roots:?}");
    }
}
