//! How arguments are read: what cosign's command line says of them, word for word.

use crate::ask::{Place, ask, ask_with};

#[test]
fn wrong_arguments_fail_with_cosigns_words() {
    const KEYLESS: &str = "--certificate-identity or --certificate-identity-regexp is required for verification in keyless mode";
    const WORKERS: &str = "please set the --max-worker flag to a value that is greater than 0";
    for (line, text) in [
        ("verify", "requires at least 1 arg(s), only received 0"),
        ("verify --bogus x", "unknown flag: --bogus"),
        ("verify -x y", "unknown shorthand flag: 'x' in -x"),
        ("verify --key", "flag needs an argument: --key"),
        ("verify -o", "flag needs an argument: 'o' in -o"),
        ("verify ---key x", "bad flag syntax: ---key"),
        ("verify --=x y", "bad flag syntax: --=x"),
        ("verify --max-workers 0x10 --max-workers 0 x", WORKERS),
        (
            "verify --max-workers 99999999999999999999 x",
            "invalid argument \"99999999999999999999\" for \"--max-workers\" flag: strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
        ),
        (
            "verify -t 5 x",
            "invalid argument \"5\" for \"-t, --timeout\" flag: time: missing unit in duration \"5\"",
        ),
        (
            "verify -a a\"b=1 y",
            "invalid argument \"a\\\"b=1\" for \"-a, --annotations\" flag: parse error on line 1, column 2: bare \" in non-quoted-field",
        ),
        ("verify -a k=v,b y", "unable to parse annotation: b"),
        ("verify --check-claims false", KEYLESS),
        ("verify -- --key", KEYLESS),
        ("verify x --key= --max-workers=0", WORKERS),
        ("verify-blob a b", "accepts 1 arg(s), received 2"),
        ("verify-blob-attestation a b", "accepts at most 1 arg(s), received 2"),
        ("env x", "unknown command \"x\" for \"cosign env\""),
        ("manifest verify a b", "accepts 1 arg(s), received 2"),
        ("dockerfile verify --max-workers 0 nosuch", WORKERS),
        ("bundle inspect", "accepts 1 arg(s), received 0"),
        ("trusted-root create --out", "flag needs an argument: --out"),
        ("--bogus", "unknown flag: --bogus"),
    ] {
        let told = ask(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{line}: {told:?}");
        assert_eq!(told.stderr, format!("Error: {text}\nerror during command execution: {text}\n"), "{line}");
    }
}

#[test]
fn flags_that_exclude_each_other_are_told_apart_in_the_order_of_their_names() {
    let told = ask(&["verify", "--ca-intermediates", "a", "--ca-roots", "c", "--cert-chain", "b", "x"]);
    let text = "if any flags in the group [ca-intermediates certificate-chain] are set none of the others can be; [ca-intermediates certificate-chain] were all set";
    assert!(told.code == 1 && told.stderr.contains(&format!("Error: {text}\n")), "{told:?}");
    let told =
        ask_with(&["verify", "x"], &[("COSIGN_CA_ROOTS", "a"), ("COSIGN_CERTIFICATE_CHAIN", "b")], b"");
    let text = "if any flags in the group [ca-roots certificate-chain] are set none of the others can be; [ca-roots certificate-chain] were all set";
    assert_eq!(told.stderr.lines().next(), Some(format!("Error: {text}").as_str()), "{told:?}");
}

#[test]
fn unknown_verbs_are_met_with_the_nearest_or_with_where_to_go() {
    let told = ask(&["verfy"]);
    assert_eq!(
        told.stderr,
        "Error: unknown command \"verfy\" for \"cosign\"\n\nDid you mean this?\n\tverify\n\n\
         Run 'cosign --help' for usage.\n\
         error during command execution: unknown command \"verfy\" for \"cosign\"\n\nDid you mean this?\n\tverify\n"
    );
    let told = ask(&["sign", "x"]);
    assert!(told.code == 1 && told.stderr.contains("Sealgate verifies and reads"), "{told:?}");
    for words in [&["login", "-u", "x", "registry.example"][..], &["public-key", "--key", "x"]] {
        let told = ask(words);
        assert_eq!((told.code, told.stderr.lines().count()), (1, 2), "{told:?}");
    }
    let told = ask(&["help", "bogus"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, ""));
    assert!(told.stderr.starts_with("Unknown help topic [`bogus`]\n"), "{told:?}");
}

#[test]
fn flags_before_the_verb_belong_to_it() {
    let told = ask(&["--key", "/nonexistent", "--max-workers=0", "verify", "x"]);
    assert!(told.stderr.starts_with("Error: please set the --max-worker flag"), "{told:?}");
    // A flag that nobody knows yet takes the next word for its value.
    assert_eq!(ask(&["--help", "verify"]).stdout, ask(&["--help"]).stdout);
}

#[test]
fn a_file_for_the_answer_that_cannot_be_made_ends_the_command() {
    let place = Place::new();
    let name = place.name("no/such/folder");
    let text = format!("Error: error creating output file {name}: open {name}: no such file or directory\n");
    let told = ask(&["verify", "--output-file", &name, "x"]);
    assert_eq!((told.code, told.stderr), (1, text.clone()));
    let told = ask(&["trusted-root", "create", "--output-file", &name]);
    assert!(told.code == 1 && told.stderr.starts_with(&text) && told.stderr.lines().count() == 2, "{told:?}");
    let file = place.name("root.json");
    let told = ask(&["--output-file", &file, "trusted-root", "create"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, ""));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("{\"mediaType\""));
}

#[test]
fn variables_are_listed_and_secrets_are_not_shown() {
    let variables = [
        ("COSIGN_PASSWORD", "hunter2"),
        ("COSIGN_REPOSITORY", "registry.example/signatures"),
        ("COSIGN_KEY", "key.pub"),
        ("TUF_OTHER", "a=b"),
        ("PATH", "/bin"),
    ];
    let told = ask_with(&["env", "--show-descriptions=false"], &variables, b"");
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!(lines.len(), 31, "{lines:?}");
    for line in ["COSIGN_PASSWORD=******", "COSIGN_REPOSITORY=registry.example/signatures", "GITHUB_TOKEN="] {
        assert!(lines.contains(&line), "{line}");
    }
    assert_eq!(lines[29..], ["COSIGN_KEY=******", "TUF_OTHER=******"]);
    let told = ask_with(&["env", "--show-descriptions=false", "--show-sensitive-values"], &variables, b"");
    assert!(told.stdout.contains("COSIGN_PASSWORD=hunter2\n") && told.stdout.ends_with("TUF_OTHER=a=b\n"));
    let told = ask(&["env"]);
    assert_eq!(told.stdout.lines().count(), 3 * 29);
    assert!(told.stdout.contains("\nCOSIGN_REPOSITORY=\n") && !told.stdout.contains("hunter2"));
}
