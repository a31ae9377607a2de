//! `--key`: every kind of key, from every place.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate_testkit::{Answer, KeyKind, Registry, Rule, SigningKey};
use serde_json::json;

use crate::ask::{Place, Told, ask_with};

fn asked(place: &Place, key: &str, reference: &str, variables: &[(&str, &str)]) -> Told {
    let root = place.name("root.json");
    ask_with(&["verify", "--trusted-root", &root, "--key", key, reference], variables, b"")
}

fn keyed(place: &Place, repository: &str, key: &SigningKey) -> String {
    let image = place.registry.push_image(repository, None, repository);
    place.registry.push_bundle(
        repository,
        &image.digest,
        &place.world.sign_image_with_key(&image.digest, key),
    );
    place.pinned(repository, &image)
}

#[test]
fn every_kind_of_key_verifies_its_own_signatures_and_no_other_ones() {
    let place = Place::new();
    for (index, kind) in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa2048]
        .into_iter()
        .enumerate()
    {
        let (key, other) = (SigningKey::generate(kind), SigningKey::generate(kind));
        let reference = keyed(&place, &format!("app{index}"), &key);
        let mine = place.file("mine.pub", key.public_pem().as_bytes());
        let told = asked(&place, &mine, &reference, &[]);
        assert_eq!(told.code, 0, "{kind:?}: {told:?}");
        let theirs = place.file("theirs.pub", other.public_pem().as_bytes());
        let told = asked(&place, &theirs, &reference, &[]);
        assert_eq!(told.code, 1, "{kind:?}: {told:?}");
    }
}

#[test]
fn a_key_may_come_by_variable_and_by_url() {
    let place = Place::new();
    let (key, other) = (SigningKey::generate(KeyKind::P256), SigningKey::generate(KeyKind::P256));
    let reference = keyed(&place, "app", &key);
    let (mine, theirs) = (key.public_pem(), other.public_pem());
    let host = place.registry.host();
    place.registry.on(Rule::path("/keys/mine.pub", Answer::bytes(mine.as_bytes())));
    place.registry.on(Rule::path("/keys/theirs.pub", Answer::bytes(theirs.as_bytes())));
    place.registry.on(Rule::path("/keys/moved.pub", Answer::redirect("/keys/mine.pub")));
    place.registry.on(Rule::path("/keys/large.pub", Answer::bytes(&vec![b'x'; (2 << 20) + 1])));
    place.registry.on(Rule::path("/keys/gone.pub", Answer::status(404)));
    for (name, code) in [("mine", 0), ("moved", 0), ("theirs", 1), ("large", 1), ("gone", 1)] {
        let told = asked(&place, &format!("http://{host}/keys/{name}.pub"), &reference, &[]);
        assert_eq!(told.code, code, "{name}: {told:?}");
    }
    let gone = asked(&place, &format!("http://{host}/keys/gone.pub"), &reference, &[]);
    assert!(
        gone.stderr.contains(&format!("loading URL http://{host}/keys/gone.pub: server returned HTTP 404"))
    );
    let refused = asked(&place, "http://127.0.0.1:1/key.pub", &reference, &[]);
    assert!(
        refused.stderr.contains(
            "Get \"http://127.0.0.1:1/key.pub\": dial tcp 127.0.0.1:1: connect: connection refused"
        ),
        "{refused:?}"
    );
    for (value, code) in [(mine.as_str(), 0), (theirs.as_str(), 1), ("", 1)] {
        assert_eq!(asked(&place, "env://SIGNER", &reference, &[("SIGNER", value)]).code, code);
    }
    let unset = asked(&place, "env://SIGNER", &reference, &[]);
    assert!(unset.stderr.contains("loading public key: loading URL: env var $SIGNER not found"), "{unset:?}");
}

fn kubeconfig(server: &str, cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters:\n- name: c\n  cluster: {{server: \"{server}\"{cluster}}}\n\
         contexts:\n- name: here\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{{user}}}\n"
    )
}

#[test]
fn a_key_may_be_a_secret_of_the_cluster_that_kubectl_speaks_to() {
    let place = Place::new();
    let key = SigningKey::generate(KeyKind::P256);
    let reference = keyed(&place, "app", &key);
    let secret = json!({"kind": "Secret", "data": {"cosign.pub": STANDARD.encode(key.public_pem())}});
    let path = "/api/v1/namespaces/team/secrets/signer";
    let secure = Registry::start_tls();
    for registry in [&place.registry, &secure] {
        registry.on(Rule::path(path, Answer::bytes(secret.to_string().as_bytes())));
    }
    let ask = |secret: &str, config: &str| {
        let name = place.file("kubeconfig", config.as_bytes());
        asked(&place, secret, &reference, &[("KUBECONFIG", &format!("/nonexistent:{name}"))])
    };
    let plain = format!("http://{}", place.registry.host());
    place.registry.clear_journal();
    let told = ask("k8s://team/signer", &kubeconfig(&plain, "", "token: sesame"));
    assert_eq!(told.code, 0, "{told:?}");
    let requests = place.registry.journal();
    let asked_there = requests.iter().find(|request| request.target.starts_with(path)).unwrap();
    assert_eq!(asked_there.header("authorization"), Some("Bearer sesame"));

    let authority = STANDARD.encode(secure.certificate_pem().unwrap());
    let there = format!("https://{}", secure.host());
    let known = kubeconfig(&there, &format!(", certificate-authority-data: {authority}"), "token: sesame");
    assert_eq!(ask("k8s://team/signer", &known).code, 0);
    let told = ask("k8s://team/signer", &kubeconfig(&there, "", "token: sesame"));
    assert!(told.code == 1 && told.stderr.contains("checking if secret exists: Get \"https://"), "{told:?}");
}

#[test]
fn a_secret_that_cannot_be_had_is_said_in_one_line() {
    let place = Place::new();
    let reference = keyed(&place, "app", &SigningKey::generate(KeyKind::P256));
    let plain = format!("http://{}", place.registry.host());
    let ask = |secret: &str, config: &str| {
        let name = place.file("kubeconfig", config.as_bytes());
        let told = asked(&place, secret, &reference, &[("KUBECONFIG", &name)]);
        assert_eq!(told.code, 1, "{told:?}");
        told.stderr.lines().next().unwrap().to_owned()
    };
    let forbidden = json!({"kind": "Status", "message": "secrets \"signer\" is forbidden"});
    place.registry.on(Rule::path(
        "/secrets/signer",
        Answer::status(403).body(sealgate_testkit::Body::Bytes(forbidden.to_string().into_bytes())),
    ));
    place.registry.on(Rule::path("/secrets/empty", Answer::bytes(b"{}")));
    place.registry.on(Rule::path("/secrets/odd", Answer::bytes(b"<html>")));
    let token = kubeconfig(&plain, "", "token: t");
    let said = ask("k8s://team/signer", &token);
    assert!(said.ends_with("checking if secret exists: secrets \"signer\" is forbidden"), "{said}");
    assert!(ask("k8s://team/empty", &token).ends_with("secret `empty` has no field `cosign.pub`"));
    assert!(ask("k8s://team/odd", &token).ends_with("the cluster's answer is not a secret"));
    for wrong in ["k8s://signer", "k8s://a/b/c", "k8s://"] {
        assert!(ask(wrong, &token).ends_with("in the format k8s://<namespace>/<secret>"));
    }
    let said = ask("k8s://team/signer", &kubeconfig(&plain, "", "exec: {command: login}"));
    assert!(
        said.contains("signs in by a program (`exec`)") && said.contains("kubectl get secret -n team signer")
    );
    let said = ask("k8s://team/signer", "current-context: nowhere\n");
    assert!(said.contains("context `nowhere` is not in the configuration"), "{said}");
    assert!(ask("k8s://team/signer", "clusters: [\n").contains("error creating REST client config: "));
    let none = asked(&place, "k8s://team/signer", &reference, &[("HOME", "/nonexistent")]);
    assert!(none.stderr.contains("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"));
}

#[test]
fn a_secrets_name_is_no_path() {
    let place = Place::new();
    let reference = keyed(&place, "app", &SigningKey::generate(KeyKind::P256));
    let config = kubeconfig(&format!("http://{}", place.registry.host()), "", "token: t");
    let name = place.file("kubeconfig", config.as_bytes());
    place.registry.clear_journal();
    for secret in ["k8s://../signer", "k8s://team/..", "k8s://team/a%2fb", "k8s://team/A", "k8s://team/a?b"] {
        let told = asked(&place, secret, &reference, &[("KUBECONFIG", &name)]);
        assert!(told.code == 1 && told.stderr.contains("names no secret"), "{told:?}");
    }
    assert!(place.registry.journal().iter().all(|request| !request.target.contains("/api/")));
}

#[test]
fn what_is_no_public_key_is_said_in_cosigns_words() {
    let place = Place::new();
    let reference = keyed(&place, "app", &SigningKey::generate(KeyKind::P256));
    let ask = |bytes: &[u8]| {
        let name = place.file("key.pub", bytes);
        asked(&place, &name, &reference, &[]).stderr.lines().next().unwrap().to_owned()
    };
    assert!(ask(b"hello").ends_with("loading public key: pem to public key: PEM decoding failed"));
    let certificate = sealgate_testkit::pem_block("CERTIFICATE", b"x");
    assert!(
        ask(certificate.as_bytes()).ends_with(
            "unknown Public key PEM file type: CERTIFICATE. Are you passing the correct public key?"
        )
    );
    let told = asked(&place, "foo://bar", &reference, &[]);
    assert!(told.stderr.contains("loading URL: unrecognized scheme: foo://"), "{told:?}");
}
