//! Registers the webhook from `deploy/`'s own manifests; only what a machine without nodes cannot have differs.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use sealgate_testkit::base64;
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;

/// The Service that the API server calls, as the manifests name it.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) namespace: String,
    configuration: Value,
}

/// A certificate for the Service's name, and who vouches for it.
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
    authority: String,
}

impl Service {
    /// Applies all manifests of `deploy/` and reads back how the API server is to find the webhook.
    pub(crate) fn apply(plane: &ControlPlane) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
        // The configuration comes last: from then on the gate is closed until somebody answers behind it.
        plane.kubectl(&["apply", "-f", folder.to_str().unwrap()]).succeeds();
        // Nobody answers for the gate yet, and still its own Pods come: its namespace is excluded by name.
        let pods = ["get", "pods", "-n", "sealgate", "-o", "name"];
        plane.wait_for("the gate's own Pods are made while the gate is closed", &pods, |names| {
            !names.is_empty()
        });
        let configurations = ["get", "validatingwebhookconfigurations", "-o", "json"];
        let list: Value = serde_json::from_str(&plane.quietly(&configurations).unwrap()).unwrap();
        let [configuration] = list["items"].as_array().unwrap().as_slice() else {
            panic!("deploy/ holds not exactly one ValidatingWebhookConfiguration: {list}")
        };
        let service = &configuration["webhooks"][0]["clientConfig"]["service"];
        Self {
            name: service["name"].as_str().unwrap().to_owned(),
            namespace: service["namespace"].as_str().unwrap().to_owned(),
            configuration: configuration.clone(),
        }
    }

    /// Makes a P-256 certificate for `NAME.NAMESPACE.svc`.
    pub(crate) fn certificate(&self, scratch: &Path) -> Certificate {
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "cluster test");
        let authority_key = key();
        let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
        let leaf_key = key();
        let leaf = CertificateParams::new([format!("{}.{}.svc", self.name, self.namespace)]).unwrap();
        let leaf = leaf.signed_by(&leaf_key, &Issuer::new(authority, authority_key)).unwrap();
        let (chain, key) = (scratch.join("tls.crt"), scratch.join("tls.key"));
        fs::write(&chain, leaf.pem()).unwrap();
        fs::write(&key, leaf_key.serialize_pem()).unwrap();
        Certificate { chain, key, authority: authority_pem }
    }

    /// Points the Service at a port of this machine and gives the API server the certificate's authority.
    pub(crate) fn register(&self, plane: &ControlPlane, port: u16, certificate: &Certificate) {
        // No kube-proxy runs here: an ExternalName is resolved by the API server, and the configuration's port holds.
        let external = json!({"spec": {"type": "ExternalName", "externalName": "localhost"}}).to_string();
        plane.kubectl(&["-n", &self.namespace, "patch", "service", &self.name, "-p", &external]).succeeds();
        let webhooks = self.configuration["webhooks"].as_array().unwrap();
        let patches: Vec<Value> = (0..webhooks.len())
            .flat_map(|index| {
                let at = format!("/webhooks/{index}/clientConfig");
                let bundle = base64(certificate.authority.as_bytes());
                [
                    json!({"op": "add", "path": format!("{at}/service/port"), "value": port}),
                    json!({"op": "add", "path": format!("{at}/caBundle"), "value": bundle}),
                ]
            })
            .collect();
        let name = self.configuration["metadata"]["name"].as_str().unwrap();
        let patch = Value::from(patches).to_string();
        let arguments = ["patch", "validatingwebhookconfiguration", name, "--type=json", "-p", &patch];
        plane.kubectl(&arguments).succeeds();
    }
}
