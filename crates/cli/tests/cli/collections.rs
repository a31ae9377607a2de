//! `manifest verify` and `dockerfile verify`.

use crate::ask::{BY_RELEASE, Place, ask, ask_as};

fn deployment(first: &str, second: &str) -> String {
    format!(
        "kind: Deployment\nspec:\n  template:\n    spec:\n      initContainers: [{{image: {first}}}]\n---\nkind: Pod\nspec:\n  containers: [{{image: {second}}}]\n"
    )
}

#[test]
fn every_image_of_a_manifest_must_be_signed() {
    let place = Place::new();
    let (bundle, older) = (place.signed("bundle"), place.signed_older("older"));
    let unsigned = place.registry.push_image("unsigned", Some("v1"), "unsigned");
    let (bundle, older) = (place.pinned("bundle", &bundle), place.pinned("older", &older));
    let verify = |text: &str| {
        let manifest = place.file("pods.YAML", text.as_bytes());
        place.cosign("manifest", &[&["verify"][..], &BY_RELEASE, &[&manifest]].concat())
    };
    let told = verify(&deployment(&bundle, &older));
    assert_eq!((told.code, told.stdout.lines().count()), (0, 4), "{told:?}");
    assert!(told.stderr.starts_with(&format!("Extracted image(s): {bundle}, {older}\n")), "{told:?}");
    let told = verify(&deployment(&bundle, &place.pinned("unsigned", &unsigned)));
    assert_eq!((told.code, told.stdout.lines().count()), (10, 2), "{told:?}");
}

#[test]
fn a_manifest_that_readers_understand_differently_is_refused() {
    let place = Place::new();
    let signed = place.pinned("bundle", &place.signed("bundle"));
    let unsigned = place.registry.push_image("unsigned", Some("v1"), "unsigned");
    let unsigned = place.pinned("unsigned", &unsigned);
    let verify = |text: &str, more: &[&str]| {
        let manifest = place.file("pod.yaml", text.as_bytes());
        place.cosign("manifest", &[&["verify"][..], &BY_RELEASE, more, &[&manifest]].concat())
    };
    let merged = |body: &str| format!("x: &m {{image: {unsigned}}}\nspec:\n  containers:\n  - {body}\n");
    let own = format!("image: {signed}");
    // cosign looks for no bundles there.
    for (more, code) in [(&[][..], 0), (&["--strict-compat"][..], 10)] {
        let told = verify(&merged(&format!("{own}\n    <<: *m")), more);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        let said = "line 5: a merge key that brings a key that is there already is refused";
        assert!(told.stderr.contains(said), "{told:?}");
        let told = verify(&merged(&format!("<<: *m\n    {own}")), more);
        assert_eq!(told.code, code, "{told:?}");
        assert!(told.stderr.starts_with(&format!("Extracted image(s): {signed}\n")), "{told:?}");
    }
    let volume = |image: &str| {
        format!("spec: {{containers: [{{{own}}}], volumes: [{{image: {{reference: {image}}}}}]}}\n")
    };
    assert_eq!(verify(&volume(&unsigned), &[]).code, 10);
    assert_eq!(verify(&volume(&signed), &[]).code, 0);
}

#[test]
fn every_image_of_a_dockerfile_must_be_signed() {
    let place = Place::new();
    let (bundle, older) = (place.signed("bundle"), place.signed_older("older"));
    let unsigned = place.registry.push_image("unsigned", Some("v1"), "unsigned");
    let (bundle, older) = (place.pinned("bundle", &bundle), place.pinned("older", &older));
    let unsigned = place.pinned("unsigned", &unsigned);
    let verify = |text: &str, more: &[&str]| {
        let file = place.file("Dockerfile", text.as_bytes());
        place.cosign("dockerfile", &[&["verify"][..], &BY_RELEASE, more, &[&file]].concat())
    };
    let text = |second: &str| format!("FROM {bundle} AS build\nFROM scratch\nCOPY --from={second} / /\n");
    let told = verify(&text(&older), &[]);
    assert_eq!(told.code, 0, "{told:?}");
    let expected = format!("- scratch image ignored\nExtracted image(s): {bundle}, {older}\n");
    assert!(told.stderr.starts_with(&expected), "{told:?}");
    assert_eq!(verify(&text(&unsigned), &[]).code, 10);
    let last = format!("FROM {unsigned}\nFROM {bundle}\n");
    assert_eq!(verify(&last, &["--base-image-only"]).code, 0);
    assert_eq!(verify(&last, &[]).code, 10);
    let first =
        |signed: &str| format!("FROM {signed} AS b\nFROM {bundle}\nFROM b\nCOPY --from={bundle} / /\n");
    assert_eq!(verify(&first(&bundle), &["--base-image-only"]).code, 0);
    assert_eq!(verify(&first(&unsigned), &["--base-image-only"]).code, 10);
    let again = |signed: &str| format!("ARG I={signed}\nFROM {bundle}\nARG I={bundle}\nFROM $I\n");
    assert_eq!(verify(&again(&older), &[]).code, 0);
    assert_eq!(verify(&again(&unsigned), &[]).code, 10);
    for (line, said) in [
        (format!("COPY --from {unsigned} / /"), "a flag in line"),
        (format!("RUN --mount=type=bind,\"from={unsigned}\" ls"), "a flag in line"),
        ("RUN echo \"<<EOF\"".to_owned(), "`<<` in line"),
        (format!("RUN <<EOF\nFROM {unsigned}"), "heredoc \"EOF\" in line"),
        (format!("FROM {bundle} AS {unsigned}"), "stage name"),
        (format!("FROM {bundle}$TARGETARCH"), "a variable in line"),
        (format!("FROM {bundle}$NOBODY"), "no image found in line"),
    ] {
        let told = verify(&format!("FROM {bundle}\n{line}\n"), &[]);
        let said = format!("Error: failed extracting images from Dockerfile: {said}");
        assert!(
            (told.code, told.stdout.as_str()) == (1, "") && told.stderr.starts_with(&said),
            "{line}: {told:?}"
        );
    }
    let told = verify(&format!("# syntax={unsigned}\nFROM {bundle}\n"), &[]);
    let said = "Error: failed extracting images from Dockerfile: syntax ";
    assert!(told.code == 1 && told.stderr.starts_with(said), "{told:?}");
    let allowed = format!("# syntax=docker/dockerfile:1\nFROM {bundle}\nRUN <<EOF\nFROM {unsigned}\nEOF\n");
    assert_eq!(verify(&allowed, &[]).code, 0);
}

#[test]
fn the_root_that_is_named_counts_unless_compatibility_is_strict() {
    let place = Place::new();
    let reference = place.pinned("older", &place.signed_older("older"));
    let manifest =
        place.file("pod.yaml", format!("spec: {{containers: [{{image: {reference}}}]}}").as_bytes());
    let root = place.name("root.json");
    let words =
        [&["manifest", "verify", "--offline", "--trusted-root", &root][..], &BY_RELEASE, &[&manifest]]
            .concat();
    assert_eq!(ask(&words).code, 0);
    // cosign takes the flag and does nothing with it.
    assert_eq!(ask_as("/usr/local/bin/cosign", &words, &[], b"").code, 12);
}

#[test]
fn what_holds_no_image_fails_in_one_line() {
    let place = Place::new();
    let key = place.file("key.pub", b"");
    for (group, name, text, said) in [
        (
            "manifest",
            "a.json",
            "{}",
            "check if extension is valid: only [.yaml .yml] manifests are supported at this time",
        ),
        ("manifest", "a.yml", "kind: ConfigMap", "no images found in manifest"),
        (
            "manifest",
            "b.yaml",
            "a: [",
            "unable to extract the container image references in the manifest unable to decode the manifest: line ",
        ),
        ("dockerfile", "A", "RUN x", "no images found in Dockerfile"),
        (
            "dockerfile",
            "B",
            "FROM",
            "failed extracting images from Dockerfile: no image found in line \"FROM\" (is a build arg missing from the environment?)",
        ),
    ] {
        let file = place.file(name, text.as_bytes());
        let told = ask(&[group, "verify", "--key", &key, &file]);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.starts_with(&format!("Error: {said}")), "{told:?}");
    }
    let told = ask(&["manifest", "verify", "--key", &key, "/nonexistent/a.yaml"]);
    assert!(
        told.stderr.starts_with("Error: could not read manifest: open /nonexistent/a.yaml: no such file"),
        "{told:?}"
    );
    let told = ask(&["dockerfile", "verify", "--key", &key, "/nonexistent/a"]);
    assert!(
        told.stderr.starts_with("Error: could not open Dockerfile: open /nonexistent/a: no such file"),
        "{told:?}"
    );
}

#[test]
fn a_group_alone_answers_with_its_verbs() {
    let told = ask(&["manifest"]);
    assert_eq!(told.code, 0);
    assert!(told.stdout.contains("verify") && told.stderr.starts_with("Command \"manifest\" is deprecated"));
    assert_eq!(ask(&["dockerfile", "bogus"]).code, 0);
    assert_eq!(ask(&["dockerfile", "verify"]).code, 1);
}
