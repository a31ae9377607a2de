//! Many signatures in few lines: alike ones are told once and counted, and nothing is left out unsaid.

use crate::facts::{Gap, Identity, Signature, Standing};

/// A signature that is told whole, and how many are like it.
pub(super) struct Told<'s> {
    pub(super) signature: &'s Signature,
    pub(super) alike: usize,
}

/// Those that are told whole, and short lines for the others.
///
/// Up to [`WHOLE`] all of them are. Of more, one of each kind, standing and signer is: whoever attaches a hundred signatures
/// of his own hides nobody else's.
pub(super) fn brief(signatures: &[Signature]) -> (Vec<Told<'_>>, Vec<String>) {
    if signatures.len() <= WHOLE {
        return (signatures.iter().map(|signature| Told { signature, alike: 0 }).collect(), Vec::new());
    }
    let mut groups: Vec<(String, Told<'_>)> = Vec::new();
    for signature in signatures {
        let name = line(signature);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, told)) => told.alike += 1,
            None => groups.push((name, Told { signature, alike: 0 })),
        }
    }
    let rest = groups.split_off(groups.len().min(WHOLE));
    let mut lines: Vec<String> =
        rest.iter().take(LINES).map(|(name, told)| counted(told.alike + 1, name)).collect();
    let unsaid: usize = rest.iter().skip(LINES).map(|(_, told)| told.alike + 1).sum();
    if unsaid > 0 {
        lines.push(format!("{unsaid} more, by still others"));
    }
    (groups.into_iter().map(|(_, told)| told).collect(), lines)
}

/// Everything in short lines, for one image of an index.
pub(super) fn lines(signatures: &[Signature], gaps: &[Gap]) -> Vec<String> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for name in signatures.iter().map(line) {
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => groups.push((name, 1)),
        }
    }
    let mut lines: Vec<String> =
        groups.iter().take(LINES).map(|(name, count)| counted(*count, name)).collect();
    let unsaid: usize = groups.iter().skip(LINES).map(|(_, count)| count).sum();
    if unsaid > 0 {
        lines.push(format!("{unsaid} more, by still others"));
    }
    lines.extend(gaps.iter().map(|gap| format!("NOT READ {}: {}", gap.place.replace('-', " "), gap.cause)));
    if lines.is_empty() {
        lines.push("nothing is attached to it".to_owned());
    }
    lines
}

/// What a signature is, in one word or two.
pub(super) fn kind(signature: &Signature) -> String {
    match (&signature.predicate_type, signature.format) {
        (Some(kind), _) if kind == sealgate::attest::SIGNATURE => "signature".to_owned(),
        (Some(kind), _) => format!("attestation of type {kind}"),
        (None, "attestation-layer") => "attestation".to_owned(),
        (None, "bundle") if signature.standing != Standing::Genuine => "signature or attestation".to_owned(),
        (None, _) => "signature".to_owned(),
    }
}

/// How it stands, in words that are coloured.
pub(super) fn standing(signature: &Signature) -> &'static str {
    match signature.standing {
        Standing::Genuine | Standing::Verified | Standing::Refused => "genuine",
        Standing::NotGenuine => "NOT GENUINE",
        Standing::NotChecked => "NOT CHECKED",
    }
}

fn line(signature: &Signature) -> String {
    let who = |identity: &Identity| match &identity.subject {
        Some(subject) => subject.clone(),
        None => format!("the holder of key {}", identity.key),
    };
    let by = match (&signature.signer, &signature.claimed) {
        (Some(signer), _) => format!(" by {}", who(signer)),
        (None, Some(claimed)) => format!(", it claims to be by {}", who(claimed)),
        (None, None) => String::new(),
    };
    let why = signature.reason.as_ref().map(|reason| format!(" ({})", reason.code)).unwrap_or_default();
    format!("{} {}{by}{why}", standing(signature), kind(signature))
}

fn counted(count: usize, name: &str) -> String {
    if count == 1 { name.to_owned() } else { format!("{name}, {count} times") }
}

/// So many are told whole.
pub(super) const WHOLE: usize = 12;
/// So many lines tell of others.
const LINES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn by(subject: &str) -> Signature {
        let signer = Identity { subject: Some(subject.to_owned()), ..Identity::default() };
        Signature {
            standing: Standing::Genuine,
            signer: Some(signer),
            ..Signature::stored(None, "referrers".into(), "bundle")
        }
    }

    #[test]
    fn as_many_as_fit_are_told_whole_and_one_more_is_counted() {
        let mut all: Vec<Signature> = (0..WHOLE).map(|_| by("a")).collect();
        let (whole, lines) = brief(&all);
        assert_eq!((whole.len(), lines.len()), (WHOLE, 0));
        all.push(by("a"));
        let (whole, lines) = brief(&all);
        assert_eq!((whole.len(), whole[0].alike, lines.len()), (1, WHOLE, 0));
    }

    #[test]
    fn a_flood_by_one_signer_hides_nobody_else() {
        let mut all: Vec<Signature> = (0..300).map(|_| by("flood")).collect();
        all.push(by("rare"));
        let (whole, lines) = brief(&all);
        let told: Vec<(&str, usize)> = whole
            .iter()
            .map(|told| (told.signature.signer.as_ref().unwrap().subject.as_deref().unwrap(), told.alike))
            .collect();
        assert_eq!((told, lines.len()), (vec![("flood", 299), ("rare", 0)], 0));
    }

    #[test]
    fn every_signature_is_told_or_counted() {
        let all: Vec<Signature> = (0..300).map(|number| by(&format!("s{}", number / 2))).collect();
        let (whole, lines) = brief(&all);
        let told: usize = whole.iter().map(|told| told.alike + 1).sum();
        assert_eq!((told, lines.len()), (2 * WHOLE, LINES + 1));
        assert_eq!(lines[0], format!("genuine signature by s{WHOLE}, 2 times"));
        assert_eq!(lines[LINES], format!("{} more, by still others", 300 - 2 * WHOLE - 2 * LINES));
    }
}
