//! Where `explain` looks: other repositories, prefixed tags, the images of an index, folders; and how much of it it tells.

use std::{path::Path, process::Command};

use sealgate_testkit::{Identity, Image, World};
use serde_json::{Value, json};

use super::{explain, json_of, words};
use crate::ask::{Place, RELEASE, Told, ask, ask_watched, ask_with, release};

fn watched(place: &Place, more: &[&str], variables: &[(&str, &str)]) -> Told {
    let words = words(place);
    let told = ask_watched(
        &[words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), more].concat(),
        variables,
    );
    let (tree, _) = told.stdout.split_once("\nWhat would accept").unwrap_or((&told.stdout, ""));
    for line in tree.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    told
}

fn branches(told: &Told) -> Vec<&str> {
    told.stdout.lines().filter(|line| line.starts_with(['├', '└'])).collect()
}

/// The commands that a person would paste: from a line that begins one to the first that does not go on.
fn pasted(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        if goes_on {
            found.last_mut().unwrap().push_str(&format!("\n{line}"));
        } else if line.starts_with("sealgate ") || line.starts_with("COSIGN_REPOSITORY=") {
            found.push(line.to_owned());
        } else {
            continue;
        }
        goes_on = line.ends_with('\\');
    }
    found
}

/// Runs a pasted command in a real shell, with nothing of ours in its environment.
fn run(command: &str, folder: &Path) -> Option<i32> {
    let programs = Path::new(env!("CARGO_BIN_EXE_sealgate")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder).env_clear().env("PATH", path).env("HOME", folder);
    shell.output().unwrap().status.code()
}

#[test]
fn what_is_shown_to_paste_passes_in_a_shell_and_fails_about_another_image() {
    let place = Place::new();
    let image = place.signed("app");
    let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": []});
    place.registry.push_bundle(
        "app",
        &image.digest,
        &place.world.attest(&image.digest, &release(), "https://spdx.dev/Document", spdx),
    );
    let older = place.world.sign_image_legacy(
        &image.digest,
        &Identity::email("it's me; $(id) `id`@acme.example", "https://idp.example"),
    );
    place.registry.push_legacy("app", &image.digest, &[&older]);
    let told = watched(&place, &[&place.pinned("app", &image)], &[]);
    let commands = pasted(&told.stdout);
    assert_eq!(commands.len(), 3, "{told:?}");
    let fork = place.registry.push_image("app", None, "fork");
    let by_fork =
        place.world.sign_image(&fork.digest, &Identity::github("acme/fork", "release.yml", "refs/tags/v1"));
    place.registry.push_bundle("app", &fork.digest, &by_fork);
    for command in &commands {
        assert_eq!(run(command, &place.path("")), Some(0), "{command}");
        let other = command.replace(&image.digest.to_string(), &fork.digest.to_string());
        assert_ne!(run(&other, &place.path("")), Some(0), "{other}");
    }
}

#[test]
fn signatures_in_another_repository_are_explained_where_the_variable_names_it() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    place.registry.push_bundle(
        "signatures",
        &image.digest,
        &place.world.sign_image(&image.digest, &release()),
    );
    let (reference, there) = (place.pinned("app", &image), format!("{}/signatures", place.registry.host()));
    let told = watched(&place, &[&reference], &[("COSIGN_REPOSITORY", &there)]);
    assert_eq!((told.code, branches(&told)), (0, vec!["└─ genuine signature"]), "{told:?}");
    assert!(!told.stdout.contains("kind: ClusterSealPolicy"), "policies look beside the image: {told:?}");
    let commands = pasted(&told.stdout);
    assert!(
        commands.len() == 1 && commands[0].starts_with(&format!("COSIGN_REPOSITORY={there} sealgate verify")),
        "{commands:?}"
    );
    assert_eq!(run(&commands[0], &place.path("")), Some(0));
    let told = watched(&place, &[&reference], &[]);
    assert!(told.stdout.contains("nothing is attached"), "twin: {told:?}");
    let words = [words(&place), vec![reference]].concat();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = ask_with(&words, &[("COSIGN_REPOSITORY", "Bad/Repo:x")], b"");
    assert!(told.code == 64 && told.stderr.contains("parsing $COSIGN_REPOSITORY"), "{told:?}");
}

#[test]
fn signatures_under_a_prefixed_tag_are_explained_where_the_flag_names_it() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let items = [place.world.sign_image_legacy(&image.digest, &release()).legacy_item()];
    place.registry.push_layers("app", &image.digest, "sig", &items);
    let tag = image.digest.to_string().replace(':', "-");
    let bytes = place.registry.manifest("app", &format!("{tag}.sig")).unwrap();
    let manifest = "application/vnd.oci.image.manifest.v1+json";
    let reference = place.pinned("elsewhere", &image);
    place.registry.push_manifest("elsewhere", None, &image.bytes, manifest);
    place.registry.push_blob("elsewhere", &items[0].bytes);
    place.registry.push_manifest("elsewhere", Some(&format!("team-{tag}.sig")), &bytes, manifest);
    let told = watched(&place, &["--attachment-tag-prefix", "team-", &reference], &[]);
    assert_eq!((told.code, branches(&told)), (0, vec!["└─ genuine signature"]), "{told:?}");
    let commands = pasted(&told.stdout);
    assert!(commands[0].contains("--attachment-tag-prefix team-"), "{commands:?}");
    assert_eq!(run(&commands[0], &place.path("")), Some(0), "{commands:?}");
    assert!(watched(&place, &[&reference], &[]).stdout.contains("nothing is attached"), "twin");
    assert_eq!(explain(&place, &["--attachment-tag-prefix", "a/b", &reference]).code, 64);
}

fn index(place: &Place) -> (Image, [Image; 2]) {
    let images = ["amd", "arm"].map(|name| place.registry.push_image("app", None, name));
    let index = place.registry.push_index("app", Some("v1"), &[&images[0], &images[1]]);
    place.registry.push_bundle("app", &index.digest, &place.world.sign_image(&index.digest, &release()));
    place.registry.push_bundle(
        "app",
        &images[1].digest,
        &place.world.sign_image(&images[1].digest, &release()),
    );
    (index, images)
}

#[test]
fn each_image_of_an_index_is_listed_with_what_is_attached_to_it() {
    let place = Place::new();
    let (all, [amd, arm]) = index(&place);
    let reference = place.pinned("app", &all);
    let told = watched(&place, &[&reference], &[]);
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(
        branches(&told),
        [
            "├─ genuine signature",
            "├─ its images, in short; --platform OS/ARCH shows one of them whole",
            "├─ linux/amd64",
            "└─ linux/arm64",
        ]
    );
    let (_, of_amd) = told.stdout.split_once("linux/amd64").unwrap();
    let (of_amd, of_arm) = of_amd.split_once("linux/arm64").unwrap();
    assert!(of_amd.contains("nothing is attached to it"), "{told:?}");
    let of_arm: Vec<&str> = of_arm.split_whitespace().collect();
    assert!(of_arm.join(" ").contains(&format!("genuine signature by {RELEASE}")), "{told:?}");
    let shown = json_of(&place, &[&reference]);
    let parts: Vec<(&str, &str, usize)> = shown["platforms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            let text = |field: &str| part[field].as_str().unwrap();
            (text("name"), text("digest"), part["signatures"].as_array().unwrap().len())
        })
        .collect();
    let (amd, arm) = (amd.digest.to_string(), arm.digest.to_string());
    assert_eq!(parts, [("linux/amd64", amd.as_str(), 0), ("linux/arm64", arm.as_str(), 1)]);
    assert_eq!(shown["platforms"][1]["signatures"][0]["signer"]["subject"], RELEASE);
}

#[test]
fn one_platform_of_an_index_is_explained_whole() {
    let place = Place::new();
    let (all, [amd, arm]) = index(&place);
    let reference = place.pinned("app", &all);
    let told = watched(&place, &["--platform", "linux/arm64", &reference], &[]);
    assert_eq!((told.code, branches(&told)), (0, vec!["└─ genuine signature"]), "{told:?}");
    assert!(told.stdout.contains("(linux/arm64)"), "{told:?}");
    let commands = pasted(&told.stdout);
    assert!(commands[0].contains(&arm.digest.to_string()), "{commands:?}");
    assert_eq!(run(&commands[0], &place.path("")), Some(0));
    let shown = json_of(&place, &["--platform", "linux/amd64", &reference]);
    assert_eq!(shown["digest"], amd.digest.to_string());
    assert!(shown["signatures"].as_array().unwrap().is_empty());
    let told = explain(&place, &["--platform", "linux/s390x", &reference]);
    assert_eq!(told.code, 64);
    assert!(told.stderr.contains("there are linux/amd64, linux/arm64"), "{told:?}");
    let told = explain(&place, &["--platform", "linux/arm64", &place.pinned("app", &arm)]);
    assert!(told.code == 64 && told.stderr.contains("is not a multiarch image"), "{told:?}");
    // A policy is asked about the image that was chosen.
    place.policy("acme/app");
    let policy = place.name("policy.yaml");
    for (platform, verdict) in [("linux/arm64", "allow"), ("linux/amd64", "deny")] {
        let shown = json_of(&place, &["--policy", &policy, "--platform", platform, &reference]);
        assert_eq!(shown["policies"]["verdict"], verdict, "{platform}");
    }
}

#[test]
fn an_index_of_too_many_images_says_how_many_were_not_looked_at() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let of = |count: usize| {
        let entry = |number: usize| {
            json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image.digest,
                "size": image.bytes.len(), "platform": {"os": "linux", "architecture": format!("a{number}")}})
        };
        let manifests: Vec<Value> = (0..count).map(entry).collect();
        let media_type = "application/vnd.oci.image.index.v1+json";
        let bytes = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}).to_string();
        let digest = place.registry.push_manifest("app", None, bytes.as_bytes(), media_type);
        let shown = json_of(&place, &[&place.registry.pinned("app", &digest)]);
        (shown["platforms"].as_array().unwrap().len(), shown["platformsLeftOut"].as_u64())
    };
    assert_eq!(of(32), (32, None));
    assert_eq!(of(33), (32, Some(1)));
}

#[test]
fn folders_are_explained_under_the_flag_of_the_verbs_too() {
    let place = Place::new();
    let image = place.signed("app");
    let folder = place.name("saved");
    let saved = ask_with(&["save", "--dir", &folder, &place.pinned("app", &image)], &[], b"");
    assert_eq!(saved.code, 0, "{saved:?}");
    let told = watched(&place, &["--local-image", &folder], &[]);
    assert_eq!((told.code, branches(&told)), (0, vec!["└─ genuine signature"]), "{told:?}");
    let commands = pasted(&told.stdout);
    assert_eq!(run(&commands[0], &place.path("")), Some(0), "{commands:?}");
    assert_eq!(explain(&place, &["--local-image", "--layout", &folder]).code, 64);
    assert_eq!(explain(&place, &["--local-image", "--platform", "linux/amd64", &folder]).code, 64);
    assert_eq!(explain(&place, &["--local-image", "/nonexistent"]).code, 2);
}

#[test]
fn a_root_may_come_through_a_pipe() {
    let place = Place::new();
    let image = place.signed("app");
    let pipe = place.name("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writing = {
        let (pipe, root) = (pipe.clone(), place.world.trusted_root_json());
        std::thread::spawn(move || std::fs::write(pipe, root))
    };
    let told = ask(&["explain", "--trusted-root", &format!("virtual={pipe}"), &place.pinned("app", &image)]);
    assert_eq!((told.code, branches(&told)), (0, vec!["└─ genuine signature"]), "{told:?}");
    writing.join().unwrap().unwrap();
    let told = ask(&["explain", "--trusted-root", "virtual=/dev/zero", &place.pinned("app", &image)]);
    assert!(told.code == 64 && told.stderr.contains("has more than 4194304 bytes"), "{told:?}");
}

#[test]
fn many_signatures_are_told_in_few_lines_and_nobody_is_hidden() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let world: &World = place.world;
    let flood = Identity::github("mallory/app", "release.yml", "refs/tags/v1");
    let mut items: Vec<_> =
        (0..60).map(|_| world.sign_image_legacy(&image.digest, &flood).legacy_item()).collect();
    items.push(world.sign_image_legacy(&image.digest, &release()).legacy_item());
    place.registry.push_layers("app", &image.digest, "sig", &items);
    let told = watched(&place, &[&place.pinned("app", &image)], &[]);
    assert_eq!(told.code, 0);
    assert_eq!(branches(&told), ["├─ genuine signature", "└─ genuine signature"], "{told:?}");
    assert!(told.stdout.contains("alike      59 more by the same, which `-o json` has whole"), "{told:?}");
    assert!(told.stdout.contains("acme/app/") && told.stdout.lines().count() < 100, "{told:?}");
    let shown = json_of(&place, &[&place.pinned("app", &image)]);
    assert_eq!(shown["signatures"].as_array().unwrap().len(), 61);
    // More than are ever read: a place that was not read to its end is no absence.
    let items: Vec<_> = items.iter().cycle().take(300).cloned().collect();
    place.registry.push_layers("app", &image.digest, "sig", &items);
    let told = watched(&place, &[&place.pinned("app", &image)], &[]);
    assert!(told.stdout.contains("NOT READ signature tag") && told.stdout.contains("limit"), "{told:?}");
}
