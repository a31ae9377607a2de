//! What the verifier refuses and why, each beside what it accepts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use sealgate_testkit::{
    EntryKind, Extension, Identity, KeyKind, Recipe, Signed, SigningKey, TimestampAuthority, World, base64,
    pem_block,
};
use sealgate_verify::{
    Algorithm, Artifact, Authentic, Bundle, Digest, LogRule, PublicKey, Signer, Step, TimeSource, Timestamp,
    TrustedRoot, Verifier, VerifyError,
};
use serde_json::{Value, json};

const MANIFEST: &[u8] = b"the image's manifest";

fn image() -> Digest {
    Digest::sha256(MANIFEST)
}

fn recipe() -> Recipe {
    World::shared().recipe(&image(), &release())
}

fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

fn judge_in(root: &TrustedRoot, signed: &Signed) -> Result<Authentic, VerifyError> {
    let bundle = Bundle::from_json(&signed.bundle()).unwrap();
    Verifier::new(root, World::shared().now()).authenticate(&bundle, Artifact::Digest(&image()))
}

fn judge(signed: &Signed) -> Result<Authentic, VerifyError> {
    judge_in(&World::shared().root(), signed)
}

#[track_caller]
fn refused(code: &str, found: Result<Authentic, VerifyError>) {
    match found {
        Err(error) => assert_eq!(error.code(), code, "{error}"),
        Ok(_) => panic!("accepted, but must be refused with {code}"),
    }
}

fn root_with(change: impl FnOnce(&mut Value)) -> TrustedRoot {
    let mut json = World::shared().trusted_root();
    change(&mut json);
    TrustedRoot::from_json(&serde_json::to_vec(&json).unwrap()).unwrap()
}

#[test]
fn an_entry_of_another_signature_is_rejected() {
    let (own, other) = (recipe().sign(), recipe().sign());
    let _ = judge(&own).unwrap();
    refused("log-mismatch", judge(&own.with(|signed| signed.entries = other.entries.clone())));
}

#[test]
fn a_checkpoint_of_another_log_is_rejected() {
    let world = World::shared();
    let other = world.log2.clone();
    let by_other = recipe().with(|recipe| {
        recipe.patches.checkpoint.add(move |checkpoint| {
            checkpoint.origin = other.origin.clone();
            checkpoint.signatures[0].name = other.host.clone();
            checkpoint.signatures[0].hint = other.id()[..4].to_vec();
            checkpoint.signatures[0].key = other.key.clone();
        });
    });
    refused("checkpoint-invalid", judge(&by_other.sign()));
    let witnessed = recipe().with(|recipe| {
        recipe.patches.checkpoint_text.add(|text| {
            text.push_str("\u{2014} witness.example AAAAAAAAAAA=\n");
        });
    });
    let _ = judge(&witnessed.sign()).unwrap();
}

#[test]
fn a_time_outside_the_certificate_is_rejected_beside_one_inside() {
    let stamped = |after: i64| {
        recipe().with(|recipe| {
            recipe.timestamp_authorities = vec![World::shared().timestamps.clone()];
            recipe.stamped_after = after;
        })
    };
    let authentic = judge(&stamped(600).sign()).unwrap();
    assert!(matches!(authentic.signer(), Signer::Certificate(signer) if signer.not_before.0 > 0));
    refused("certificate-expired-at-signing", judge(&stamped(601).sign()));
    refused("certificate-expired-at-signing", judge(&stamped(-1).sign()));
}

#[test]
fn a_clock_that_is_behind_is_forgiven_a_minute_and_no_more() {
    let signed = recipe().sign();
    let bundle = Bundle::from_json(&signed.bundle()).unwrap();
    let logged = signed.entries[0].integrated_time.unwrap();
    let root = World::shared().root();
    let at =
        |now: i64| Verifier::new(&root, Timestamp(now)).authenticate(&bundle, Artifact::Digest(&image()));
    let _ = at(logged - 60).unwrap();
    refused("time-in-future", at(logged - 61));
}

#[test]
fn content_about_something_else_is_refused_unless_nobody_asks() {
    let root = World::shared().root();
    let verifier = Verifier::new(&root, World::shared().now());
    let other = Digest::sha256(b"another manifest");
    let open = "artifact-bytes-needed";
    for (signed, code, by_another_algorithm) in [
        (recipe().sign().item(), "subject-mismatch", open),
        (recipe().simple_signing(&image()).sign().legacy_item(), "subject-mismatch", "subject-mismatch"),
        (recipe().message(MANIFEST).sign().item(), "digest-mismatch", open),
    ] {
        let bundle = Bundle::read(&signed).unwrap();
        let _ = verifier.authenticate(&bundle, Artifact::Digest(&image())).unwrap();
        let _ = verifier.authenticate(&bundle, Artifact::Bytes(MANIFEST)).unwrap();
        let _ = verifier.authenticate_unbound_insecure(&bundle).unwrap();
        refused(code, verifier.authenticate(&bundle, Artifact::Digest(&other)));
        refused(code, verifier.authenticate(&bundle, Artifact::Bytes(b"another manifest")));
        // A digest of another algorithm can be compared with nothing that is signed here; the bytes could be.
        refused(
            by_another_algorithm,
            verifier.authenticate(&bundle, Artifact::Digest(&Digest::of(Algorithm::Sha512, MANIFEST))),
        );
    }
}

#[test]
fn every_kind_of_entry_and_key_that_clients_use_is_read() {
    // This kind digests the envelope as it was written, so it must come as it was written: as a layer.
    let layer = recipe().with(|recipe| recipe.entry_kind = Some(EntryKind::Intoto001)).sign().legacy_item();
    let root = World::shared().root();
    let verifier = Verifier::new(&root, World::shared().now());
    let _ = verifier.authenticate(&Bundle::read(&layer).unwrap(), Artifact::Digest(&image())).unwrap();
    for kind in [EntryKind::Dsse, EntryKind::Intoto002] {
        let _ = judge(&recipe().with(|recipe| recipe.entry_kind = Some(kind)).sign()).unwrap();
    }
    for kind in [EntryKind::Dsse, EntryKind::Hashedrekord] {
        let signed =
            World::shared().recipe_v2(&image(), &release()).with(|recipe| recipe.entry_kind = Some(kind));
        let _ = judge(&signed.sign()).unwrap();
    }
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519] {
        let _ = judge(&recipe().with(|recipe| recipe.leaf_key = Some(SigningKey::generate(kind))).sign())
            .unwrap();
    }
}

#[test]
fn a_key_and_a_certificate_do_not_stand_in_for_each_other() {
    let world = World::shared();
    let (key, root) = (SigningKey::p256(), world.root());
    let public = PublicKey::from_spki(&key.spki()).unwrap();
    let verifier = Verifier::new(&root, world.now());
    let keyed = Bundle::from_json(&world.sign_image_with_key(&image(), &key).bundle()).unwrap();
    let keyless = Bundle::from_json(&recipe().sign().bundle()).unwrap();
    let digest = image();
    let artifact = Artifact::Digest(&digest);
    let with_key =
        |bundle: &Bundle, key: &PublicKey, log| verifier.authenticate_with_key(bundle, artifact, key, log);

    let authentic = with_key(&keyed, &public, LogRule::Required).unwrap();
    assert!(matches!(authentic.signer(), Signer::Key(signer) if signer.fingerprint == public.fingerprint()));
    let _ = with_key(&keyed, &public, LogRule::None).unwrap();
    refused("certificate-missing", verifier.authenticate(&keyed, artifact));
    refused("material-mismatch", with_key(&keyless, &public, LogRule::Required));
    let stranger = PublicKey::from_spki(&SigningKey::p256().spki()).unwrap();
    refused("log-mismatch", with_key(&keyed, &stranger, LogRule::Required));
    refused("signature-invalid", with_key(&keyed, &stranger, LogRule::None));
    let without = root.without_logs_insecure();
    let verifier = Verifier::new(&without, world.now());
    refused("root-without-log", verifier.authenticate_with_key(&keyed, artifact, &public, LogRule::Required));
}

#[test]
fn a_key_left_out_of_the_root_still_demands_its_proof() {
    let unknown = json!({"rawBytes": base64(b"no key that we know"), "keyDetails": "PKIX_FUTURE", "validFor": {"start": "2020-01-01T00:00:00Z"}});
    let without_log = root_with(|root| {
        for log in root["tlogs"].as_array_mut().unwrap() {
            log["publicKey"] = unknown.clone();
        }
    });
    assert_eq!(
        without_log.notes().len(),
        without_log.notes().iter().filter(|note| note.field.starts_with("tlogs[")).count()
    );
    assert!(without_log.has_logs() && !without_log.notes().is_empty());
    let stamped =
        || recipe().with(|recipe| recipe.timestamp_authorities = vec![World::shared().timestamps.clone()]);
    refused("log-unknown", judge_in(&without_log, &stamped().sign()));
    let _ = judge_in(&without_log.without_logs_insecure(), &stamped().sign()).unwrap();
    refused("no-trusted-time", judge_in(&without_log.without_logs_insecure(), &recipe().sign()));

    let without_ct = root_with(|root| root["ctlogs"][0]["publicKey"] = unknown.clone());
    refused("sct-invalid", judge_in(&without_ct, &recipe().sign()));
    let _ = judge_in(&without_ct.without_ct_logs_insecure(), &recipe().sign()).unwrap();
    assert_ne!(without_ct.hash(), without_ct.without_ct_logs_insecure().hash());
}

#[test]
fn an_intermediate_that_does_not_hang_from_its_root_is_left_out() {
    let world = World::shared();
    let stranger = World::named("stranger");
    let broken = root_with(|root| {
        let chain = &mut root["certificateAuthorities"][0]["certChain"]["certificates"];
        chain[1]["rawBytes"] = Value::from(base64(&stranger.authority.root));
    });
    assert_eq!(broken.notes().len(), 1, "{:?}", broken.notes());
    assert!(broken.notes()[0].why.contains("left out"));
    refused("certificate-untrusted", judge_in(&broken, &recipe().sign()));
    let _ = judge_in(&world.root(), &recipe().sign()).unwrap();
}

#[test]
fn a_chain_of_a_root_with_a_wrong_signature_vouches_for_nothing() {
    let world = World::shared();
    let links =
        |root: &TrustedRoot| -> Vec<_> { root.notes().iter().map(|note| note.field.clone()).collect() };
    // Nothing else differs: the last byte is one of the signature.
    let broken = root_with(|root| {
        let mut intermediate = world.authority.intermediate.clone();
        *intermediate.last_mut().unwrap() ^= 1;
        let chain = &mut root["certificateAuthorities"][0]["certChain"]["certificates"];
        chain[0]["rawBytes"] = Value::from(base64(&intermediate));
    });
    refused("certificate-untrusted", judge_in(&broken, &recipe().sign()));
    assert_eq!(links(&broken), ["certificateAuthorities[0].certChain.certificates[0]"]);

    // A root of the same name, with another key.
    let other = TimestampAuthority::new(&world.timestamps.name);
    assert_eq!(other.root_name, world.timestamps.root_name);
    let stamped = || recipe().with(|recipe| recipe.timestamp_authorities = vec![world.timestamps.clone()]);
    let broken = root_with(|root| {
        let chain = &mut root["timestampAuthorities"][0]["certChain"]["certificates"];
        chain[1]["rawBytes"] = Value::from(base64(&other.root));
    });
    refused("timestamp-invalid", judge_in(&broken, &stamped().sign()));
    assert_eq!(links(&broken), ["timestampAuthorities[0]"]);
    let _ = judge_in(&broken, &recipe().sign()).unwrap();

    assert!(links(&world.root()).is_empty());
    let _ = judge_in(&world.root(), &stamped().sign()).unwrap();
}

#[test]
fn an_authority_vouches_only_while_it_is_in_use() {
    let at = World::shared().at;
    let until = |end: i64| {
        root_with(|root| {
            root["certificateAuthorities"][0]["validFor"]["end"] = Value::from(Timestamp(end).to_string())
        })
    };
    let _ = judge_in(&until(at + 60), &recipe().sign()).unwrap();
    refused("authority-expired-at-signing", judge_in(&until(at + 59), &recipe().sign()));
    let log_until = |end: i64| {
        root_with(|root| {
            root["tlogs"][0]["publicKey"]["validFor"]["end"] = Value::from(Timestamp(end).to_string())
        })
    };
    let _ = judge_in(&log_until(at + 60), &recipe().sign()).unwrap();
    refused("log-unknown", judge_in(&log_until(at + 59), &recipe().sign()));
}

#[test]
fn a_certificate_for_other_purposes_is_refused() {
    for (purposes, code) in
        [(vec!["1.3.6.1.5.5.7.3.1"], "certificate-usage"), (vec!["2.5.29.37.0"], "certificate-usage")]
    {
        let wrong = recipe().with(|recipe| {
            recipe
                .patches
                .certificate
                .add(move |profile| profile.replace(Extension::extended_key_usage(&purposes)));
        });
        refused(code, judge(&wrong.sign()));
    }
    let wrong = recipe().with(|recipe| {
        recipe.patches.certificate.add(|profile| profile.replace(Extension::key_usage(&[5])));
    });
    refused("certificate-usage", judge(&wrong.sign()));
}

#[test]
fn what_was_proven_is_told_only_to_who_names_a_signer() {
    use sealgate_verify::{
        SignerRule,
        rule::{IssuerMatch, Keyless, SubjectMatch},
    };
    let signed = recipe()
        .with(|recipe| recipe.timestamp_authorities = vec![World::shared().timestamps.clone()])
        .sign();
    let authentic = judge(&signed).unwrap();
    let rule = SignerRule::keyless(&Keyless {
        issuer: IssuerMatch::Exact("https://token.actions.githubusercontent.com".into()),
        subject: SubjectMatch::Any,
        subject_kind: None,
        claims: Default::default(),
        extensions: Default::default(),
    });
    let rule = rule.unwrap();
    let verified = authentic.signed_by(&rule).unwrap();
    let sources: Vec<_> = verified.signed_at().iter().map(|proven| &proven.source).collect();
    assert!(matches!(sources[..], [TimeSource::TimestampAuthority(_), TimeSource::Log(_)]), "{sources:?}");
    assert_eq!(verified.signed_at()[1].time.0, World::shared().at + 60);
    let [record] = verified.log() else { panic!("{:?}", verified.log()) };
    assert_eq!(
        (record.index, record.integrated_at.unwrap().0),
        (signed.entries[0].index, World::shared().at + 60)
    );
    assert!(record.log.starts_with("https://"));
}

#[test]
fn of_several_faults_the_one_of_the_first_step_is_told() {
    let other = World::named("another").trusted_root();
    let signed = World::shared().recipe(&Digest::sha256(b"another image"), &release()).sign();
    let bundle = Bundle::from_json(&signed.bundle()).unwrap();
    let step = |root: &TrustedRoot, now: Timestamp| {
        Verifier::new(root, now).authenticate(&bundle, Artifact::Digest(&image())).unwrap_err().step()
    };
    let with = |fields: &[&str]| {
        root_with(|root| fields.iter().for_each(|field| root[*field] = other[*field].clone()))
    };
    let now = World::shared().now();
    let early = Timestamp(0);
    let found = [
        step(&with(&["tlogs", "certificateAuthorities", "ctlogs"]), early),
        step(&with(&["certificateAuthorities", "ctlogs"]), early),
        step(&with(&["certificateAuthorities", "ctlogs"]), now),
        step(&with(&["ctlogs"]), now),
        step(&with(&[]), now),
    ];
    assert_eq!(found, [Step::LogEntry, Step::Time, Step::Certificate, Step::CertificateLog, Step::Subject]);
    let key = PublicKey::from_pem(&SigningKey::generate(KeyKind::P256).public_pem()).unwrap();
    let root = with(&["tlogs"]);
    let keyed = Verifier::new(&root, now).authenticate_with_key(
        &bundle,
        Artifact::Digest(&image()),
        &key,
        LogRule::Required,
    );
    assert_eq!(keyed.unwrap_err().step(), Step::Form);
    let own = judge(&recipe().sign());
    assert!(own.is_ok(), "{own:?}");
}

#[test]
fn a_key_in_the_place_of_the_certificate_is_refused() {
    let signed = recipe().message(MANIFEST).sign();
    let rekor = signed.entries[0].legacy_json();
    let blob = |pem: String| {
        let json = json!({"base64Signature": base64(&signed.signature), "cert": base64(pem.as_bytes()), "rekorBundle": rekor});
        Bundle::from_cosign_blob_json(&serde_json::to_vec(&json).unwrap())
    };
    let bundle = blob(pem_block("CERTIFICATE", signed.certificate.as_ref().unwrap())).unwrap();
    let root = World::shared().root();
    let verifier = Verifier::new(&root, World::shared().now());
    let _ = verifier.authenticate(&bundle, Artifact::Bytes(MANIFEST)).unwrap();
    refused("digest-mismatch", verifier.authenticate(&bundle, Artifact::Bytes(b"another")));
    let refused = blob(pem_block("PUBLIC KEY", &signed.key.spki())).unwrap_err();
    assert_eq!(refused.code(), "bundle-malformed");
}

#[test]
fn the_public_good_instance_loads_whole() {
    let root = TrustedRoot::public_good().unwrap();
    assert!(root.notes().is_empty(), "{:?}", root.notes());
    assert!(root.has_logs() && root.has_ct_logs() && root.has_timestamp_authorities());
}
