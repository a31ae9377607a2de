use std::io;

use super::{Flag, Kind, Typed, bind_variables, modernise, parse};
use crate::Console;

const FLAGS: &[Flag] = &[
    Flag::text("key", ""),
    Flag::text("certificate-identity", ""),
    Flag::switch("insecure-ignore-tlog", ""),
    Flag::text("timeout", "").of(Kind::Duration).default("3m0s").short('t'),
    Flag::text("annotations", "").of(Kind::List).short('a'),
    Flag::text("max-workers", "").of(Kind::Int).default("10"),
    Flag::switch("offline", "").deprecated("use nothing"),
];

fn typed(line: &str, said: &mut Vec<u8>, variables: &[(&str, &str)]) -> Result<Typed, String> {
    let environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut console = Console::new(environment, io::empty(), io::sink(), said);
    let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let arguments = modernise(&arguments, &mut console);
    let mut typed = parse(FLAGS, &arguments, &mut console)?;
    bind_variables(FLAGS, &mut typed, &console)?;
    Ok(typed)
}

#[test]
fn flags_read_as_pflag_reads_them() {
    let mut said = Vec::new();
    let read =
        typed("a --key=k --offline b -a x=1,y=2 -a z --cert-identity me -- --key", &mut said, &[]).unwrap();
    assert_eq!(read.words, ["a", "b", "--key"]);
    assert_eq!(read.text("key"), "k");
    assert_eq!(read.text("certificate-identity"), "me");
    assert_eq!(read.list("annotations"), ["x=1", "y=2", "z"]);
    assert!(read.switch("offline") && !read.switch("insecure-ignore-tlog"));
    assert_eq!(read.duration("timeout").as_secs(), 180);
    assert_eq!(String::from_utf8(said).unwrap(), "Flag --offline has been deprecated, use nothing\n");
}

#[test]
fn wrong_flags_fail_with_pflags_words() {
    for (line, text) in [
        ("--bogus", "unknown flag: --bogus"),
        ("--bogus=1", "unknown flag: --bogus"),
        ("-x", "unknown shorthand flag: 'x' in -x"),
        ("--key", "flag needs an argument: --key"),
        ("-t", "flag needs an argument: 't' in -t"),
        ("-otext", "unknown flag: --otext"),
        (
            "--max-workers abc",
            r#"invalid argument "abc" for "--max-workers" flag: strconv.ParseInt: parsing "abc": invalid syntax"#,
        ),
        ("-t abc", r#"invalid argument "abc" for "-t, --timeout" flag: time: invalid duration "abc""#),
        (
            "--insecure-ignore-tlog=maybe",
            r#"invalid argument "maybe" for "--insecure-ignore-tlog" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#,
        ),
    ] {
        assert_eq!(typed(line, &mut Vec::new(), &[]).unwrap_err(), text);
    }
}

#[test]
fn notices_are_only_for_lines_that_can_be_read() {
    let mut said = Vec::new();
    assert!(typed("--offline --bogus", &mut said, &[]).is_err() && said.is_empty());
    assert!(typed("--offline", &mut said, &[]).is_ok() && !said.is_empty());
}

#[test]
fn variables_fill_what_was_not_typed() {
    let variables = [
        ("COSIGN_KEY", "v"),
        ("COSIGN_TIMEOUT", "1s"),
        ("COSIGN_OFFLINE", "true"),
        ("COSIGN_MAX_WORKERS", ""),
    ];
    let mut said = Vec::new();
    let read = typed("--key=k", &mut said, &variables).unwrap();
    assert_eq!(
        (read.text("key"), read.duration("timeout").as_secs(), read.number("max-workers")),
        ("k", 1, 10)
    );
    assert!(read.given("timeout") && read.switch("offline") && said.is_empty());
}

#[test]
fn two_of_an_exclusive_group_are_refused() {
    let read = typed("--key=a --offline", &mut Vec::new(), &[]).unwrap();
    assert!(read.exclusive(&["key", "timeout"]).is_ok());
    let text = "if any flags in the group [offline key] are set none of the others can be; [key offline] were all set";
    assert_eq!(read.exclusive(&["offline", "key"]).unwrap_err(), text);
}

#[test]
fn old_spellings_are_understood_aloud() {
    let mut said = Vec::new();
    let mut console = Console::new([].into(), io::empty(), io::sink(), &mut said);
    let words: Vec<String> = ["-key", "x", "--k", "-t", "-", "--", "-version"].map(str::to_owned).into();
    assert_eq!(modernise(&words, &mut console), ["--key", "x", "-k", "-t", "-", "--", "version"]);
    drop(console);
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with("WARNING: the -key flag is deprecated and will be removed in a future release. Please use the --key flag instead.\n"));
    assert!(said.contains("WARNING: the flag --k is deprecated and will be removed in a future release. Please use the flag -k.\n"));
}
