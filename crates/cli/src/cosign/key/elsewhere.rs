//! Keys that somebody else holds: services, hardware, plugins. Recognised, and refused with what to do instead.

use std::path::Path;

use crate::{Console, shell};

/// Fails for a key that only its keeper's own software can read.
///
/// # Errors
/// cosign's text for a name of the wrong form, else one line with the command that exports the public key.
pub(super) fn refuse(reference: &str, console: &Console<'_>) -> Result<(), String> {
    let format = |form: &str| Err(format!("kms specification should be in the format {form}"));
    if let Some(rest) = reference.strip_prefix("pkcs11:") {
        let named = |name: &str| rest.split([';', '?', '&']).any(|part| part.starts_with(name));
        if !named("token=") && !named("slot-id=") {
            return Err("parsing pkcs11 uri): invalid uri: one of token and slot-id must be set".into());
        }
        return export(reference);
    }
    let Some((scheme, rest)) = reference.split_once("://") else { return Ok(()) };
    let parts: Vec<&str> = rest.split('/').collect();
    match scheme {
        "awskms" if !is_aws(&parts) => format("awskms://[ENDPOINT]/[ID/ALIAS/ARN] (endpoint optional)"),
        "gcpkms" if !is_google(&parts) => format(
            "gcpkms://projects/[PROJECT_ID]/locations/[LOCATION]/keyRings/[KEY_RING]/cryptoKeys/[KEY]/cryptoKeyVersions/[VERSION]",
        ),
        "azurekms" if !matches!(parts.as_slice(), [host, key] | [host, key, _] if !host.is_empty() && !key.is_empty()) => {
            format("azurekms://[VAULT_NAME][VAULT_URL]/[KEY_NAME]/[VERSION (optional)]")
        }
        "hashivault" | "openbao" if rest.is_empty() || parts.len() > 1 => format("hashivault://<key>"),
        "awskms" | "gcpkms" | "azurekms" | "hashivault" | "openbao" => export(reference),
        "gitlab" => Err(format!(
            "keys of `{reference}` are not read here; copy the project's variable COSIGN_PUBLIC_KEY to a file and give --key FILE"
        )),
        "env" | "http" | "https" | "k8s" => Ok(()),
        // cosign would run it; nothing here runs programs for a key.
        _ if has_plugin(scheme, console) => export(reference),
        _ => Ok(()),
    }
}

fn export(reference: &str) -> Result<(), String> {
    Err(format!(
        "keys of `{reference}` are not read here; export the public key (`cosign public-key --key {} > key.pub`) and give --key key.pub",
        shell::word(reference)
    ))
}

// An optional host, and an identifier of 36 letters, an alias, or an ARN.
fn is_aws(parts: &[&str]) -> bool {
    let is_id =
        |text: &str| text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    match parts {
        [_, id] => is_id(id),
        [_, "alias", name] => !name.is_empty(),
        [_, arn, id] => arn.starts_with("arn:aws") && arn.ends_with(":key") && is_id(id),
        [_, arn, name @ ..] => arn.starts_with("arn:aws") && arn.ends_with(":alias") && !name.is_empty(),
        _ => false,
    }
}

fn is_google(parts: &[&str]) -> bool {
    let (key, version) = parts.split_at(parts.len().min(8));
    matches!(key, ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _])
        && key.iter().all(|part| !part.is_empty())
        && (version.is_empty()
            || matches!(version, ["cryptoKeyVersions" | "versions", number] if !number.is_empty()))
}

fn has_plugin(scheme: &str, console: &Console<'_>) -> bool {
    let plain = !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let name = format!("sigstore-kms-{scheme}");
    let path = console.variable("PATH").unwrap_or_default();
    plain
        && path
            .split(':')
            .filter(|folder| !folder.is_empty())
            .any(|folder| Path::new(folder).join(&name).is_file())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::refuse;
    use crate::Console;

    fn refused(reference: &str) -> Option<String> {
        refuse(reference, &Console::new([].into(), io::empty(), io::sink(), io::sink())).err()
    }

    #[test]
    fn keys_of_services_are_refused_with_the_command_that_exports_them() {
        for reference in [
            "awskms:///alias/mine",
            "awskms://localhost:4566/1234abcd-12ab-34cd-56ef-1234567890ab",
            "awskms:///arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "gcpkms://projects/a/locations/b/keyRings/c/cryptoKeys/d",
            "gcpkms://projects/a/locations/b/keyRings/c/cryptoKeys/d/cryptoKeyVersions/1",
            "azurekms://a.vault.azure.net/k",
            "azurekms://a.vault.azure.net/k/1",
            "hashivault://k",
            "openbao://k",
            "pkcs11:token=a;object=b",
        ] {
            let text = refused(reference).unwrap();
            assert!(
                text.contains("`cosign public-key --key ") && text.ends_with("give --key key.pub"),
                "{text}"
            );
            assert!(!text.contains('\n'));
        }
        assert!(refused("gitlab://a/b").unwrap().contains("COSIGN_PUBLIC_KEY"));
    }

    #[test]
    fn names_of_the_wrong_form_are_refused_in_cosigns_words() {
        for reference in [
            "awskms://x",
            "awskms:///x",
            "awskms:///alias/",
            "gcpkms://x",
            "gcpkms://projects/a/locations/b/keyRings/c/cryptoKeys/",
            "gcpkms://projects/a/locations/b/keyRings/c/cryptoKeys/d/other/1",
            "azurekms://x",
            "hashivault://",
            "hashivault://a/b",
            "openbao://a/b",
        ] {
            let text = refused(reference).unwrap();
            assert!(text.starts_with("kms specification should be in the format "), "{reference}: {text}");
        }
        assert!(refused("pkcs11:").unwrap().starts_with("parsing pkcs11 uri): "));
    }

    #[test]
    fn what_can_be_read_here_is_not_refused() {
        for reference in ["key.pub", "env://KEY", "https://a/b", "k8s://a/b", "foo://b", "./pkcs11"] {
            assert_eq!(refused(reference), None, "{reference}");
        }
    }

    #[test]
    fn a_plugins_key_is_refused_where_the_plugin_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sigstore-kms-mine"), "").unwrap();
        let path = [("PATH".to_owned(), format!("/nonexistent:{}", folder.path().display()))].into();
        let console = Console::new(path, io::empty(), io::sink(), io::sink());
        assert!(refuse("mine://key", &console).unwrap_err().contains("cosign public-key --key mine://key"));
        assert!(refuse("other://key", &console).is_ok());
        assert!(refuse("../mine://key", &console).is_ok());
    }
}
