//! Repositories without a `trusted_root.json`: the older form, in which each key and certificate is a target of its own and
//! says what it is for. Pure.
//!
//! A target says `{"sigstore": {"usage": "Rekor", "status": "Active"}}` of itself. Where none of a usage does, the names that
//! the first repositories had stand for it. What is no longer active ended at the latest when the repository said so; what
//! began when, nobody says.

use sealgate_verify::{Timestamp as Time, TrustedRoot};
use serde_json::Value;

use crate::{
    TufError, limits,
    metadata::{Target, Targets},
    pieces::{self, Services},
};

/// A target that is a piece of a root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    pub(crate) name: String,
    pub(crate) target: Target,
    usage: Usage,
    is_active: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Usage {
    Ctfe,
    Fulcio,
    Rekor,
    Tsa,
}

/// The pieces that the targets list; none if the repository has none.
///
/// # Errors
/// [`TufError`] if there are too many or too large ones, or of a name that nothing can be asked for by.
pub(crate) fn listed(targets: &Targets) -> Result<Vec<Piece>, TufError> {
    let mut found = Vec::new();
    for usage in [Usage::Ctfe, Usage::Fulcio, Usage::Rekor, Usage::Tsa] {
        let said = targets.names().filter(|name| said(targets, name).is_some_and(|(it, _)| it == usage));
        let mut names: Vec<(&str, bool)> = said.map(|name| (name, said_active(targets, name))).collect();
        if names.is_empty() {
            // THREAT: a key whose status cannot be read taken for an active one, because its name is known. Only what says
            // nothing of itself goes by its name. See what_says_something_else_of_itself_does_not_go_by_its_name.
            let silent =
                |name: &&str| targets.names().any(|it| it == *name) && targets.custom(name).is_none();
            names = usage.known_names().into_iter().filter(silent).map(|name| (name, true)).collect();
        }
        for (name, is_active) in names {
            let Some(target) = targets.target(name)? else { continue };
            if !is_plain(name) {
                return Err(malformed(format!("a target for {} has a name that is no file's", usage.name())));
            }
            if target.length > limits::PIECE_BYTES {
                return Err(limit("bytes of one key or certificate", limits::PIECE_BYTES));
            }
            found.push(Piece { name: name.to_owned(), target, usage, is_active });
        }
    }
    match found.len() > limits::PIECES {
        true => Err(limit("keys and certificates", limits::PIECES)),
        false => Ok(found),
    }
}

/// Puts the root together, as a `trusted_root.json`.
///
/// # Errors
/// [`TufError::Piece`] if a file is not what it should be, [`TufError::Pieces`] if a certificate hangs from no root.
pub(crate) fn root(pieces: &[(Piece, Vec<u8>)], refreshed: Time) -> Result<(TrustedRoot, Vec<u8>), TufError> {
    let of = |usage: Usage| pieces.iter().filter(move |(piece, _)| piece.usage == usage);
    let mut services = Services::default();
    for (usage, logs) in [(Usage::Ctfe, &mut services.ct_logs), (Usage::Rekor, &mut services.logs)] {
        for (piece, bytes) in of(usage) {
            let key = blocks(piece, bytes, "PUBLIC KEY")?;
            let [key] = key.as_slice() else { return Err(piece.is_not("one public key")) };
            let end = (!piece.is_active).then_some(refreshed);
            logs.push(pieces::log(key, end).ok_or_else(|| piece.is_not("a key of a kind that logs use"))?);
        }
    }
    // THREAT: a root without logs asks for no proof of any. Where the repository names none, the proof is asked for, and nobody
    // can give it. See an_older_repository_without_a_log_believes_nothing_that_needs_one.
    for logs in [&mut services.ct_logs, &mut services.logs] {
        if logs.is_empty() {
            logs.push(pieces::unknown_log());
        }
    }
    let certificates = |usage: Usage| {
        let each = of(usage).map(|(piece, bytes)| Ok((piece, blocks(piece, bytes, "CERTIFICATE")?)));
        each.collect::<Result<Vec<_>, TufError>>()
    };
    let fulcio = certificates(Usage::Fulcio)?;
    let (anchors, between): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        all(&fulcio).into_iter().partition(|der| pieces::is_self_signed(der));
    for chain in pieces::chains(&anchors, &between) {
        services.authorities.push(pieces::authority(&chain, end(&fulcio, &chain, refreshed)));
    }
    let stamps = certificates(Usage::Tsa)?;
    let (authorities, leaves): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        all(&stamps).into_iter().partition(|der| pieces::is_authority(der));
    let (anchors, between): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        authorities.into_iter().partition(|der| pieces::is_self_signed(der));
    for leaf in leaves {
        let between = [between.as_slice(), std::slice::from_ref(&leaf)].concat();
        let chain = pieces::chains(&anchors, &between).into_iter().find(|chain| chain.first() == Some(&leaf));
        // Without its chain nobody could ask it anything.
        let Some(chain) = chain else {
            return Err(TufError::Pieces { missing: "TSA certificate above a TSA's" });
        };
        services.timestamp_authorities.push(pieces::authority(&chain, end(&stamps, &chain, refreshed)));
    }
    if !fulcio.is_empty() && services.authorities.is_empty() {
        return Err(TufError::Pieces { missing: "Fulcio root certificate" });
    }
    let json = services.json().to_string().into_bytes();
    Ok((TrustedRoot::from_json(&json).map_err(TufError::Target)?, json))
}

type Certificates<'p> = [(&'p Piece, Vec<Vec<u8>>)];

fn all(certificates: &Certificates<'_>) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for der in certificates.iter().flat_map(|(_, ders)| ders) {
        if !found.contains(der) {
            found.push(der.clone());
        }
    }
    found
}

// A chain has ended where any certificate of it has.
fn end(certificates: &Certificates<'_>, chain: &[Vec<u8>], refreshed: Time) -> Option<Time> {
    let is_over = |der: &Vec<u8>| {
        let mut of = certificates.iter().filter(|(_, ders)| ders.contains(der));
        !of.any(|(piece, _)| piece.is_active)
    };
    chain.iter().any(is_over).then_some(refreshed)
}

fn blocks(piece: &Piece, bytes: &[u8], tag: &str) -> Result<Vec<Vec<u8>>, TufError> {
    // What is kept is text.
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let found: Vec<Vec<u8>> = pem::parse_many(text)
        .unwrap_or_default()
        .into_iter()
        .filter(|block| block.tag() == tag)
        .map(pem::Pem::into_contents)
        .collect();
    if found.is_empty() { Err(piece.is_not("a PEM file of its kind")) } else { Ok(found) }
}

impl Piece {
    fn is_not(&self, what: &'static str) -> TufError {
        TufError::Piece { name: self.name.clone(), what }
    }
}

impl Usage {
    fn name(self) -> &'static str {
        match self {
            Self::Ctfe => "CTFE public key",
            Self::Fulcio => "Fulcio certificate",
            Self::Rekor => "Rekor public key",
            Self::Tsa => "TSA certificate",
        }
    }

    fn known_names(self) -> Vec<&'static str> {
        match self {
            Self::Ctfe => vec!["ctfe.pub"],
            Self::Fulcio => vec!["fulcio.crt.pem", "fulcio_v1.crt.pem", "fulcio_intermediate_v1.crt.pem"],
            Self::Rekor => vec!["rekor.pub"],
            Self::Tsa => vec![
                "tsa_leaf.crt.pem",
                "tsa_root.crt.pem",
                "tsa_intermediate_0.crt.pem",
                "tsa_intermediate_1.crt.pem",
                "tsa_intermediate_2.crt.pem",
            ],
        }
    }
}

// What a target says of itself, where that can be read.
fn said(targets: &Targets, name: &str) -> Option<(Usage, bool)> {
    let said = targets.custom(name)?.get("sigstore")?;
    let word = |field: &str| said.get(field).and_then(Value::as_str).map(str::to_ascii_lowercase);
    let usage = match word("usage")?.as_str() {
        "ctfe" => Usage::Ctfe,
        "fulcio" => Usage::Fulcio,
        "rekor" => Usage::Rekor,
        "tsa" => Usage::Tsa,
        _ => return None,
    };
    // Known words are `Active`, `Expired` and `Unknown`; what says none of them is no more active than the last two.
    Some((usage, word("status").as_deref() == Some("active")))
}

fn said_active(targets: &Targets, name: &str) -> bool {
    said(targets, name).is_some_and(|(_, is_active)| is_active)
}

// THREAT: a name that leads elsewhere, on the mirror or on the disk. See a_piece_of_a_name_that_climbs_is_refused.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= limits::NAME_OF_PIECE_BYTES
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().all(plain)
}

fn malformed(why: String) -> TufError {
    TufError::Malformed { file: "targets", why }
}

fn limit(what: &'static str, limit: usize) -> TufError {
    TufError::Limit { what, limit, file: "targets" }
}
