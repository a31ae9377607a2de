//! `--platform`: one image of an index.

use sealgate::{
    oci::{Descriptor, Platform},
    verify::Digest,
};

/// The reference is no index.
pub(crate) const NO_INDEX: &str = "specified reference is not a multiarch image";

/// Finds the one image of that platform; what is not written fits everything.
pub(crate) fn choose(wanted: &str, manifests: &[Descriptor]) -> Result<Digest, String> {
    let wanted = parse(wanted).map_err(|why| format!("parsing platform: {why}"))?;
    let fitting: Vec<(&Platform, &Digest)> = manifests
        .iter()
        .filter_map(|entry| Some((entry.platform.as_ref()?, &entry.digest)))
        .filter(|(platform, _)| fits(&wanted, platform))
        .collect();
    match fitting.as_slice() {
        [] => Err(format!("unable to find an entity for {}", write(&wanted))),
        [(_, digest)] => Ok((*digest).clone()),
        many => {
            let listed: Vec<Platform> = many.iter().map(|(platform, _)| (*platform).clone()).collect();
            Err(format!("platform spec matches more than one image architecture: {}", join(&listed)))
        }
    }
}

/// Platforms in a row.
pub(crate) fn join(platforms: &[Platform]) -> String {
    platforms.iter().map(write).collect::<Vec<_>>().join(", ")
}

fn parse(text: &str) -> Result<Platform, String> {
    let pieces: Vec<&str> = text.trim().split(':').collect();
    let os_version = if let [_, version] = pieces.as_slice() { *version } else { "" };
    let mut parts = pieces.first().copied().unwrap_or_default().split('/');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let platform =
        Platform { os: next(), architecture: next(), variant: next(), os_version: os_version.to_owned() };
    match parts.next() {
        Some(_) => Err(format!("too many slashes in platform spec: {text}")),
        None => Ok(platform),
    }
}

fn write(platform: &Platform) -> String {
    let Platform { os, architecture, variant, os_version } = platform;
    if os.is_empty() {
        return String::new();
    }
    let mut text = os.clone();
    for (sign, part) in [("/", architecture), ("/", variant), (":", os_version)] {
        if !part.is_empty() {
            text.push_str(sign);
            text.push_str(part);
        }
    }
    text
}

fn fits(wanted: &Platform, found: &Platform) -> bool {
    let same = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    same(&wanted.os, &found.os)
        && same(&wanted.architecture, &found.architecture)
        && same(&wanted.variant, &found.variant)
        && (same(&wanted.os_version, &found.os_version) || is_build_of(wanted, found))
}

// Windows: three numbers name all revisions of a build.
fn is_build_of(wanted: &Platform, found: &Platform) -> bool {
    let dots = |text: &str| text.matches('.').count();
    wanted.os == "windows"
        && dots(&found.os_version) == 3
        && dots(&wanted.os_version) == 2
        && found.os_version.rsplit_once('.').is_some_and(|(build, _)| build == wanted.os_version)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sealgate::{oci::Descriptor, verify::Digest};

    use super::{choose, parse};

    fn index(platforms: &[&str]) -> Vec<Descriptor> {
        let one = |text: &&str| Descriptor {
            media_type: String::new(),
            artifact_type: String::new(),
            digest: Digest::sha256(text.as_bytes()),
            size: 0,
            annotations: BTreeMap::new(),
            platform: (!text.is_empty()).then(|| parse(text).unwrap()),
        };
        platforms.iter().map(one).collect()
    }

    #[test]
    fn a_platform_chooses_exactly_one_image() {
        let index =
            index(&["", "linux/amd64", "linux/arm64/v8", "linux/arm/v7", "windows/amd64:10.0.17763.1"]);
        for (wanted, found) in [
            ("linux/amd64", "linux/amd64"),
            (" linux/arm64 ", "linux/arm64/v8"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("windows", "windows/amd64:10.0.17763.1"),
            ("windows/amd64:10.0.17763", "windows/amd64:10.0.17763.1"),
            ("windows/amd64:10.0.17763.1", "windows/amd64:10.0.17763.1"),
            ("/arm", "linux/arm/v7"),
        ] {
            assert_eq!(choose(wanted, &index), Ok(Digest::sha256(found.as_bytes())), "{wanted}");
        }
        let many = "platform spec matches more than one image architecture: ";
        for (wanted, why) in [
            ("linux/s390x", "unable to find an entity for linux/s390x".to_owned()),
            ("linux/arm/v6", "unable to find an entity for linux/arm/v6".to_owned()),
            ("windows/amd64:10.0.1", "unable to find an entity for windows/amd64:10.0.1".to_owned()),
            ("/mips", "unable to find an entity for ".to_owned()),
            ("linux", format!("{many}linux/amd64, linux/arm64/v8, linux/arm/v7")),
            ("/amd64", format!("{many}linux/amd64, windows/amd64:10.0.17763.1")),
            ("a/b/c/d", "parsing platform: too many slashes in platform spec: a/b/c/d".to_owned()),
        ] {
            assert_eq!(choose(wanted, &index), Err(why), "{wanted}");
        }
    }
}
