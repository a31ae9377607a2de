//! `-o verdict-json`: everything that a verifying verb found out, for programs, whether it passes or fails.

mod reason;

use std::cell::RefCell;

use schemars::JsonSchema;
use sealgate::verify::{Bundle, Content, Digest, Item, LogRule, Place, TrustedRoot, signer::printable};
use serde::Serialize;

use super::{
    failure::{Failure, NO_IMAGE, NO_SIGNATURES},
    judge::{Form, Judge, Passed, Refusal, Whom},
    meaning,
};
use crate::{
    Console,
    facts::{self, Check, Gap, Identity, Outcome, Reason, Signature, Skips, Standing},
    go::flags::Typed,
    predicate,
};
use reason::{refused, standing, why};

/// The value of `-o`.
pub(crate) const NAME: &str = "verdict-json";

/// Runs a verb, and answers with what it found out if that is what was asked for.
///
/// # Errors
/// The verb's own.
pub(crate) fn told<'a>(
    verb: &'static str,
    typed: &Typed,
    console: &mut Console<'a>,
    run: impl FnOnce(&Record, &mut Console<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let record = Record::of(typed);
    // cosign's verbs for files have no such flag; the variable is meant for those that have.
    let typed_output = typed.some("output").filter(|_| console.variable("COSIGN_OUTPUT").is_none());
    if verb.starts_with("verify-blob") && typed_output.is_some() && !record.is_on() {
        return Err("unknown flag: --output".into());
    }
    let result = run(&record, console);
    record.answer(verb, &result, console);
    result
}

/// What is found out while a verb runs. Nothing is kept unless somebody asked for it.
#[derive(Debug)]
pub(crate) struct Record {
    kept: Option<RefCell<Vec<Artifact>>>,
    /// The predicate type that counts, if one was typed.
    wanted: Option<String>,
    /// Flags that drop checks.
    without_sct: bool,
    without_log: bool,
    annotations: bool,
}

/// What `-o verdict-json` writes.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verification<'v> {
    /// Of this form.
    version: &'static str,
    /// Which verb was asked.
    verb: &'static str,
    /// Whether everything that was asked about passed.
    verified: bool,
    /// The process's exit code.
    exit_code: u8,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reason>,
    /// Images or files, in the order typed, up to the first that failed.
    artifacts: &'v [Artifact],
}

/// What was found out about one image or file.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    /// As typed.
    name: String,
    /// What it means now.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// Whether it passed.
    verified: bool,
    /// Every signature that was judged, in the order in which that happened.
    signatures: Vec<Signature>,
    /// Places that could not be read.
    gaps: Vec<Gap>,
}

impl Record {
    fn of(typed: &Typed) -> Self {
        let is_on = typed.text("output") == NAME && !typed.switch("strict-compat");
        Self {
            kept: is_on.then(RefCell::default),
            wanted: typed.some("type").map(|name| predicate::uri(name).to_owned()),
            without_sct: typed.switch("insecure-ignore-sct"),
            without_log: meaning::ignores_log(typed),
            annotations: !typed.list("annotations").is_empty(),
        }
    }

    /// Whether somebody asked for it, and so for no other answer.
    pub(crate) fn is_on(&self) -> bool {
        self.kept.is_some()
    }

    /// From now on it is about this image or file; those before passed.
    pub(crate) fn begin(&self, name: &str) {
        if let Some(kept) = &self.kept {
            let mut kept = kept.borrow_mut();
            if let Some(before) = kept.last_mut() {
                before.verified = true;
            }
            let name = name.to_owned();
            kept.push(Artifact { name, digest: None, verified: false, signatures: vec![], gaps: vec![] });
        }
    }

    /// What the name means, and which places could not be read.
    pub(crate) fn found(&self, digest: Option<&Digest>, gaps: &[sealgate::verify::Gap]) {
        self.last(|artifact| {
            artifact.digest = digest.map(Digest::to_string);
            artifact.gaps.extend(facts::gaps(gaps));
        });
    }

    /// A candidate beside an image was judged.
    pub(crate) fn item(&self, judge: &Judge, item: &Item, form: Form, result: Result<&Passed, &Refusal>) {
        if self.is_on() {
            let format = match (form, item.place) {
                (Form::Bundle, _) => "bundle",
                (Form::Older, Place::AttestationTag) => "attestation-layer",
                (Form::Older, _) => "signature-layer",
            };
            let stored =
                Signature::stored(Some(Digest::sha256(&item.bytes)), facts::kebab(&item.place), format);
            let bundle = Bundle::read(item).ok();
            self.keep(
                self.judged(stored, judge, bundle.as_ref(), form, result),
                judge.bound || form == Form::Bundle,
            );
        }
    }

    /// The signature of a file was judged.
    pub(crate) fn file(&self, judge: &Judge, bundle: &Bundle, form: Form, result: Result<&Passed, &Refusal>) {
        if self.is_on() {
            let format = if form == Form::Bundle { "bundle" } else { "detached" };
            let stored = Signature::stored(None, facts::kebab(&Place::File), format);
            self.keep(
                self.judged(stored, judge, Some(bundle), form, result),
                judge.bound || form == Form::Bundle,
            );
        }
    }

    // A statement may have many subjects; it was held to the artifact's digest unless a flag dropped that.
    fn keep(&self, mut signature: Signature, is_bound: bool) {
        self.last(|artifact| {
            let is_statement = signature.predicate_type.is_some() && signature.digest.is_none();
            if is_statement && is_bound {
                signature.digest.clone_from(&artifact.digest);
            }
            artifact.signatures.push(signature);
        });
    }

    fn last(&self, change: impl FnOnce(&mut Artifact)) {
        if let Some(kept) = &self.kept
            && let Some(artifact) = kept.borrow_mut().last_mut()
        {
            change(artifact);
        }
    }

    fn judged(
        &self,
        stored: Signature,
        judge: &Judge,
        bundle: Option<&Bundle>,
        form: Form,
        result: Result<&Passed, &Refusal>,
    ) -> Signature {
        let keyed = matches!(judge.whom, Whom::Key { .. });
        let error = match result {
            Err(Refusal::Verify(error, _)) => Some(error),
            Err(Refusal::Stale(stale)) => Some(&stale.error),
            Err(Refusal::Sct(_)) => Some(&sealgate::verify::VerifyError::SctMissing),
            _ => None,
        };
        // Refused before anything is verified.
        let unverified = matches!(
            result,
            Err(Refusal::Bundle(_)
                | Refusal::LayerSize { .. }
                | Refusal::LayerUnsigned(_)
                | Refusal::NoJson(_)
                | Refusal::Pattern(_))
        );
        let mut checks = match bundle {
            Some(bundle) if !unverified => {
                facts::checks(bundle, keyed, self.skips(judge, &judge.root, keyed, form), error)
            }
            _ => Vec::new(),
        };
        let mut facts = stored;
        let mut reason = None;
        match result {
            Ok(passed) => {
                describe(&mut facts, passed);
                facts.standing = Standing::Verified;
                if let (Some(wanted), Some(found)) = (&self.wanted, &facts.predicate_type)
                    && wanted != found
                {
                    facts.standing = Standing::Refused;
                    reason = Some(refused(
                        "predicate-type-mismatch",
                        format!("it is of type `{found}`, not `{wanted}`"),
                    ));
                }
            }
            Err(refusal) => {
                facts.standing = standing(refusal);
                reason = Some(why(refusal, form));
                match refusal {
                    Refusal::Identity(miss) => facts.signer = Some(Identity::of(&miss.signer)),
                    Refusal::OlderIssuer(signer) => facts.signer = Some(Identity::certified(signer)),
                    _ => {}
                }
            }
        }
        if !checks.is_empty() {
            checks.extend(self.asked(facts.standing, reason.as_ref()));
        }
        Signature { checks, reason, ..facts }
    }

    // What the flags ask beyond what the verifier does.
    fn asked(&self, standing: Standing, reason: Option<&Reason>) -> Vec<Check> {
        let code = reason.map(|reason| reason.code.as_str()).unwrap_or_default();
        let mut names =
            vec![("signer", ["identity-mismatch", "claim-mismatch", "certificate-mismatch"].as_slice())];
        if self.annotations {
            names.push(("annotations", &["annotation-mismatch"]));
        }
        if self.wanted.is_some() {
            names.push(("predicate-type", &["predicate-type-mismatch", "no-envelope"]));
        }
        let mut failed = standing == Standing::NotGenuine;
        let mut checks = Vec::new();
        for (check, codes) in names {
            let (outcome, code) = match failed {
                true => (Outcome::NotReached, None),
                false if codes.contains(&code) => {
                    failed = true;
                    (Outcome::Failed, Some(code.to_owned()))
                }
                false => (Outcome::Passed, None),
            };
            checks.push(Check { check, outcome, code });
        }
        checks
    }

    fn skips(&self, judge: &Judge, root: &TrustedRoot, keyed: bool, form: Form) -> Skips {
        let log = match (self.without_log, keyed) {
            (true, _) => Some("not-asked-for"),
            (false, true) => (judge.log == LogRule::None).then_some("not-asked-for"),
            (false, false) => (!root.has_logs()).then_some("no-log-in-root"),
        };
        let sct = match self.without_sct {
            true => Some("not-asked-for"),
            false => (!root.has_ct_logs()).then_some("no-ct-log-in-root"),
        };
        let subject = (!judge.bound && form == Form::Older).then_some("not-asked-for");
        Skips { log, sct, subject }
    }

    fn answer(self, verb: &'static str, result: &Result<(), Failure>, console: &mut Console<'_>) {
        let Some(kept) = self.kept else { return };
        let mut artifacts = kept.into_inner();
        if let (Ok(()), Some(last)) = (result, artifacts.last_mut()) {
            last.verified = true;
        }
        let error = result.as_ref().err().map(|failure| Reason {
            code: code(failure, artifacts.last()),
            message: failure.text.clone(),
            help: String::new(),
        });
        let exit_code = result.as_ref().map_or_else(|failure| failure.code, |()| 0);
        let whole = Verification {
            version: "1",
            verb,
            verified: result.is_ok(),
            exit_code,
            error,
            artifacts: &artifacts,
        };
        // Only maps with keys that are no texts cannot be written; there are none.
        let text = serde_json::to_string(&whole).unwrap_or_default();
        console.answer(format!("{text}\n"));
    }
}

// The code of what decided: of the gap, the signature, or the exit code.
fn code(failure: &Failure, last: Option<&Artifact>) -> String {
    match failure.code {
        NO_SIGNATURES => return "no-signature-found".into(),
        NO_IMAGE => return "image-not-found".into(),
        _ => {}
    }
    let Some(last) = last else { return "not-started".into() };
    let reasons: Vec<&Reason> =
        last.signatures.iter().filter_map(|signature| signature.reason.as_ref()).collect();
    match (reasons.as_slice(), last.gaps.first()) {
        ([], Some(gap)) => gap.cause.clone(),
        ([first, ..], _) if last.signatures.len() == reasons.len() => first.code.clone(),
        ([], None) if last.signatures.is_empty() => "no-signature-found".into(),
        _ => "not-accepted".into(),
    }
}

fn describe(facts: &mut Signature, passed: &Passed) {
    facts.signer = Some(Identity::of(&passed.signer));
    facts.times = facts::times(&passed.times);
    facts.log = facts::entries(&passed.log);
    match &passed.content {
        Content::Message(digest) => facts.digest = Some(digest.to_string()),
        Content::SimpleSigning(payload) => facts.digest = Some(payload.digest.to_string()),
        Content::Statement(statement) => {
            facts.predicate_type = Some(printable(&statement.predicate_type));
        }
    }
}

/// The published schema.
#[cfg(test)]
pub(crate) fn schema() -> serde_json::Value {
    facts::schema::<Verification<'_>>()
}
