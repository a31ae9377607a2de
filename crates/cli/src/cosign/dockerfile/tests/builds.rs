//! What a build uses and a line-by-line reading misses.

use super::{super::docker, Manner, read};

fn images(text: &str) -> Vec<String> {
    read(text, Manner::Docker).1.unwrap()
}

fn error(text: &str) -> String {
    read(text, Manner::Docker).1.expect_err(text)
}

fn refused(text: &str, what: &str) {
    let error = error(text);
    assert!(error.starts_with(what) && error.ends_with("cannot be read with certainty"), "{text:?}: {error}");
}

fn base(text: &str) -> Option<String> {
    docker::read(text.as_bytes(), &|_| None).1.unwrap().base
}

#[test]
fn from_takes_only_the_args_before_the_first_from() {
    for (text, expected) in [
        ("ARG I=e\nFROM g\nARG I=g\nFROM $I", &["g", "e"][..]),
        ("ARG I=e\nFROM g AS a\nENV I=g\nFROM $I", &["g", "e"]),
        ("ARG I=e\nFROM g\nARG I=g\nFROM ${I:-g}", &["g", "e"]),
        ("FROM g\nARG I=g\nFROM ${I:-e}", &["g", "e"]),
        ("ARG A=e B=g\nFROM $A", &["e"]),
        ("ARG A=e\nARG A\nFROM $A", &["e"]),
        ("ARG OUTER=e\nARG OUTER\nFROM $OUTER", &["e"]),
        ("ARG B=g\nARG A='$B'\nFROM g", &["g"]),
        // No build begins with an image that ends so.
        ("FROM g\nARG T=1\nFROM h:$T", &["g", "h:1"]),
        ("FROM --platform=$BUILDPLATFORM g", &["g"]),
    ] {
        assert_eq!(images(text), expected, "{text}");
    }
    for text in ["FROM g\nARG T=h\nFROM g$T", "FROM g:$OUTER", "ARG X\nFROM g:$X", "ENV T=g\nFROM e$T"] {
        assert!(error(text).starts_with("no image found in line \"FROM "), "{text}");
    }
    for text in [
        "FROM g:1$TARGETARCH",
        "ARG TARGETARCH=x\nFROM g:1$TARGETARCH",
        "FROM g${BUILDOS:+x}",
        "ARG I='$OUTER'\nFROM $I",
        "ARG I=g\"x\"\nFROM $I",
        "ARG I=${X#y}\nFROM $I",
        "# escape=`\nARG B=g\nARG A=x\\ B=e\nFROM $B",
        "ARG B=g\nARG \"B\"=e\nFROM $B",
    ] {
        refused(text, "a variable in line \"FROM ");
    }
    assert!(error("ARG I=\"e f\"\nFROM $I").ends_with("names more than one image"));
    assert_eq!(
        error("FROM g\n\nARG I\nFROM $I"),
        "no image found in line \"FROM $I\" (is a build arg missing from the environment?)"
    );
}

#[test]
fn the_text_of_a_heredoc_is_passed_over_exactly() {
    for (text, expected) in [
        ("FROM g\nRUN <<EOF\nFROM g AS e\nEOF\nFROM e", &["g", "e"][..]),
        ("ARG I=e\nFROM g\nRUN <<EOF\nARG I=g\nEOF\nFROM $I", &["g", "e"]),
        ("FROM g\nCOPY <<EOF /x\nFROM g AS e\nEOF\nFROM e", &["g", "e"]),
        ("FROM g\nRUN <<-'E.O'\nFROM x\n EOF\n\t\tE.O\nFROM e", &["g", "e"]),
        ("FROM g\nRUN <<\"EOF\"\nx \\\ny\n# c\n\nEOF\nFROM e", &["g", "e"]),
        ("FROM g\nRUN <<A 3<<B cat\nB\nA\nA\nB\nFROM e", &["g", "e"]),
        ("FROM g\nRUN a \\\n  <<EOF\nFROM x\nEOF\r\nFROM e", &["g", "e"]),
        ("FROM g\nONBUILD RUN <<EOF\nFROM x\nEOF\nFROM e", &["g", "e"]),
        ("FROM g\nRUN cat <<< \"x\"\nFROM e", &["g", "e"]),
        ("FROM g\nCMD cat <<EOF\nFROM e", &["g", "e"]),
    ] {
        assert_eq!(images(text), expected, "{text}");
    }
    for end in ["", "EOF ", "\tEOF", "eof"] {
        let text = format!("FROM g\nRUN <<EOF\nFROM e\n{end}");
        assert_eq!(error(&text), "heredoc \"EOF\" in line \"RUN <<EOF\" is never closed");
    }
}

#[test]
fn what_may_or_may_not_be_a_heredoc_is_refused() {
    for line in [
        "RUN echo \"<<EOF\"",
        "RUN echo \"a <<EOF b\"",
        "RUN echo \\ <<EOF",
        "RUN echo ${X:+'} <<EOF",
        "RUN ${X:+}<<EOF",
        "RUN [\"cat\", \"<<EOF\"]",
        "RUN echo $((1<<2))",
        "RUN <<$X",
        "RUN << EOF",
        "RUN <<RUN",
        "RUN <<Cmd",
        "RUN a<<EOF",
    ] {
        refused(&format!("FROM g\n{line}\nFROM e\nEOF"), "`<<` in line ");
    }
    refused("FROM g\nRUN <<EOF\nFROM e\nRUN x \\\n\nEOF", "the end of the heredoc in line ");
    assert_eq!(images("FROM g\nRUN <<EOF\nFROM e\nRUN x\n\nEOF"), ["g"]);
}

#[test]
fn stages_have_names_that_a_build_takes() {
    for name in ["127.0.0.1:5000/e", "e/x", "e:1", "0", "-a", "$X", "\"x\"", "é"] {
        let error = error(&format!("FROM g AS {name}\nFROM e"));
        assert!(
            error.starts_with("stage name ") && error.ends_with("is not one that a build takes"),
            "{error}"
        );
    }
    assert_eq!(images("FROM g AS a-1_b.C\nFROM A-1_B.c\nCOPY --from=a-1_B.C / /"), ["g"]);
    assert!(error("FROM g AS a b").ends_with("names more than one image"));
}

#[test]
fn letters_that_only_some_builders_part_words_at_are_refused() {
    for text in [
        "FROM g\nRUN x \\ \r \nFROM e",
        "FROM g\nRUN x \\\r\r\nFROM e",
        "FROM g\n#\rFROM e",
        "FROM g\n\u{b}FROM e",
        "FROM g\n\0FROM e",
        "FROM g\n\u{85}FROM e",
    ] {
        refused(text, "a control character in line ");
    }
    assert_eq!(images("FROM g\r\nRUN x \\ \t\r\nFROM e"), ["g"]);
    assert_eq!(images("FROM g\nRUN x \\\u{a0}\nFROM e"), ["g", "e"]);
    let (_, found) = docker::read(b"FROM g\n# \xff", &|_| None);
    assert_eq!(found.unwrap_err().to_string(), "the Dockerfile is not UTF-8");
}

#[test]
fn directives_end_at_the_first_line_that_is_none() {
    for first in ["# x=1", "#1=x", "#syntax=", "# note", "", "FROM h"] {
        let text = format!("{first}\n# escape=`\nFROM g\nRUN x `\nFROM e");
        assert!(images(&text).ends_with(&["g".into(), "e".into()]), "{text}");
    }
    for first in
        ["# check=skip=all", "#Syntax = docker/dockerfile:1", "  # syntax=docker.io/docker/dockerfile"]
    {
        let text = format!("{first}\n# escape=`\nFROM g\nRUN x `\nFROM e");
        assert_eq!(images(&text), ["g"], "{text}");
    }
    refused("# escape=x\nFROM g", "a directive in line ");
    refused("#!/bin/x\n# escape=`\nFROM g", "a directive in line ");
    refused("# check= \n# escape=`\nFROM g", "a directive in line ");
    refused("# escape=`\n# escape=\\\nFROM g", "a directive given twice in line ");
}

#[test]
fn a_syntax_that_is_not_dockers_is_refused() {
    for text in
        ["# syntax=e/x:1", "#syntax = e", "// syntax=e", "#!/bin/x\n# syntax=e", "# check=x\n# SYNTAX=e"]
    {
        let error = error(&format!("{text}\nFROM g"));
        assert!(error.starts_with("syntax \"e") && error.contains("is not Docker's own"), "{error}");
    }
    for name in ["docker/dockerfile-e", "docker/dockerfile/e", "x/docker/dockerfile", "docker/dockerfile:1 e"]
    {
        assert!(error(&format!("# syntax={name}\nFROM g")).starts_with("syntax "), "{name}");
    }
    for name in [
        "docker/dockerfile",
        "docker/dockerfile:1.7-labs",
        "docker.io/docker/dockerfile@sha256:00",
        "docker/dockerfile-upstream:master",
    ] {
        assert_eq!(images(&format!("# syntax={name}\nFROM g")), ["g"], "{name}");
    }
    refused("{\"syntax\": \"e\"}\nFROM g", "an unknown instruction in line ");
    refused("FROM g\nFROM: e", "an unknown instruction in line ");
    assert_eq!(images("FROM g\nWorkdir /x"), ["g"]);
}

#[test]
fn flags_that_are_quoted_or_lack_their_value_are_refused() {
    for line in [
        "COPY --fr\"om\"=e / /",
        "COPY --from e / /",
        "COPY --fro\\m=e / /",
        "COPY --from='e' / /",
        "COPY --chown \"x\" --from=e / /",
        "RUN --mo\"unt\"=type=bind,from=e ls",
        "RUN --mount type=bind,from=e ls",
        "RUN --mount=type=bind,\"from=e\",target=/x ls",
        "RUN --mount=type=bind,target=\"/a b\",from=e ls",
        "RUN --mount=type=bind,target=/a\\ b,from=e ls",
        "ADD --from e / /",
        "FROM --platform x e",
    ] {
        refused(&format!("FROM g\n{line}"), "a flag in line ");
    }
    refused("FROM g\nRUN --mount=type=bind, from=e ls", "`--mount` in line ");
    refused("FROM g\nRUN --mount=type=bind,from ls", "`from` in line ");
    refused("FROM g\nRUN --mount=type=bind,from=$X ls", "`from` in line ");
    refused("FROM g\nFROM \"e\"", "a quoted image in line ");
    for line in [
        "COPY --link --from=e / /",
        "RUN --network=none --mount=target=/x,FROM=e,type=bind \"ls\" --x",
        "COPY --from=g --from=e / /",
    ] {
        assert_eq!(images(&format!("FROM x\n{line}")).last().map(String::as_str), Some("e"), "{line}");
    }
}

#[test]
fn onbuild_counts_as_the_instruction_behind_it() {
    assert_eq!(images("FROM g AS a\nONBUILD COPY --from=e / /\nFROM a"), ["g", "e"]);
    assert_eq!(images("FROM g\nonbuild RUN --mount=type=bind,from=e ls"), ["g", "e"]);
    assert_eq!(images("FROM g\nONBUILD USER x"), ["g"]);
    refused("FROM g\nONBUILD FROM e", "ONBUILD in line ");
    refused("FROM g\nONBUILD --x COPY --from=e / /", "an unknown instruction in line ");
}

#[test]
fn a_mount_knows_no_numbers_of_stages() {
    assert_eq!(images("FROM g\nRUN --mount=type=bind,from=0 ls"), ["g", "0"]);
    assert_eq!(images("FROM g AS a\nRUN --mount=type=bind,from=A ls"), ["g"]);
    assert_eq!(images("FROM g\nCOPY --from=0 / /\nCOPY --from=1 / /"), ["g", "1"]);
}

#[test]
fn the_base_is_found_through_all_stages() {
    for (text, expected) in [
        ("FROM e\nCOPY --from=g / /", Some("e")),
        ("FROM e AS b\nFROM g AS c\nFROM b", Some("e")),
        ("FROM e AS a\nFROM a AS b\nFROM g AS a\nFROM B", Some("e")),
        ("FROM e AS a\nFROM a AS b\nFROM g AS a\nFROM a", Some("g")),
        ("FROM g\nFROM scratch", None),
    ] {
        assert_eq!(base(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn a_long_line_is_shown_without_its_end() {
    let shown = |length: usize| error(&format!("FROM g\n{}", "x".repeat(length)));
    let said = |end: &str| {
        format!("an unknown instruction in line \"{}\"{end} cannot be read with certainty", "x".repeat(200))
    };
    assert_eq!(shown(200), said(""));
    assert_eq!(shown(201), said("..."));
}
