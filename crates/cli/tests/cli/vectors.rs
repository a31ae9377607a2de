//! Real images and bundles, asked as pipelines ask.

use std::collections::BTreeMap;

use sealgate_testkit::{Registry, Vectors};

use crate::ask::ask;

#[test]
fn real_images_get_the_verdicts_and_bytes_that_cosign_gave() {
    let Some(vectors) = Vectors::find("real_images_get_the_verdicts_and_bytes_that_cosign_gave") else {
        return;
    };
    let registry = Registry::start_blocking();
    let (mut asked, mut compared, mut wrong) = (0, 0, Vec::new());
    let recorded = recorded(&vectors);
    for vector in vectors.of_kind("oci-").filter(|vector| !vector.soft) {
        let (Some(layout), Some(digest), Some(op)) = (&vector.layout, &vector.digest, &vector.op) else {
            continue;
        };
        let repository = layout.rsplit('/').next().unwrap().to_lowercase();
        vectors.layout(vector).push(&registry, &repository);
        let at = |file: &String| vectors.folder.join(file).to_str().unwrap().to_owned();
        let mut words = vec![op.clone()];
        if let Some(root) = &vector.trusted_root {
            words.extend(["--trusted-root".into(), at(root)]);
        }
        match (&vector.key, &vector.identity) {
            (Some(key), _) => words.extend(["--key".into(), at(key)]),
            (None, Some(identity)) => words.extend(["--certificate-identity".into(), identity.clone()]),
            (None, None) => {
                let pattern = vector.identity_regexp.clone().unwrap_or_else(|| ".*".into());
                words.extend(["--certificate-identity-regexp".into(), pattern]);
            }
        }
        if vector.key.is_none() {
            match &vector.issuer {
                Some(issuer) => words.extend(["--certificate-oidc-issuer".into(), issuer.clone()]),
                None => words.extend(["--certificate-oidc-issuer-regexp".into(), ".*".into()]),
            }
        }
        if let Some(kind) = &vector.short_type {
            words.extend(["--type".into(), kind.clone()]);
        }
        words.extend(vector.args.iter().cloned());
        words.push(format!("{}/{repository}@{digest}", registry.host()));
        let told = ask(&words.iter().map(String::as_str).collect::<Vec<_>>());
        asked += 1;
        if let Some(text) = recorded.get(&vector.id) {
            compared += 1;
            if unhosted(&told.stdout) != unhosted(text) {
                wrong.push(format!(
                    "{}: other bytes\n  recorded {text}\n  actual   {}",
                    vector.id, told.stdout
                ));
            }
        }
        if (told.code == 0) != (vector.expect == "pass") {
            wrong.push(format!(
                "{}: expected {}, exit code {}: {}",
                vector.id, vector.expect, told.code, told.stderr
            ));
        }
    }
    eprintln!("{} of {asked} right, {compared} answers compared byte by byte", asked - wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked > 100 && compared > 20, "the vectors are gone");
}

// What cosign printed, by vector.
fn recorded(vectors: &Vectors) -> BTreeMap<String, String> {
    let manifest: serde_json::Value = serde_json::from_slice(&vectors.read("manifest.json")).unwrap();
    let file = |vector: &serde_json::Value| {
        Some((vector["id"].as_str()?.to_owned(), vector["cosign_stdout"].as_str()?.to_owned()))
    };
    let files = manifest["vectors"].as_array().unwrap().iter().filter_map(file);
    files.map(|(id, file)| (id, String::from_utf8(vectors.read(&file)).unwrap())).collect()
}

// Without the name of the loopback registry, which is another one each time.
fn unhosted(text: &str) -> String {
    let mut parts = text.split("\"docker-reference\":\"127.0.0.1:");
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        kept.push_str(part.split_once('"').unwrap().1);
    }
    kept
}
