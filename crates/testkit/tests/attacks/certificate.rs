//! Certificates that must not vouch.

use sealgate_testkit::{
    Authority, CertificateProfile, CtLog, Extension, Format, Identity, SigningKey, World,
    certificate::{CODE_SIGNING, TIME_STAMPING},
    der, sha256,
};
use serde_json::json;

use crate::scene::{Case, Scene, Table, policy};

fn profile(scene: &mut Scene, change: fn(&mut CertificateProfile)) {
    let good = scene.recipe();
    scene.forge(good, |recipe| recipe.patches.certificate.add(change));
}

pub(crate) const TABLE: Table = &[
    (
        "authority-with-a-trusted-name",
        Case::Scene(|scene| {
            let good = scene.recipe();
            let evil = Authority::new(&scene.world.name);
            scene.forge(good, |recipe| recipe.authority = evil);
        }),
    ),
    (
        "root-inside-the-bundle",
        Case::Scene(|scene| {
            let good = scene.recipe().with(|recipe| recipe.format = Format::V02);
            let evil = Authority::new("evil");
            scene.forge(good, |recipe| {
                recipe.supplied_chain = vec![evil.intermediate.clone(), evil.root.clone()];
                recipe.authority = evil;
            });
        }),
    ),
    (
        "leaf-issued-by-a-leaf",
        Case::Scene(|scene| {
            let good = scene.recipe().with(|recipe| recipe.format = Format::V02);
            // The attacker's own genuine certificate, used as if it were an authority's.
            let key = SigningKey::p256();
            let evil = Identity::email("evil@example.com", "https://accounts.example");
            let own = scene.recipe().by(evil).with(|recipe| {
                recipe.leaf_key = Some(key.clone());
                recipe
                    .patches
                    .certificate
                    .add(|certificate| certificate.subject = der::name("evil.example", "evil"));
            });
            let own = own.sign().certificate.unwrap();
            scene.forge(good, |recipe| {
                recipe.authority.issuing_key = key;
                recipe.authority.issuing_name = der::name("evil.example", "evil");
                recipe.supplied_chain = vec![own];
            });
        }),
    ),
    (
        "authority-of-another-instance",
        Case::Scene(|scene| {
            let other = World::named("private");
            scene.more_roots = vec![("private", other.trusted_root())];
            let good = scene.recipe();
            // Anybody may log anything, so the log is the trusted one.
            scene.forge(good, |recipe| {
                recipe.authority = other.authority.clone();
                recipe.ct_logs = vec![other.ct.clone()];
            });
        }),
    ),
    (
        "log-of-another-instance",
        Case::Scene(|scene| {
            let other = World::named("private");
            scene.more_roots = vec![("private", other.trusted_root())];
            scene.policy = policy(&format!("roots: [public-good, private]\n      {}", crate::scene::RELEASE));
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.logs = vec![other.log.clone()]);
        }),
    ),
    (
        "certificate-for-another-use",
        Case::Scene(|scene| {
            profile(scene, |certificate| certificate.replace(Extension::extended_key_usage(&[TIME_STAMPING])))
        }),
    ),
    (
        "certificate-without-a-use",
        Case::Scene(|scene| {
            profile(scene, |certificate| certificate.remove(sealgate_testkit::certificate::EKU))
        }),
    ),
    (
        "certificate-of-an-authority-signs",
        Case::Scene(|scene| {
            profile(scene, |certificate| {
                certificate.replace(Extension::authority(None));
                certificate.replace(Extension::key_usage(&[5, 6]));
            });
        }),
    ),
    (
        "critical-extension-that-nobody-knows",
        Case::Scene(|scene| {
            profile(scene, |certificate| {
                certificate.extensions.push(Extension::new("1.2.3.4", der::null()).critical())
            });
        }),
    ),
    (
        "extension-twice",
        Case::Scene(|scene| {
            profile(scene, |certificate| {
                certificate.extensions.push(Extension::fulcio(8, "https://accounts.example"));
            });
        }),
    ),
    (
        "certificate-ended-before-signing",
        Case::Scene(|scene| {
            let good = scene.recipe().with(|recipe| recipe.logged_after = 600);
            scene.forge(good, |recipe| recipe.logged_after = 601);
        }),
    ),
    (
        "certificate-not-yet-begun",
        Case::Scene(|scene| {
            let good = scene.recipe().with(|recipe| recipe.logged_after = 0);
            scene.forge(good, |recipe| recipe.logged_after = -1);
        }),
    ),
    (
        "one-of-two-times-is-outside",
        Case::Scene(|scene| {
            scene.now.0 += 7200;
            let good = scene.stamped();
            scene.forge(good, |recipe| recipe.stamped_after = 3600);
        }),
    ),
    (
        "authority-retired-before-signing",
        Case::Scene(|scene| {
            let end = if scene.attack { "2026-05-31T00:00:00Z" } else { "2026-06-02T00:00:00Z" };
            scene.root["certificateAuthorities"][0]["validFor"]["end"] = json!(end);
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "intermediate-ended-before-signing",
        Case::Scene(|scene| {
            let at = scene.world.at;
            let end = if scene.attack { at - 1 } else { at + 601 };
            let authority = Authority::patched("ended", |_| (), |profile| profile.not_after = end);
            scene.root["certificateAuthorities"][0] = authority.json();
            scene.publish(&scene.recipe().with(|recipe| recipe.authority = authority).sign());
        }),
    ),
    (
        "certificate-without-sct",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.ct_logs.clear());
        }),
    ),
    (
        "sct-of-an-unknown-log",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.ct_logs = vec![CtLog::new("evil")]);
        }),
    ),
    (
        "sct-that-names-a-trusted-log",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.sct.add(|sct| sct.key = SigningKey::p256()));
        }),
    ),
    (
        "sct-of-another-certificate",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.certificate_with_scts.add(|certificate| certificate.serial = vec![1, 2, 3]);
            });
        }),
    ),
    (
        "sct-for-another-issuer",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.sct.add(|sct| sct.issuer_key_hash = sha256(b"another issuer"))
            });
        }),
    ),
    (
        "sct-log-retired-before-issuing",
        Case::Scene(|scene| {
            let end = if scene.attack { "2026-05-31T00:00:00Z" } else { "2026-06-02T00:00:00Z" };
            scene.root["ctlogs"][0]["publicKey"]["validFor"]["end"] = json!(end);
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "log-key-speaks-for-certificate-transparency",
        Case::Scene(|scene| {
            let good = scene.recipe();
            let key = scene.world.log.key.clone();
            scene.forge(good, |recipe| recipe.ct_logs = vec![CtLog { name: "rekor".into(), key }]);
        }),
    ),
    (
        "intermediate-not-for-signing-code",
        Case::Scene(|scene| {
            let purpose = if scene.attack { TIME_STAMPING } else { CODE_SIGNING };
            let change = move |profile: &mut CertificateProfile| {
                profile.replace(Extension::extended_key_usage(&[purpose]))
            };
            let authority = Authority::patched("purpose", |_| (), change);
            scene.root["certificateAuthorities"][0] = authority.json();
            scene.publish(&scene.recipe().with(|recipe| recipe.authority = authority).sign());
        }),
    ),
];
