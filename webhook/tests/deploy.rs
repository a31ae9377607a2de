//! The shipped manifests say what the webhook understands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use clap::Parser;
use saphyr_parser::{Event, Parser as YamlParser, ScalarStyle};
use sealgate::{
    policy::{PolicySet, Source},
    verify::{TrustedRoot, TrustedRoots},
};
use sealgate_webhook::{Options, kinds::KINDS, limits};
use serde_json::{Map, Value};

fn documents() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let manifests = files.iter().filter(|file| file.extension().is_some_and(|it| it == "yaml"));
    manifests.flat_map(|file| read(&fs::read_to_string(file).unwrap())).collect()
}

fn read(text: &str) -> Vec<Value> {
    let mut events = YamlParser::new_from_str(text).map(|event| event.unwrap().0);
    let mut documents = vec![];
    while let Some(event) = events.next() {
        if let Event::DocumentStart(_) = event {
            let first = events.next().unwrap();
            documents.push(value(first, &mut events));
        }
    }
    documents
}

fn value<'t>(event: Event<'t>, events: &mut impl Iterator<Item = Event<'t>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => {
            serde_json::from_str(&text).unwrap_or_else(|_| text.into())
        }
        Event::Scalar(text, ..) => text.into(),
        Event::SequenceStart(..) => {
            let mut items = vec![];
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => return items.into(),
                    event => items.push(value(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = Map::new();
            loop {
                match events.next().unwrap() {
                    Event::MappingEnd => return map.into(),
                    Event::Scalar(key, ..) => {
                        let next = events.next().unwrap();
                        assert!(
                            map.insert(key.to_string(), value(next, events)).is_none(),
                            "{key} is there twice"
                        );
                    }
                    other => panic!("no key: {other:?}"),
                }
            }
        }
        other => panic!("not in a manifest: {other:?}"),
    }
}

fn one(kind: &str) -> Value {
    let of_kind: Vec<_> = documents().into_iter().filter(|document| document["kind"] == kind).collect();
    assert_eq!(of_kind.len(), 1, "{kind}");
    of_kind.into_iter().next().unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn the_rules_list_every_resource_that_the_webhook_reads_and_no_other() {
    let configuration = one("ValidatingWebhookConfiguration");
    let mut listed = BTreeSet::new();
    for rule in configuration["webhooks"][0]["rules"].as_array().unwrap() {
        // A rule that names all groups or resources would ask about what nobody can answer for.
        assert_eq!(strings(&rule["operations"]), ["CREATE", "UPDATE"]);
        for group in strings(&rule["apiGroups"]) {
            for version in strings(&rule["apiVersions"]) {
                for resource in strings(&rule["resources"]) {
                    assert!(
                        listed.insert(format!("{group}/{version}/{resource}")),
                        "{resource} is listed twice"
                    );
                }
            }
        }
    }
    let mut read = BTreeSet::new();
    for kind in KINDS {
        read.insert(format!("{}/{}/{}", kind.group, kind.version, kind.resource));
        for subresource in kind.subresources {
            read.insert(format!("{}/{}/{}/{subresource}", kind.group, kind.version, kind.resource));
        }
    }
    assert_eq!(listed, read);
}

#[test]
fn the_webhook_configuration_is_closed_from_the_first_second() {
    let configuration = one("ValidatingWebhookConfiguration");
    let [webhook] = configuration["webhooks"].as_array().unwrap().as_slice() else {
        panic!("one webhook, one path")
    };
    assert_eq!(webhook["failurePolicy"], "Fail");
    assert_eq!(webhook["timeoutSeconds"], limits::PATIENCE.as_secs());
    assert_eq!(webhook["matchPolicy"], "Equivalent");
    assert_eq!(webhook["sideEffects"], "None");
    assert_eq!(strings(&webhook["admissionReviewVersions"]), ["v1"]);
    assert!(webhook.get("objectSelector").is_none() && webhook.get("matchConditions").is_none());
    let excluded = &webhook["namespaceSelector"]["matchExpressions"];
    assert_eq!(excluded.as_array().unwrap().len(), 1);
    assert_eq!(
        (excluded[0]["key"].as_str(), excluded[0]["operator"].as_str()),
        (Some("kubernetes.io/metadata.name"), Some("NotIn"))
    );
    let own = one("Namespace")["metadata"]["name"].clone();
    assert_eq!(strings(&excluded[0]["values"]), ["kube-system", own.as_str().unwrap()]);
    assert_eq!(webhook["clientConfig"]["service"]["path"], "/validate");
}

#[test]
fn the_parts_find_each_other() {
    let (deployment, service) = (one("Deployment"), one("Service"));
    let template = &deployment["spec"]["template"];
    let container = &template["spec"]["containers"][0];
    for selector in [
        &service["spec"]["selector"],
        &deployment["spec"]["selector"]["matchLabels"],
        &one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
    ] {
        assert_eq!(selector, &template["metadata"]["labels"]);
    }
    let client = &one("ValidatingWebhookConfiguration")["webhooks"][0]["clientConfig"]["service"];
    assert_eq!(
        (&client["name"], &client["namespace"]),
        (&service["metadata"]["name"], &service["metadata"]["namespace"])
    );
    assert_eq!(client["port"], service["spec"]["ports"][0]["port"]);
    let ports = container["ports"].as_array().unwrap();
    let port = |name: &Value| {
        ports.iter().find(|port| &port["name"] == name).unwrap()["containerPort"].as_u64().unwrap()
    };

    let arguments = strings(&container["args"]);
    let options = Options::try_parse_from(std::iter::once("sealgate-webhook").chain(arguments)).unwrap();
    assert_eq!(u64::from(options.listen.port()), port(&service["spec"]["ports"][0]["targetPort"]));
    assert_eq!(u64::from(options.admin_listen.port()), port(&container["readinessProbe"]["httpGet"]["port"]));
    let mounts = container["volumeMounts"].as_array().unwrap();
    let volume_at = |path: &Path| {
        let mount =
            mounts.iter().find(|mount| path.starts_with(mount["mountPath"].as_str().unwrap())).unwrap();
        let volumes = template["spec"]["volumes"].as_array().unwrap();
        volumes.iter().find(|volume| volume["name"] == mount["name"]).unwrap().clone()
    };
    assert_eq!(volume_at(&options.policies)["configMap"]["name"], one("ConfigMap")["metadata"]["name"]);
    assert_eq!(volume_at(&options.tls_cert.unwrap())["secret"]["secretName"], "sealgate-webhook-tls");
    assert!(volume_at(&options.state.unwrap()).get("emptyDir").is_some());
    // Everything that a drain can take fits into what the kubelet grants.
    let drain = options.drain_grace + limits::MOST_PATIENCE + 2 * limits::DRAIN_TAIL;
    assert!(template["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap() >= drain.as_secs());
}

#[test]
fn the_gate_runs_with_nothing_that_it_does_not_need() {
    let spec = &one("Deployment")["spec"]["template"]["spec"];
    let container = &spec["containers"][0];
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
    assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(strings(&container["securityContext"]["capabilities"]["drop"]), ["ALL"]);
    assert_eq!(spec["automountServiceAccountToken"], false);
    assert_eq!(one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");
    // No role and no binding at all: it never calls the API server.
    assert!(documents().iter().all(|document| !document["kind"].as_str().unwrap().contains("Role")));
    // A placeholder that no registry has: whoever forgets it gets no gate rather than somebody else's.
    assert!(container["image"].as_str().unwrap().ends_with(&format!("@sha256:{}", "0".repeat(64))));
}

#[test]
fn the_policies_that_are_shipped_load_and_deny_nothing() {
    let data = one("ConfigMap")["data"].clone();
    let sources: Vec<_> = data
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, text)| Source { name: name.clone(), bytes: text.as_str().unwrap().into() })
        .collect();
    let public_good = Arc::new(TrustedRoot::public_good().unwrap());
    let loaded =
        PolicySet::load(&sources, &TrustedRoots::from([("public-good".to_owned(), public_good)])).unwrap();
    assert_eq!(loaded.set.names(), ["signed-on-github"]);
    let settings = loaded.set.settings();
    assert_eq!(
        (settings.no_match, settings.tags),
        (sealgate::policy::Action::Audit, sealgate::policy::Action::Audit)
    );
}
