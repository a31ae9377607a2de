//! What certificate transparency logs did not sign.

use sealgate_testkit::{
    CertificateProfile, CtLog, Extension, Recipe, SctProfile, World, certificate::SCT_LIST, der,
};
use serde_json::{Value, json};

use crate::{Line, each_recipe, judge_in, recipe, root_with};

fn with(recipe: &mut Recipe, change: fn(&mut SctProfile)) {
    recipe.patches.sct.add(change);
}

fn list(recipe: &mut Recipe, change: fn(&mut Vec<Vec<u8>>)) {
    recipe.patches.scts.add(change);
}

fn around(recipe: &mut Recipe, change: fn(&mut CertificateProfile)) {
    recipe.patches.certificate_with_scts.add(change);
}

fn value(leaf: &mut CertificateProfile) -> &mut Vec<u8> {
    &mut leaf.extensions.iter_mut().find(|extension| extension.oid == SCT_LIST).unwrap().value
}

fn spoiled(sct: &[u8]) -> Vec<u8> {
    let mut bytes = sct.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

const ONE: &[Line<Recipe>] = &[
    ("extensions of its own", "", |recipe| with(recipe, |sct| sct.extensions = vec![1, 2, 3])),
    ("another version", "sct-invalid", |recipe| with(recipe, |sct| sct.version = 1)),
    ("another log's name", "sct-invalid", |recipe| with(recipe, |sct| sct.log_id = [7; 32])),
    ("another key", "sct-invalid", |recipe| with(recipe, |sct| sct.key = CtLog::new("evil").key)),
    ("another issuer", "sct-invalid", |recipe| with(recipe, |sct| sct.issuer_key_hash = [7; 32])),
    ("another certificate", "sct-invalid", |recipe| with(recipe, |sct| sct.tbs.push(0))),
    ("said to be over SHA-1", "sct-invalid", |recipe| with(recipe, |sct| sct.algorithm = [2, 3])),
    ("said to be over SHA-512", "sct-invalid", |recipe| with(recipe, |sct| sct.algorithm = [6, 3])),
    ("said to be by DSA", "sct-invalid", |recipe| with(recipe, |sct| sct.algorithm = [4, 2])),
    ("said to be by RSA", "sct-invalid", |recipe| with(recipe, |sct| sct.algorithm = [4, 1])),
    ("said to be anonymous", "sct-invalid", |recipe| with(recipe, |sct| sct.algorithm = [4, 0])),
    ("a minute ahead of our clock", "", |recipe| {
        with(recipe, |sct| sct.timestamp = (World::shared().now().0 + 60) as u64 * 1000 + 999)
    }),
    ("more than a minute ahead of our clock", "sct-invalid", |recipe| {
        with(recipe, |sct| sct.timestamp = (World::shared().now().0 + 61) as u64 * 1000)
    }),
    ("at the end of time", "sct-invalid", |recipe| with(recipe, |sct| sct.timestamp = u64::MAX)),
    ("before its log began", "sct-invalid", |recipe| with(recipe, |sct| sct.timestamp = 1_704_067_199_999)),
    ("when its log began", "", |recipe| with(recipe, |sct| sct.timestamp = 1_704_067_200_000)),
];

#[test]
fn a_timestamp_is_by_a_log_of_the_root_about_this_certificate() {
    each_recipe(&recipe(), ONE);
}

const SEVERAL: &[Line<Recipe>] = &[
    ("the same twice", "", |recipe| list(recipe, |scts| scts.push(scts[0].clone()))),
    ("a bad one behind", "sct-invalid", |recipe| list(recipe, |scts| scts.push(spoiled(&scts[0])))),
    ("a bad one before", "sct-invalid", |recipe| list(recipe, |scts| scts.insert(0, spoiled(&scts[0])))),
    ("one by an unknown log beside", "", |recipe| recipe.ct_logs.insert(0, CtLog::new("unknown"))),
    ("an empty one beside", "sct-invalid", |recipe| list(recipe, |scts| scts.push(vec![]))),
    ("cut short", "sct-invalid", |recipe| {
        list(recipe, |scts| {
            scts[0].pop();
        })
    }),
    ("with a byte behind", "sct-invalid", |recipe| list(recipe, |scts| scts[0].push(0))),
    ("an empty list", "sct-invalid", |recipe| {
        around(recipe, |leaf| leaf.replace(Extension::new(SCT_LIST, der::octets(&[0, 0]))))
    }),
    ("no list inside", "sct-invalid", |recipe| {
        around(recipe, |leaf| leaf.replace(Extension::new(SCT_LIST, der::octets(&[]))))
    }),
    ("a list longer than it says", "sct-invalid", |recipe| {
        around(recipe, |leaf| {
            let inner = [der::content(value(leaf)), &[0]].concat();
            *value(leaf) = der::octets(&inner);
        })
    }),
    ("a list shorter than it says", "sct-invalid", |recipe| {
        around(recipe, |leaf| {
            let inner = der::content(value(leaf)).to_vec();
            *value(leaf) = der::octets(&inner[..inner.len() - 1]);
        })
    }),
    ("bytes behind the list", "sct-invalid", |recipe| around(recipe, |leaf| value(leaf).push(0))),
    ("a list that is no string", "sct-invalid", |recipe| around(recipe, |leaf| value(leaf)[0] = 0x05)),
    ("two lists", "certificate-duplicate-extension", |recipe| {
        around(recipe, |leaf| leaf.extensions.push(leaf.extensions.last().unwrap().clone()))
    }),
    ("a critical list", "certificate-untrusted", |recipe| {
        around(recipe, |leaf| leaf.extensions.last_mut().unwrap().critical = true)
    }),
];

#[test]
fn one_timestamp_suffices_and_none_by_a_known_log_may_be_wrong() {
    each_recipe(&recipe(), SEVERAL);
}

const PLACES: &[Line<Recipe>] = &[
    ("the list in front", "", |recipe| around(recipe, |leaf| leaf.extensions.rotate_right(1))),
    ("the list in the middle", "", |recipe| {
        around(recipe, |leaf| {
            let list = leaf.extensions.pop().unwrap();
            leaf.extensions.insert(2, list);
        })
    }),
    ("two others exchanged", "sct-invalid", |recipe| around(recipe, |leaf| leaf.extensions.swap(0, 1))),
    ("another extension added", "sct-invalid", |recipe| {
        around(recipe, |leaf| leaf.extensions.push(Extension::new("1.2.3.4", der::null())))
    }),
    ("another extension left out", "sct-invalid", |recipe| {
        around(recipe, |leaf| drop(leaf.extensions.remove(0)))
    }),
    ("a longer validity", "sct-invalid", |recipe| around(recipe, |leaf| leaf.not_after += 1)),
    ("another key", "sct-invalid", |recipe| around(recipe, |leaf| leaf.spki = World::shared().ct.key.spki())),
];

#[test]
fn everything_in_the_certificate_but_the_list_was_seen_by_the_log() {
    each_recipe(&recipe(), PLACES);
}

#[test]
fn a_log_vouches_only_while_its_key_is_in_use() {
    let judge = |window: Value| {
        let root = root_with(|root| root["ctlogs"][0]["publicKey"]["validFor"] = window);
        judge_in(&root, sealgate_verify::Bundle::from_json(&recipe().sign().bundle()))
    };
    // Its timestamp is of 12:00:01.
    for (start, end, code) in [
        ("2026-06-01T12:00:01Z", "2026-06-01T12:00:01Z", ""),
        ("2026-06-01T12:00:02Z", "2026-06-02T00:00:00Z", "sct-invalid"),
        ("2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z", "sct-invalid"),
    ] {
        assert_eq!(judge(json!({"start": start, "end": end})), code, "{start} to {end}");
    }
}
