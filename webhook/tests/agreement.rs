//! Library, command line and webhook give one answer, with the same reasons, to every generated case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "agreement/doors.rs"]
mod doors;

use std::collections::BTreeMap;

use doors::{Doors, Told};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sealgate::verify::Digest;
use sealgate_testkit::{
    Identity, Signed, World,
    registry::{Answer, Rule},
};

/// What is attached to the image.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Attached {
    AttestationOnly,
    Bundle,
    Garbage,
    Legacy,
    QaBundle,
    StrangerBundle,
    StrangerLegacy,
}

/// What the registry does beside that.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    ReferrersRefused,
    SignatureTagRefused,
}

#[derive(Clone, Debug)]
struct Case {
    attached: Vec<Attached>,
    trouble: Trouble,
    policy: usize,
    tag: bool,
}

const POLICIES: [&str; 4] = [
    "  require:\n    signed: {signature: {by: [release]}}\n",
    "  require:\n    both: {signature: {by: [release, qa], atLeast: 2}}\n",
    "  require:\n    either:\n      anyOf: {one: {a: {signature: {by: [qa]}}}, two: {b: {signature: {by: [release]}}}}\n",
    "  require:\n    signed: {mode: warn, signature: {by: [release]}}\n    qa: {signature: {by: [qa]}}\n",
];

fn cases() -> impl Strategy<Value = Case> {
    use Attached::{AttestationOnly, Bundle, Garbage, Legacy, QaBundle, StrangerBundle, StrangerLegacy};
    let all = [AttestationOnly, Bundle, Garbage, Legacy, QaBundle, StrangerBundle, StrangerLegacy];
    let attached = proptest::sample::subsequence(all.to_vec(), 0..=4);
    let trouble = prop_oneof![
        4 => Just(Trouble::None),
        1 => Just(Trouble::ReferrersRefused),
        1 => Just(Trouble::SignatureTagRefused),
    ];
    (attached, trouble, 0..POLICIES.len(), prop::bool::weighted(0.15))
        .prop_map(|(attached, trouble, policy, tag)| Case { attached, trouble, policy, tag })
}

#[tokio::test(flavor = "multi_thread")]
async fn all_doors_agree_on_every_generated_case() {
    let world = World::shared();
    let mut doors = Vec::new();
    for policy in POLICIES {
        doors.push(Doors::open(world, policy).await);
    }
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, b"sealgate: three doors, one hall."),
    );
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..48 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let doors = &doors[case.policy];
        let reference = prepare(doors, world, &case, number);
        let library = doors.library(&reference).await;
        assert_eq!(doors.command(&reference).await, library, "command line and library differ on {case:?}");
        assert_eq!(doors.webhook(&reference).await, library, "webhook and library differ on {case:?}");
        *seen.entry(library.verdict).or_default() += 1;
    }
    // A run that met only one kind of verdict would prove little.
    assert!(["allow", "deny", "unknown"].iter().all(|verdict| seen.contains_key(verdict)), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doors_tell_a_denial_from_a_grant() {
    let world = World::shared();
    let doors = Doors::open(world, POLICIES[0]).await;
    let plain = Case { attached: vec![], trouble: Trouble::None, policy: 0, tag: false };
    let unsigned = prepare(&doors, world, &plain, 0);
    let expected = Told { verdict: "deny", reasons: vec!["no-signature-found".into()] };
    assert_eq!(doors.library(&unsigned).await, expected);
    assert_eq!(doors.command(&unsigned).await, expected);
    assert_eq!(doors.webhook(&unsigned).await, expected);
    let signed = prepare(&doors, world, &Case { attached: vec![Attached::Bundle], ..plain }, 1);
    let expected = Told { verdict: "allow", reasons: vec![] };
    assert_eq!(doors.library(&signed).await, expected);
    assert_eq!(doors.command(&signed).await, expected);
    assert_eq!(doors.webhook(&signed).await, expected);
}

fn prepare(doors: &Doors, world: &World, case: &Case, number: usize) -> String {
    let (registry, repository) = (&doors.registry, format!("acme/case-{number}"));
    let image = registry.push_image(&repository, Some("v1"), &format!("case {number}"));
    let mut legacy = Vec::new();
    for attached in &case.attached {
        match attached {
            Attached::AttestationOnly => {
                let predicate = serde_json::json!({"spdxVersion": "SPDX-2.3"});
                let signed = world.attest(&image.digest, &release(), "https://spdx.dev/Document", predicate);
                registry.push_bundle(&repository, &image.digest, &signed);
            }
            Attached::Bundle => {
                drop(push(doors, &repository, &image.digest, &world.sign_image(&image.digest, &release())))
            }
            Attached::Garbage => {
                drop(registry.push_bundle_bytes(&repository, &image.digest, b"{\"mediaType\": 7"))
            }
            Attached::Legacy => legacy.push(world.sign_image_legacy(&image.digest, &release())),
            Attached::QaBundle => {
                drop(push(doors, &repository, &image.digest, &world.sign_image(&image.digest, &qa())))
            }
            Attached::StrangerBundle => {
                drop(push(doors, &repository, &image.digest, &world.sign_image(&image.digest, &stranger())));
            }
            Attached::StrangerLegacy => legacy.push(world.sign_image_legacy(&image.digest, &stranger())),
        }
    }
    if !legacy.is_empty() {
        registry.push_legacy(&repository, &image.digest, &legacy.iter().collect::<Vec<_>>());
    }
    match case.trouble {
        Trouble::None => {}
        Trouble::ReferrersRefused => {
            registry.on(Rule::path(&format!("{repository}/referrers/"), Answer::status(403)));
        }
        Trouble::SignatureTagRefused => {
            let tag = format!("{repository}/manifests/sha256-{}.sig", image.digest.hex());
            registry.on(Rule::path(&tag, Answer::status(403)));
        }
    }
    if case.tag {
        format!("{}/{repository}:v1", registry.host())
    } else {
        registry.pinned(&repository, &image.digest)
    }
}

fn push(doors: &Doors, repository: &str, digest: &Digest, signed: &Signed) -> Digest {
    doors.registry.push_bundle(repository, digest, signed)
}

fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

fn qa() -> Identity {
    Identity::email("qa@acme.example", "https://accounts.google.com")
}

fn stranger() -> Identity {
    Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3")
}
