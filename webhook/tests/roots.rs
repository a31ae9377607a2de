//! How old trusted roots are: kept young through TUF, carried in files that prove themselves, and never old in silence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use fixture::{Fixture, Prepared, SIGNED, review, verdict};
use sealgate::{
    tuf::{Anchor, Mirror, Repository},
    verify::Timestamp,
};
use sealgate_testkit::{Tuf, TufMirror, World};
use sealgate_webhook::Server;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// The policy of the other tests, of a root that only a repository of our own has.
fn of_lab() -> String {
    SIGNED.replace("      github:", "      roots: [lab]\n      github:")
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

struct Lab {
    tuf: Tuf,
    mirror: TufMirror,
}

impl Lab {
    fn new() -> Self {
        let tuf = Tuf::until(now() + 3_000 * DAY, &World::shared().trusted_root_json());
        Self { mirror: TufMirror::start(&tuf.files), tuf }
    }

    /// A folder with a policy, and the repository's first root metadata in it.
    async fn prepared(&self) -> Prepared {
        let prepared = Prepared::new().await;
        prepared.write_policy("acme.yaml", &of_lab());
        fs::write(prepared.folder.path().join("anchor.json"), self.tuf.anchor()).unwrap();
        prepared
    }

    fn mirrored(&self) -> [String; 2] {
        [format!("--tuf-mirror=lab={}", self.mirror.url()), "--tuf-anchor=lab=FOLDER/anchor.json".to_owned()]
    }

    /// The signed files as `roots print --signed-files` prints them, as if they had been fetched so many days ago.
    async fn signed_files(&self, days_ago: i64) -> Vec<u8> {
        let anchor = Anchor::from_bytes(&self.tuf.anchor()).unwrap();
        let repository = Repository::new(Mirror::parse(&self.mirror.url()).unwrap(), anchor, None);
        let (proven, _) = repository.refresh(Timestamp(now())).await.unwrap();
        let mut kept: Value = serde_json::from_slice(&proven.kept_json().unwrap()).unwrap();
        kept["refreshed"] = (now() - days_ago * DAY).into();
        kept.to_string().into_bytes()
    }

    /// A gate whose root is carried in a file.
    async fn carried(&self, days_ago: i64, flags: &[&str]) -> Fixture {
        let prepared = self.prepared().await;
        fs::write(prepared.folder.path().join("lab.json"), self.signed_files(days_ago).await).unwrap();
        prepared.start(&[&CARRIED, flags].concat()).await
    }
}

const CARRIED: [&str; 2] = ["--trusted-root=lab=FOLDER/lab.json", "--tuf-anchor=lab=FOLDER/anchor.json"];

fn words(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_root_is_fetched_at_the_start_and_kept_for_the_next() {
    let lab = Lab::new();
    let prepared = lab.prepared().await;
    let flags = [lab.mirrored().to_vec(), vec!["--state=FOLDER/state".to_owned()]].concat();
    let fixture = prepared.start(&words(&flags)).await;
    let ready = fixture.wait_for("trusted root lab: proven through TUF").await;
    assert!(ready.contains(", 0 days old"), "{ready}");
    let good = fixture.good("team/good");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    let metrics = fixture.admin("/metrics").await.1;
    assert!(metrics.contains("sealgate_trusted_root_age_seconds{root=\"lab\"} "), "{metrics}");
    assert!(!metrics.contains("root=\"staging\""), "nobody names it");
    assert!(metrics.contains("sealgate_trusted_root_refreshes_total{result=\"ok\"} 1"), "{metrics}");
    assert!(metrics.contains("sealgate_trusted_roots_old 0"), "{metrics}");

    // The mirror is gone when the next replica starts.
    let Fixture { server, registry, folder, .. } = fixture;
    server.drain().await;
    lab.mirror.serve(&sealgate_testkit::TufFiles::new());
    let fixture = Prepared { registry, folder }.start(&words(&flags)).await;
    assert_eq!(fixture.admin("/readyz").await.0, 200);
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    while !fixture.admin("/metrics").await.1.contains("refreshes_total{result=\"failed\"} 1") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow", "a refresh that fails changes nothing");
    assert!(
        fixture
            .admin("/readyz?verbose")
            .await
            .1
            .contains("[!] trusted root lab could not be refreshed: tuf-")
    );
}

#[tokio::test]
async fn an_old_root_is_said_everywhere_and_closes_nothing() {
    let fixture = Lab::new().carried(200, &[]).await;
    let answer = fixture.ask(&review(&fixture.good("team/good"))).await;
    assert_eq!(verdict(&answer), "allow");
    assert_eq!(answer["auditAnnotations"]["old-roots"], "lab 200 days");
    let (status, ready) = fixture.admin("/readyz?verbose").await;
    assert_eq!(status, 200);
    assert!(ready.contains("[!] trusted root lab: proven through TUF, of "), "{ready}");
    assert!(ready.contains("200 days old, over the limit of 180"), "{ready}");
    assert!(fixture.admin("/metrics").await.1.contains("sealgate_trusted_roots_old 1"));

    let fixture = Lab::new().carried(179, &[]).await;
    let answer = fixture.ask(&review(&fixture.good("team/good"))).await;
    assert_eq!(
        (verdict(&answer).as_str(), &answer["auditAnnotations"]["old-roots"]),
        ("allow", &Value::Null)
    );
    assert!(fixture.admin("/readyz?verbose").await.1.contains("[+] trusted root lab"), "twin");
}

#[tokio::test]
async fn an_operator_may_close_the_gate_over_an_old_root_and_a_younger_one_opens_it() {
    let lab = Lab::new();
    let fixture = lab.carried(200, &["--old-roots=close"]).await;
    let good = fixture.good("team/good");
    let answer = fixture.ask(&review(&good)).await;
    assert_eq!(verdict(&answer), "503 root-too-old");
    let message = answer["status"]["message"].as_str().unwrap();
    assert!(message.contains("`lab` is 200 days old, and the gate's operator allows 180"), "{message}");
    let mut mirror = review(&good);
    mirror["request"]["object"]["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    mirror["request"]["object"]["spec"]["nodeName"] = json!("node-1");
    mirror["request"]["userInfo"] = json!({"username": "system:node:node-1", "groups": ["system:nodes"]});
    let recorded = fixture.ask(&mirror).await;
    assert_eq!(
        (&recorded["allowed"], &recorded["auditAnnotations"]["reason"]),
        (&true.into(), &"root-too-old".into()),
        "the kubelet runs it anyway"
    );
    mirror["request"]["userInfo"]["username"] = json!("system:node:node-2");
    assert_eq!(verdict(&fixture.ask(&mirror).await), "503 root-too-old", "twin");
    assert_eq!(fixture.admin("/readyz").await.0, 200, "or nobody would read why");
    assert!(fixture.admin("/readyz?verbose").await.1.contains("the gate is closed"));

    // As a CronJob and the kubelet do: other files in the place of the old ones, and no restart.
    let file = fixture.folder.path().join("lab.json");
    fs::write(fixture.folder.path().join("next"), lab.signed_files(1).await).unwrap();
    fs::rename(fixture.folder.path().join("next"), &file).unwrap();
    fixture.wait_for("1 days old").await;
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow", "twin");

    let fixture = lab.carried(200, &["--old-roots=close", "--root-age-limit-days=201"]).await;
    assert_eq!(verdict(&fixture.ask(&review(&fixture.good("team/good"))).await), "allow", "twin");
}

#[tokio::test]
async fn a_root_of_unknown_age_is_not_taken_where_age_closes_the_gate() {
    // The fixture's public-good root is a file that does not say of when it is.
    let start = async |flags: &[&str]| Fixture::start_with(&[("acme.yaml", SIGNED)], flags).await;
    let fixture = start(&["--old-roots=close"]).await;
    let (status, ready) = fixture.admin("/readyz?verbose").await;
    assert_eq!(status, 503);
    assert!(ready.contains("trusted root `public-good` does not say of when it is"), "{ready}");
    let fixture = start(&[]).await;
    assert_eq!(verdict(&fixture.ask(&review(&fixture.good("team/good"))).await), "allow", "twin");
    let ready = fixture.admin("/readyz?verbose").await.1;
    assert!(
        ready.contains("[+] trusted root public-good: from a file, which does not say of when it is"),
        "{ready}"
    );
}

#[tokio::test]
async fn signed_files_that_were_changed_are_no_root_and_leave_the_last_good_one() {
    let lab = Lab::new();
    let fixture = lab.carried(1, &[]).await;
    let good = fixture.good("team/good");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow", "twin");
    let file = fixture.folder.path().join("lab.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    kept["trustedRoot"] = String::from_utf8(World::named("thief").trusted_root_json()).unwrap().into();
    fs::write(&file, kept.to_string()).unwrap();
    let ready = fixture.wait_for("degraded").await;
    assert!(ready.contains("trusted root `lab` is not proven"), "{ready}");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    let stolen = fixture.registry.push_image("team/stolen", None, "stolen").digest;
    let signed = World::named("thief").sign_image(&stolen, &fixture::release());
    fixture.registry.push_bundle("team/stolen", &stolen, &signed);
    let denied = verdict(&fixture.ask(&review(&fixture.registry.pinned("team/stolen", &stolen))).await);
    assert!(denied.starts_with("403 "), "{denied}");
}

#[tokio::test]
async fn a_mirror_of_ones_own_without_a_beginning_does_not_start() {
    let lab = Lab::new();
    let flags = lab.mirrored();
    let start = async |flags: &[&str]| {
        let prepared = lab.prepared().await;
        Server::start(prepared.options(flags)).await.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(start(&words(&flags)).await, Ok(()), "twin");
    let error = start(&[&flags[0]]).await.unwrap_err();
    assert!(error.contains("no `--tuf-anchor` says where trust in it begins"), "{error}");
    let error = start(&["--tuf-mirror=staging=ftp://x"]).await.unwrap_err();
    assert!(error.contains("`staging` cannot be kept young"), "{error}");
}

#[tokio::test]
async fn a_root_has_one_place_and_one_beginning() {
    let lab = Lab::new();
    let [mirror, anchor] = lab.mirrored();
    let start = async |flags: &[&str]| {
        let prepared = lab.prepared().await;
        fs::write(prepared.folder.path().join("lab.json"), lab.signed_files(1).await).unwrap();
        Server::start(prepared.options(flags)).await.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(start(&[&mirror, &anchor]).await, Ok(()), "twin");
    assert_eq!(start(&CARRIED).await, Ok(()), "twin");
    for (flags, told) in [
        (&[CARRIED[0], &mirror, &anchor][..], "by `--trusted-root` and by `--tuf-mirror`"),
        (&[&mirror, &mirror, &anchor], "by `--tuf-mirror` and by `--tuf-mirror`"),
        (&[&mirror, &anchor, &anchor], "by `--tuf-anchor` and by `--tuf-anchor`"),
        (&[CARRIED[0], CARRIED[0], &anchor], "by `--trusted-root` and by `--trusted-root`"),
    ] {
        let error = start(flags).await.unwrap_err();
        assert_eq!(error, format!("trusted root `lab` is given twice: {told}"));
    }
}

/// The program itself: what stands in the log of a gate whose root is old.
#[tokio::test]
async fn the_log_says_once_that_a_root_is_old() {
    let lab = Lab::new();
    let prepared = lab.prepared().await;
    let folder = prepared.folder.path();
    fs::write(folder.join("lab.json"), lab.signed_files(200).await).unwrap();
    let events = log_of(folder);
    let old: Vec<&Value> = events.iter().filter(|event| event["message"] == "trusted root is old").collect();
    assert_eq!(old.len(), 1, "{events:#?}");
    let event = old[0];
    assert_eq!((&event["level"], &event["root"]), (&"WARN".into(), &"lab".into()));
    assert_eq!((&event["age_days"], &event["limit_days"]), (&200.into(), &180.into()));
    assert_eq!((&event["source"], &event["closed"]), (&"proven".into(), &false.into()));
    fs::write(folder.join("lab.json"), lab.signed_files(1).await).unwrap();
    assert!(!log_of(folder).iter().any(|event| event["message"] == "trusted root is old"), "twin");
}

// Runs the program until it serves, and a little longer than it takes to look at its files again.
fn log_of(folder: &Path) -> Vec<Value> {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sealgate-webhook"))
        .args(["--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--drain-grace=0s"])
        .arg(format!("--policies={}", at("policies")))
        .arg(format!("--trusted-root=lab={}", at("lab.json")))
        .arg(format!("--tuf-anchor=lab={}", at("anchor.json")))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut events: Vec<Value> = Vec::new();
    for line in std::io::BufRead::lines(log) {
        events.push(serde_json::from_str(&line.unwrap()).unwrap());
        if events.last().unwrap()["message"] == "serving" {
            Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        }
    }
    child.wait().unwrap();
    events
}
