//! `k8s://NAMESPACE/NAME`: the field `cosign.pub` of a secret.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::kubeconfig::{self, AccessError};
use crate::{Console, shell, web};

/// The bytes of the public key that a secret holds.
///
/// # Errors
/// cosign's text, and for what is not done here the command that does it.
pub(super) fn public_key(secret: &str, console: &Console<'_>) -> Result<Vec<u8>, String> {
    let (namespace, name) = match secret.split('/').collect::<Vec<_>>().as_slice() {
        [namespace, name] => ((*namespace).to_owned(), (*name).to_owned()),
        _ => {
            return Err(
                "kubernetes specification should be in the format k8s://<namespace>/<secret>".to_owned()
            );
        }
    };
    let access = kubeconfig::access(console).map_err(|error| match error {
        AccessError::Unsupported { .. } => {
            format!("new for config: {error}; {}", by_kubectl(&namespace, &name))
        }
        error => format!("new for config: {error}"),
    })?;
    let wrong = |why: String| format!("checking if secret exists: {why}");
    // THREAT: a name that is a path. See a_secrets_name_is_no_path.
    if !is_name(&namespace) || !is_name(&name) {
        return Err(wrong(format!("`{secret}` names no secret")));
    }
    let request = web::Request {
        url: format!("{}/api/v1/namespaces/{namespace}/secrets/{name}", access.server.trim_end_matches('/')),
        token: access.token,
        authorities: access.authorities,
        identity: access.identity,
        insecure: access.insecure,
        redirects: false,
    };
    let answer = web::get(&request).map_err(|error| wrong(error.to_string()))?;
    if !answer.status.is_success() {
        let said = serde_json::from_slice::<Status>(&answer.body).ok().and_then(|status| status.message);
        let code = answer.status.as_u16();
        return Err(wrong(said.unwrap_or_else(|| format!("the cluster answers {code}"))));
    }
    let found: Secret = serde_json::from_slice(&answer.body)
        .map_err(|_| wrong("the cluster's answer is not a secret".to_owned()))?;
    let Some(encoded) = found.data.get("cosign.pub") else {
        return Err(format!("secret `{name}` has no field `cosign.pub`"));
    };
    STANDARD.decode(encoded).map_err(|_| wrong("the cluster's answer is not a secret".to_owned()))
}

fn by_kubectl(namespace: &str, name: &str) -> String {
    format!(
        "export the key (`kubectl get secret -n {} {} -o jsonpath='{{.data.cosign\\.pub}}' | base64 -d > key.pub`) and give --key key.pub",
        shell::word(namespace),
        shell::word(name)
    )
}

// SPEC: RFC 1123 names, as Kubernetes has them.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    (1..=253).contains(&text.len())
        && text.bytes().all(is_plain)
        && !text.starts_with('.')
        && !text.contains("..")
}

#[derive(Deserialize)]
struct Secret {
    #[serde(default)]
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Status {
    message: Option<String>,
}
