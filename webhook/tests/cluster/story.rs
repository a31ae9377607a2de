//! The chapters of the test, each a claim about what a user of kubectl sees.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Handle;

use crate::control_plane::ControlPlane;
use crate::images::{Images, write_policy};
use crate::load::{Expected, Load};
use crate::objects::{cron_job, deployment, job, pod, pod_with_finalizer};
use crate::replicas::Replicas;

// In the order in which they end: the replicas before the control plane that calls them.
pub(crate) struct Story {
    pub(crate) replicas: Replicas,
    pub(crate) plane: ControlPlane,
    pub(crate) images: Images,
    pub(crate) policies: PathBuf,
    pub(crate) runtime: Handle,
}

const FINALIZER: &str = "shop.example/hold";

impl Story {
    pub(crate) fn pods_are_judged(&self) {
        let Self { plane, images, .. } = self;
        plane.create(&pod("signed", &images.release)).succeeds();
        plane.create(&pod("signed-legacy", &images.legacy)).succeeds();
        plane.create(&pod("unsigned", &images.unsigned)).denied(&[
            "no-signature-found",
            "acme-apps/signed",
            &images.unsigned,
        ]);
        plane.create(&pod("fork", &images.fork)).denied(&[
            "identity-mismatch",
            "acme-apps/signed",
            "https://github.com/mallory/app",
        ]);
        let digest = images.release.split_once('@').unwrap().1;
        plane.create(&pod("tag", &images.tagged)).denied(&["tag-not-allowed", digest]);
        plane.create(&pod("stranger", "registry.example/stranger/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")).denied(&["no-policy-matches"]);
        // Two containers, one message about the one that is at fault.
        let mut two = pod("two", &images.release);
        let mut second = two["spec"]["containers"][0].clone();
        second["name"] = Value::from("sidecar");
        second["image"] = Value::from(images.unsigned.as_str());
        two["spec"]["containers"].as_array_mut().unwrap().push(second);
        plane.create(&two).denied(&["no-signature-found", "sidecar"]);
        plane.kubectl(&["get", "pods"]).succeeds().says(&["signed", "signed-legacy"]);
        self.only_these("pods", &["signed", "signed-legacy"]);
    }

    pub(crate) fn controllers_are_judged(&self) {
        let Self { plane, images, .. } = self;
        plane.create(&deployment("web-unsigned", &images.unsigned)).denied(&["no-signature-found"]);
        plane.create(&deployment("web", &images.release)).succeeds();
        plane.wait_for(
            "the Deployment's two Pods were admitted",
            &["get", "pods", "-l", "app=web", "-o", "name"],
            |names| names.lines().count() == 2,
        );
        let set_image =
            |image: &str| plane.kubectl(&["set", "image", "deployment/web", &format!("app={image}")]);
        set_image(&images.unsigned).denied(&["no-signature-found"]);
        set_image(&images.legacy).succeeds();
        plane.create(&cron_job("nightly-unsigned", &images.unsigned)).denied(&["no-signature-found"]);
        plane.create(&cron_job("report", &images.release)).succeeds();
        plane.kubectl(&["create", "job", "report-now", "--from=cronjob/report"]).succeeds();
        plane.wait_for(
            "the Job's Pod was admitted",
            &["get", "pods", "-l", "job-name=report-now", "-o", "name"],
            |names| names.lines().count() == 1,
        );
    }

    pub(crate) fn ephemeral_containers_are_judged(&self) {
        let debug = |name: &str, image: &str| {
            let (name, image) = (format!("--container={name}"), format!("--image={image}"));
            self.plane.kubectl(&["debug", "signed", &name, &image, "--profile=general", "--", "sh"])
        };
        debug("look-unsigned", &self.images.unsigned).denied(&["no-signature-found", "look-unsigned"]);
        debug("look", &self.images.legacy);
        let names = ["get", "pod", "signed", "-o", "jsonpath={.spec.ephemeralContainers[*].name}"];
        assert_eq!(self.plane.quietly(&names).unwrap(), "look");
    }

    /// Objects of an image that the policy admits today and will not tomorrow.
    pub(crate) fn prepare_for_a_stricter_policy(&self) {
        let Self { plane, images, .. } = self;
        plane.create(&deployment("old", &images.nightly)).succeeds();
        plane.create(&job("batch", &images.nightly)).succeeds();
        plane.create(&pod_with_finalizer("held", &images.nightly, FINALIZER)).succeeds();
        plane.wait_for(
            "the Deployment's two Pods were admitted",
            &["get", "pods", "-l", "app=old", "-o", "name"],
            |names| names.lines().count() == 2,
        );
        plane.wait_for(
            "the Job's Pod was admitted",
            &["get", "pods", "-l", "job-name=batch", "-o", "name"],
            |names| names.lines().count() == 1,
        );
    }

    pub(crate) fn grow_stricter(&self) {
        write_policy(&self.policies, &self.images.strict_policy());
        println!("  (the policy's file now admits releases only)");
        let start = Instant::now();
        let probe = self.plane.scratch().join("probe.json");
        std::fs::write(&probe, pod("probe", &self.images.nightly).to_string()).unwrap();
        // Both replicas must have read it: several calls in a row, over the connections of both.
        let mut denials = 0;
        while denials < 6 {
            let asked = ["create", "--dry-run=server", "-f", probe.to_str().unwrap()];
            denials = if self.plane.quietly(&asked).is_none() { denials + 1 } else { 0 };
            assert!(start.elapsed() < Duration::from_secs(60), "the stricter policy does not act");
        }
        println!("  ... it acts (after {:.1} s)", start.elapsed().as_secs_f32());
        let again = pod("nightly", &self.images.nightly);
        self.plane.create(&again).denied(&["identity-mismatch", "nightly.yml"]);
        self.plane.create(&pod("signed-again", &self.images.release)).succeeds();
    }

    pub(crate) fn admitted_objects_live_on(&self) {
        let plane = &self.plane;
        // Labels and scale carry no new image; the Pod that a larger scale wants is judged when it is made.
        plane.kubectl(&["label", "deployment/old", "seen=yes"]).succeeds();
        plane.kubectl(&["label", "pods", "-l", "app=old", "seen=yes"]).succeeds();
        plane.kubectl(&["scale", "deployment/old", "--replicas=1"]).succeeds();
        plane.wait_for("one Pod is left", &["get", "pods", "-l", "app=old", "-o", "name"], |names| {
            names.lines().count() == 1
        });
        plane.kubectl(&["scale", "deployment/old", "--replicas=2"]).succeeds();
        let events =
            ["get", "events", "--field-selector=reason=FailedCreate", "-o", "jsonpath={.items[*].message}"];
        plane.wait_for("the ReplicaSet's owner sees why no second Pod comes", &events, |messages| {
            messages.contains("denied the request") && messages.contains("identity-mismatch")
        });
        let count = ["get", "pods", "-l", "app=old", "-o", "name"];
        assert_eq!(plane.quietly(&count).unwrap().lines().count(), 1);

        // The Job's Pod ends; the controller takes its finalizer away by a plain UPDATE and completes the Job.
        let name = plane.quietly(&["get", "pods", "-l", "job-name=batch", "-o", "name"]).unwrap();
        let succeeded = r#"{"status":{"phase":"Succeeded"}}"#;
        plane.kubectl(&["patch", name.trim(), "--subresource=status", "-p", succeeded]).succeeds();
        plane.kubectl(&["wait", "job/batch", "--for=condition=Complete", "--timeout=60s"]).succeeds();

        // A Pod that is being deleted may lose its finalizer.
        plane.kubectl(&["delete", "pod/held", "--wait=false"]).succeeds();
        let release = r#"{"metadata":{"finalizers":null}}"#;
        plane.kubectl(&["patch", "pod/held", "--type=merge", "-p", release]).succeeds();
        plane.kubectl(&["wait", "pod/held", "--for=delete", "--timeout=60s"]).succeeds();
        plane.kubectl(&["delete", "deployment/old", "job/batch", "--timeout=60s"]).succeeds();
        plane.wait_for("their Pods are gone", &["get", "pods", "-l", "app=old", "-o", "name"], str::is_empty);
    }

    pub(crate) fn replicas_restart_under_load(&mut self) {
        let pods: [Expected; 4] = [
            (pod("load-a", &self.images.release), None),
            (pod("load-b", &self.images.unsigned), Some("no-signature-found")),
            (pod("load-c", &self.images.legacy), None),
            (pod("load-d", &self.images.fork), Some("identity-mismatch")),
        ];
        let before = self.images.registry_requests();
        let start = Instant::now();
        let load = Load::start(&self.runtime, &self.plane, 4, &pods);
        thread::sleep(Duration::from_secs(2));
        for index in 0..self.replicas.len() {
            self.replicas.restart(index);
            thread::sleep(Duration::from_secs(2));
        }
        let tally = load.finish();
        let seconds = start.elapsed().as_secs_f32();
        let (connections, refused) = self.replicas.connections();
        println!(
            "  {} Pods admitted, {} denied, {} calls failed in {seconds:.1} s; the slowest took {:.2} s",
            tally.allowed,
            tally.denied,
            tally.failed.len(),
            tally.slowest.as_secs_f32()
        );
        println!(
            "  connections by replica: {connections:?}; refused: {refused}; registry requests: {}",
            self.images.registry_requests() - before
        );
        assert!(tally.failed.is_empty(), "failed calls: {:#?}", &tally.failed[..tally.failed.len().min(5)]);
        assert!(tally.allowed > 20 && tally.denied > 20, "the load was no load");
        assert!(connections.iter().all(|count| *count > 1), "a replica got no connection after its restart");
    }

    pub(crate) fn without_replicas_nothing_is_admitted(&mut self) {
        self.replicas.stop_all();
        let refused = self.plane.create(&pod("signed-at-night", &self.images.release));
        refused.fails().says(&["failed calling webhook"]);
        // What is there already can still be used, scaled down and deleted by those who must.
        self.plane.kubectl(&["get", "pods"]).succeeds();
    }

    /// Asserts which objects of a kind there are.
    fn only_these(&self, kind: &str, names: &[&str]) {
        let found = self.plane.quietly(&["get", kind, "-o", "jsonpath={.items[*].metadata.name}"]).unwrap();
        let mut found: Vec<&str> = found.split_whitespace().collect();
        found.sort_unstable();
        assert_eq!(found, names);
    }
}
