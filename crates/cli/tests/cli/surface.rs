//! Completions and man pages know every verb and flag.

use std::{io::Write as _, process::Command};

use crate::ask::{Place, ask, ask_as};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

// Every verb that the overview names, as typed.
fn verbs() -> Vec<String> {
    let overview = ask(&["help"]).stdout;
    // Deeper lines go on with what the one above says.
    let lines =
        overview.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = lines.filter(|line| !line.starts_with("sealgate")).filter_map(|line| line.split("  ").next());
    let verbs: Vec<String> = names.map(str::to_owned).collect();
    assert!(verbs.len() >= 12 && verbs.iter().any(|verb| verb == "explain"), "{verbs:?}");
    verbs
}

// The long flags that a verb's help names.
fn flags(verb: &str) -> Vec<String> {
    let words: Vec<&str> = verb.split(' ').chain(["--help"]).collect();
    let help = ask(&words).stdout;
    let starts = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let flags = starts.filter_map(|line| line.split([' ', ',', '=']).find(|word| word.starts_with("--")));
    flags.map(str::to_owned).filter(|flag| flag != "--help").collect()
}

#[test]
fn every_verb_and_every_flag_is_in_every_completion_script() {
    let verbs = verbs();
    for shell in SHELLS {
        let script = ask(&["completion", shell]);
        assert_eq!(script.code, 0, "{shell}");
        for verb in &verbs {
            for word in verb.split(' ') {
                assert!(script.stdout.contains(word), "{shell}: {verb}");
            }
            for flag in flags(verb) {
                let found = script.stdout.contains(&flag)
                    || shell == "fish"
                        && script.stdout.contains(&format!("-l {}", flag.trim_start_matches('-')));
                assert!(found, "{shell}: {verb} {flag}");
            }
        }
    }
    assert!(flags("verify").len() > 20 && flags("check").len() > 5, "the help is not read");
    assert_eq!(ask(&["completion", "tcsh"]).code, 1);
}

#[test]
fn shells_accept_the_scripts() {
    let place = Place::new();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script =
            place.file(&format!("completion.{shell}"), ask(&["completion", shell]).stdout.as_bytes());
        match Command::new(shell).args([check, &script]).output() {
            Ok(output) => assert!(output.status.success(), "{shell}: {output:?}"),
            Err(_) => writeln!(std::io::stderr(), "skipped: {shell} is not here to read its script").unwrap(),
        }
    }
    let script = place.file("completion.bash", ask(&["completion", "bash"]).stdout.as_bytes());
    let complete = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let program = format!(
            "source {script}; COMP_WORDS=({}); COMP_CWORD={}; _sealgate sealgate '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let output = Command::new("bash").args(["-c", &program]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete("sealgate verify --certificate-identity-r"), "--certificate-identity-regexp");
    assert_eq!(complete("sealgate manifest ver"), "verify");
    assert_eq!(
        complete("sealgate manifest verify --certificate-identity-r"),
        "--certificate-identity-regexp"
    );
    assert_eq!(complete("sealgate expl"), "explain");
}

#[test]
fn a_link_named_cosign_completes_that_name() {
    let script = ask_as("/usr/bin/cosign", &["completion", "bash"], &[], b"").stdout;
    assert!(script.contains("complete -F _cosign") && script.contains("default cosign"), "{script:.400}");
    assert!(!ask(&["completion", "bash"]).stdout.contains("default cosign"));
}

#[test]
fn every_verb_has_a_page_and_every_flag_stands_in_it() {
    let place = Place::new();
    let folder = place.name("man");
    assert_eq!(ask(&["man", &folder]).code, 0);
    let page = |name: &str| {
        std::fs::read_to_string(format!("{folder}/{name}.1")).unwrap_or_else(|_| panic!("{name}"))
    };
    let first = page("sealgate");
    for verb in verbs() {
        let text = page(&format!("sealgate-{}", verb.replace(' ', "-"))).replace("\\-", "-");
        for flag in flags(&verb) {
            assert!(text.contains(&flag), "{verb} {flag}");
        }
        let word = verb.split(' ').next().unwrap().replace('-', "\\-");
        assert!(first.contains(&word), "{verb}");
    }
    assert!(
        page("sealgate-verify").contains("attachment\\-tag\\-prefix"),
        "deprecated flags have their place too"
    );
    assert_eq!(ask(&["man"]).stdout, first);
    assert_eq!(ask(&["man", "/dev/null/x"]).code, 2);
}
