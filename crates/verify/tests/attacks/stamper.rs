//! Timestamp authorities that must not vouch.

use sealgate_testkit::{
    Extension, Identity, TimestampAuthority, TimestampProfile, World, base64,
    certificate::{BASIC_CONSTRAINTS, CODE_SIGNING, CertificateProfile, EKU, TIME_STAMPING},
    der,
};
use sealgate_verify::Bundle;
use serde_json::json;

use crate::{
    judge_in, recipe, root_with,
    timestamp::{BAD, stamped},
};

type Change = fn(&mut CertificateProfile);

#[test]
fn a_timestamp_authority_is_for_timestamps_alone() {
    let judge = |change: Change| {
        let authority = TimestampAuthority::patched("purpose", change);
        let root = root_with(|root| root["timestampAuthorities"][0] = authority.json());
        let signed = recipe().with(|recipe| recipe.timestamp_authorities = vec![authority]).sign();
        judge_in(&root, Bundle::from_json(&signed.bundle()))
    };
    assert_eq!(judge(|_| ()), "", "twin");
    let lines: &[(&str, Change)] = &[
        ("no purpose", |leaf| leaf.remove(EKU)),
        ("not critically", |leaf| leaf.replace(Extension::extended_key_usage(&[TIME_STAMPING]))),
        ("another purpose", |leaf| leaf.replace(Extension::extended_key_usage(&[CODE_SIGNING]).critical())),
        ("another purpose beside", |leaf| {
            leaf.replace(Extension::extended_key_usage(&[TIME_STAMPING, CODE_SIGNING]).critical())
        }),
        ("a purpose that nobody knows beside", |leaf| {
            leaf.replace(Extension::extended_key_usage(&[TIME_STAMPING, "1.2.3.4"]).critical())
        }),
        ("any purpose", |leaf| leaf.replace(Extension::extended_key_usage(&["2.5.29.37.0"]).critical())),
        ("an authority", |leaf| leaf.replace(Extension::authority(Some(0)))),
        ("basic constraints that are none", |leaf| {
            leaf.replace(Extension::new(BASIC_CONSTRAINTS, der::null()))
        }),
        ("an unknown critical extension", |leaf| {
            leaf.extensions.push(Extension::new("1.2.3.4", der::null()).critical())
        }),
        ("another issuer", |leaf| leaf.issuer = der::name("evil.example", "evil")),
        ("ended", |leaf| leaf.not_after = 1_780_315_229),
        ("to come", |leaf| leaf.not_before = 1_780_315_231),
    ];
    for (name, change) in lines {
        assert_eq!(judge(*change), BAD, "{name}");
    }
}

#[test]
fn a_timestamp_authority_vouches_only_while_it_is_in_use() {
    let judge = |start: &str, end: &str| {
        let root = root_with(|root| {
            root["timestampAuthorities"][0]["validFor"] = json!({"start": start, "end": end});
        });
        judge_in(&root, Bundle::from_json(&stamped().sign().bundle()))
    };
    assert_eq!(judge("2026-06-01T12:00:30Z", "2026-06-01T12:00:30Z"), "");
    assert_eq!(judge("2026-06-01T12:00:31Z", "2026-06-02T00:00:00Z"), BAD);
    assert_eq!(judge("2026-06-01T00:00:00Z", "2026-06-01T12:00:29Z"), BAD);
    assert_eq!(judge("2026-06-01T12:00:30.5Z", "2026-06-02T00:00:00Z"), BAD, "it began half a second later");
}

#[test]
fn one_authority_s_key_stamps_for_no_other() {
    let (first, second) = (World::shared().timestamps.clone(), TimestampAuthority::new("second"));
    let root = root_with(|root| {
        root["timestampAuthorities"] = json!([first.json(), second.json()]);
    });
    let judge = |change: &dyn Fn(&mut TimestampProfile)| {
        let mut signed = recipe().by(Identity::email("a@example.com", "https://accounts.example")).sign();
        let mut stamp = first.profile(&signed.signature, World::shared().at + 30);
        change(&mut stamp);
        signed.timestamps = vec![stamp.sign()];
        judge_in(&root, Bundle::from_json(&signed.bundle()))
    };
    assert_eq!(judge(&|_| ()), "", "twin");
    assert_eq!(judge(&|stamp| stamp.key = second.key.clone()), BAD);
    assert_eq!(judge(&|stamp| stamp.signing_certificate.clone_from(&second.leaf)), BAD);
    assert_eq!(
        judge(&|stamp| (stamp.signer_issuer, stamp.signer_serial) =
            (second.root_name.clone(), second.serial.clone())),
        BAD
    );
    // Leaf of the one, chain of the other.
    let mixed = root_with(|root| {
        let mut json = first.json();
        json["certChain"]["certificates"][1]["rawBytes"] = json!(base64(&second.root));
        root["timestampAuthorities"] = json!([json]);
    });
    assert_eq!(judge_in(&mixed, Bundle::from_json(&stamped().sign().bundle())), BAD);
    assert_eq!(mixed.notes().len(), 1);
}
