//! Repositories without a `trusted_root.json`: the older form, in which each key and certificate is a target of its own and
//! says what it is for. Pure.
//!
//! A target says `{"sigstore": {"usage": "Rekor", "status": "Active"}}` of itself. Where none of a usage does, the names that
//! the first repositories had stand for it. What is no longer active ended at the latest when a refresh
//! first found it so ([`Pieces::found`]); what began when, nobody says.

use std::collections::BTreeMap;

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

/// Pieces with their bytes, and when those that are no longer active ended, by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) all: Vec<(Piece, Vec<u8>)>,
    pub(crate) ends: BTreeMap<String, Time>,
}

// How a piece stands, or a chain of them: the least counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Standing {
    /// Ended, and nobody here knows when.
    Unknown,
    Ended(Time),
    Active,
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

impl Pieces {
    /// What a refresh at `now` found, where `before` is what the last one did.
    ///
    /// What was active then has ended by now. What had ended then stays ended when it had: otherwise each refresh would move
    /// the end past what was signed meanwhile. When a piece ended that was never seen active here nobody knows; it
    /// may be years ago, and every new cache would believe whoever has found its key since. So it vouches for nothing.
    // THREAT: a retired key that signs on, and the refresh that its signature itself asks for puts the end behind it.
    // See a_retired_key_ends_once_however_often_the_repository_is_asked and what_was_never_active_here_vouches_for_nothing.
    pub(crate) fn found(all: Vec<(Piece, Vec<u8>)>, before: &Self, now: Time) -> Self {
        let end = |(piece, bytes): &(Piece, Vec<u8>)| {
            let known = before.all.iter().filter(|(it, held)| it.usage == piece.usage && held == bytes);
            match known.map(|(it, _)| before.standing(it)).min()? {
                Standing::Active => Some(now),
                Standing::Ended(end) => Some(end.min(now)),
                Standing::Unknown => None,
            }
        };
        let over = all.iter().filter(|(piece, _)| !piece.is_active);
        let ends = over.filter_map(|it| Some((it.0.name.clone(), end(it)?))).collect();
        Self { all, ends }
    }

    /// What was kept of a refresh.
    // THREAT: a cache that somebody else wrote puts an end into the future. It is no later than the refresh.
    // See a_kept_end_is_never_later_than_the_refresh.
    pub(crate) fn kept(all: Vec<(Piece, Vec<u8>)>, ends: &BTreeMap<String, i64>, refreshed: Time) -> Self {
        let over = all.iter().filter(|(piece, _)| !piece.is_active);
        // One before everything would be no window at all, and be left out of the root as if nothing had been asked for.
        let end = |name: &String| Some(Time(*ends.get(name).filter(|end| **end > 0)?).min(refreshed));
        let ends = over.filter_map(|(piece, _)| Some((piece.name.clone(), end(&piece.name)?))).collect();
        Self { all, ends }
    }

    fn standing(&self, piece: &Piece) -> Standing {
        match self.ends.get(&piece.name) {
            _ if piece.is_active => Standing::Active,
            Some(end) => Standing::Ended(*end),
            None => Standing::Unknown,
        }
    }

    // A chain has ended where any certificate of it has.
    fn chain(&self, certificates: &Certificates<'_>, chain: &[Vec<u8>]) -> Standing {
        let of = |der: &Vec<u8>| {
            let each = certificates.iter().filter(|(_, ders)| ders.contains(der));
            let each: Vec<Standing> = each.map(|(piece, _)| self.standing(piece)).collect();
            match each.contains(&Standing::Active) {
                true => Standing::Active,
                false => each.into_iter().min().unwrap_or(Standing::Unknown),
            }
        };
        chain.iter().map(of).min().unwrap_or(Standing::Unknown)
    }
}

impl Standing {
    // The end of what counts, if it has one; none for what does not count.
    fn end(self) -> Option<Option<Time>> {
        match self {
            Self::Active => Some(None),
            Self::Ended(end) => Some(Some(end)),
            Self::Unknown => None,
        }
    }
}

/// Puts the root together, as a `trusted_root.json`.
///
/// # Errors
/// [`TufError::Piece`] if a file is not what it should be, [`TufError::Pieces`] if a certificate hangs from no root.
pub(crate) fn root(pieces: &Pieces) -> Result<(TrustedRoot, Vec<u8>), TufError> {
    let of = |usage: Usage| pieces.all.iter().filter(move |(piece, _)| piece.usage == usage);
    let mut services = Services::default();
    for (usage, logs) in [(Usage::Ctfe, &mut services.ct_logs), (Usage::Rekor, &mut services.logs)] {
        for (piece, bytes) in of(usage) {
            let key = blocks(piece, bytes, "PUBLIC KEY")?;
            let [key] = key.as_slice() else { return Err(piece.is_not("one public key")) };
            let log =
                |end| pieces::log(key, end).ok_or_else(|| piece.is_not("a key of a kind that logs use"));
            // What is none is refused, whether it counts or not.
            let open = log(None)?;
            match pieces.standing(piece).end() {
                Some(None) => logs.push(open),
                Some(end) => logs.push(log(end)?),
                None => {}
            }
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
    let chains = chained(&anchors, &between)?;
    if !fulcio.is_empty() && chains.is_empty() {
        return Err(TufError::Pieces { missing: "Fulcio root certificate" });
    }
    for chain in chains {
        if let Some(end) = pieces.chain(&fulcio, &chain).end() {
            services.authorities.push(pieces::authority(&chain, end));
        }
    }
    let stamps = certificates(Usage::Tsa)?;
    let (authorities, leaves): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        all(&stamps).into_iter().partition(|der| pieces::is_authority(der));
    let (anchors, between): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        authorities.into_iter().partition(|der| pieces::is_self_signed(der));
    for leaf in leaves {
        let between = [between.as_slice(), std::slice::from_ref(&leaf)].concat();
        let mut chains = chained(&anchors, &between)?;
        chains.retain(|chain| chain.first() == Some(&leaf));
        // Without its chain nobody could ask it anything.
        if chains.is_empty() {
            return Err(TufError::Pieces { missing: "TSA certificate above a TSA's" });
        }
        for chain in chains {
            if let Some(end) = pieces.chain(&stamps, &chain).end() {
                services.timestamp_authorities.push(pieces::authority(&chain, end));
            }
        }
    }
    let json = services.json().to_string().into_bytes();
    Ok((TrustedRoot::from_json(&json).map_err(TufError::Target)?, json))
}

fn chained(anchors: &[Vec<u8>], between: &[Vec<u8>]) -> Result<Vec<Vec<Vec<u8>>>, TufError> {
    pieces::chains(anchors, between).map_err(|_| limit("certificates of one use", limits::CERTIFICATES))
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
