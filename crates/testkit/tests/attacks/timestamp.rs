//! Timestamps that nobody gave, or for something else.

use sealgate_testkit::{
    Extension, TimestampAuthority, TimestampProfile,
    certificate::{CODE_SIGNING, EKU},
    sha256,
};

use crate::scene::{Case, Scene, Table};

fn stamp(scene: &mut Scene, change: fn(&mut TimestampProfile)) {
    let good = scene.stamped();
    scene.forge(good, |recipe| recipe.patches.timestamp.add(change));
}

fn authority(scene: &mut Scene, authority: TimestampAuthority) {
    scene.root["timestampAuthorities"][0] = authority.json();
    let good = scene.recipe().with(|recipe| recipe.timestamp_authorities = vec![authority]);
    scene.publish(&good.sign());
}

pub(crate) const TABLE: Table = &[
    (
        "timestamp-of-an-unknown-authority",
        Case::Scene(|scene| {
            let good = scene.stamped();
            scene.forge(good, |recipe| {
                recipe.timestamp_authorities = vec![TimestampAuthority::new("virtual")]
            });
        }),
    ),
    (
        "timestamp-over-the-artifact",
        Case::Scene(|scene| {
            let imprint = sha256(&scene.image.bytes).to_vec();
            let good = scene.stamped();
            scene.forge(good, |recipe| {
                recipe.patches.timestamp.add(move |stamp| stamp.imprint = imprint.clone())
            });
        }),
    ),
    (
        "timestamp-with-a-false-message-digest",
        Case::Scene(|scene| stamp(scene, |stamp| stamp.message_digest = Some(vec![0; 32]))),
    ),
    (
        "timestamp-without-signed-attributes",
        Case::Scene(|scene| stamp(scene, |stamp| stamp.signed_attributes = false)),
    ),
    ("timestamp-with-two-signers", Case::Scene(|scene| stamp(scene, |stamp| stamp.signer_infos = 2))),
    ("timestamp-without-a-signer", Case::Scene(|scene| stamp(scene, |stamp| stamp.signer_infos = 0))),
    ("timestamp-that-was-refused", Case::Scene(|scene| stamp(scene, |stamp| stamp.status = 2))),
    (
        "timestamp-names-another-certificate",
        Case::Scene(|scene| {
            stamp(scene, |stamp| stamp.signing_certificate = b"another certificate".to_vec())
        }),
    ),
    (
        "timestamp-about-another-content-type",
        Case::Scene(|scene| {
            stamp(scene, |stamp| stamp.attribute_content_type = "1.2.840.113549.1.7.1".into())
        }),
    ),
    (
        "timestamp-imprint-of-a-weak-hash",
        Case::Scene(|scene| stamp(scene, |stamp| stamp.imprint_algorithm = "1.3.14.3.2.26".into())),
    ),
    (
        "timestamp-signed-by-another-key",
        Case::Scene(|scene| stamp(scene, |stamp| stamp.key = sealgate_testkit::SigningKey::p256())),
    ),
    (
        "timestamp-authority-for-another-use",
        Case::Scene(|scene| {
            let attack = scene.attack;
            let made = TimestampAuthority::patched("usage", move |profile| {
                if attack {
                    profile.remove(EKU);
                    profile.extensions.push(Extension::extended_key_usage(&[CODE_SIGNING]).critical());
                }
            });
            authority(scene, made);
        }),
    ),
    (
        "timestamp-authority-ended",
        Case::Scene(|scene| {
            let end = scene.world.at + if scene.attack { 29 } else { 30 };
            authority(scene, TimestampAuthority::patched("ended", move |profile| profile.not_after = end));
        }),
    ),
    (
        "bad-timestamp-beside-a-good-one",
        Case::Scene(|scene| {
            let other = scene.stamped().sign().timestamps[0].clone();
            scene.splice(scene.stamped().sign(), |signed| signed.timestamps.push(other));
        }),
    ),
];
