//! `bundle upgrade`: an older Sigstore bundle as one of version 0.3.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, extensions::ParsedExtension, prelude::FromDer as _,
};

use super::hand_over;
use crate::{
    Console,
    cosign::{failure::Failure, shapes::BUNDLE},
    files,
    go::{flags::Typed, protojson},
    limits,
};

/// `bundle upgrade`
pub(crate) fn upgrade(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let name = typed.words.first().map(String::as_str).unwrap_or_default();
    let bytes = files::read(name, limits::FILE).map_err(|error| format!("reading input file: {error}"))?;
    let upgraded = upgraded(bytes, console).map_err(|error| format!("upgrading bundle: {error}"))?;
    hand_over(&upgraded, typed, console).map_err(|failure| match typed.some("out") {
        Some(_) => Failure::from(format!("writing upgraded bundle: {failure}")),
        None => failure,
    })?;
    if let Some(name) = typed.some("out") {
        console.say(format!("Successfully upgraded bundle written to {name}"));
    }
    Ok(())
}

fn upgraded(bytes: Vec<u8>, console: &mut Console<'_>) -> Result<Vec<u8>, String> {
    let mut bundle =
        protojson::read(&BUNDLE, &bytes).map_err(|error| format!("unmarshaling bundle: {error}"))?;
    let media_type = bundle.get("mediaType").and_then(Value::as_str).unwrap_or_default().to_owned();
    let material = bundle.get_mut("verificationMaterial").and_then(Value::as_object_mut);
    let material = material.ok_or("bundle is missing verification material")?;
    if !["publicKey", "x509CertificateChain", "certificate"].iter().any(|kind| material.contains_key(*kind)) {
        return Err("bundle verification material is missing content (public key or certificate)".into());
    }
    match media_type.as_str() {
        "application/vnd.dev.sigstore.bundle.v0.3+json"
        | "application/vnd.dev.sigstore.bundle+json;version=0.3" => {
            console.say("Bundle is already at v0.3, no upgrade needed.");
            return Ok(bytes);
        }
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => {
            console.say("Upgrading from v0.1 to v0.3...");
        }
        "application/vnd.dev.sigstore.bundle+json;version=0.2" => {
            console.say("Upgrading from v0.2 to v0.3...");
        }
        other => return Err(format!("unsupported bundle version: {other}")),
    }
    leaf_only(material, console);
    for entry in material.get("tlogEntries").and_then(Value::as_array).into_iter().flatten() {
        if entry.get("inclusionPromise").is_some() && entry.get("inclusionProof").is_none() {
            let index = entry.get("logIndex").and_then(Value::as_i64).unwrap_or_default();
            return Err(format!(
                "the inclusion proof of log index {index} is missing, and Rekor is never asked here"
            ));
        }
    }
    bundle.insert("mediaType".into(), "application/vnd.dev.sigstore.bundle.v0.3+json".into());
    Ok(protojson::write(&BUNDLE, &bundle).into_bytes())
}

// Version 0.3 has room for the signer's certificate alone.
fn leaf_only(material: &mut Map<String, Value>, console: &mut Console<'_>) {
    let chain = material.get("x509CertificateChain").and_then(|chain| chain.get("certificates"));
    let Some([leaf, ..]) = chain.and_then(Value::as_array).map(Vec::as_slice) else { return };
    console.say("Truncating certificate chain to only the leaf certificate...");
    for (index, certificate) in chain.and_then(Value::as_array).into_iter().flatten().enumerate() {
        let der = certificate.get("rawBytes").and_then(Value::as_str).unwrap_or_default();
        match STANDARD.decode(der).ok().and_then(|der| identity(&der)) {
            Some(name) => console.say(format!("  Certificate {index} Identity: {name}")),
            None => console.say(format!("  Certificate {index}: <unable to parse>")),
        }
    }
    let leaf = leaf.clone();
    material.remove("x509CertificateChain");
    material.insert("certificate".into(), leaf);
}

fn identity(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names: Vec<&GeneralName<'_>> = certificate
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        })
        .flatten()
        .collect();
    let email = names.iter().find_map(|name| match name {
        GeneralName::RFC822Name(text) => Some((*text).to_owned()),
        _ => None,
    });
    let uri = || {
        names.iter().find_map(|name| match name {
            GeneralName::URI(text) => Some((*text).to_owned()),
            _ => None,
        })
    };
    let subject =
        || Some(super::inspect::distinguished_name(certificate.subject())).filter(|name| !name.is_empty());
    Some(email.or_else(uri).or_else(subject).unwrap_or_else(|| "<none>".into()))
}
