//! The objects that users and controllers make in the test.

use serde_json::{Value, json};

pub(crate) fn pod(name: &str, image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": containers(image)})
}

pub(crate) fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": containers(image)},
        },
    })
}

pub(crate) fn job(name: &str, image: &str) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": job_spec(image)})
}

pub(crate) fn cron_job(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": job_spec(image)}},
    })
}

/// A Pod whose deletion waits until somebody takes the finalizer away.
pub(crate) fn pod_with_finalizer(name: &str, image: &str, finalizer: &str) -> Value {
    let mut pod = pod(name, image);
    pod["metadata"]["finalizers"] = json!([finalizer]);
    pod
}

fn job_spec(image: &str) -> Value {
    let mut spec = containers(image);
    spec["restartPolicy"] = json!("Never");
    json!({"template": {"spec": spec}})
}

fn containers(image: &str) -> Value {
    // No kubelet runs here, so nothing waits for a container to stop.
    json!({"terminationGracePeriodSeconds": 0, "containers": [{"name": "app", "image": image}]})
}
