//! The rules of the house that a machine can check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "tidy/threats.rs"]
mod threats;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

/// Which of our packages each of them may depend on.
const INWARD: &[(&str, &[&str])] = &[
    // Time zones, under the name that regorus knows them by.
    ("chrono-tz", &[]),
    ("sealgate-verify", &[]),
    ("sealgate-attest", &["sealgate-verify"]),
    ("sealgate-policy", &["sealgate-verify", "sealgate-attest"]),
    ("sealgate-oci", &["sealgate-verify"]),
    ("sealgate-tuf", &["sealgate-verify"]),
    ("sealgate", &["sealgate-verify", "sealgate-attest", "sealgate-policy", "sealgate-oci", "sealgate-tuf"]),
    ("sealgate-cli", &["sealgate"]),
    ("sealgate-webhook", &["sealgate"]),
    ("sealgate-testkit", &["sealgate-verify"]),
];
const PURE: &[&str] = &["sealgate-verify", "sealgate-attest", "sealgate-policy"];
const IO: &[&str] =
    &["tokio", "reqwest", "hyper", "mio", "socket2", "async-std", "smol", "ureq", "native-tls", "h2"];
const LINES: usize = 600;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file that belongs to the project, relative to its top.
fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, top: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name == ".git" || name == "target" || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                walk(&path, top, found);
            } else {
                found.push(path.strip_prefix(top).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(&top(), &top(), &mut found);
    found.sort();
    assert!(found.len() > 50, "the project's files are not where they are looked for");
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (path.clone(), std::fs::read_to_string(top().join(path)).unwrap()))
        .collect()
}

fn texts() -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| Some((path.clone(), std::fs::read_to_string(top().join(path)).ok()?));
    files().into_iter().filter_map(read).collect()
}

fn tree(package: &str, depth: Option<&str>) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(top()).args([
        "tree",
        "--offline",
        "--locked",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    command.args(["--format", "{p}", "-p", package]);
    if let Some(depth) = depth {
        command.args(["--depth", depth]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| Some(line.split(' ').next()?.to_owned()))
        .filter(|name| !name.is_empty())
        .collect()
}

#[track_caller]
fn none(what: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{what}:\n  {}", broken.join("\n  "));
}

#[test]
fn dependencies_point_inward() {
    let mut broken = Vec::new();
    for (package, allowed) in INWARD {
        let found = tree(package, Some("1"));
        assert!(found.contains(*package), "cargo tree does not show {package} itself");
        for name in found {
            let ours = name == "sealgate" || name.starts_with("sealgate-");
            if ours && name != *package && !allowed.contains(&name.as_str()) {
                broken.push(format!("{package} depends on {name}"));
            }
        }
    }
    none("dependencies that point outward", &broken);
}

#[test]
fn every_package_has_its_place_among_the_rooms() {
    let rooms: BTreeSet<&str> = INWARD.iter().map(|(package, _)| *package).collect();
    let mut found = BTreeSet::new();
    for path in files().iter().filter(|path| path.file_name().is_some_and(|name| name == "Cargo.toml")) {
        let manifest: toml::Table = std::fs::read_to_string(top().join(path)).unwrap().parse().unwrap();
        if let Some(name) = manifest.get("package").and_then(|package| package["name"].as_str()) {
            assert!(rooms.contains(name), "{} is a room that the house does not have", path.display());
            found.insert(name.to_owned());
        }
    }
    assert_eq!(found.len(), rooms.len(), "a room is missing: {found:?}");
}

#[test]
fn pure_crates_reach_no_io_in_their_full_tree() {
    let mut broken = Vec::new();
    for package in PURE {
        let found = tree(package, None);
        broken.extend(
            IO.iter().filter(|name| found.contains(**name)).map(|name| format!("{package} reaches {name}")),
        );
        let folder = top().join("crates").join(package.strip_prefix("sealgate-").unwrap());
        let lints =
            std::fs::read_to_string(folder.join("clippy.toml")).expect("each pure crate has a clippy.toml");
        for method in ["SystemTime::now", "Instant::now", "fs::read", "env::var", "TcpStream"] {
            assert!(lints.contains(method), "{package}: clippy.toml does not forbid {method}");
        }
    }
    none("pure crates that reach IO", &broken);
}

#[test]
fn the_testkit_is_only_ever_a_dev_dependency() {
    let everything = INWARD.iter().filter(|(package, _)| *package != "sealgate-testkit");
    let broken: Vec<String> = everything
        .filter(|(package, _)| tree(package, None).contains("sealgate-testkit"))
        .map(|(package, _)| (*package).to_owned())
        .collect();
    none("products that contain the testkit", &broken);
}

#[test]
fn files_stay_small() {
    let long = |extension: &std::ffi::OsStr| ["rs", "go", "py", "sh"].iter().any(|other| extension == *other);
    let broken: Vec<String> = texts()
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(long))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, count)| *count > LINES)
        .map(|(path, count)| format!("{} has {count} lines", path.display()))
        .collect();
    none("files over 600 lines", &broken);
}

#[test]
fn modules_are_files_beside_their_folder() {
    let broken: Vec<String> = files()
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "mod.rs"))
        .map(|path| path.display().to_string())
        .collect();
    none("mod.rs files", &broken);
    let forbidden = ["utils", "common", "helpers", "prelude"];
    let broken: Vec<String> = files()
        .iter()
        .filter(|path| {
            path.iter().any(|part| forbidden.contains(&part.to_str().unwrap().trim_end_matches(".rs")))
        })
        .map(|path| path.display().to_string())
        .collect();
    none("rooms that we do not have", &broken);
}

#[test]
fn every_allow_has_a_reason() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for opening in ["#[allow(", "#![allow(", "#[expect(", "#![expect(", "#[ignore"] {
            for (at, _) in text.match_indices(opening) {
                let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
                let end = text[at..].find(']').map_or(text.len(), |end| at + end);
                let quoted = text[line_start..at].contains(['"', '/']);
                let reason =
                    text[at..end].contains("reason = \"") || text[at..end].starts_with("#[ignore = \"");
                if !quoted && !reason {
                    broken.push(format!("{}:{}", path.display(), text[..at].lines().count() + 1));
                }
            }
        }
    }
    none("lints silenced, or tests ignored, without a reason", &broken);
}

#[test]
fn what_is_lax_for_cosign_s_verbs_is_out_of_reach_of_policy_engine_and_webhook() {
    let guarded = [
        "crates/policy/src/",
        "crates/engine/src/",
        "crates/attest/src/",
        "crates/cli/src/own/check",
        "webhook/src/",
    ];
    let mut broken = Vec::new();
    for name in [
        "authenticate_unbound_insecure",
        "authenticate_with_key_unbound_insecure",
        "with_detached_sct",
        "with_names",
    ] {
        let mut defined = false;
        for (path, text) in sources() {
            let shown = path.display().to_string();
            defined |= shown.starts_with("crates/verify/src/") && text.contains(&format!("fn {name}"));
            if guarded.iter().any(|folder| shown.starts_with(folder)) && text.contains(name) {
                broken.push(format!("{shown}: {name}"));
            }
        }
        assert!(defined, "{name} is not in crates/verify any more: this guard looks for another name");
    }
    none("sources that reach what only cosign's verbs may use", &broken);
}

#[test]
fn only_the_command_line_writes_to_registries_and_folders() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let reads_only = path.starts_with("webhook") || path.starts_with("crates/engine");
        if reads_only
            && ["pusher(", "Pusher", "LayoutWriter", ".save("].iter().any(|word| text.contains(word))
        {
            broken.push(path.display().to_string());
        }
    }
    none("writes", &broken);
}

#[test]
fn no_file_names_a_machine_or_a_package_registry() {
    let paths = [concat!("/wo", "rk/"), concat!("/tmp", "/sg"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let settings = [
        concat!("[sour", "ce."),
        concat!("[regist", "ries"),
        concat!("GOPROXY", "=http"),
        concat!("index", "-url"),
    ];
    let mut broken = Vec::new();
    for (path, text) in texts() {
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        let settings = if is_source { &[][..] } else { &settings[..] };
        for word in paths.iter().chain(settings) {
            for (number, line) in text.lines().enumerate() {
                let own = line.match_indices(word).any(|(at, _)| {
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.')
                });
                if own {
                    broken.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
    }
    let lock = std::fs::read_to_string(top().join("Cargo.lock")).unwrap();
    // `deny.toml` allows one registry; here, that the lock file knows no second source and no repository.
    let sources: BTreeSet<&str> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    let foreign = |source: &&&str| sources.len() > 1 || !source.starts_with("source = \"registry+");
    broken.extend(sources.iter().filter(foreign).map(|source| (*source).to_owned()));
    none("machine paths or package registries", &broken);
}

#[test]
fn every_shipped_policy_parses_and_has_a_case() {
    let policies: Vec<PathBuf> =
        files().into_iter().filter(|path| path.starts_with("policies") && is_policy(path)).collect();
    assert!(policies.len() >= 4, "four examples are shipped, there are {}", policies.len());
    let tests: String =
        sources().into_iter().filter(|(path, _)| is_test(path)).map(|(_, text)| text).collect();
    let roots = BTreeMap::from([(
        "public-good".to_owned(),
        std::sync::Arc::new(sealgate::verify::TrustedRoot::public_good().unwrap()),
    )]);
    let mut broken = Vec::new();
    for path in &policies {
        let bytes = std::fs::read(top().join(path)).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let source = sealgate::policy::Source { name: name.clone(), bytes };
        if let Err(findings) = sealgate::policy::PolicySet::load(&[source], &roots) {
            broken.extend(findings.iter().map(ToString::to_string));
        }
        if !tests.contains(&name) {
            broken.push(format!("{}: no test names it", path.display()));
        }
    }
    none("shipped policies", &broken);
}

#[test]
fn nothing_is_left_unfinished() {
    let words =
        [concat!("unimpl", "emented!("), concat!("to", "do!("), concat!("TO", "DO"), concat!("FIX", "ME")];
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                broken.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    none("stubs", &broken);
}

// 284: what a debug build alone checks, nobody checks.
#[test]
fn no_condition_is_left_to_debug_builds() {
    let word = concat!("debug_", "assert");
    let holds = |(path, text): (PathBuf, String)| text.contains(word).then(|| path.display().to_string());
    none(
        "conditions that a release does not check",
        &sources().into_iter().filter_map(holds).collect::<Vec<_>>(),
    );
}

#[test]
fn pure_crates_begin_with_what_is_absent() {
    let absent =
        "//! This crate opens no socket, reads no clock, no file and no environment, and does not log.";
    for package in PURE {
        let folder = package.strip_prefix("sealgate-").unwrap();
        let text = std::fs::read_to_string(top().join("crates").join(folder).join("src/lib.rs")).unwrap();
        assert!(text.starts_with(absent), "{package}: its documentation does not begin with what is absent");
    }
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|other| extension == *other))
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "examples")
}
