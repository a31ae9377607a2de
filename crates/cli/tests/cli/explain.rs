//! `explain`: everything that is there, with its checks, and what would accept it.

#[path = "explain/places.rs"]
mod places;

use sealgate_testkit::{Answer, Identity, KeyKind, Rule, SigningKey, World};
use serde_json::{Value, json};

use crate::ask::{GITHUB, Place, RELEASE, Told, ask, ask_watched, release};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

// Everything but the images.
fn words(place: &Place) -> Vec<String> {
    let root = format!("virtual={}", place.name("root.json"));
    ["explain", "--trusted-root", &root].map(str::to_owned).to_vec()
}

fn explain(place: &Place, more: &[&str]) -> Told {
    let words = words(place);
    ask(&[words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), more].concat())
}

fn json_of(place: &Place, more: &[&str]) -> Value {
    let told = explain(place, &[&["-o", "json"], more].concat());
    assert_eq!(told.code, 0, "{told:?}");
    told.json()["images"][0].clone()
}

fn outcomes(signature: &Value) -> Vec<(&str, &str)> {
    let text = |check: &'_ Value, field: &str| -> &'static str {
        Box::leak(check[field].as_str().unwrap().to_owned().into_boxed_str())
    };
    signature["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (text(check, "check"), text(check, "outcome")))
        .collect()
}

#[test]
fn every_signature_is_shown_with_signer_time_log_and_checks() {
    let place = Place::new();
    let image = place.signed("app");
    let older = place.world.sign_image_legacy(&image.digest, &release());
    place.registry.push_legacy("app", &image.digest, &[&older]);
    let predicate = json!({
        "buildDefinition": {"buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"repository": "https://github.com/acme/app", "ref": "refs/tags/v1.2.3"}}},
        "runDetails": {"builder": {"id": "https://github.com/actions/runner"}},
    });
    let attested = place.world.attest(&image.digest, &release(), PROVENANCE, predicate);
    place.registry.push_bundle("app", &image.digest, &attested);

    let shown = json_of(&place, &[&place.pinned("app", &image)]);
    assert_eq!(shown["digest"], image.digest.to_string());
    let signatures = shown["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 3, "{shown:#}");
    for signature in signatures {
        assert_eq!(signature["standing"], "genuine", "{signature:#}");
        assert_eq!(signature["root"], "virtual");
        assert_eq!(signature["signer"]["subject"], RELEASE);
        assert_eq!(signature["signer"]["issuer"], GITHUB);
        assert!(!signature["times"].as_array().unwrap().is_empty(), "{signature:#}");
        assert!(signature["log"][0]["index"].is_u64(), "{signature:#}");
        assert!(outcomes(signature).iter().all(|(_, outcome)| *outcome == "passed"), "{signature:#}");
    }
    let formats: Vec<&str> = signatures.iter().map(|one| one["format"].as_str().unwrap()).collect();
    assert_eq!(formats.iter().filter(|format| **format == "bundle").count(), 2, "{formats:?}");
    assert!(formats.contains(&"signature-layer"), "{formats:?}");
    let provenance = signatures.iter().find(|one| one["predicateType"] == PROVENANCE).unwrap();
    let summary = provenance["summary"].to_string();
    for words in ["https://github.com/actions/runner", "https://github.com/acme/app@refs/tags/v1.2.3"] {
        assert!(summary.contains(words), "{summary}");
    }
}

#[test]
fn what_would_accept_a_signer_is_ready_to_paste_and_accepts_nobody_else() {
    let place = Place::new();
    let image = place.signed("app");
    let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [{}, {}]});
    let attested = place.world.attest(&image.digest, &release(), "https://spdx.dev/Document", spdx);
    place.registry.push_bundle("app", &image.digest, &attested);
    let shown = json_of(&place, &[&place.pinned("app", &image)]);
    let accept = &shown["wouldAccept"];
    assert_eq!(accept.as_array().unwrap().len(), 1, "{accept:#}");

    let forked = place.registry.push_image("forked", None, "forked");
    let fork = Identity::github("acme/fork", "release.yml", "refs/tags/v1.2.3");
    place.registry.push_bundle("forked", &forked.digest, &place.world.sign_image(&forked.digest, &fork));
    let commands = accept[0]["commands"].as_array().unwrap();
    let verbs: Vec<&str> = commands.iter().map(|command| command[0].as_str().unwrap()).collect();
    assert_eq!(verbs, ["verify", "verify-attestation"]);
    for command in commands {
        let line: Vec<String> =
            command.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        let words: Vec<&str> = line.iter().flat_map(|word| word.split(' ')).collect();
        assert_eq!(ask(&words).code, 0, "{words:?}");
        let other = place.pinned("forked", &forked);
        let words = [&words[..words.len() - 1], &[other.as_str()]].concat();
        assert_ne!(ask(&words).code, 0, "{words:?}");
    }

    let policy = accept[0]["policy"].as_str().unwrap();
    place.file("policy.yaml", policy.as_bytes());
    let told = place.check(&[&place.pinned("app", &image)]);
    assert_eq!(told.code, 0, "{told:?}\n{policy}");
    place.file("policy.yaml", policy.replace("/app\"]", "/forked\"]").as_bytes());
    let told = place.check(&[&place.pinned("forked", &forked)]);
    assert_eq!((told.code, told.stdout.contains("identity-mismatch")), (1, true), "{told:?}\n{policy}");
}

#[test]
fn the_person_reads_a_tree_that_fits_the_terminal_and_is_told_that_it_is_no_verdict() {
    let place = Place::new();
    let image = place.signed("app");
    let reference = place.pinned("app", &image);
    let all = words(&place);
    let told = ask_watched(
        &[all.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), &[&reference]].concat(),
        &[],
    );
    assert_eq!(told.code, 0, "{told:?}");
    let (tree, rest) = told.stdout.split_once("\nWhat would accept").unwrap();
    for line in tree.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(tree.contains("└─ genuine signature\n"), "{tree}");
    assert!(rest.contains("only if this is whom you\nexpected"), "{rest}");
    assert!(rest.contains("note: this is no verdict"), "{rest}");
    assert!(!told.stdout.to_lowercase().contains("trust this"), "{}", told.stdout);
}

#[test]
fn what_is_not_genuine_says_at_which_check_it_failed_and_who_it_claims_to_be_by() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let other = World::named("another");
    place.registry.push_bundle("app", &image.digest, &other.sign_image(&image.digest, &release()));
    let moved = place.world.sign_image(&sealgate::verify::Digest::sha256(b"another image"), &release());
    place.registry.push_bundle("app", &image.digest, &moved);
    place.registry.push_bundle_bytes("app", &image.digest, b"{}");
    let shown = json_of(&place, &[&place.pinned("app", &image)]);
    let find = |code: &str| -> Value {
        let all = shown["signatures"].as_array().unwrap();
        all.iter()
            .find(|one| one["reason"]["code"] == code)
            .unwrap_or_else(|| panic!("{code}: {shown:#}"))
            .clone()
    };
    let foreign = find("log-unknown");
    assert_eq!(outcomes(&foreign)[..2], [("form", "passed"), ("log-entry", "failed")]);
    assert!(outcomes(&foreign)[2..].iter().all(|(_, outcome)| *outcome == "not-reached"));
    assert_eq!((foreign["signer"].is_null(), &foreign["claimed"]["subject"]), (true, &json!(RELEASE)));
    assert!(foreign["predicateType"].is_null(), "nothing unproven is told as if it were");
    let about = find("subject-mismatch");
    assert_eq!(outcomes(&about).last(), Some(&("artifact", "failed")));
    assert!(outcomes(&about)[..8].iter().all(|(_, outcome)| *outcome == "passed"), "{about:#}");
    assert!(shown["wouldAccept"].as_array().unwrap().is_empty(), "{shown:#}");
    let unreadable = shown["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["reason"]["code"].as_str().is_some_and(|code| code.starts_with("bundle-")));
    assert_eq!(unreadable.count(), 1, "{shown:#}");
}

#[test]
fn a_signature_by_a_key_is_checked_only_against_keys_that_somebody_names() {
    let place = Place::new();
    let image = place.registry.push_image("keyed", None, "keyed");
    let (key, other) = (SigningKey::generate(KeyKind::P256), SigningKey::generate(KeyKind::P256));
    place.registry.push_bundle("keyed", &image.digest, &place.world.sign_image_with_key(&image.digest, &key));
    let reference = place.pinned("keyed", &image);
    let shown = json_of(&place, &[&reference]);
    assert_eq!(shown["signatures"][0]["standing"], "not-checked");
    assert_eq!(shown["signatures"][0]["reason"]["code"], "key-needed");
    let (right, wrong) = (
        place.file("key.pub", key.public_pem().as_bytes()),
        place.file("other.pub", other.public_pem().as_bytes()),
    );
    let shown = json_of(&place, &["--key", &wrong, &reference]);
    assert_eq!(shown["signatures"][0]["standing"], "not-genuine", "{shown:#}");
    let shown = json_of(&place, &["--key", &wrong, "--key", &right, &reference]);
    assert_eq!(shown["signatures"][0]["standing"], "genuine", "{shown:#}");
    let policy = shown["wouldAccept"][0]["policy"].as_str().unwrap();
    place.file("policy.yaml", policy.as_bytes());
    assert_eq!(place.check(&[&reference]).code, 0, "{policy}");
}

#[test]
fn what_could_not_be_read_is_a_gap_and_never_an_absence() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let reference = place.pinned("app", &image);
    let told = explain(&place, &[&reference]);
    assert_eq!((told.code, told.stdout.contains("nothing is attached")), (0, true), "{told:?}");
    place.registry.on(Rule::path("/v2/app/referrers/", Answer::status(403)));
    let told = explain(&place, &[&reference]);
    assert_eq!((told.code, told.stdout.contains("nothing is attached")), (2, false), "{told:?}");
    assert!(
        told.stdout.contains("NOT READ referrers\n") && told.stdout.contains("access-denied: "),
        "{told:?}"
    );
    place.registry.push_legacy(
        "app",
        &image.digest,
        &[&place.world.sign_image_legacy(&image.digest, &release())],
    );
    let told = explain(&place, &[&reference]);
    assert_eq!((told.code, told.stdout.contains("genuine signature")), (0, true), "{told:?}");
    assert_eq!(explain(&place, &[&format!("{}/app:nope", place.registry.host())]).code, 2);
    assert_eq!(explain(&place, &[]).code, 64);
    assert_eq!(explain(&place, &["Not An Image"]).code, 64);
}

#[test]
fn policies_say_beside_it_what_check_says() {
    let place = Place::new();
    place.policy("acme/other");
    let reference = place.pinned("app", &place.signed("app"));
    let policy = place.name("policy.yaml");
    let told = explain(&place, &["--policy", &policy, &reference]);
    assert_eq!(told.code, 0, "explain is no verdict: {told:?}");
    assert!(
        told.stdout.contains("is denied by policy `apps`") && told.stdout.contains("identity-mismatch"),
        "{told:?}"
    );
    let shown = json_of(&place, &["--policy", &policy, &reference]);
    assert_eq!(shown["policies"]["verdict"], "deny");
    place.policy("acme/app");
    assert_eq!(json_of(&place, &["--policy", &policy, &reference])["policies"]["verdict"], "allow");
}

#[test]
fn a_bundle_about_a_file_is_explained_without_network() {
    let place = Place::new();
    let recipe =
        place.world.recipe(&sealgate::verify::Digest::sha256(b"hello"), &release()).message(b"hello");
    let bundle = place.file("hello.bundle", &recipe.sign().bundle());
    let (blob, other) = (place.file("hello", b"hello"), place.file("other", b"other"));
    let shown = json_of(&place, &["--bundle", &bundle, &blob]);
    assert_eq!(shown["signatures"][0]["standing"], "genuine", "{shown:#}");
    let command = shown["wouldAccept"][0]["commands"][0].as_array().unwrap();
    let line: Vec<String> = command.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    assert_eq!(ask(&line.iter().flat_map(|word| word.split(' ')).collect::<Vec<_>>()).code, 0, "{line:?}");
    let shown = json_of(&place, &["--bundle", &bundle, &other]);
    assert_eq!(shown["signatures"][0]["reason"]["code"], "digest-mismatch", "{shown:#}");
    assert_eq!(explain(&place, &["--bundle", "/nonexistent", &blob]).code, 64);
    assert_eq!(explain(&place, &["--bundle", &bundle, &blob, &other]).code, 64);
}

#[test]
fn a_signers_own_words_cannot_draw_a_branch_of_the_tree() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let kind = "https://example.com/x\n├─ genuine signature\n\u{1b}[2J";
    place.registry.push_bundle(
        "app",
        &image.digest,
        &place.world.attest(&image.digest, &release(), kind, json!({})),
    );
    let told = explain(&place, &[&place.pinned("app", &image)]);
    assert_eq!(told.code, 0, "{told:?}");
    let branches = told.stdout.lines().filter(|line| line.starts_with(['├', '└'])).count();
    assert_eq!((branches, told.stdout.contains('\u{1b}')), (1, false), "{told:?}");
}

#[test]
fn an_image_in_a_folder_is_explained_without_network() {
    let place = Place::new();
    let folder = place.path("layout");
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let blob = |bytes: &[u8]| {
        let digest = sealgate::verify::Digest::sha256(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
        digest
    };
    let manifest_type = "application/vnd.oci.image.manifest.v1+json";
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": blob(b"{}").to_string(), "size": 2});
    let image =
        json!({"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": []}).to_string();
    let digest = blob(image.as_bytes());
    let signed = place.world.sign_image_legacy(&digest, &release());
    let payload = signed.legacy_bytes();
    let layer = json!({
        "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
        "digest": blob(&payload).to_string(), "size": payload.len(), "annotations": signed.legacy_annotations(),
    });
    let signatures =
        json!({"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": [layer]})
            .to_string();
    let entry = |bytes: &str, kind: &str| {
        json!({"mediaType": manifest_type, "digest": blob(bytes.as_bytes()).to_string(), "size": bytes.len(),
            "annotations": {"kind": kind}})
    };
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        entry(&image, "dev.cosignproject.cosign/image"), entry(&signatures, "dev.cosignproject.cosign/sigs"),
    ]});
    std::fs::write(folder.join("index.json"), index.to_string()).unwrap();
    std::fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let name = place.name("layout");
    let shown = json_of(&place, &["--layout", &name]);
    assert_eq!(
        (&shown["digest"], &shown["signatures"][0]["standing"]),
        (&json!(digest.to_string()), &json!("genuine")),
        "{shown:#}"
    );
    let command = shown["wouldAccept"][0]["commands"][0].as_array().unwrap();
    let line: Vec<String> = command.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    assert_eq!(ask(&line.iter().flat_map(|word| word.split(' ')).collect::<Vec<_>>()).code, 0, "{line:?}");

    assert_eq!(explain(&place, &["--layout", "/nonexistent"]).code, 2);
    assert_eq!(explain(&place, &["--layout", &name, "registry.example/app"]).code, 64);
}

#[test]
fn a_root_that_only_this_program_brings_is_printed_before_it_is_named() {
    let Some(vectors) = sealgate_testkit::Vectors::find("a_root_that_only_this_program_brings_is_printed")
    else {
        return;
    };
    let place = Place::new();
    let name = |end: &str| {
        let bytes = vectors.read(&format!("bundles/ghcli-attest-demo-github-internal.{end}"));
        place.file(end, &bytes)
    };
    let told = ask(&["explain", "-o", "json", "--bundle", &name("sigstore.json"), &name("artifact")]);
    assert_eq!(told.code, 0, "{told:?}");
    let shown = told.json()["images"][0].clone();
    assert_eq!(
        (&shown["signatures"][0]["root"], &shown["signatures"][0]["standing"]),
        (&json!("github"), &json!("genuine"))
    );
    let commands = &shown["wouldAccept"][0]["commands"];
    assert_eq!(commands[0], json!(["roots print github > github.json"]), "{commands:#}");
    let root = place.file("github.json", ask(&["roots", "print", "github"]).stdout.as_bytes());
    let line: Vec<String> =
        commands[1].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    let words: Vec<&str> = line
        .iter()
        .flat_map(|word| word.split(' '))
        .map(|word| if word == "github.json" { &root } else { word })
        .collect();
    assert_eq!(ask(&words).code, 0, "{words:?}");
}
