//! A CT log's timestamp beside a certificate that carries none: as strict as one inside. See attacks SCT-01 to SCT-13.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use rstest::rstest;
use sealgate_testkit::{CtLog, Identity, SctProfile, SigningKey, World, base64, unbase64};
use sealgate_verify::{
    Artifact, Bundle, DetachedSct, Digest, SctError, Timestamp, TrustedRoot, Verifier, VerifyError, limits,
};
use serde_json::{Value, json};

fn image() -> Digest {
    Digest::sha256(b"the image's manifest")
}

/// A bundle whose certificate has `embedded` SCTs, and the certificate.
fn signed(embedded: Vec<CtLog>) -> (Bundle, Vec<u8>) {
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3");
    let recipe = World::shared().recipe(&image(), &identity).with(|recipe| recipe.ct_logs = embedded);
    let signed = recipe.sign();
    (Bundle::from_json(&signed.bundle()).unwrap(), signed.certificate.unwrap())
}

fn good(certificate: &[u8]) -> SctProfile {
    World::shared().ct.sct_beside(certificate, World::shared().at)
}

fn read(profile: &SctProfile) -> Result<DetachedSct, SctError> {
    DetachedSct::from_json(profile.answer().to_string().as_bytes())
}

fn judge_in(
    root: &TrustedRoot,
    now: Timestamp,
    bundle: &Bundle,
    sct: Option<&DetachedSct>,
) -> Result<(), VerifyError> {
    let verifier = Verifier::new(root, now);
    let verifier = match sct {
        Some(sct) => verifier.with_detached_sct(sct),
        None => verifier,
    };
    verifier.authenticate(bundle, Artifact::Digest(&image())).map(drop)
}

fn judge(bundle: &Bundle, sct: Option<&DetachedSct>) -> Result<(), VerifyError> {
    judge_in(&World::shared().root(), World::shared().now(), bundle, sct)
}

fn root_with(change: impl FnOnce(&mut Value)) -> TrustedRoot {
    let mut json = World::shared().trusted_root();
    change(&mut json);
    TrustedRoot::from_json(&serde_json::to_vec(&json).unwrap()).unwrap()
}

/// Judges what `change` made of a good one, and the good one.
#[track_caller]
fn refused(code: &str, change: impl FnOnce(&mut SctProfile)) {
    let (bundle, certificate) = signed(vec![]);
    let mut profile = good(&certificate);
    judge(&bundle, Some(&read(&profile).unwrap())).unwrap();
    change(&mut profile);
    match read(&profile) {
        Ok(sct) => assert_eq!(judge(&bundle, Some(&sct)).unwrap_err().code(), code),
        Err(error) => assert_eq!(error.code(), code),
    }
}

#[test]
fn a_certificate_without_a_timestamp_needs_one_beside_it() {
    let (bundle, certificate) = signed(vec![]);
    assert_eq!(judge(&bundle, None).unwrap_err().code(), "sct-missing");
    judge(&bundle, Some(&read(&good(&certificate)).unwrap())).unwrap();
}

#[test]
fn one_by_a_log_that_nobody_knows_is_none() {
    let evil = CtLog::new("evil");
    refused("sct-invalid", |sct| (sct.log_id, sct.key) = (evil.id(), evil.key));
    // A log of signatures is no log of certificates.
    let rekor = CtLog { name: "rekor".into(), key: World::shared().log.key.clone() };
    refused("sct-invalid", |sct| (sct.log_id, sct.key) = (rekor.id(), rekor.key));
}

#[test]
fn one_that_only_claims_a_known_log_is_refused() {
    refused("sct-invalid", |sct| sct.key = SigningKey::p256());
    // Its statement about the algorithm must not contradict the key.
    refused("sct-invalid", |sct| sct.algorithm = [4, 1]);
    refused("sct-invalid", |sct| sct.algorithm = [6, 3]);
}

#[test]
fn one_of_another_certificate_is_refused() {
    let (_, other) = signed(vec![]);
    refused("sct-invalid", |sct| sct.tbs = other);
}

#[test]
fn one_for_a_precertificate_does_not_stand_beside_the_certificate_nor_the_reverse() {
    refused("sct-invalid", |sct| sct.kind = 1);
    let own_part = |certificate: &[u8]| {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).unwrap();
        parsed.tbs_certificate.as_ref().to_vec()
    };
    refused("sct-invalid", |sct| sct.tbs = own_part(&sct.tbs));
    refused("sct-invalid", |sct| (sct.kind, sct.tbs) = (1, own_part(&sct.tbs)));
}

#[test]
fn another_version_or_algorithm_is_not_read() {
    refused("sct-malformed", |sct| sct.version = 1);
    for algorithm in [[2, 3], [4, 0], [4, 2], [0, 0], [3, 3], [7, 3]] {
        refused("sct-malformed", |sct| sct.algorithm = algorithm);
    }
}

#[test]
fn its_time_has_come_and_its_log_s_key_was_in_use() {
    let (bundle, certificate) = signed(vec![]);
    let (now, root) = (World::shared().now(), World::shared().root());
    let at = |seconds: i64| {
        let timestamp = u64::try_from(seconds).unwrap() * 1000;
        read(&SctProfile { timestamp, ..good(&certificate) }).unwrap()
    };
    let latest = now.0 + limits::CLOCK_BEHIND_SECONDS;
    judge_in(&root, now, &bundle, Some(&at(latest))).unwrap();
    let error = judge_in(&root, now, &bundle, Some(&at(latest + 1))).unwrap_err();
    assert_eq!(error, VerifyError::SctInvalid { why: "its time has not come yet" });
    let huge = read(&SctProfile { timestamp: u64::MAX, ..good(&certificate) }).unwrap();
    assert_eq!(judge(&bundle, Some(&huge)).unwrap_err().code(), "sct-invalid");

    let sct = at(World::shared().at);
    let valid_for = |field: &str, seconds: i64| {
        root_with(|root| {
            root["ctlogs"][0]["publicKey"]["validFor"][field] = json!(Timestamp(seconds).to_string());
        })
    };
    let judged = |root: &TrustedRoot| judge_in(root, now, &bundle, Some(&sct)).map_err(|error| error.code());
    let at = World::shared().at;
    assert_eq!(judged(&valid_for("end", at)), Ok(()));
    assert_eq!(judged(&valid_for("end", at - 1)), Err("sct-invalid"));
    assert_eq!(judged(&valid_for("start", at)), Ok(()));
    assert_eq!(judged(&valid_for("start", at + 1)), Err("sct-invalid"));
}

#[test]
fn what_the_log_signed_is_what_is_read() {
    let (bundle, certificate) = signed(vec![]);
    let profile = SctProfile { extensions: b"ext".to_vec(), ..good(&certificate) };
    let answer = profile.answer();
    let judged = |answer: &Value| {
        judge(&bundle, Some(&DetachedSct::from_json(answer.to_string().as_bytes()).unwrap()))
            .map_err(|error| error.code())
    };
    assert_eq!(judged(&answer), Ok(()));
    for (field, value) in [
        ("extensions", json!("")),
        ("extensions", json!(base64(b"exu"))),
        ("timestamp", json!(profile.timestamp + 1)),
        ("id", json!(base64(&[7; 32]))),
    ] {
        let mut changed = answer.clone();
        changed[field] = value;
        assert_eq!(judged(&changed), Err("sct-invalid"), "{field}");
    }
    let signature = unbase64(answer["signature"].as_str().unwrap());
    for bit in (0..signature.len() * 8).step_by(5) {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut json = answer.clone();
        json["signature"] = json!(base64(&changed));
        let judged = DetachedSct::from_json(json.to_string().as_bytes()).map_or_else(
            |error| Err(error.code()),
            |sct| judge(&bundle, Some(&sct)).map_err(|error| error.code()),
        );
        assert!(judged.is_err(), "bit {bit}");
    }
}

#[test]
fn a_certificate_with_timestamps_of_its_own_must_hold_by_them() {
    let ct = World::shared().ct.clone();
    let (bundle, certificate) = signed(vec![ct.clone()]);
    let garbage = SctProfile { key: SigningKey::p256(), ..good(&certificate) };
    judge(&bundle, Some(&read(&garbage).unwrap())).unwrap();
    let (bundle, certificate) = signed(vec![CtLog::new("evil")]);
    let beside = read(&good(&certificate)).unwrap();
    assert_eq!(judge(&bundle, Some(&beside)).unwrap_err().code(), "sct-invalid");
}

#[test]
fn nothing_that_comes_with_a_signature_is_taken_for_one() {
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3");
    let recipe = World::shared().recipe(&image(), &identity).simple_signing(&image());
    let signed = recipe.with(|recipe| recipe.ct_logs.clear()).sign();
    let sct = good(signed.certificate.as_ref().unwrap()).answer().to_string();
    let mut item = signed.legacy_item();
    for name in ["dev.sigstore.cosign/sct", "dev.sigstore.cosign/timestamp", "sct"] {
        item.annotations.insert(name.into(), sct.clone());
    }
    let bundle = Bundle::read(&item).unwrap();
    assert_eq!(judge(&bundle, None).unwrap_err().code(), "sct-missing");
    judge(&bundle, Some(&DetachedSct::from_json(sct.as_bytes()).unwrap())).unwrap();
}

fn object(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[rstest]
#[case::nothing("")]
#[case::text("text")]
#[case::list("[]")]
#[case::null("null")]
#[case::empty("{}")]
#[case::two("{}{}")]
#[case::deep("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
fn what_is_no_log_s_answer_is_not_read(#[case] text: &str) {
    assert_eq!(DetachedSct::from_json(text.as_bytes()).unwrap_err().code(), "sct-malformed");
}

#[test]
fn every_part_of_a_log_s_answer_is_read_strictly() {
    let (_, certificate) = signed(vec![]);
    let answer = good(&certificate).answer();
    let text = answer.to_string();
    assert!(DetachedSct::from_json(text.as_bytes()).is_ok());
    for end in 0..text.len() {
        assert_eq!(DetachedSct::from_json(&text.as_bytes()[..end]).unwrap_err().code(), "sct-malformed");
    }
    let signature = unbase64(answer["signature"].as_str().unwrap());
    let longer = [&signature[..], &[0]].concat();
    for (field, value) in [
        ("id", json!(base64(&[7; 31]))),
        ("id", json!(base64(&[7; 33]))),
        ("id", json!("")),
        ("id", json!(7)),
        ("id", Value::Null),
        ("sct_version", json!(256)),
        ("sct_version", json!(-1)),
        ("timestamp", json!("1")),
        ("timestamp", json!(1.5)),
        ("timestamp", json!(-1)),
        ("extensions", json!("!")),
        ("extensions", json!(base64(&[7; 66_000]))),
        ("signature", json!("")),
        ("signature", json!(base64(&signature[..signature.len() - 1]))),
        ("signature", json!(base64(&longer))),
    ] {
        let mut changed = answer.clone();
        changed[field] = value;
        let error = DetachedSct::from_json(changed.to_string().as_bytes()).unwrap_err();
        assert!(["sct-malformed", "sct-limit-exceeded"].contains(&error.code()), "{field}: {error}");
        assert!(!error.help().is_empty());
    }
    let twice = text.replacen('{', "{\"timestamp\":1,", 1);
    assert_eq!(DetachedSct::from_json(twice.as_bytes()).unwrap_err().code(), "sct-malformed");
    for left_out in ["sct_version", "extensions"] {
        let mut changed = object(&answer);
        changed.remove(left_out);
        assert!(DetachedSct::from_json(Value::from(changed).to_string().as_bytes()).is_ok(), "{left_out}");
    }
}

#[test]
fn a_log_s_answer_has_at_most_16_kib() {
    let (_, certificate) = signed(vec![]);
    let text = good(&certificate).answer().to_string();
    let padded = |length: usize| DetachedSct::from_json(format!("{text:length$}").as_bytes());
    assert!(padded(limits::DETACHED_SCT_BYTES).is_ok());
    let (limit, found) = (limits::DETACHED_SCT_BYTES, limits::DETACHED_SCT_BYTES + 1);
    assert_eq!(padded(found).unwrap_err(), SctError::Limit { limit, found });
}
