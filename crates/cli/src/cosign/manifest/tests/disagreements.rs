//! What readers of YAML and JSON take for different things, and an image could hide in.

use super::{found, images, refused, strictly};

// Both readings refuse it.
#[track_caller]
fn never(text: &str, said: &str) {
    for strict in [false, true] {
        let error = images(text.as_bytes(), strict).unwrap_err().to_string();
        assert!(error.starts_with("unable to decode the manifest: ") && !error.contains('\n'), "{error}");
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn a_merge_that_readers_disagree_about_is_refused() {
    let merged = |body: &str| {
        format!(
            "m: &m {{image: e}}\nn: &n {{image: g}}\no: &o {{name: x}}\nspec:\n  containers:\n  - {body}\n"
        )
    };
    let there = "line 7: a merge key that brings a key that is there already is refused";
    for (body, said) in [
        ("image: g\n    <<: *m", there),
        ("image: null\n    <<: *m", there),
        ("<<: *o\n    <<: *m", "line 7: a merge key that is the second one of its map is refused"),
        ("<<: [*n, *m]", "line 6: a merge key that brings a key that is there already is refused"),
        ("<<: [*o, *o]", "brings a key that is there already"),
        ("<<: text", "line 6: a merge key that brings no map is refused"),
        ("<<: [*n, [*m]]", "brings no map"),
        ("\"<<\": *m", "line 6: a merge key that is quoted is refused"),
        ("!!merge <<: *m", "a tagged word is refused as a key"),
    ] {
        never(&merged(body), said);
    }
    for body in ["<<: *n", "image: g\n    <<: *o", "<<: *m\n    image: g", "<<: [*n, *o]"] {
        assert_eq!(strictly(&merged(body)), ["g"], "{body}");
        assert_eq!(found(&merged(body)), ["g"], "{body}");
    }
}

#[test]
fn a_key_that_is_no_plain_word_is_refused() {
    let control = "x: &k initContainers\nspec:\n  containers: [{image: g}]\n";
    assert_eq!(found(control), ["g"]);
    for (more, said) in [
        ("  *k : [{image: e}]\n", "line 4: an alias is refused as a key"),
        ("  !!binary aW5pdENvbnRhaW5lcnM= : [{image: e}]\n", "line 4: a tagged word is refused as a key"),
        ("  ? !!str initContainers\n  : [{image: e}]\n", "a tagged word is refused as a key"),
        ("  ? [initContainers]\n  : [{image: e}]\n", "a list or map is refused as a key"),
        ("  ? {a: b}\n  : [{image: e}]\n", "a list or map is refused as a key"),
    ] {
        never(&format!("{control}{more}"), said);
    }
    assert_eq!(found(&format!("{control}  ? initContainers\n  : [{{image: e}}]\n")), ["e", "g"]);
    assert_eq!(found(&format!("{control}  \"init\\x43ontainers\": [{{image: e}}]\n")), ["e", "g"]);
}

#[test]
fn a_tag_that_makes_something_else_of_a_value_is_refused() {
    let image = |value: &str| format!("spec: {{containers: [{{image: g}}, {{image: {value}}}]}}");
    for value in ["!!str null", "!!str", "!other g", "! g", "!!null g", "!<tag:example.org,2000:x> g"] {
        never(&image(value), "line 1: the tag is refused here");
    }
    for value in ["!!binary ZQ==", "!!int 5"] {
        never(&image(value), "`image` is not text");
    }
    never("spec: !!omap {containers: [{image: g}]}", "the tag is refused here");
    never("spec: {containers: !!set [{image: g}]}", "the tag is refused here");
    assert_eq!(found(&image("!!str h")), ["g", "h"]);
    assert_eq!(found("spec: !!map {containers: !!seq [{image: !!str 5}]}"), ["5"]);
}

#[test]
fn lines_that_readers_end_elsewhere_are_refused() {
    let text = |between: &str| format!("spec:\n  containers:\n  - image: g\n{between}  - image: e\n");
    for (letter, code) in
        [('\u{85}', "U+0085"), ('\u{2028}', "U+2028"), ('\u{2029}', "U+2029"), ('\u{feff}', "U+FEFF")]
    {
        never(&text(&format!("#{letter}")), &format!("line 4: the character {code} is refused"));
        never(
            &format!("{{\"spec\": {{\"x\": \"{letter}\"}}}}"),
            &format!("line 1: the character {code} is refused"),
        );
    }
    assert_eq!(found(&text("#\n")), ["g", "e"]);
    assert_eq!(found(&format!("\u{feff}{}", text(""))), ["g", "e"]);
    for separator in ["---x: |", "--- |", "--- {a: b}", "---# x", "---\rx: |", "--- # a\rx: |"] {
        let hidden = format!(
            "spec: {{containers: [{{image: g}}]}}\n{separator}\n  spec: {{containers: [{{image: e}}]}}\n"
        );
        never(&hidden, "line 2: only a comment may follow `---` on its line");
        for harmless in ["---", "--- ", "--- # a", "---\t# a", "---\r", "--- # a\r"] {
            assert_eq!(found(&hidden.replace(separator, harmless)), ["g", "e"], "{harmless:?}");
        }
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    for text in [
        "spec:\n  containers:\n  - image: e\n    image: g\n",
        "spec:\n  containers:\n  - image: e\n  containers:\n  - image: g\n",
        "spec: {containers: [{image: g}]}\nmetadata: {a: b, a: c}",
        "spec:\n  containers:\n  - image: g\n    Image: e\n",
        "{\"spec\": {\"containers\": [{\"image\": \"g\"}], \"Containers\": [{\"image\": \"e\"}]}}",
        "{\"spec\": {\"initContainers\": [{\"image\": \"e\"}], \"initContainers\": [{\"name\": \"g\"}]}}",
        "{\"spec\": {\"containers\": [{\"image\": \"g\"}], \"spec\": {\"image\": \"e\", \"im\\u0061ge\": \"g\"}}}",
    ] {
        never(text, "is there twice in one map, or beside one that differs by case alone");
    }
    assert_eq!(found("spec: {containers: [{image: g, a: x, A: x}]}"), ["g"]);
    assert_eq!(found("{\"spec\": {\"containers\": [{\"image\": \"g\", \"a\": 1, \"A\": 2.5}]}}"), ["g"]);
}

#[test]
fn a_key_that_differs_by_case_alone_is_refused_or_read() {
    for text in [
        "spec:\n  containers:\n  - image: g\n  initContainer\u{17f}:\n  - image: e\n",
        "{\"spec\":{\"containers\":[{\"image\":\"g\"}],\"initContainer\u{17f}\":[{\"image\":\"e\"}]}}",
        "{\"\\u017fpec\":{\"containers\":[{\"image\":\"g\"}]}}",
    ] {
        never(text, "by case alone: write `");
    }
    for (text, known) in [
        ("Spec:\n  containers:\n  - image: c\n", "the key `Spec` differs from `spec` by case alone"),
        ("{\"spec\": {\"Containers\": [{\"image\": \"c\"}]}}", "`Containers` differs from `containers`"),
        ("spec: {containers: [{Image: c}]}", "`Image` differs from `image`"),
    ] {
        assert!(refused(text).contains(known), "{text}: {}", refused(text));
        // cosign reads them, and its images are asked.
        assert_eq!(strictly(text), ["c"], "{text}");
    }
}

#[test]
fn what_should_be_an_image_and_is_none_is_refused_everywhere() {
    let beside =
        |item: &str| format!("kind: List\nitems:\n- spec: {{containers: [{{image: g}}]}}\n- {item}\n");
    for (item, said) in [
        ("spec: {containers: [{image: 0x1f}]}", "`image` is not text"),
        ("spec: {containers: [{image: !!binary ZQ==}]}", "`image` is not text"),
        ("spec: {containers: [{image: [e]}]}", "`image` is not text"),
        ("spec: {image: {repository: e, tag: v1}}", "`image` is not text"),
        ("spec: {containers: {a: {image: e}}}", "`containers` is not a list"),
        ("spec: {a: {initContainers: e}}", "`initContainers` is not a list"),
        ("spec: {ephemeralContainers: 5}", "`ephemeralContainers` is not a list"),
        ("spec: {containers: [e]}", "`containers` is not a list of maps"),
        ("spec: {volumes: [{image: {reference: [e]}}]}", "`reference` is not text"),
        ("spec: {volumes: [{image: 5}]}", "`image` is not text"),
    ] {
        assert!(refused(&beside(item)).contains(said), "{item}: {}", refused(&beside(item)));
    }
    for item in [
        "spec: {containers: [{image: null}, null], initContainers: null}",
        "metadata: {labels: {image: word}, annotations: {image: word}}",
        "spec: {volumes: [{rbd: {image: disk}}]}",
    ] {
        assert_eq!(found(&beside(item)), ["g"], "{item}");
    }
}

#[test]
fn a_document_that_runs_nothing_may_name_its_data_as_it_likes() {
    for document in [
        "apiVersion: v1\nkind: ConfigMap\ndata: {IMAGE: e, containers: e}",
        "apiVersion: v1\nkind: Secret\nstringData: {containers: [{image: e}]}",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {properties: {containers: {items: {properties: {image: {type: string}}}}}}",
    ] {
        assert!(found(document).is_empty(), "{document}");
        let other = document.replace("kind: ", "kind: Some");
        assert!(images(other.as_bytes(), false).map_or(true, |images| images == ["e"]), "{other}");
    }
}
