//! Attacks that only the webhook can meet: what of an object is looked at, and whose word excuses it.

use sealgate_testkit::Registry;
use serde_json::{Value, json};

use crate::{
    doors::{Stage, pod, review},
    scene::{Outcome, Scene},
};

/// Makes a review from a signed image and the image that is used: another, unsigned one if this is the attack.
pub(crate) type Ask = fn(signed: &str, used: &str) -> Value;

/// Runs an attack or its twin.
pub(crate) fn run(name: &str, attack: bool) -> Outcome {
    let (_, ask) = TABLE.iter().find(|(other, _)| *other == name).expect("no case of that name");
    let mut scene = Scene::new(attack);
    scene.publish(&scene.recipe().sign());
    let registry = Registry::start_blocking();
    scene.push(&registry);
    let unsigned = registry.push_image("acme/app", None, "unsigned").digest;
    let stage = Stage::new(&scene, registry);
    let unsigned = stage.registry.pinned("acme/app", &unsigned);
    let review = ask(&stage.image, if attack { &unsigned } else { &stage.image });
    // A raw review stands in a string: the API server could not write it.
    stage.ask(&review.as_str().map_or_else(|| review.to_string(), str::to_owned))
}

fn create(spec: Value) -> Value {
    review("CREATE", "Pod", "pods", pod(spec), Value::Null)
}

fn containers(image: &str) -> Value {
    json!([{"name": "app", "image": image}])
}

pub(crate) const TABLE: &[(&str, Ask)] = &[
    ("unsigned-init-container", |signed, used| {
        create(json!({"initContainers": [{"name": "init", "image": used}], "containers": containers(signed)}))
    }),
    ("unsigned-sidecar", |signed, used| {
        let sidecar = json!([{"name": "side", "image": used, "restartPolicy": "Always"}]);
        create(json!({"initContainers": sidecar, "containers": containers(signed)}))
    }),
    ("unsigned-image-beside-a-signed-one", |signed, used| {
        create(json!({"containers": [{"name": "app", "image": signed}, {"name": "other", "image": used}]}))
    }),
    ("unsigned-image-volume", |signed, used| {
        create(
            json!({"containers": containers(signed), "volumes": [{"name": "data", "image": {"reference": used}}]}),
        )
    }),
    ("unsigned-ephemeral-container", |signed, used| {
        let old = pod(json!({"containers": containers(signed)}));
        let debug = json!([{"name": "debug", "image": used}]);
        let new = pod(json!({"containers": containers(signed), "ephemeralContainers": debug}));
        review("UPDATE", "Pod", "pods/ephemeralcontainers", new, old)
    }),
    ("image-changed-by-update", |signed, used| {
        review(
            "UPDATE",
            "Pod",
            "pods",
            pod(json!({"containers": containers(used)})),
            pod(json!({"containers": containers(signed)})),
        )
    }),
    ("image-changed-while-terminating", |signed, used| {
        let mut new = pod(json!({"containers": containers(used)}));
        new["metadata"]["deletionTimestamp"] = json!("2026-06-01T12:00:00Z");
        review("UPDATE", "Pod", "pods", new, pod(json!({"containers": containers(signed)})))
    }),
    ("owner-reference-is-forged", |_, used| {
        let mut object = pod(json!({"containers": containers(used)}));
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app", "controller": true,
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800003",
        }]);
        review("CREATE", "Pod", "pods", object, Value::Null)
    }),
    ("mirror-annotation-of-a-user", |_, used| {
        let mut object = pod(json!({"containers": containers(used), "nodeName": "node-1"}));
        object["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "0123"});
        review("CREATE", "Pod", "pods", object, Value::Null)
    }),
    ("labels-that-ask-to-be-skipped", |_, used| {
        let mut object = pod(json!({"containers": containers(used)}));
        let wishes =
            json!({"sealgate.dev/skip": "true", "verify": "disabled", "admission.example/exempt": "true"});
        object["metadata"]["labels"] = wishes.clone();
        object["metadata"]["annotations"] = wishes;
        review("CREATE", "Pod", "pods", object, Value::Null)
    }),
    ("namespace-of-the-object-s-own-choice", |_, used| {
        let mut object = pod(json!({"containers": containers(used)}));
        object["metadata"]["namespace"] = json!("kube-system");
        review("CREATE", "Pod", "pods", object, Value::Null)
    }),
    ("user-with-a-powerful-group", |_, used| {
        let mut asked = create(json!({"containers": containers(used)}));
        asked["request"]["userInfo"]["groups"] =
            json!(["system:masters", "system:serviceaccounts:kube-system"]);
        asked
    }),
    ("dry-run", |_, used| {
        let mut asked = create(json!({"containers": containers(used)}));
        asked["request"]["dryRun"] = json!(true);
        asked
    }),
    ("deployment-scaled-to-nothing", |_, used| {
        let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers(used)}});
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app", "namespace": "shop"},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template},
        });
        review("CREATE", "Deployment", "deployments", object, Value::Null)
    }),
    ("unsigned-image-of-a-cron-job", |_, used| {
        let template = json!({"spec": {"containers": containers(used), "restartPolicy": "Never"}});
        let object = json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "app", "namespace": "shop"},
            "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}},
        });
        review("CREATE", "CronJob", "cronjobs", object, Value::Null)
    }),
    ("object-of-another-kind-than-said", |signed, used| {
        let mut asked = create(json!({"containers": containers(signed)}));
        if signed != used {
            asked["request"]["object"]["kind"] = json!("ConfigMap");
        }
        asked
    }),
    ("kind-that-nobody-knows", |signed, used| {
        if signed == used {
            return create(json!({"containers": containers(signed)}));
        }
        let object = json!({"apiVersion": "example.com/v1", "kind": "Rollout", "metadata": {"name": "app"}});
        review("CREATE", "Rollout", "rollouts", object, Value::Null)
    }),
    ("image-named-twice-in-one-container", |signed, used| {
        let text = create(json!({"containers": containers(signed)})).to_string();
        if signed == used {
            return Value::String(text);
        }
        let twice = format!("\"image\":\"{used}\",\"image\":");
        Value::String(text.replacen("\"image\":", &twice, 1))
    }),
    ("image-with-an-empty-name", |signed, used| {
        create(json!({"containers": containers(if signed == used { signed } else { "" })}))
    }),
    ("more-images-than-anybody-needs", |signed, used| {
        let count = if signed == used { 64 } else { 65 };
        let (name, _) = signed.split_once('@').unwrap();
        // The twin names the signed image under as many container names.
        let image = |number: usize| {
            if signed == used {
                signed.to_owned()
            } else {
                format!("{name}-{number}@{}", &signed[name.len() + 1..])
            }
        };
        let containers: Vec<Value> =
            (0..count).map(|number| json!({"name": format!("c{number}"), "image": image(number)})).collect();
        create(json!({"containers": containers}))
    }),
    ("review-of-an-older-version", |signed, used| {
        let mut asked = create(json!({"containers": containers(signed)}));
        if signed != used {
            asked["apiVersion"] = json!("admission.k8s.io/v1beta1");
        }
        asked
    }),
    ("digest-of-a-reference-in-upper-case", |signed, used| {
        let (name, digest) = signed.split_once("@sha256:").unwrap();
        let image = if signed == used {
            signed.to_owned()
        } else {
            format!("{name}@sha256:{}", digest.to_uppercase())
        };
        create(json!({"containers": containers(&image)}))
    }),
    ("reference-with-two-digests", |signed, used| {
        let (_, digest) = used.split_once('@').unwrap();
        let image = if signed == used { signed.to_owned() } else { format!("{signed}@{digest}") };
        create(json!({"containers": containers(&image)}))
    }),
    ("reference-with-a-blank", |signed, used| {
        let image = if signed == used { signed.to_owned() } else { format!(" {signed}") };
        create(json!({"containers": containers(&image)}))
    }),
    ("update-without-an-old-object", |signed, used| {
        let old = if signed == used { pod(json!({"containers": containers(signed)})) } else { Value::Null };
        review("UPDATE", "Pod", "pods", pod(json!({"containers": containers(used)})), old)
    }),
    ("image-moved-to-another-container", |signed, used| {
        // Already there at one path, it is new at another.
        let old =
            pod(json!({"containers": [{"name": "app", "image": signed}, {"name": "old", "image": used}]}));
        let new =
            pod(json!({"containers": [{"name": "app", "image": used}, {"name": "old", "image": used}]}));
        review("UPDATE", "Pod", "pods", new, old)
    }),
];
