//! Input that nobody means well with: refused in bounded time, without a panic.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use proptest::prelude::*;
use sealgate_policy::{PolicySet, Source, limits};

use sealgate_verify::{Item, Place};

use crate::support::{allowed, found, image, judge, load, policy, release, roots, try_load, world};

const SIGNED: &str = "{signed: {signature: {by: [release]}}}";

fn outcome(bytes: Vec<u8>) -> bool {
    PolicySet::load(&[Source { name: "hostile.yaml".to_owned(), bytes }], &roots()).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_changed_document_is_accepted_or_refused(at in 0.0f64..1.0, take in 0usize..8, put in "[ -~\n\t\u{e9}]{0,6}") {
        let text = policy(SIGNED);
        let at = ((text.len() as f64) * at) as usize;
        let end = (at + take).min(text.len());
        outcome(format!("{}{put}{}", &text[..at], &text[end..]).into_bytes());
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(!outcome(bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_item_is_judged(
        bytes in prop::collection::vec(any::<u8>(), 0..256), media_type in "[a-z/.+]{0,40}|application/vnd.dev.sigstore.bundle.v0.3\\+json",
        annotations in prop::collection::btree_map("dev.(cosignproject|sigstore).cosign/[a-z]{1,11}", "[ -~]{0,64}", 0..5),
        at in 0usize..4096, change in any::<u8>(),
    ) {
        let set = load(&policy(SIGNED));
        let garbage = Item { bytes: bytes.into(), media_type, annotations, place: Place::SignatureTag };
        prop_assert!(!allowed(&judge(&set, &found(vec![garbage]))));
        // One byte of a good bundle is another: accepted or refused, but judged.
        let mut item = GOOD.clone();
        let mut bytes = item.bytes.to_vec();
        let at = at % bytes.len();
        bytes[at] ^= change;
        item.bytes = bytes.into();
        let _ = judge(&set, &found(vec![item]));
    }
}

static GOOD: LazyLock<Item> = LazyLock::new(|| world().sign_image(&image(), &release()).item());

#[test]
#[expect(clippy::disallowed_methods, reason = "this test is about time")]
fn a_full_size_file_of_anything_is_refused_in_bounded_time() {
    let slow: Vec<(String, Duration)> = [
        "[",
        "{",
        "- ",
        "-\n",
        "? ",
        ": ",
        "a: ",
        "a: {",
        "\"",
        "'",
        "|\n",
        "&a ",
        "*a ",
        "!a ",
        "%TAG ! a\n",
        "---\n",
        "a\n",
        "#\n",
        " ",
        "\t",
        "\\",
        "[[],",
        "{a: 1}, ",
        "<<: ",
        "a: &a [*a]\n",
        "\u{feff}",
        "\u{2028}",
        "x: x\n",
        "0",
        "- - ",
        "{? ",
        "[a, ",
    ]
    .iter()
    .flat_map(|piece| {
        let many = piece.repeat(limits::SOURCE_BYTES / piece.len());
        let inside = format!("{}status: {piece}", policy(SIGNED));
        let inside = format!("{inside}{}", piece.repeat((limits::SOURCE_BYTES - inside.len()) / piece.len()));
        [many, inside]
    })
    .filter_map(|text| {
        let start = Instant::now();
        outcome(text.clone().into_bytes());
        let took = start.elapsed();
        (took > Duration::from_secs(10)).then(|| (text[text.len() - 20..].to_owned(), took))
    })
    .collect();
    assert!(slow.is_empty(), "{slow:?}");
}

#[test]
fn json_may_be_indented_with_tabs_and_escape_as_it_likes() {
    let json = serde_json::json!({
        "apiVersion": "sealgate.dev/v1alpha1", "kind": "ClusterSealPolicy", "metadata": {"name": "acme-apps"},
        "spec": {
            "match": {"images": ["ghcr.io/acme/**"]},
            "signers": {"qa": {"keyless": {"issuer": "https://accounts.google.com", "subject": "qa@acme.example"}}},
            "require": {"signed": {"help": "ask #platform \u{1F9ED}", "signature": {"by": ["qa"]}}},
        },
    });
    let plain = serde_json::to_string_pretty(&json).unwrap();
    let tabs =
        plain.replace("  ", "\t").replace("ghcr.io/acme", "ghcr.io\\/acme").replace("qa@", "q\\u0061@");
    assert_ne!(tabs, plain);
    assert_eq!(load(&tabs).hash(), load(&plain).hash());
    // YAML knows no characters in two halves. Go, which writes what comes from a cluster, writes them whole.
    let halves = plain.replace('\u{1F9ED}', "\\ud83e\\udded");
    assert_eq!(try_load(&halves).unwrap_err()[0].code, "yaml-syntax");
}
