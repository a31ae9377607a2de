//! Image references: one reading, containerd's, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use proptest::prelude::*;
use rstest::rstest;
use sealgate_verify::{Reference, limits};

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What containerd's parser makes of them (REF-01, REF-02, REF-03).
#[rstest]
#[case("nginx", "docker.io", "docker.io", "library/nginx", None)]
#[case("library/nginx", "docker.io", "docker.io", "library/nginx", None)]
#[case("docker.io/nginx", "docker.io", "docker.io", "library/nginx", None)]
#[case("docker.io/library/nginx:1.27", "docker.io", "docker.io", "library/nginx", Some("1.27"))]
#[case("index.docker.io/nginx", "docker.io", "docker.io", "library/nginx", None)]
#[case("index.docker.io/library/nginx", "docker.io", "docker.io", "library/nginx", None)]
#[case("registry-1.docker.io/library/nginx", "registry-1.docker.io", "docker.io", "library/nginx", None)]
#[case("acme/app", "docker.io", "docker.io", "acme/app", None)]
#[case("localhost/x", "localhost", "localhost", "x", None)]
#[case("localhost:5000/x", "localhost:5000", "localhost:5000", "x", None)]
#[case("localhost:5000", "docker.io", "docker.io", "library/localhost", Some("5000"))]
#[case("a.b/x", "a.b", "a.b", "x", None)]
#[case("a:5000/x", "a:5000", "a:5000", "x", None)]
#[case("a/x:5000", "docker.io", "docker.io", "a/x", Some("5000"))]
#[case("GHCR.IO/acme/app", "GHCR.IO", "ghcr.io", "acme/app", None)]
#[case("Registry/acme/app", "Registry", "registry", "acme/app", None)]
#[case("ghcr.io:443/acme/app", "ghcr.io:443", "ghcr.io", "acme/app", None)]
#[case("ghcr.io:4430/acme/app", "ghcr.io:4430", "ghcr.io:4430", "acme/app", None)]
#[case("127.0.0.1:5000/a_b/c__d/e--f/g.h", "127.0.0.1:5000", "127.0.0.1:5000", "a_b/c__d/e--f/g.h", None)]
#[case("xn--80ak6aa92e.com/x", "xn--80ak6aa92e.com", "xn--80ak6aa92e.com", "x", None)]
#[case("sha256:0123", "docker.io", "docker.io", "library/sha256", Some("0123"))]
fn a_reference_is_read_as_containerd_reads_it(
    #[case] text: &str,
    #[case] contact: &str,
    #[case] host: &str,
    #[case] repository: &str,
    #[case] tag: Option<&str>,
) {
    for (text, digest) in
        [(text.to_owned(), None), (format!("{text}@{DIGEST}"), Some(DIGEST.parse().unwrap()))]
    {
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(reference.contact_host(), contact);
        assert_eq!(reference.host(), host);
        assert_eq!(reference.repository(), repository);
        assert_eq!(reference.name(), format!("{host}/{repository}"));
        assert_eq!(reference.tag(), tag);
        assert_eq!(reference.digest(), digest.as_ref());
        assert_eq!(reference.written(), text);
    }
}

// The upper-case spelling of Docker's host is a host by rule, and containerd completes no path below it.
#[test]
fn an_upper_case_docker_host_is_not_completed() {
    let reference = Reference::parse("Docker.io/nginx").unwrap();
    assert_eq!((reference.contact_host(), reference.name().as_str()), ("Docker.io", "docker.io/nginx"));
}

// REF-04 to REF-10, REF-13, REF-14.
#[rstest]
fn nothing_but_the_ascii_grammar_is_a_reference(
    #[values(
        "",
        " ",
        "ghcr.io/Acme/app",
        "NGINX",
        "ghcr.io/acme/app:",
        "ghcr.io/acme/app@",
        "ghcr.io/",
        "/nginx",
        "ghcr.io//app",
        "ghcr.io/acme/",
        "ghcr.io/acme/../app",
        "ghcr.io/./app",
        "ghcr.io/acme/app/..",
        "ghcr.io/a..b",
        "ghcr.io/a._b",
        "ghcr.io/a___b",
        "ghcr.io/-a",
        "ghcr.io/a-",
        "ghcr.io:/app",
        "ghcr.io:0/app",
        "ghcr.io:0443/app",
        "ghcr.io:65536/app",
        "ghcr.io:99999/app",
        "ghcr.io:44a/app",
        "ghcr.io:1:2/app",
        "ghcr.io./app",
        ".ghcr.io/app",
        "ghcr..io/app",
        "-ghcr.io/app",
        "ghcr-.io/app",
        "ghcr_x.io/app",
        "docker://nginx",
        "oci://ghcr.io/acme/app",
        "https://ghcr.io/acme/app",
        "docker-daemon:nginx:latest:x",
        "ghcr.io/acme/app:a:b",
        "ghcr.io/acme/app:-a",
        "ghcr.io/acme/app:.a",
        "[::1]:5000/x",
        "[fe80::1%25eth0]/x",
        "[::1]/x",
        "ghcr.io/acme%2fapp",
        "ghcr.io/acme/app%40sha256",
        "ghcr.io\\acme",
        "ghcr.io/acme/app ",
        " ghcr.io/acme/app",
        "ghcr.io/ac me/app",
        "ghcr.io/acme/app\n",
        "ghcr.io/acme/app\t",
        "ghcr.io/acme/app\0",
        "ghcr.io/acme/app\u{200b}",
        "ghcr.io/acm\u{0435}/app",
        "\u{0261}hcr.io/acme/app",
        "ghcr\u{ff0e}io/acme/app",
        "ghcr.io\u{ff0f}acme/app",
        "b\u{fc}cher.example/app",
        "ghcr.io/acme/app?x=1",
        "ghcr.io/acme/app#x",
        "user@ghcr.io/acme/app",
        "user:pw@ghcr.io/acme/app",
        "ghcr.io/acme/app+x",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    text: &str,
) {
    let error = Reference::parse(text).unwrap_err();
    assert_eq!(error.code(), "reference-invalid");
    assert!(error.to_string().chars().all(|character| matches!(character, ' '..='~')), "{error}");
}

#[rstest]
#[case::upper_case_digits(DIGEST.to_uppercase().replace("SHA", "sha"))]
#[case::upper_case_name(DIGEST.replace("sha", "SHA"))]
#[case::cut(DIGEST[..70].to_owned())]
#[case::long(format!("{DIGEST}00"))]
#[case::sha1("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned())]
#[case::md5("md5:d41d8cd98f00b204e9800998ecf8427e".to_owned())]
#[case::of_an_unknown_algorithm(DIGEST.replace("sha256", "blake3"))]
#[case::without_algorithm(DIGEST[7..].to_owned())]
#[case::twice(format!("{DIGEST}@{DIGEST}"))]
#[case::with_a_tag(format!("{DIGEST}:latest"))]
#[case::with_a_path(format!("{DIGEST}/x"))]
fn a_digest_has_one_spelling_and_stands_last(#[case] digest: String) {
    assert!(Reference::parse(&format!("ghcr.io/acme/app@{digest}")).is_err());
    assert!(Reference::parse(&format!("ghcr.io/acme/app@{DIGEST}")).is_ok(), "twin");
}

#[test]
fn longer_digests_are_read() {
    for (name, digits) in [("sha384", 96), ("sha512", 128)] {
        let text = format!("ghcr.io/acme/app@{name}:{}", "0".repeat(digits));
        assert_eq!(Reference::parse(&text).unwrap().digest().unwrap().algorithm().name(), name);
    }
}

#[test]
fn lengths_are_bounded_at_n_and_not_at_n_plus_one() {
    let path = |bytes: usize| Reference::parse(&format!("ghcr.io/{}", "a".repeat(bytes)));
    assert!(path(limits::REPOSITORY_BYTES).is_ok());
    assert!(path(limits::REPOSITORY_BYTES + 1).is_err());
    let official = |bytes: usize| Reference::parse(&"a".repeat(bytes));
    assert!(official(limits::REPOSITORY_BYTES - "library/".len()).is_ok());
    assert!(official(limits::REPOSITORY_BYTES - "library/".len() + 1).is_err());
    let tag = |bytes: usize| Reference::parse(&format!("ghcr.io/a:{}", "t".repeat(bytes)));
    assert!(tag(limits::TAG_BYTES).is_ok());
    assert!(tag(limits::TAG_BYTES + 1).is_err());
    // A host long enough that all of it has just as many bytes as may be.
    let all =
        |bytes: usize| Reference::parse(&format!("{}.io/{}:t", "h".repeat(bytes - 6 - 255), "a".repeat(255)));
    assert!(all(limits::REFERENCE_BYTES).is_ok());
    assert!(all(limits::REFERENCE_BYTES + 1).is_err());
}

proptest! {
    #[test]
    fn any_text_fails_or_says_again_what_was_written(text in "[a-zA-Z0-9._/:@%-]{0,40}|\\PC{0,20}|([a-z.]{1,8}(:[0-9]{0,5})?/)?[a-z_./-]{1,12}(:[a-z0-9.-]{0,5})?") {
        if let Ok(reference) = Reference::parse(&text) {
            prop_assert_eq!(reference.written(), &text);
            // Written out in full it is the same image.
            let mut full = format!("{}/{}", reference.contact_host(), reference.repository());
            if let Some(tag) = reference.tag() { full = format!("{full}:{tag}") }
            if let Some(digest) = reference.digest() { full = format!("{full}@{digest}") }
            let again = Reference::parse(&full).unwrap();
            prop_assert_eq!(again.name(), reference.name());
            prop_assert_eq!(again.contact_host(), reference.contact_host());
            prop_assert_eq!((again.tag(), again.digest()), (reference.tag(), reference.digest()));
        }
    }
}
