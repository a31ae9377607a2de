//! Who a certificate says has signed: read strictly, or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use rcgen::{CustomExtension, OtherNameValue, SanType};
use rstest::rstest;
use sealgate_verify::{CertificateSigner, SignerError, SubjectKind, limits};

#[path = "support/sample.rs"]
mod sample;

use sample::{GITHUB, Sample, dns, email, ip, login, utf8};

#[test]
fn a_workflow_certificate_tells_subject_issuer_and_claims() {
    let signer = Sample::new()
        .bare(1, GITHUB)
        .bare(4, "Release")
        .text(11, "github-hosted")
        .text(12, "https://github.com/acme/app")
        .bare(5, "acme/app")
        .read()
        .unwrap();
    assert_eq!(signer.subject.kind, SubjectKind::Uri);
    assert_eq!(
        signer.subject.value,
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"
    );
    assert_eq!(signer.issuer, GITHUB);
    assert_eq!(signer.claims.get("runnerEnvironment"), Some("github-hosted"));
    assert_eq!(signer.claims.get("sourceRepositoryURI"), Some("https://github.com/acme/app"));
    assert_eq!(signer.claims.get("githubWorkflowName"), Some("Release"));
    assert_eq!(signer.claims.get("sourceRepositoryRef"), None);
    assert_eq!(signer.claims.extension(5), Some("acme/app"));
    assert_eq!(signer.claims.extension(1), Some(GITHUB));
    assert!(signer.not_before < signer.not_after);
}

#[test]
fn old_extensions_stand_in_for_absent_new_ones() {
    let signer = Sample::new()
        .bare(2, "push")
        .bare(3, "0123")
        .bare(5, "acme/app")
        .bare(6, "refs/tags/v1")
        .read()
        .unwrap();
    for (name, value) in [
        ("buildTrigger", "push"),
        ("sourceRepositoryDigest", "0123"),
        ("sourceRepositoryURI", "https://github.com/acme/app"),
        ("sourceRepositoryRef", "refs/tags/v1"),
    ] {
        assert_eq!(signer.claims.get(name), Some(value));
    }
}

#[test]
fn an_old_repository_of_an_unknown_host_stands_in_for_nothing() {
    let mut sample = Sample::new().bare(5, "acme/app");
    sample.extensions[0] = (8, utf8("https://issuer.example"));
    assert_eq!(sample.read().unwrap().claims.get("sourceRepositoryURI"), None);
}

#[test]
fn an_empty_claim_is_no_claim() {
    let signer = Sample::new().text(14, "").text(20, "").bare(2, "push").read().unwrap();
    assert_eq!(signer.claims.get("sourceRepositoryRef"), None);
    assert_eq!(signer.claims.get("buildTrigger"), Some("push"));
}

#[rstest]
#[case::trigger(2, "push", 20, "workflow_dispatch", "push")]
#[case::commit(3, "0123", 13, "4567", "0123")]
#[case::repository(5, "acme/app", 12, "https://github.com/evil/app", "https://github.com/acme/app")]
#[case::repository_host(5, "acme/app", 12, "https://evil.test/acme/app", "https://github.com/acme/app")]
#[case::reference(6, "refs/heads/main", 14, "refs/heads/evil", "refs/heads/main")]
fn claims_that_contradict_each_other_refuse_the_certificate(
    #[case] old: u64,
    #[case] short: &str,
    #[case] new: u64,
    #[case] wrong: &str,
    #[case] right: &str,
) {
    let error = Sample::new().bare(old, short).text(new, wrong).read().unwrap_err();
    assert_eq!(error.code(), "certificate-contradictory");
    assert!(Sample::new().bare(old, short).text(new, right).read().is_ok(), "twin");
}

#[test]
fn another_host_may_name_its_repository_in_short_but_not_another_one() {
    let mut sample = Sample::new().bare(5, "acme/app").text(12, "https://forge.example/acme/app");
    sample.extensions[0] = (8, utf8("https://issuer.example"));
    assert!(sample.read().is_ok());
    sample.extensions[2] = (12, utf8("https://forge.example/evil-acme/app"));
    assert_eq!(sample.read().unwrap_err(), SignerError::Contradiction { old: 5, new: 12 });
}

#[test]
fn two_issuers_that_differ_refuse_the_certificate() {
    let sample = Sample::new().bare(1, "https://evil.test");
    assert_eq!(sample.read().unwrap_err(), SignerError::Contradiction { old: 1, new: 8 });
    assert_eq!(Sample::new().bare(1, GITHUB).read().unwrap().issuer, GITHUB);
}

#[test]
fn the_old_issuer_stands_in_where_the_new_is_absent_but_not_where_it_is_malformed() {
    let mut sample = Sample::new();
    sample.extensions = vec![(1, GITHUB.as_bytes().to_vec())];
    assert_eq!(sample.read().unwrap().issuer, GITHUB);
    sample.extensions.push((8, GITHUB.as_bytes().to_vec()));
    assert_eq!(sample.read().unwrap_err(), SignerError::MalformedExtension { number: 8 });
}

#[test]
fn a_certificate_without_issuer_has_an_empty_one() {
    let mut sample = Sample::new();
    sample.extensions.clear();
    assert_eq!(sample.read().unwrap().issuer, "");
}

#[rstest]
#[case::trailing_byte([utf8("push"), vec![0]].concat())]
#[case::bare(b"push".to_vec())]
#[case::printable_string(b"\x13\x04push".to_vec())]
#[case::long_length(b"\x0c\x81\x04push".to_vec())]
#[case::not_utf8(b"\x0c\x01\xff".to_vec())]
#[case::overlong_utf8(b"\x0c\x02\xc0\xaf".to_vec())]
#[case::nul(b"\x0c\x05push\0".to_vec())]
#[case::newline(b"\x0c\x05push\n".to_vec())]
#[case::nothing(vec![])]
fn a_malformed_claim_refuses_the_certificate(#[case] value: Vec<u8>) {
    let mut sample = Sample::new();
    sample.extensions.push((20, value));
    assert_eq!(sample.read().unwrap_err(), SignerError::MalformedExtension { number: 20 });
    sample.extensions[1].1 = utf8("push");
    assert!(sample.read().is_ok(), "twin");
}

#[test]
fn all_three_kinds_of_subject_are_read() {
    let user = SanType::OtherName((
        vec![1, 3, 6, 1, 4, 1, 57264, 1, 7],
        OtherNameValue::Utf8String("jo!acme.example".into()),
    ));
    for (name, kind, text) in [
        (email("dev@acme.example"), SubjectKind::Email, "dev@acme.example"),
        (user, SubjectKind::Other, "jo!acme.example"),
        (SanType::URI("spiffe://acme/ci".try_into().unwrap()), SubjectKind::Uri, "spiffe://acme/ci"),
    ] {
        let signer = Sample::new().name(name).read().unwrap();
        assert_eq!((signer.subject.kind, signer.subject.value.as_str()), (kind, text));
    }
}

#[test]
fn a_subject_of_a_kind_that_nobody_reads_refuses_the_certificate() {
    let found = "another otherName";
    assert_eq!(Sample::new().name(login()).read().unwrap_err(), SignerError::SubjectKind { found });
    let mut sample = Sample::new().name(login());
    sample.names.push(login());
    assert_eq!(sample.read().unwrap_err(), SignerError::SubjectCount { found: 2 });
    sample.names.clear();
    assert_eq!(sample.read().unwrap_err(), SignerError::SubjectCount { found: 0 });
    assert_eq!(sample.read().unwrap_err().code(), "certificate-subject");
}

#[rstest]
#[case::host(&[dns("acme.example")], SignerError::SubjectKind { found: "dNSName" })]
#[case::address(&[ip("127.0.0.1")], SignerError::SubjectKind { found: "iPAddress" })]
#[case::two(&[email("dev@acme.example"), email("evil@acme.example")], SignerError::SubjectCount { found: 2 })]
#[case::twice(&[email("dev@acme.example"), email("dev@acme.example")], SignerError::SubjectCount { found: 2 })]
#[case::and_a_host(&[email("dev@acme.example"), dns("acme.example")], SignerError::SubjectCount { found: 2 })]
#[case::and_one_that_is_not_read(&[email("dev@acme.example"), login()], SignerError::SubjectCount { found: 2 })]
fn a_certificate_of_a_host_or_of_several_names_has_no_sole_subject(
    #[case] names: &[SanType],
    #[case] error: SignerError,
) {
    let mut sample = Sample::new();
    sample.names = names.to_vec();
    assert_eq!(sample.read().unwrap().sole_subject().unwrap_err(), error);
    assert_eq!(error.code(), "certificate-subject");
    sample.names = vec![email("dev@acme.example")];
    assert_eq!(sample.read().unwrap().sole_subject().unwrap().value, "dev@acme.example");
}

#[test]
fn all_names_are_reported_by_kind_and_bundles_know_their_signer_by_the_first_uri() {
    let mut sample = Sample::new();
    let workflow = sample.names.clone();
    sample.names = vec![login(), email("b@acme.example"), ip("192.0.2.7"), email("a@acme.example")];
    sample.names.extend(workflow);
    sample.names.push(dns("*.acme.example"));
    let signer = sample.read().unwrap();
    let names: Vec<&str> = signer.names.iter().map(|name| name.value.as_str()).collect();
    let uri = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";
    assert_eq!(names, ["*.acme.example", "b@acme.example", "a@acme.example", "192.0.2.7", uri]);
    assert_eq!((signer.subject.kind, signer.subject.value.as_str()), (SubjectKind::Uri, uri));
    sample.names = vec![dns("acme.example"), email("b@acme.example"), email("a@acme.example")];
    assert_eq!(sample.read().unwrap().subject.value, "b@acme.example");
}

#[rstest]
#[case("192.0.2.7", "192.0.2.7")]
#[case("::ffff:192.0.2.7", "192.0.2.7")]
#[case("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1")]
fn an_address_has_one_spelling(#[case] address: &str, #[case] text: &str) {
    assert_eq!(Sample::new().name(ip(address)).read().unwrap().subject.value, text);
}

#[rstest]
#[case::none(b"\x87\x00")]
#[case::three(b"\x87\x03\x7f\x00\x00")]
#[case::five(b"\x87\x05\x7f\x00\x00\x01\x00")]
#[case::with_a_mask(b"\x87\x08\x7f\x00\x00\x01\xff\xff\xff\xff")]
#[case::host_with_a_nul(b"\x82\x05acme\0")]
#[case::host_without_a_name(b"\x82\x00")]
#[case::host_in_another_alphabet(b"\x82\x05acm\xd0\xb5")]
fn a_malformed_host_or_address_refuses_the_certificate_also_beside_a_good_name(#[case] name: &[u8]) {
    let with = |name: &[u8]| {
        let names = [b"\x81\x0fdev@acme.test!!", name].concat();
        let san = [&[0x30, u8::try_from(names.len()).unwrap()], &names[..]].concat();
        let mut sample = Sample::new();
        sample.names.clear();
        sample.others = vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], san)];
        sample.read()
    };
    assert_eq!(with(name).unwrap_err(), SignerError::MalformedSubject);
    assert_eq!(with(b"\x87\x04\x7f\x00\x00\x01").unwrap().names.len(), 2);
}

// Subject alternative names that no honest tool writes, as raw GeneralNames.
#[rstest]
#[case::newline(b"\x81\x0fdev@acme.test\n\n")]
#[case::nul(b"\x81\x0fdev@acme\0.test!")]
#[case::not_ascii(b"\x81\x0fdev@acm\xd0\xb5.test!")]
#[case::not_utf8(b"\x81\x0fdev@acme.test\xff\xff")]
#[case::empty(b"\x81\x00")]
fn a_malformed_subject_refuses_the_certificate(#[case] name: &[u8]) {
    let mut sample = Sample::new();
    sample.names.clear();
    let san = [&[0x30, u8::try_from(name.len()).unwrap()], name].concat();
    sample.others = vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], san)];
    assert_eq!(sample.read().unwrap_err(), SignerError::MalformedSubject);
    sample.others =
        vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], b"\x30\x11\x81\x0fdev@acme.test!!".to_vec())];
    assert_eq!(sample.read().unwrap().subject.value, "dev@acme.test!!");
}

#[test]
fn an_other_name_of_another_string_type_or_with_two_values_is_refused() {
    let oid = b"\x06\x0a\x2b\x06\x01\x04\x01\x83\xbf\x30\x01\x07";
    let read = |value: &[u8]| {
        let name = [&oid[..], value].concat();
        let name = [&[0xa0, u8::try_from(name.len()).unwrap()], &name[..]].concat();
        let mut sample = Sample::new();
        sample.names.clear();
        let san = [&[0x30, u8::try_from(name.len()).unwrap()], &name[..]].concat();
        sample.others = vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], san)];
        sample.read()
    };
    assert_eq!(read(b"\xa0\x05\x0c\x03jo!").unwrap().subject.value, "jo!");
    for wrong in [
        &b"\xa0\x05\x13\x03jo!"[..],
        b"\xa0\x0a\x0c\x03jo!\x0c\x03eve",
        b"\xa0\x05\x0c\x03jo!\xa0\x05\x0c\x03eve",
        b"\x0c\x03jo!",
    ] {
        assert_eq!(read(wrong).unwrap_err(), SignerError::MalformedSubject, "{wrong:?}");
    }
}

#[test]
fn an_extension_twice_refuses_the_certificate() {
    for sample in [Sample::new().text(8, GITHUB), Sample::new().text(20, "push").text(20, "push")] {
        assert_eq!(sample.read().unwrap_err().code(), "certificate-duplicate-extension");
    }
}

#[test]
fn a_certificate_is_read_up_to_its_limits_and_not_beyond() {
    let with_bytes = |padding: usize| {
        let mut sample = Sample::new();
        sample.others = vec![CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0; padding])];
        sample.der()
    };
    // A signature's length varies by a few bytes, so each certificate is measured.
    let fitting = (0..)
        .map(|less| with_bytes(limits::CERTIFICATE_BYTES - 500 - less))
        .find(|der| der.len() <= limits::CERTIFICATE_BYTES)
        .unwrap();
    assert!(CertificateSigner::from_der(&fitting).is_ok());
    let mut over = fitting;
    over.resize(limits::CERTIFICATE_BYTES + 1, 0);
    let found = limits::CERTIFICATE_BYTES + 1;
    assert_eq!(
        CertificateSigner::from_der(&over).unwrap_err(),
        SignerError::Limit { what: "bytes", limit: found - 1, found }
    );

    let with_extensions = |count: usize| {
        let mut sample = Sample::new();
        let used = 2;
        sample.others = (used..count)
            .map(|n| CustomExtension::from_oid_content(&[1, 2, 3, n as u64], vec![5, 0]))
            .collect();
        sample.read()
    };
    assert!(with_extensions(limits::CERTIFICATE_EXTENSIONS).is_ok());
    let found = limits::CERTIFICATE_EXTENSIONS + 1;
    assert_eq!(
        with_extensions(found).unwrap_err(),
        SignerError::Limit { what: "extensions", limit: found - 1, found }
    );
}

#[test]
fn cut_or_altered_bytes_never_stop_the_reader() {
    let good = Sample::new().bare(5, "acme/app").text(20, "push").der();
    for end in 0..good.len() {
        assert!(CertificateSigner::from_der(&good[..end]).is_err(), "{end}");
    }
    let trailing = [&good[..], &[0]].concat();
    assert_eq!(CertificateSigner::from_der(&trailing).unwrap_err(), SignerError::Malformed);
    for at in 0..good.len() {
        for value in [0, 0x7f, 0x80, 0xff, good[at] ^ 1] {
            let mut bad = good.clone();
            bad[at] = value;
            let _maybe = CertificateSigner::from_der(&bad);
        }
    }
}
