//! Cache keys. Every field is length-prefixed, so that no two lists of fields can write the same bytes.

use sealgate_policy::{Request, Role};
use sealgate_verify::{Digest, Reference};

/// Names one verdict: everything that it depends on, besides the evidence and the time.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct VerdictKey(Digest);

/// Names kept evidence: whose eyes saw which digest in which repository.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct EvidenceKey(Digest);

impl VerdictKey {
    // THREAT: a verdict is repeated for other policies, roots, credentials, namespaces or references.
    // See a_changed_field_of_the_key_is_another_key.
    pub(crate) fn new(snapshot: &Digest, credentials: &Digest, request: &Request, digest: &Digest) -> Self {
        // The reference as written is part of the key, since the verdict repeats it; the evidence is shared all the same.
        // The namespace is too: no policy kind looks at it yet, and a key that is too fine costs only time.
        Self(fields(&[
            env!("CARGO_PKG_VERSION"),
            &snapshot.to_string(),
            &credentials.to_string(),
            if request.namespace.is_some() { "namespaced" } else { "cluster" },
            request.namespace.as_deref().unwrap_or_default(),
            &request.reference.name(),
            request.reference.written(),
            &digest.to_string(),
            if request.reference.digest().is_some() { "pinned" } else { "tag" },
            if request.allow_tags { "allow-tags" } else { "" },
            match request.role {
                Role::Container => "container",
                Role::Ephemeral => "ephemeral",
                Role::Init => "init",
                Role::Volume => "volume",
            },
        ]))
    }
}

impl EvidenceKey {
    pub(crate) fn new(credentials: &Digest, reference: &Reference, digest: &Digest) -> Self {
        Self(fields(&[&credentials.to_string(), &reference.name(), &digest.to_string()]))
    }
}

fn fields(values: &[&str]) -> Digest {
    let mut text = Vec::new();
    for value in values {
        text.extend_from_slice(&(value.len() as u64).to_be_bytes());
        text.extend_from_slice(value.as_bytes());
    }
    Digest::sha256(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl VerdictKey {
        pub(crate) fn for_test(name: &str) -> Self {
            Self(fields(&[name]))
        }
    }

    impl EvidenceKey {
        pub(crate) fn for_test(name: &str) -> Self {
            Self(fields(&[name]))
        }
    }

    fn request(reference: &str) -> Request {
        Request {
            reference: Reference::parse(reference).unwrap(),
            namespace: Some("prod".into()),
            role: Role::Container,
            allow_tags: false,
        }
    }

    #[test]
    fn a_changed_field_of_the_key_is_another_key() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|text| Digest::sha256(text));
        let written = format!("registry.example/app@{a}");
        let base = VerdictKey::new(&a, &b, &request(&written), &a);
        assert_eq!(base, VerdictKey::new(&a, &b, &request(&written), &a));
        let namespace = Request { namespace: Some("dev".into()), ..request(&written) };
        let cluster = Request { namespace: None, ..request(&written) };
        let empty = Request { namespace: Some(String::new()), ..request(&written) };
        let tags = Request { allow_tags: true, ..request(&written) };
        let role = Request { role: Role::Volume, ..request(&written) };
        let others = [
            VerdictKey::new(&c, &b, &request(&written), &a),
            VerdictKey::new(&a, &c, &request(&written), &a),
            VerdictKey::new(&a, &b, &request(&written), &c),
            VerdictKey::new(&a, &b, &request(&written.replace("app", "api")), &a),
            VerdictKey::new(&a, &b, &request("registry.example/app:1"), &a),
            VerdictKey::new(&a, &b, &namespace, &a),
            VerdictKey::new(&a, &b, &cluster, &a),
            VerdictKey::new(&a, &b, &empty, &a),
            VerdictKey::new(&a, &b, &tags, &a),
            VerdictKey::new(&a, &b, &role, &a),
        ];
        let distinct: std::collections::HashSet<_> = others.iter().chain([&base]).collect();
        assert_eq!(distinct.len(), others.len() + 1);
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        assert_ne!(fields(&["a", "bc"]), fields(&["ab", "c"]));
        assert_ne!(fields(&["a", ""]), fields(&["a"]));
    }

    #[test]
    fn evidence_is_kept_apart_by_credentials_repository_and_digest() {
        let [a, b] = [b"a", b"b"].map(|text| Digest::sha256(text));
        let app = Reference::parse("registry.example/app:1").unwrap();
        let base = EvidenceKey::new(&a, &app, &a);
        assert_eq!(base, EvidenceKey::new(&a, &Reference::parse("registry.example/app:2").unwrap(), &a));
        assert_ne!(base, EvidenceKey::new(&b, &app, &a));
        assert_ne!(base, EvidenceKey::new(&a, &app, &b));
        assert_ne!(base, EvidenceKey::new(&a, &Reference::parse("registry.example/api").unwrap(), &a));
    }
}
