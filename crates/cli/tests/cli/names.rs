//! Certificates of hosts, addresses and several names: cosign's verbs take them by any name, `check` takes none.

use sealgate_testkit::{Identity, San, Signed};

use crate::ask::{Place, Told, ask_watched};

const ISSUER: &str = "https://issuer.example";

fn signed(place: &Place, repository: &str, older: bool, names: &[San]) -> String {
    let image = place.registry.push_image(repository, Some("v1"), repository);
    let names = names.to_vec();
    let recipe = place.world.recipe(&image.digest, &Identity::new(names[0].clone(), ISSUER));
    let recipe = recipe.with(|recipe| recipe.patches.certificate.add(move |it| it.set_sans(&names)));
    if older {
        let signed: Signed = recipe.simple_signing(&image.digest).sign();
        place.registry.push_legacy(repository, &image.digest, &[&signed]);
    } else {
        place.registry.push_bundle(repository, &image.digest, &recipe.sign());
    }
    place.pinned(repository, &image)
}

fn by(place: &Place, name: &str, image: &str) -> Told {
    place.cosign("verify", &["--certificate-identity", name, "--certificate-oidc-issuer", ISSUER, image])
}

#[test]
fn an_older_signature_passes_by_any_name_of_its_certificate() {
    let place = Place::new();
    let host = San::Dns("build.acme.example".into());
    let address = San::Raw(b"\x87\x04\xc0\x00\x02\x07".to_vec());
    let image = signed(&place, "many", true, &[San::Email("dev@acme.example".into()), address, host.clone()]);
    for name in ["dev@acme.example", "192.0.2.7", "build.acme.example"] {
        let told = by(&place, name, &image);
        assert_eq!(told.code, 0, "{name}: {told:?}");
        // As cosign prints it: the first name, not the one that was asked for.
        assert!(told.stdout.contains("\"Subject\":\"build.acme.example\""), "{told:?}");
    }
    let told = by(&place, "192.0.2.8", &image);
    assert_eq!(told.code, 12, "{told:?}");
    let names = "got subjects [build.acme.example, dev@acme.example, 192.0.2.7] with issuer";
    assert!(told.stderr.contains(names), "{told:?}");

    let image = signed(&place, "host", true, &[host]);
    assert_eq!(by(&place, "build.acme.example", &image).code, 0);
    assert_eq!(by(&place, "acme.example", &image).code, 12);
}

#[test]
fn a_bundle_passes_by_the_name_that_bundles_are_known_by() {
    let place = Place::new();
    let (mail, uri) = (San::Email("dev@acme.example".into()), San::Uri("https://ci.acme.example".into()));
    let image = signed(&place, "two", false, &[mail, uri]);
    assert_eq!(by(&place, "https://ci.acme.example", &image).code, 0);
    let told = by(&place, "dev@acme.example", &image);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.stderr.contains("got \"https://ci.acme.example\""), "{told:?}");
    let image = signed(&place, "host", false, &[San::Dns("build.acme.example".into())]);
    let told = by(&place, "build.acme.example", &image);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.stderr.contains("no Subject Alternative Name found"), "{told:?}");
}

#[test]
fn a_policy_takes_no_certificate_of_several_names_or_of_a_host() {
    let place = Place::new();
    let policy = format!(
        "apiVersion: sealgate.dev/v1alpha1\nkind: ClusterSealPolicy\nmetadata: {{name: apps}}\nspec:\n  \
         match: {{images: [\"{}/**\"]}}\n  signers:\n    dev:\n      roots: [virtual]\n      \
         keyless: {{issuer: \"{ISSUER}\", subject: dev@acme.example}}\n  require:\n    \
         signed: {{signature: {{by: [dev]}}}}\n",
        place.registry.host()
    );
    place.file("policy.yaml", policy.as_bytes());
    let mail = || San::Email("dev@acme.example".into());
    for older in [true, false] {
        let name = |name: &str| format!("{name}-{older}");
        let image = signed(&place, &name("one"), older, &[mail()]);
        assert_eq!(place.check(&[&image]).code, 0);
        for (repository, names) in [
            ("two", vec![mail(), San::Dns("build.acme.example".into())]),
            ("host", vec![San::Dns("dev@acme.example".into())]),
        ] {
            let image = signed(&place, &name(repository), older, &names);
            let told = place.check(&[&image]);
            assert_eq!(told.code, 1, "{told:?}");
            assert!(
                told.stdout.contains("certificate-subject") || told.stderr.contains("certificate-subject"),
                "{told:?}"
            );
        }
    }
}

#[test]
fn a_person_is_told_of_the_other_names() {
    let place = Place::new();
    let names = [San::Email("dev@acme.example".into()), San::Dns("build.acme.example".into())];
    let image = signed(&place, "many", true, &names);
    let root = place.name("root.json");
    let who = ["--certificate-identity", "dev@acme.example", "--certificate-oidc-issuer", ISSUER];
    let told = ask_watched(&[&["verify", "--trusted-root", &root][..], &who, &[&image]].concat(), &[]);
    assert_eq!(told.code, 0, "{told:?}");
    let told = told.stderr.replace('\n', " ");
    assert!(told.contains("several names: `build.acme.example`, `dev@acme.example`"), "{told}");
}
