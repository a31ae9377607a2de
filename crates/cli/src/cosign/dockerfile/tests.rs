use super::{cosign, docker, expand::Manner};

mod builds;

fn read(text: &str, manner: Manner) -> (Vec<String>, Result<Vec<String>, String>) {
    let outer = |name: &str| match name {
        "OUTER" => Some("outer/image:1".to_owned()),
        _ => None,
    };
    let (notes, found) = match manner {
        Manner::Cosign => cosign::read(text.as_bytes(), &outer),
        Manner::Docker => docker::read(text.as_bytes(), &outer),
    };
    (notes, found.map(|found| found.images).map_err(|error| error.to_string()))
}

fn both(text: &str) -> Vec<String> {
    let docker = read(text, Manner::Docker).1.unwrap();
    assert_eq!(read(text, Manner::Cosign).1.unwrap(), docker, "{text}");
    docker
}

fn docker(text: &str) -> Vec<String> {
    read(text, Manner::Docker).1.unwrap()
}

fn cosign(text: &str) -> Vec<String> {
    read(text, Manner::Cosign).1.unwrap()
}

#[test]
fn images_of_stages_and_copies_are_found() {
    for (text, images) in [
        ("FROM a:1", &["a:1"][..]),
        ("from a:1", &["a:1"]),
        ("  FROM  --platform=linux/amd64   a@sha256:00  AS x", &["a@sha256:00"]),
        ("FROM a as x\nFROM x\nFROM b", &["a", "b"]),
        ("# FROM c\nFROM a AS x\nCOPY --from=x / /\nCOPY --from=b / /", &["a", "b"]),
        ("ARG T=1\nFROM a:${T}", &["a:1"]),
        ("ARG T=1\nARG U=a:$T\nFROM $U", &["a:1"]),
        ("ENV T=1\nFROM a:$T", &["a:1"]),
        ("ARG OUTER\nFROM ${OUTER}", &["outer/image:1"]),
        ("ARG OUTER=b\nFROM ${OUTER}", &["b"]),
        ("FROM a$\n", &["a$"]),
        ("RUN x", &[]),
        ("", &[]),
    ] {
        assert_eq!(both(text), images, "{text}");
    }
}

#[test]
fn scratch_and_stages_are_passed_over_aloud() {
    let (notes, images) = read("FROM a AS x\nFROM scratch\nFROM x", Manner::Docker);
    assert_eq!(images.unwrap(), ["a"]);
    assert_eq!(notes, ["- scratch image ignored", "- stage reference ignored: x"]);
}

#[test]
fn a_line_without_an_image_is_refused() {
    for manner in [Manner::Cosign, Manner::Docker] {
        for line in ["FROM", "FROM $UNKNOWN", "FROM ${UNKNOWN}"] {
            let text =
                format!("no image found in line \"{line}\" (is a build arg missing from the environment?)");
            assert_eq!(read(line, manner).1.unwrap_err(), text);
        }
        let error = read("FROM a AS", manner).1.unwrap_err();
        assert_eq!(error, "expected stage name after \"AS\" in line \"FROM a AS\"");
        assert_eq!(read("FROM a AS b", manner).1.unwrap(), ["a"]);
    }
}

#[test]
fn what_docker_builds_is_read_unless_compatibility_is_strict() {
    for (text, images, by_cosign) in [
        ("FROM \\\n  # why\n  a:1", &["a:1"][..], &["\\"][..]),
        ("FROM a\nFROM b\nCOPY --from=0 / /", &["a", "b"], &["a", "b", "0"]),
        ("FROM a AS Base\nFROM base", &["a"], &["a", "base"]),
        ("ARG T=\"1\"\nFROM a:$T", &["a:1"], &["a:\"1\""]),
        ("FROM a:${T:-1}", &["a:1"], &["a:"]),
        ("FROM a\nRUN --mount=type=bind,from=b,source=/ x", &["a", "b"], &["a"]),
        ("FROM a\nRUN x \\\nFROM b", &["a"], &["a", "b"]),
        ("FROM alpine AS alpine", &["alpine"], &[]),
        ("ENV T 1\nFROM a:$T", &["a:1"], &["a:"]),
        ("ARG D=a@sha256:0=\nFROM $D", &["a@sha256:0="], &["a@sha256:0"]),
        ("FROM a\nCOPY --chown=x --from=b:1 / /", &["a", "b:1"], &["a", "b:1"]),
    ] {
        assert_eq!(docker(text), images, "{text}");
        assert_eq!(cosign(text), by_cosign, "{text}");
    }
}

#[test]
fn a_line_is_continued_only_where_docker_continues_it() {
    let doubled = read("FROM a\nRUN x \\\\ \nFROM b", Manner::Docker).1.unwrap_err();
    assert!(doubled.starts_with("a doubled escape character at the end in line "), "{doubled}");
    assert_eq!(docker("FROM a\nRUN x \\\\.\nFROM b"), ["a", "b"]);
    assert_eq!(docker("FROM a\nRUN x \\ \nFROM b"), ["a"]);
    assert_eq!(docker("# escape=`\nFROM a\nRUN x \\\nFROM b"), ["a", "b"]);
    assert_eq!(docker("# escape=`\nFROM a\nRUN x `\nFROM b"), ["a"]);
    assert_eq!(docker("# note\n# escape=`\nFROM a\nRUN x \\\nFROM b"), ["a"]);
    assert_eq!(docker("FROM a\nRUN x \\  \n\n# c\nFROM b\nFROM c"), ["a", "c"]);
    assert_eq!(docker("FROM a\r\nFROM b\r\n"), ["a", "b"]);
}

#[test]
fn forms_that_are_not_understood_are_refused() {
    for text in ["FROM a:${T#x}", "FROM a:${", "FROM a:${}", "FROM a b"] {
        assert!(read(text, Manner::Docker).1.is_err(), "{text}");
    }
    assert_eq!(docker("FROM a:${T-x}"), ["a:x"]);
}

#[test]
fn a_line_as_long_as_gos_scanner_takes_is_read() {
    let text = |length: usize| format!("#{}\nFROM a", "x".repeat(length - 1));
    assert_eq!(cosign(&text((64 << 10) - 1)), ["a"]);
    assert_eq!(read(&text(64 << 10), Manner::Cosign).1.unwrap_err(), "bufio.Scanner: token too long");
    assert_eq!(docker(&text(64 << 10)), ["a"]);
}
