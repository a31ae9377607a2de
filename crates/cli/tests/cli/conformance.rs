//! The bundles of the Sigstore conformance suite, through the suite's own protocol.

use sealgate_testkit::Vectors;

use crate::ask::ask;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

#[test]
fn the_conformance_suites_bundles_get_the_suites_verdicts_by_path_and_by_digest() {
    let test = "the_conformance_suites_bundles_get_the_suites_verdicts_by_path_and_by_digest";
    let Some(vectors) = Vectors::find(test) else { return };
    let (mut asked, mut wrong) = (0, Vec::new());
    let suite = vectors.folder.join("conformance/bundle-verify");
    let mut folders: Vec<_> = std::fs::read_dir(&suite)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    for folder in &folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let text = |file: &str| folder.join(file).to_str().unwrap().to_owned();
        let path = if folder.join("artifact").exists() {
            text("artifact")
        } else {
            vectors.folder.join("conformance/a.txt").to_str().unwrap().to_owned()
        };
        let digest = sealgate::verify::Digest::sha256(&std::fs::read(&path).unwrap()).to_string();
        for artifact in [path, digest] {
            let bundle = text("bundle.sigstore.json");
            let mut words = vec!["conformance".to_owned(), "verify-bundle".into(), "--bundle".into(), bundle];
            if folder.join("key.pub").exists() {
                words.extend(["--key".into(), text("key.pub")]);
            } else {
                words.extend(
                    ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]
                        .map(str::to_owned),
                );
            }
            if folder.join("trusted_root.json").exists() {
                words.extend(["--trusted-root".into(), text("trusted_root.json")]);
            }
            words.push(artifact);
            let told = ask(&words.iter().map(String::as_str).collect::<Vec<_>>());
            asked += 1;
            if told.code != u8::from(name.ends_with("_fail")) {
                wrong.push(format!("{name}: exit code {}: {}", told.code, told.stderr));
            }
        }
    }
    eprintln!("{} of {asked} right", asked - wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(asked, 140, "the suite has 70 folders");
}
