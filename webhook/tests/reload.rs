//! Policies change while the gate stands: at once, whole, or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::{fs, os::unix::fs::symlink, path::Path};

use fixture::{Fixture, Prepared, SIGNED, review, verdict};
use sealgate_testkit::{Identity, World};

fn trusting(repository: &str) -> String {
    SIGNED.replace("acme/app", repository)
}

#[tokio::test]
async fn a_changed_policy_acts_at_once_and_a_broken_one_not_at_all() {
    let fixture = Fixture::start().await;
    let acme = fixture.good("team/acme");
    let other =
        fixture.signed("team/other", &Identity::github("other/app", "release.yml", "refs/tags/v1.0.0"));
    let now = async || {
        let [acme, other] =
            [verdict(&fixture.ask(&review(&acme)).await), verdict(&fixture.ask(&review(&other)).await)];
        format!("{acme}, {other}")
    };
    assert_eq!(now().await, "allow, 403 identity-mismatch");

    fixture.write_policy("acme.yaml", "kind: ClusterSealPolicy\nspec: {}\n");
    let ready = fixture.wait_for("degraded").await;
    assert!(ready.contains("acme.yaml:"), "{ready}");
    assert_eq!(fixture.admin("/readyz").await.0, 200);
    assert!(fixture.admin("/metrics").await.1.contains("sealgate_policies_degraded 1"));
    assert_eq!(now().await, "allow, 403 identity-mismatch");

    fixture.write_policy("acme.yaml", &trusting("other/app"));
    fixture.wait_for("policies ok").await;
    assert_eq!(now().await, "403 identity-mismatch, allow");
    assert!(fixture.admin("/metrics").await.1.contains("sealgate_policies_degraded 0"));
}

#[tokio::test]
async fn an_empty_folder_and_an_unknown_file_are_broken_folders() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    let file = fixture.policies().join("acme.yaml");
    fs::rename(&file, fixture.folder.path().join("kept")).unwrap();
    fixture.wait_for("holds no policy").await;
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    assert_eq!(verdict(&fixture.ask(&review(&fixture.unsigned("team/bad"))).await), "403 no-signature-found");

    fs::rename(fixture.folder.path().join("kept"), &file).unwrap();
    fixture.wait_for("policies ok").await;
    fs::write(fixture.policies().join("more.yaml.txt"), "x").unwrap();
    fixture.wait_for("is no .yaml, .yml or .json file").await;
    fs::remove_file(fixture.policies().join("more.yaml.txt")).unwrap();
    fixture.wait_for("policies ok").await;
    // Settings without a policy are what is left of a folder that lost its policies.
    fs::remove_file(&file).unwrap();
    let settings = "apiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {name: default}\nspec: {noMatch: allow}\n";
    fixture.write_policy("settings.yaml", settings);
    fixture.wait_for("no policy here").await;
    assert_eq!(
        verdict(&fixture.ask(&review(&fixture.unsigned("team/worse"))).await),
        "403 no-signature-found"
    );
}

/// As the kubelet does it: files are links into `..data`, which is swapped as a whole.
#[tokio::test]
async fn a_swap_of_the_kubelets_links_is_seen() {
    let prepared = Prepared::new().await;
    let folder = prepared.folder.path().join("policies");
    let registry = prepared.registry.host();
    let generation = |name: &str, policy: &str| {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("acme.yaml"), policy.replace("REGISTRY", &registry)).unwrap();
        symlink(name, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    generation("..2026_1", SIGNED);
    symlink("..data/acme.yaml", folder.join("acme.yaml")).unwrap();
    let fixture = prepared.start(&[]).await;
    let good = fixture.good("team/good");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    let before = fixture.admin("/readyz?verbose").await.1;
    generation("..2026_2", &trusting("other/app"));
    fs::remove_dir_all(folder.join("..2026_1")).unwrap();
    while fixture.admin("/readyz?verbose").await.1 == before {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "403 identity-mismatch");
}

#[tokio::test]
async fn a_trusted_root_that_changes_acts_like_a_policy() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    let root = fixture.folder.path().join("root.json");
    fs::write(&root, "{}").unwrap();
    fixture.wait_for("degraded").await;
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    fs::write(&root, World::named("elsewhere").trusted_root_json()).unwrap();
    fixture.wait_for("policies ok").await;
    let denied = verdict(&fixture.ask(&review(&good)).await);
    assert!(denied.starts_with("403 "), "{denied}");
}

/// Section 8: a replica that starts on a broken folder serves what was good last; with none it is not ready.
#[tokio::test]
async fn a_replica_that_starts_on_a_broken_folder_serves_the_last_good_one() {
    let flags = ["--state=FOLDER/state"];
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let first = prepared.start(&flags).await;
    let (good, bad) = (review(&first.good("team/good")), review(&first.unsigned("team/bad")));
    assert_eq!(verdict(&first.ask(&good).await), "allow");
    let Fixture { server, registry, folder, .. } = first;
    server.drain().await;

    fs::write(folder.path().join("policies/acme.yaml"), "{").unwrap();
    let second = Prepared { registry, folder }.start(&flags).await;
    let (status, ready) = second.admin("/readyz?verbose").await;
    assert_eq!(status, 200, "{ready}");
    assert!(ready.contains("degraded, serving the last good ones: "), "{ready}");
    assert_eq!(verdict(&second.ask(&good).await), "allow");
    assert_eq!(verdict(&second.ask(&bad).await), "403 no-signature-found");

    let Fixture { server, registry, folder, .. } = second;
    server.drain().await;
    let state = folder.path().join("state/last-good.json");
    for damage in [damage_nothing_left as fn(&Path), |file| fs::write(file, r#"{"version":1}"#).unwrap()] {
        damage(&state);
        let prepared = Prepared {
            registry: sealgate_testkit::Registry::start().await,
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(prepared.folder.path().join("policies")).unwrap();
        fs::create_dir(prepared.folder.path().join("state")).unwrap();
        if state.exists() {
            fs::copy(&state, prepared.folder.path().join("state/last-good.json")).unwrap();
        }
        let third = prepared.start(&flags).await;
        let (status, ready) = third.admin("/readyz?verbose").await;
        assert_eq!(status, 503, "{ready}");
        assert!(ready.contains("policies missing"), "{ready}");
        assert_eq!(verdict(&third.ask(&good).await), "503 not-ready");
        // What brings no image needs no policy.
        let mut delete = good.clone();
        delete["request"]["operation"] = "DELETE".into();
        assert_eq!(verdict(&third.ask(&delete).await), "allow");
        // As soon as there is a policy, it is ready.
        third.write_policy("acme.yaml", SIGNED);
        third.wait_for("policies ok").await;
        assert_eq!(third.admin("/readyz").await.0, 200);
    }
    drop((registry, folder));
}

fn damage_nothing_left(file: &Path) {
    fs::remove_file(file).unwrap();
}

/// ADM-63: a certificate that is renewed needs no restart, and those who are served go on being served.
#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let folder = prepared.folder.path().to_owned();
    let write = || {
        let key = rcgen::KeyPair::generate().unwrap();
        let pem =
            rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        fs::write(folder.join("tls.crt"), &pem).unwrap();
        fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
        let trusted = [reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()];
        reqwest::Client::builder().no_proxy().tls_certs_only(trusted).build().unwrap()
    };
    let first = write();
    let fixture = prepared.start(&["--tls-cert=FOLDER/tls.crt", "--tls-key=FOLDER/tls.key"]).await;
    assert_eq!(first.get(&fixture.url).send().await.unwrap().status(), 405);
    let second = write();
    assert!(second.get(&fixture.url).send().await.is_err());
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        if second.get(&fixture.url).send().await.is_ok_and(|answer| answer.status() == 405) {
            // On the connection that it has, the former one still does.
            assert_eq!(first.get(&fixture.url).send().await.unwrap().status(), 405);
            return;
        }
    }
    panic!("the renewed certificate is never served");
}

#[tokio::test]
async fn settings_name_the_only_hosts_that_are_spoken_to() {
    let settings = |hosts: &str| {
        format!(
            "apiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {{name: default}}\nspec: {{registries: [{hosts}]}}\n"
        )
    };
    let fixture =
        Fixture::start_with(&[("acme.yaml", SIGNED), ("settings.yaml", &settings("\"REGISTRY\""))], &[])
            .await;
    let good = fixture.good("team/good");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    fixture.write_policy("settings.yaml", &settings("elsewhere.example"));
    let before = fixture.registry.request_count();
    for _ in 0..60 {
        let verdict = verdict(&fixture.ask(&review(&fixture.unsigned("team/new"))).await);
        if verdict == "403 registry-host-forbidden" {
            let after = fixture.registry.request_count();
            assert_eq!(
                fixture::verdict(&fixture.ask(&review(&fixture.unsigned("team/newer"))).await),
                "403 registry-host-forbidden"
            );
            assert_eq!(fixture.registry.request_count(), after);
            assert!(after >= before);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the settings never act");
}
