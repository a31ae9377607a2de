//! The properties of `semantics` 3: for items J within I and any gaps G, H.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use proptest::prelude::*;
use sealgate_policy::{PolicySet, Verdict, decide};
use sealgate_testkit::{Identity, SigningKey, World};
use sealgate_verify::{Digest, Evidence, Gap, GapCause, Item, Place, TrustedRoot, TrustedRoots};
use serde_json::Value;

use crate::support::{allowed, found, image, judge, load, policy, qa, release, request, roots, world};

/// Everything is signed once.
struct Pool {
    items: Vec<Item>,
    sets: Vec<PolicySet>,
}

static POOL: LazyLock<Pool> = LazyLock::new(|| {
    let ops = Identity::email("ops@acme.example", "https://accounts.google.com");
    let fork = Identity::github("mallory/app", "release.yml", "refs/tags/v1.2.3");
    let key = SigningKey::p256();
    let world = world();
    let good = world.sign_image(&image(), &release());
    let mut unreadable = good.item();
    unreadable.bytes = Arc::from(&b"{}"[..]);
    let items = vec![
        good.item(),
        world.sign_image_legacy(&image(), &release()).legacy_item(),
        world.recipe_v2(&image(), &release()).sign().item(),
        world.sign_image(&image(), &qa()).item(),
        world.sign_image(&image(), &qa()).item(),
        world.sign_image(&image(), &ops).item(),
        world.sign_image(&image(), &fork).item(),
        world.sign_image(&Digest::sha256(b"another"), &release()).item(),
        world.attest(&image(), &release(), "https://spdx.dev/Document", serde_json::json!({})).item(),
        world.sign_image_with_key(&image(), &key).item(),
        with_bundle(&good.item(), |bundle| *entry(bundle, "logIndex") = "7".into()),
        unreadable,
        World::named("other").sign_image(&image(), &release()).item(),
    ];
    let pem = key.public_pem().replace('\n', "\\n");
    let set = |require: &str| {
        let vendor = format!("    vendor: {{key: {{pem: \"{pem}\"}}}}\n  require");
        load(&policy(require).replace("  require", &vendor))
    };
    let sets = vec![
        set("{signed: {signature: {by: [release]}}}"),
        set("{signed: {signature: {by: [release, qa, ops, vendor], atLeast: 2}}}"),
        set("{signed: {signature: {by: [release, qa, ops, vendor], atLeast: 4}}}"),
        set("{a: {signature: {by: [qa]}}, b: {mode: warn, signature: {by: [vendor]}}}"),
        set(
            "{a: {anyOf: {x: {p: {signature: {by: [release]}}, q: {signature: {by: [ops]}}}, z: {v: {signature: {by: [vendor, qa], atLeast: 2}}}}}}",
        ),
    ];
    Pool { items, sets }
});

fn with_bundle(item: &Item, change: impl FnOnce(&mut Value)) -> Item {
    let mut bundle: Value = serde_json::from_slice(&item.bytes).unwrap();
    change(&mut bundle);
    Item { bytes: Arc::from(serde_json::to_vec(&bundle).unwrap()), ..item.clone() }
}

fn entry<'b>(bundle: &'b mut Value, field: &str) -> &'b mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0][field]
}

fn pick(mask: u16) -> Vec<Item> {
    let chosen = POOL.items.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0);
    chosen.map(|(_, item)| item.clone()).collect()
}

/// Gaps, and places that nobody looked in.
fn any_gaps() -> impl Strategy<Value = (Vec<(Place, GapCause)>, Vec<Place>)> {
    let place =
        prop::sample::select(vec![Place::AttestationTag, Place::Referrers, Place::SignatureTag, Place::Tag]);
    let cause =
        prop::sample::select(vec![GapCause::Timeout, GapCause::AccessDenied, GapCause::Limit, GapCause::Tls]);
    (prop::collection::vec((place.clone(), cause), 0..3), prop::collection::vec(place, 0..2))
}

fn with_gaps(items: Vec<Item>, (gaps, unseen): &(Vec<(Place, GapCause)>, Vec<Place>)) -> Evidence {
    let mut evidence = found(items);
    let entry = &mut evidence.entries[0];
    entry.gaps.extend(gaps.iter().map(|(place, cause)| Gap {
        place: *place,
        cause: *cause,
        detail: String::new(),
    }));
    unseen.iter().for_each(|place| {
        entry.looked_in.remove(place);
    });
    evidence
}

fn denied(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Deny(_))
}

const ALL: u16 = (1 << 13) - 1;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn more_items_and_other_gaps_never_refuse_what_was_allowed(
        set in 0usize..5, more in 0..=ALL, within in 0..=ALL, g in any_gaps(), h in any_gaps(),
    ) {
        let set = &POOL.sets[set];
        let fewer = judge(set, &with_gaps(pick(more & within), &h));
        if allowed(&fewer) {
            prop_assert!(allowed(&judge(set, &with_gaps(pick(more), &g))));
        }
    }

    #[test]
    fn fewer_items_never_admit_what_was_denied(set in 0usize..5, more in 0..=ALL, within in 0..=ALL) {
        let set = &POOL.sets[set];
        if denied(&judge(set, &found(pick(more)))) {
            prop_assert!(denied(&judge(set, &found(pick(more & within)))));
        }
    }

    #[test]
    fn a_gap_makes_a_denial_unknown_and_nothing_else(set in 0usize..5, mask in 0..=ALL, gaps in any_gaps()) {
        let set = &POOL.sets[set];
        let (without, with) = (judge(set, &found(pick(mask))), judge(set, &with_gaps(pick(mask), &gaps)));
        prop_assert_eq!(allowed(&without), allowed(&with));
    }

    #[test]
    fn order_and_repetition_of_items_change_nothing(
        set in 0usize..5, mask in 0..=ALL, order in Just((0..26).collect::<Vec<usize>>()).prop_shuffle(), gaps in any_gaps(),
    ) {
        let set = &POOL.sets[set];
        let items = pick(mask);
        let mut other: Vec<Item> = items.iter().chain(&items).cloned().collect();
        let mut positions = order.into_iter();
        other.sort_by_cached_key(|_| positions.next());
        prop_assert_eq!(judge(set, &with_gaps(items, &gaps)), judge(set, &with_gaps(other, &gaps)));
    }

    #[test]
    fn removing_a_roots_key_never_admits(set in 0usize..5, mask in 0..=ALL, poorer in 0usize..16) {
        let set = &POOL.sets[set];
        let poorer = &POORER[poorer % POORER.len()];
        let evidence = found(pick(mask));
        let with = |roots: &TrustedRoots| decide(set, &request(), &evidence, roots, world().now());
        if allowed(&with(poorer)) {
            prop_assert!(allowed(&with(&roots())));
        }
    }

    #[test]
    fn adding_a_policy_never_admits_what_another_refused(
        base in prop::collection::vec((0usize..5, 0usize..3), 1..3), added in (0usize..5, 0usize..3), mask in 0..=ALL, no_match in 0usize..3,
    ) {
        let sets = |policies: &[(usize, usize)]| {
            let mut text = format!("apiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {{name: default}}\nspec: {{noMatch: {}}}\n", ["deny", "warn", "allow"][no_match]);
            for (index, (requirement, mode)) in policies.iter().enumerate() {
                text.push_str("---\n");
                text.push_str(&one_of(&format!("p{index}"), *requirement, ["enforce", "warn", "audit"][*mode]));
            }
            load(&text)
        };
        let evidence = found(pick(mask));
        let before = judge(&sets(&base), &evidence);
        let mut more = base.clone();
        more.push(added);
        let after = judge(&sets(&more), &evidence);
        if added.1 > 0 {
            // Warns or audits, and does not lift `noMatch`.
            prop_assert_eq!(allowed(&before), allowed(&after));
        }
        let is_refused = before.report().reasons.iter().any(|reason| reason.rule.is_some());
        prop_assert!(!(is_refused && allowed(&after)));
    }
}

fn one_of(name: &str, requirement: usize, mode: &str) -> String {
    let requires = [
        "{signed: {signature: {by: [release]}}}",
        "{signed: {signature: {by: [qa]}}}",
        "{signed: {signature: {by: [release, qa, ops], atLeast: 2}}}",
        "{signed: {mode: warn, signature: {by: [ops]}}}",
        "{open: {unsigned: {reason: x}}}",
    ];
    policy(requires[requirement])
        .replace("acme-apps", name)
        .replace("  match:", &format!("  mode: {mode}\n  match:"))
}

/// The root with one of its keys or certificates gone: left out where others of its kind stay, else of an algorithm that
/// nobody knows, since a file without any says that none is asked for.
static POORER: LazyLock<Vec<TrustedRoots>> = LazyLock::new(|| {
    let full = world().trusted_root();
    let mut poorer = Vec::new();
    for kind in ["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"] {
        for index in 0..full[kind].as_array().unwrap().len() {
            let mut unknown = full.clone();
            let one = &mut unknown[kind][index];
            if one.get("publicKey").is_some() {
                one["publicKey"]["keyDetails"] = "PKIX_OF_TOMORROW".into();
                one["publicKey"]["rawBytes"] = "b2YgdG9tb3Jyb3c=".into();
            } else {
                one["certChain"]["certificates"] = serde_json::json!([]);
            }
            poorer.push(unknown);
            let mut without = full.clone();
            let list = without[kind].as_array_mut().unwrap();
            list.remove(index);
            if !list.is_empty() {
                poorer.push(without);
            }
        }
    }
    poorer
        .iter()
        .map(|json| match TrustedRoot::from_json(&serde_json::to_vec(json).unwrap()) {
            Ok(root) => TrustedRoots::from([("public-good".to_owned(), Arc::new(root))]),
            // Nothing in it can vouch: as good as not loaded.
            Err(_) => TrustedRoots::new(),
        })
        .collect()
});

#[test]
fn the_properties_are_not_empty() {
    for set in &POOL.sets {
        assert!(allowed(&judge(set, &found(pick(ALL)))));
        assert!(denied(&judge(set, &found(vec![]))));
    }
    let evidence = found(pick(ALL));
    let refusing = POORER.iter().filter(|poorer| {
        let set = load(&policy("{a: {signature: {by: [qa]}}}"));
        !allowed(&decide(&set, &request(), &evidence, poorer, world().now()))
    });
    // Rekor v2 alone does not matter to what `qa` signed; a chain without certificates makes the whole file unusable.
    assert_eq!((POORER.len(), refusing.count()), (7, 5));
}

/// Denied items whose denial rests on a part that is too much. Deleting just that part admits, and nothing else does.
const EXCEPTIONS: [(&str, &str); 2] = [
    // A log entry of another signature rides along. Whoever can delete it could have left it away.
    ("foreign log entry", "verificationMaterial.tlogEntries[1]"),
    // Two timestamps, one of which lies outside the certificate: parts of one item are not monotone.
    ("late timestamp", "verificationMaterial.timestampVerificationData.rfc3161Timestamps[1]"),
];

/// Items that are denied under a policy that asks for `release`, each for another reason.
fn flawed() -> BTreeMap<&'static str, Item> {
    let world = world();
    let good = world.sign_image(&image(), &release()).item();
    let other = world.sign_image(&image(), &qa()).item();
    let fork = Identity::github("mallory/app", "release.yml", "refs/tags/v1.2.3");
    let part = |item: &Item, pointer: &str| {
        let bundle: Value = serde_json::from_slice(&item.bytes).unwrap();
        bundle.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone()
    };
    let set = |item: &Item, pointer: &str, value: Value| {
        with_bundle(item, |bundle| {
            *bundle.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value
        })
    };
    let entries = "/verificationMaterial/tlogEntries";
    let foreign = part(&other, &format!("{entries}/0"));
    let stamped = world.recipe_v2(&image(), &release()).sign().item();
    let late = world.recipe_v2(&image(), &release()).with(|recipe| recipe.stamped_after = 7200).sign().item();
    let stamps = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
    BTreeMap::from([
        ("another signer", world.sign_image(&image(), &fork).item()),
        ("another digest", world.sign_image(&Digest::sha256(b"another"), &release()).item()),
        (
            "attestation",
            world.attest(&image(), &release(), "https://spdx.dev/Document", serde_json::json!({})).item(),
        ),
        ("another world", World::named("other").sign_image(&image(), &release()).item()),
        (
            "foreign log entry",
            with_bundle(&good, |bundle| {
                bundle.pointer_mut(entries).unwrap().as_array_mut().unwrap().push(foreign.clone())
            }),
        ),
        ("only a foreign log entry", set(&good, &format!("{entries}/0"), foreign.clone())),
        (
            "foreign signature",
            set(&good, "/dsseEnvelope/signatures", part(&other, "/dsseEnvelope/signatures")),
        ),
        (
            "foreign promise",
            set(&good, &format!("{entries}/0/inclusionPromise"), foreign["inclusionPromise"].clone()),
        ),
        (
            "foreign proof",
            set(&good, &format!("{entries}/0/inclusionProof"), foreign["inclusionProof"].clone()),
        ),
        (
            "late timestamp",
            with_bundle(&stamped, |bundle| {
                let more = part(&late, &format!("{stamps}/0"));
                bundle.pointer_mut(stamps).unwrap().as_array_mut().unwrap().push(more);
            }),
        ),
        ("only a late timestamp", late.clone()),
        ("no log entry", set(&good, entries, serde_json::json!([]))),
    ])
}

/// Every value within `value`, by path.
fn parts(value: &Value, path: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, below)| {
                (if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, below)
            })
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, below)| (format!("{path}[{index}]"), below)).collect()
        }
        _ => Vec::new(),
    };
    for (path, below) in children {
        parts(below, &path, found);
        found.push(path);
    }
}

fn delete(value: &mut Value, path: &str) {
    let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            fields.remove(last).unwrap();
        }
        Value::Array(items) => {
            items.remove(last.parse().unwrap());
        }
        _ => unreachable!(),
    }
}

#[test]
fn deleting_one_part_admits_only_the_exceptions() {
    let set = load(&policy("{signed: {signature: {by: [release]}}}"));
    let mut admitted = Vec::new();
    let mut deletions = 0;
    for (name, item) in flawed() {
        let whole = judge(&set, &found(vec![item.clone()]));
        assert!(denied(&whole), "{name}: {whole:#?}");
        let mut paths = Vec::new();
        parts(&serde_json::from_slice(&item.bytes).unwrap(), "", &mut paths);
        for path in paths {
            deletions += 1;
            let less = with_bundle(&item, |bundle| delete(bundle, &path));
            if allowed(&judge(&set, &found(vec![less]))) {
                admitted.push((name, path));
            }
        }
    }
    let admitted: Vec<(&str, &str)> = admitted.iter().map(|(name, path)| (*name, path.as_str())).collect();
    assert_eq!(admitted, EXCEPTIONS);
    assert!(deletions > 200, "{deletions}");
}
