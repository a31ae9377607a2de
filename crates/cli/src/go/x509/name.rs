//! Names in certificates, as Go's `pkix.Name`.

use x509_parser::x509::X509Name;

use super::{oid, string, texts};

/// Writes a name.
pub(super) fn json(name: &X509Name<'_>) -> String {
    let attributes: Vec<(String, String)> = name
        .iter_attributes()
        .map(|attribute| {
            let text = attribute.as_str().map(str::to_owned).unwrap_or_else(|_| {
                // UTF-16 and Latin-1, which no log of our time holds.
                String::from_utf8_lossy(attribute.as_slice()).into_owned()
            });
            (attribute.attr_type().to_id_string(), text)
        })
        .collect();
    let all = |kind: &str| {
        texts(attributes.iter().filter(|(known, _)| known == kind).map(|(_, text)| text.as_str()))
    };
    let last = |kind: &str| {
        string(attributes.iter().rfind(|(known, _)| known == kind).map_or("", |(_, text)| text.as_str()))
    };
    let names = super::list(
        attributes
            .iter()
            .map(|(kind, text)| format!("{{\"Type\":{},\"Value\":{}}}", oid(kind), string(text))),
    );
    format!(
        "{{\"Country\":{},\"Organization\":{},\"OrganizationalUnit\":{},\"Locality\":{},\"Province\":{},\"StreetAddress\":{},\"PostalCode\":{},\"SerialNumber\":{},\"CommonName\":{},\"Names\":{names},\"ExtraNames\":null}}",
        all("2.5.4.6"),
        all("2.5.4.10"),
        all("2.5.4.11"),
        all("2.5.4.7"),
        all("2.5.4.8"),
        all("2.5.4.9"),
        all("2.5.4.17"),
        last("2.5.4.5"),
        last("2.5.4.3"),
    )
}
