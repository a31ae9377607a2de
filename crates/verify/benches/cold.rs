//! What one cold verification costs over the bare signature checks in it, in one run: `cargo bench -p sealgate-verify`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a measurement talks, asks the clock and may stop"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, UnparsedPublicKey};
use sealgate_testkit::{Identity, KeyKind, SigningKey, World};
use sealgate_verify::{Artifact, Bundle, Digest, Item, Verifier};

// A round takes a quarter of a second: the system counts a thread's time in ticks of a few milliseconds.
const ROUNDS: usize = 6;
const EACH: u32 = 500;

// What this thread has had of a processor; the clock on the wall where the system does not say.
fn spent(since: Instant) -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ran = text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok());
    ran.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

// The cheapest of many rounds: what the work itself costs, without whoever else uses the machine.
fn cost(mut work: impl FnMut()) -> Duration {
    let (mut least, since) = (Duration::MAX, Instant::now());
    for _ in 0..ROUNDS {
        let before = spent(since);
        for _ in 0..EACH {
            work();
        }
        least = least.min((spent(since) - before) / EACH);
    }
    least
}

fn check(kind: KeyKind) -> Duration {
    let key = SigningKey::generate(kind);
    let message = vec![7; 1500];
    let signature = key.sign(&message);
    let spki = key.spki();
    let algorithm: &'static dyn aws_lc_rs::signature::VerificationAlgorithm = match kind {
        KeyKind::P256 => &ECDSA_P256_SHA256_ASN1,
        KeyKind::P384 => &ECDSA_P384_SHA384_ASN1,
        _ => &ED25519,
    };
    // The raw key ends every SubjectPublicKeyInfo of these kinds.
    let length = match kind {
        KeyKind::P256 => 65,
        KeyKind::P384 => 97,
        _ => 32,
    };
    let raw = spki.split_at(spki.len() - length).1.to_vec();
    let key = UnparsedPublicKey::new(algorithm, raw);
    key.verify(&message, &signature).unwrap();
    cost(|| key.verify(black_box(&message), black_box(&signature)).unwrap())
}

fn main() {
    let world = World::shared();
    let manifest = b"the image's manifest";
    let digest = Digest::sha256(manifest);
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3");
    let (p256, p384, ed25519) = (check(KeyKind::P256), check(KeyKind::P384), check(KeyKind::Ed25519));
    println!("bare checks: P-256 {p256:?}, P-384 {p384:?}, Ed25519 {ed25519:?}");
    let root = world.root();
    // (what, item, P-256, P-384, Ed25519): CT log, promise, checkpoint, artifact, timestamp; the leaf is by a P-384 key.
    let cases: [(&str, Item, u32, u32, u32); 4] = [
        (
            "Rekor v1 bundle, promise and proof",
            world.recipe(&digest, &identity).message(manifest).sign().item(),
            4,
            1,
            0,
        ),
        ("Rekor v1 bundle, statement", world.sign_image(&digest, &identity).item(), 4, 1, 0),
        ("Rekor v2 bundle, timestamp", world.recipe_v2(&digest, &identity).sign().item(), 3, 1, 1),
        ("legacy image signature", world.sign_image_legacy(&digest, &identity).legacy_item(), 3, 1, 0),
    ];
    for (name, item, at_p256, at_p384, at_ed25519) in cases {
        let whole = cost(|| {
            let bundle = Bundle::read(black_box(&item)).unwrap();
            let authentic =
                Verifier::new(&root, world.now()).authenticate(&bundle, Artifact::Digest(&digest)).unwrap();
            let _ = black_box(authentic);
        });
        let bare = p256 * at_p256 + p384 * at_p384 + ed25519 * at_ed25519;
        let ratio = whole.as_secs_f64() / bare.as_secs_f64();
        println!(
            "{name}: {whole:?} over {bare:?} of checks ({at_p256} P-256, {at_p384} P-384, {at_ed25519} Ed25519): ratio {ratio:.2}"
        );
    }
}
