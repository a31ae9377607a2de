//! What the gate costs: start, memory, warm and cold reviews, in one run on one machine.
//!
//! The webhook is a process of its own, so that its memory and CPU can be read from the kernel; registry and client share the
//! same cores with it. Build both first: `cargo build --release -p sealgate-webhook --bins --examples`, then run
//! `target/release/examples/load`. `--digests N` and `--seconds N` make it shorter.
#![allow(clippy::indexing_slicing, reason = "an absent field of a JSON value is null")]

#[path = "load/client.rs"]
mod client;
#[path = "load/gate.rs"]
mod gate;

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use sealgate_testkit::{Identity, Registry, World};
use serde_json::{Value, json};

use crate::{client::Client, gate::Gate};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: usize = 16;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let (digests, seconds) = (argument("--digests", 10_000)?, argument("--seconds", 10)?);
    let mut out = std::io::stdout();
    let world = World::new();
    let registry = Registry::start_blocking();
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1.0.0");
    let images: Vec<String> = (0..digests.max(1))
        .map(|number| {
            let digest = registry.push_image("acme/app", None, &number.to_string()).digest;
            registry.push_bundle("acme/app", &digest, &world.sign_image(&digest, &identity));
            registry.pinned("acme/app", &digest)
        })
        .collect();

    let folder = tempfile::tempdir()?;
    let policy = include_str!("../../policies/github-organisation.yaml").replace("ghcr.io", &registry.host());
    let mut starts = vec![];
    for _ in 0..5 {
        let gate = Gate::start(folder.path(), &policy, &world.trusted_root_json(), &registry.host()).await?;
        starts.push(gate.ready_after);
    }
    starts.sort();
    let gate = Gate::start(folder.path(), &policy, &world.trusted_root_json(), &registry.host()).await?;
    let start = starts.get(2).copied().unwrap_or_default();
    writeln!(out, "start to ready          {:>9.1} ms (goal 30; median of 5)", start.as_secs_f64() * 1000.0)?;
    writeln!(out, "memory, idle            {:>9.1} MiB (goal 30)", gate.memory()?)?;

    let body = review(images.first().ok_or("no image")?).to_string();
    let before = registry.request_count();
    gate.client().await?.ask(&body).await?;
    writeln!(
        out,
        "first review            {:>9} registry requests (goal 6)",
        registry.request_count() - before
    )?;

    // Warm: one digest, every connection as fast as it can.
    let warm = run(&gate, std::slice::from_ref(&body), Some(Duration::from_secs(seconds as u64))).await?;
    writeln!(
        out,
        "warm, {} bytes, {CONNECTIONS} connections\n  reviews a second      {:>9.0} (goal 10000)\n  p50, p99              {:>9.2} ms, {:.2} ms\n  CPU of the gate       {:>9.1} us a review (goal 60)",
        body.len(),
        warm.rate(),
        warm.percentile(50),
        warm.percentile(99),
        warm.cpu_us()
    )?;

    // Cold: every digest once.
    let bodies: Vec<String> = images.iter().map(|image| review(image).to_string()).collect();
    let cold = run(&gate, &bodies, None).await?;
    writeln!(
        out,
        "cold, {} digests\n  reviews a second      {:>9.0}\n  p50, p99              {:>9.2} ms, {:.2} ms\n  CPU of the gate       {:>9.1} us a review",
        bodies.len(),
        cold.rate(),
        cold.percentile(50),
        cold.percentile(99),
        cold.cpu_us()
    )?;
    writeln!(out, "memory, {:>6} digests  {:>9.1} MiB (goal 64 after 10000)", bodies.len(), gate.memory()?)?;
    Ok(())
}

/// One phase.
struct Run {
    times: Vec<Duration>,
    took: Duration,
    cpu: Duration,
}

impl Run {
    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times.get(place).copied().unwrap_or_default().as_secs_f64() * 1000.0
    }

    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.times.len() as f64
    }
}

// Every body once, shared among the connections; or again and again for a time.
async fn run(gate: &Gate, bodies: &[String], duration: Option<Duration>) -> Result<Run, Failure> {
    let bodies: Arc<[String]> = bodies.into();
    let mut clients = vec![];
    for _ in 0..CONNECTIONS {
        clients.push(gate.client().await?);
    }
    let (cpu, began) = (gate.cpu()?, Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        let bodies = Arc::clone(&bodies);
        tasks.spawn(async move { work(&mut client, &bodies, number, duration).await });
    }
    let mut times = vec![];
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    times.sort();
    Ok(Run { times, took: began.elapsed(), cpu: gate.cpu()? - cpu })
}

async fn work(
    client: &mut Client,
    bodies: &[String],
    number: usize,
    duration: Option<Duration>,
) -> Result<Vec<Duration>, Failure> {
    let (began, mut times) = (Instant::now(), vec![]);
    let own = bodies.iter().skip(if duration.is_some() { 0 } else { number }).step_by(CONNECTIONS);
    let once = duration.is_none();
    let endless =
        own.clone().cycle().take_while(|_| duration.is_some_and(|duration| began.elapsed() < duration));
    for body in own.filter(|_| once).chain(endless) {
        let asked = Instant::now();
        client.ask(body).await?;
        times.push(asked.elapsed());
    }
    Ok(times)
}

/// A Pod as an API server sends it: about half of it is for others.
fn review(image: &str) -> Value {
    let container = json!({
        "name": "app", "image": image, "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "env": (0..12).map(|n| json!({"name": format!("SETTING_{n}"), "value": "some value of the usual length"})).collect::<Vec<_>>(),
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "kube-api-access", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true},
    });
    let fields: serde_json::Map<String, Value> =
        (0..40).map(|n| (format!("f:field{n}"), json!({".": {}, "f:name": {}, "f:value": {}}))).collect();
    let metadata = json!({
        "generateName": "app-7d4b9c6f5d-", "name": "app-7d4b9c6f5d-x2x7q", "namespace": "prod",
        "labels": {"app": "app", "pod-template-hash": "7d4b9c6f5d"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x".repeat(2000)},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app-7d4b9c6f5d", "uid": "1", "controller": true}],
        "managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": fields}}],
    });
    let spec = json!({"volumes": [{"name": "kube-api-access", "projected": {"sources": []}}], "containers": [container], "restartPolicy": "Always"});
    json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "0c3331b6-1812-11ea-b3fc-02897404852e",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "prod", "operation": "CREATE",
            "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller", "groups": ["system:serviceaccounts", "system:authenticated"]},
            "object": {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": {"phase": "Pending", "qosClass": "Burstable"}},
            "oldObject": null, "dryRun": false, "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    })
}

fn argument(name: &str, default: usize) -> Result<usize, Failure> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().map_or(Ok(default), |value| Ok(value.parse()?))
}
