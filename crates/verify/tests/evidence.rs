//! Recorded evidence: what is written is read, and nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use std::{collections::BTreeSet, sync::Arc};

use proptest::{collection, prelude::*};
use rstest::rstest;
use sealgate_verify::{
    Algorithm, Digest, Entry, Evidence, EvidenceError, Gap, GapCause, Item, Place, Timestamp, limits,
};
use serde_json::{Value, json};

fn evidence() -> Evidence {
    let manifest: Arc<[u8]> = b"{}".as_slice().into();
    let item = Item {
        bytes: b"payload".as_slice().into(),
        media_type: "application/vnd.dev.cosign.simplesigning.v1+json".into(),
        annotations: [("dev.cosignproject.cosign/signature".into(), "MEU=".into())].into(),
        place: Place::SignatureTag,
    };
    let gap = Gap { place: Place::Referrers, cause: GapCause::AccessDenied, detail: "403".into() };
    let entry = Entry {
        digest: Digest::sha256(&manifest),
        manifest: Some(manifest),
        items: vec![item],
        gaps: vec![gap.clone()],
        looked_in: [Place::SignatureTag, Place::Referrers].into(),
    };
    Evidence {
        reference: "ghcr.io/acme/app:1".into(),
        gathered_at: Timestamp(1_795_260_671),
        entries: vec![entry],
        gaps: vec![gap],
    }
}

fn value() -> Value {
    serde_json::from_slice(&evidence().to_json()).unwrap()
}

fn read(value: &Value) -> Result<Evidence, EvidenceError> {
    Evidence::from_json(value.to_string().as_bytes())
}

#[test]
fn the_file_form_is_stable() {
    insta::assert_snapshot!(String::from_utf8(evidence().to_json()).unwrap());
}

#[test]
fn bytes_that_were_exchanged_are_found_out() {
    assert_eq!(read(&value()).unwrap(), evidence());
    for pointer in ["/entries/0/manifest", "/entries/0/items/0/bytes"] {
        let mut file = value();
        *file.pointer_mut(pointer).unwrap() = json!("ZXZpbA==");
        assert_eq!(read(&file).unwrap_err().code(), "evidence-file-altered", "{pointer}");
    }
    for pointer in ["/entries/0/digest", "/entries/0/items/0/digest"] {
        let mut file = value();
        *file.pointer_mut(pointer).unwrap() = json!(Digest::sha256(b"evil"));
        assert_eq!(read(&file).unwrap_err().code(), "evidence-file-altered", "{pointer}");
    }
}

#[rstest]
#[case::older(json!("0"))]
#[case::newer(json!("2"))]
#[case::longer(json!("1.0"))]
fn another_version_is_refused(#[case] version: Value) {
    let mut file = value();
    file["version"] = version;
    // Whatever else a later version has must not hide which one it is.
    file["news"] = json!({});
    assert_eq!(read(&file).unwrap_err().code(), "evidence-file-version");
}

#[rstest]
#[case::unknown_field("/entries/0/extra", json!(1))]
#[case::unknown_field_above("/extra", json!(1))]
#[case::unknown_field_of_a_gap("/gaps/0/extra", json!(1))]
#[case::number_for_version("/version", json!(1))]
#[case::unknown_place("/entries/0/items/0/place", json!("attic"))]
#[case::unknown_cause("/gaps/0/cause", json!("weather"))]
#[case::base64_without_padding("/entries/0/items/0/bytes", json!("cGF5bG9hZA"))]
#[case::base64_with_bits_left_over("/entries/0/manifest", json!("e31="))]
#[case::base64_of_urls("/entries/0/items/0/bytes", json!("__8="))]
#[case::upper_case_digest("/entries/0/digest", json!("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"))]
#[case::time_as_text("/gatheredAt", json!("2026-11-21T11:31:11Z"))]
#[case::no_list("/entries", json!(null))]
fn what_is_not_of_the_form_is_refused(#[case] pointer: &str, #[case] wrong: Value) {
    let mut file = value();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    file.pointer_mut(parent).unwrap()[name] = wrong;
    let error = read(&file).unwrap_err();
    assert_eq!(error.code(), "evidence-file-unreadable");
    assert!(matches!(error, EvidenceError::Unreadable { line: 1, .. }));
}

#[test]
fn a_key_twice_is_refused_wherever_it_is() {
    let text = String::from_utf8(evidence().to_json()).unwrap();
    for key in [
        "\"reference\":",
        "\"place\":",
        "\"manifest\":",
        "\"dev.cosignproject.cosign/signature\":",
        "\"detail\":",
        "\"version\":",
    ] {
        let line = text.lines().find(|line| line.contains(key)).unwrap();
        let twice = text.replacen(line, &format!("{},\n{line}", line.trim_end_matches(',')), 1);
        assert_eq!(
            Evidence::from_json(twice.as_bytes()).unwrap_err().code(),
            "evidence-file-unreadable",
            "{key}"
        );
    }
}

#[test]
fn counts_and_bytes_are_bounded_at_n_and_not_at_n_plus_one() {
    let items = |count: usize| {
        let mut evidence = evidence();
        let item = evidence.entries[0].items[0].clone();
        evidence.entries[0].items = vec![item; count];
        Evidence::from_json(&evidence.to_json())
    };
    assert!(items(limits::EVIDENCE_ITEMS).is_ok());
    assert_eq!(items(limits::EVIDENCE_ITEMS + 1).unwrap_err().code(), "evidence-file-limit-exceeded");
    let entries = |count: usize| {
        let mut evidence = evidence();
        evidence.entries = vec![evidence.entries[0].clone(); count];
        Evidence::from_json(&evidence.to_json())
    };
    assert!(entries(limits::EVIDENCE_ENTRIES).is_ok());
    assert_eq!(entries(limits::EVIDENCE_ENTRIES + 1).unwrap_err().code(), "evidence-file-limit-exceeded");
    let mut bytes = evidence().to_json();
    bytes.resize(limits::EVIDENCE_BYTES, b' ');
    assert!(Evidence::from_json(&bytes).is_ok());
    bytes.push(b' ');
    assert_eq!(Evidence::from_json(&bytes).unwrap_err().code(), "evidence-file-limit-exceeded");
}

#[test]
fn deep_nesting_is_refused() {
    for open in ["[", "{\"a\":"] {
        let text = format!("{{\"version\":\"1\",\"gaps\":{}", open.repeat(100_000));
        assert_eq!(Evidence::from_json(text.as_bytes()).unwrap_err().code(), "evidence-file-unreadable");
    }
}

fn place() -> impl Strategy<Value = Place> {
    prop::sample::select(vec![
        Place::AttestationTag,
        Place::FallbackTag,
        Place::File,
        Place::Manifest,
        Place::Referrers,
        Place::SignatureTag,
        Place::Tag,
    ])
}

fn gap() -> impl Strategy<Value = Gap> {
    use GapCause::*;
    let causes = vec![
        AccessDenied,
        DigestMismatch,
        HostForbidden,
        Limit,
        Malformed,
        NotFound,
        NotLookedFor,
        RateLimited,
        Running,
        Timeout,
        Tls,
        UnexpectedAnswer,
        Unreachable,
    ];
    (place(), prop::sample::select(causes), "\\PC{0,12}").prop_map(|(place, cause, detail)| Gap {
        place,
        cause,
        detail,
    })
}

fn item() -> impl Strategy<Value = Item> {
    let annotations = collection::btree_map("\\PC{0,6}", "\\PC{0,12}", 0..3);
    (any::<Vec<u8>>(), "\\PC{0,12}", annotations, place()).prop_map(
        |(bytes, media_type, annotations, place)| Item {
            bytes: bytes.into(),
            media_type,
            annotations,
            place,
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    let algorithm = prop::sample::select(vec![Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512]);
    let looked_in = collection::btree_set(place(), 0..7);
    (
        algorithm,
        any::<Vec<u8>>(),
        any::<bool>(),
        collection::vec(item(), 0..4),
        collection::vec(gap(), 0..3),
        looked_in,
    )
        .prop_map(
            |(algorithm, manifest, present, items, gaps, looked_in): (
                _,
                Vec<u8>,
                bool,
                _,
                _,
                BTreeSet<Place>,
            )| Entry {
                digest: Digest::of(algorithm, &manifest),
                manifest: present.then(|| manifest.into()),
                items,
                gaps,
                looked_in,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_again(
        reference in "\\PC{0,20}", time in any::<i64>(), entries in collection::vec(entry(), 0..3), gaps in collection::vec(gap(), 0..3),
    ) {
        let evidence = Evidence { reference, gathered_at: Timestamp(time), entries, gaps };
        prop_assert_eq!(&Evidence::from_json(&evidence.to_json()).unwrap(), &evidence);
    }

    #[test]
    fn altered_bytes_never_stop_the_reader_nor_pass_for_others(changes in collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = evidence().to_json();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(read) = Evidence::from_json(&bytes) {
            for entry in &read.entries {
                prop_assert!(entry.manifest.as_ref().is_none_or(|manifest| entry.digest.matches(manifest)));
                prop_assert!(entry.items.iter().all(|item| *item.bytes == *b"payload"), "the digest beside it is of these bytes");
            }
        }
        let _maybe = Evidence::from_json(&bytes[..cut.index(bytes.len())]);
    }
}
