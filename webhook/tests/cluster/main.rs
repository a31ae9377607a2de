//! The real webhook before a real API server: what a user of kubectl sees.
//!
//! etcd, kube-apiserver and kube-controller-manager run on loopback (`testdata/controlplane`), with two replicas of the
//! webhook behind a forwarder that stands for the Service, and images signed by the testkit's Sigstore.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test may stop, and its transcript is what it is for"
)]

mod control_plane;
mod images;
mod kubectl;
mod load;
mod objects;
mod replicas;
mod schema;
mod service;
mod story;

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use control_plane::ControlPlane;
use images::{Images, write_policy};
use replicas::Replicas;
use service::Service;
use story::Story;

#[test]
#[ignore = "needs the control plane: testdata/controlplane/build.sh, then `just cluster`"]
fn real_cluster_admits_only_what_the_policies_allow() {
    let Some(program) = control_plane_program() else {
        println!("skipped: real_cluster_admits_only_what_the_policies_allow (Go is not installed)");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();

    title("A control plane and two replicas of the webhook");
    let start = Instant::now();
    let plane = ControlPlane::start(&program);
    println!(
        "  etcd, kube-apiserver, kube-controller-manager: ready in {:.1} s",
        start.elapsed().as_secs_f32()
    );
    title("What the server's own schema calls an image is read");
    schema::every_place_that_names_an_image_is_read(&plane);
    let scratch = plane.scratch().to_owned();
    let images = Images::publish();
    let policies = scratch.join("policies");
    write_policy(&policies, &images.lenient_policy());

    let service = Service::apply(&plane);
    let certificate = service.certificate(&scratch);
    let mut arguments = images.arguments(&scratch);
    arguments.push(format!("--policies={}", policies.display()));
    arguments.push(format!("--tls-cert={}", certificate.chain.display()));
    arguments.push(format!("--tls-key={}", certificate.key.display()));
    let start = Instant::now();
    let replicas = Replicas::start(runtime.handle(), &arguments, &scratch);
    println!("  two replicas: ready in {:.2} s", start.elapsed().as_secs_f32());
    service.register(&plane, replicas.port(), &certificate);
    plane.kubectl(&["create", "namespace", "shop"]).succeeds();

    let mut story = Story { plane, images, replicas, policies, runtime: runtime.handle().clone() };
    title("Signed digests are admitted, everything else is denied with its reason");
    story.pods_are_judged();
    story.controllers_are_judged();
    story.ephemeral_containers_are_judged();
    title("What was admitted before the policy grew stricter scales, finishes and goes");
    story.prepare_for_a_stricter_policy();
    story.grow_stricter();
    story.admitted_objects_live_on();
    title("Both replicas restart in turn under load");
    story.replicas_restart_under_load();
    title("Nobody behind the Service: the gate is closed");
    story.without_replicas_nothing_is_admitted();
}

/// Where `build.sh` has put the control plane; `None` where it cannot be built.
fn control_plane_program() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/controlplane/build.sh");
    let output = Command::new(script).arg("--path").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    if program.exists() {
        return Some(program);
    }
    let go = Command::new("go").arg("version").output();
    assert!(!go.is_ok_and(|go| go.status.success()), "Go is here: run testdata/controlplane/build.sh first");
    None
}

fn title(text: &str) {
    println!("\n=== {text}");
}
