mod disagreements;

use super::images;
use crate::limits::{MANIFEST_DEPTH, MANIFEST_VALUES};

fn found(text: &str) -> Vec<String> {
    images(text.as_bytes(), false).unwrap()
}

fn strictly(text: &str) -> Vec<String> {
    images(text.as_bytes(), true).unwrap()
}

fn refused(text: &str) -> String {
    images(text.as_bytes(), false).unwrap_err().to_string()
}

#[test]
fn every_kind_that_runs_pods_is_read() {
    for text in [
        "kind: Pod\nspec: {initContainers: [{image: i}], containers: [{image: c}]}",
        "kind: Deployment\nspec: {template: {spec: {containers: [{image: c}], initContainers: [{image: i}]}}}",
        "kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {initContainers: [{image: i}], containers: [{name: x, image: \"c\"}]}}}}}",
        "{\"kind\": \"Pod\", \"spec\": {\"initContainers\": [{\"image\": \"i\"}], \"containers\": [{\"image\": \"c\"}]}}",
        "{\"spec\": {\"initContainers\": [{\"image\": \"i\"}]}}\n{\"spec\": {\"containers\": [{\"image\": \"c\"}]}}",
        "{\"spec\": {\"initContainers\": [{\"image\": \"i\"}]}}\n---\n{\"spec\": {\"containers\": [{\"image\": \"c\"}]}}",
        "kind: A\n---\nkind: Pod\nspec:\n  initContainers:\n  - image: i\n---\n# nothing\n---\nspec:\n  containers:\n  - image: c\n",
        "x: &a {image: i}\nspec:\n  initContainers: [*a]\n  containers:\n  - <<: *a\n    image: c\n",
    ] {
        assert_eq!(found(text), ["i", "c"], "{text}");
        assert_eq!(strictly(text), ["i", "c"], "{text}");
    }
    assert!(found("kind: ConfigMap").is_empty() && found("").is_empty() && found("---\n---\n").is_empty());
}

#[test]
fn images_that_cosign_overlooks_are_read_unless_compatibility_is_strict() {
    for text in [
        "kind: List\nitems:\n- spec: {containers: [{image: c}]}",
        "spec: {ephemeralContainers: [{image: c}]}",
        "spec: {workload: {template: {spec: {containers: [{image: c}]}}}}",
        "spec: {steps: [{image: c}]}",
        "spec: {volumes: [{name: v, image: {reference: c, pullPolicy: Always}}, {name: w, image: {}}]}",
        "spec: {template: {spec: {volumes: [{image: {reference: c}}]}}}",
        "kind: Secret\napiVersion: v2\ndata: {containers: [{image: c}]}",
        "a: {kind: ConfigMap, apiVersion: v1, containers: [{image: c}]}",
    ] {
        assert_eq!(found(text), ["c"], "{text}");
        assert!(strictly(text).is_empty(), "{text}");
    }
}

#[test]
fn what_is_no_image_name_is_no_image() {
    assert!(found("spec: {containers: [{image: ''}, {image: }, {name: x}, null]}").is_empty());
    assert!(found("spec: {containers: null, template: null}").is_empty());
    for text in [
        "spec: {containers: [{image: 5}]}",
        "spec: {containers: [{image: yes}]}",
        "spec: {containers: {image: x}}",
        "spec: {containers: [x]}",
        "spec: [x]",
        "text",
        "spec: {template: 5}",
    ] {
        assert!(refused(text).starts_with("unable to decode the manifest: `"), "{text}");
    }
    assert_eq!(found("spec: {containers: [{image: '5'}]}"), ["5"]);
}

#[test]
fn text_that_is_no_yaml_is_refused_with_its_line() {
    assert_eq!(
        images(b"\xff\xfe", false).unwrap_err().to_string(),
        "unable to decode the manifest: the manifest is not UTF-8 text"
    );
    for text in ["a: [", "a: b\n c: d\n\te", "spec: *nothing", "a: &a [*a]", "a: \"b"] {
        assert!(refused(text).contains("line "), "{text}: {}", refused(text));
    }
    assert!(refused("spec: {containers: [{image: a}]}\n---\nspec: [").contains("line "));
}

#[test]
fn a_manifest_that_nests_too_deep_is_refused() {
    let nested = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(found(&nested(MANIFEST_DEPTH)).is_empty());
    assert!(refused(&nested(MANIFEST_DEPTH + 1)).contains("levels of nesting"));
    assert!(refused(&"[".repeat(1_000_000)).starts_with("unable to decode"));
    let json = |depth: usize| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(found(&json(MANIFEST_DEPTH)).is_empty());
    assert!(refused(&json(MANIFEST_DEPTH + 1)).contains("levels of nesting"));
    // The innermost list is one level, and so is each one that holds it.
    let aliases = |levels: usize| {
        let more: String =
            (2..levels).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1)).collect();
        format!("a1: &a1 []\n{more}")
    };
    assert!(found(&aliases(MANIFEST_DEPTH + 1)).is_empty());
    assert!(refused(&aliases(MANIFEST_DEPTH + 2)).contains("levels of nesting"));
    assert!(refused(&aliases(50_000)).contains("levels of nesting"));
    let keys: String = (1..100_000).map(|level| format!("? &a{level} [*a{}]\n: 0\n", level - 1)).collect();
    assert!(
        refused(&format!("? &a0 [x]\n: 0\n{keys}")).contains("line 1: a list or map is refused as a key")
    );
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let above = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![above; 10].join(", ")));
    }
    assert!(refused(&text).contains("values"), "{}", refused(&text));
    let merges = "a: &a {b: 1}\ne: &e {d: 1}\nspec: {<<: [*a, *e], containers: [{image: c}]}";
    assert_eq!(found(merges), ["c"]);
}

#[test]
fn a_manifest_of_too_many_values_is_refused() {
    let text = |values: usize| format!("[{}]", "a,".repeat(values));
    let error = images(text(MANIFEST_VALUES).as_bytes(), false).unwrap_err().to_string();
    assert!(error.contains(&format!("more than {MANIFEST_VALUES} values")), "{error}");
    let error = images(text(MANIFEST_VALUES - 1).as_bytes(), false).unwrap_err().to_string();
    assert_eq!(error, "unable to decode the manifest: `document` is not a map");
}
