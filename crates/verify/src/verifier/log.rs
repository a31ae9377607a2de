//! Transparency log entries: promise, inclusion proof, checkpoint.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sigstore_types::Sha256Hash;

use super::{LogRecord, ProvenTime, TimeSource, VerifyError, checkpoint::Checkpoint};
use crate::{
    Timestamp,
    bundle::{InclusionProof, LogEntry},
    root::{Log, TrustedRoot},
};

/// An entry whose log the root knows, and what its promise proved.
pub(super) struct KnownEntry<'a> {
    entry: &'a LogEntry,
    logs: Vec<&'a Log>,
    promised: Option<Timestamp>,
}

impl<'a> KnownEntry<'a> {
    /// Finds the entry's log and checks its promise, if it has one. Only a promise proves the entry's time.
    ///
    /// Spec: sigstore client-spec 4.2, rekor `Verifiable log entry`.
    pub(super) fn new(entry: &'a LogEntry, root: &'a TrustedRoot) -> Result<Self, VerifyError> {
        let unknown = || VerifyError::LogUnknown { log: hex::encode(entry.log_id) };
        let mut logs: Vec<_> = root.logs.iter().filter(|log| log.id == entry.log_id).collect();
        if logs.is_empty() {
            return Err(unknown());
        }
        let Some(promise) = &entry.promise else { return Ok(Self { entry, logs, promised: None }) };
        let invalid = |why| VerifyError::InclusionPromiseInvalid { why };
        if matches!((entry.kind.as_str(), entry.version.as_str()), ("hashedrekord" | "dsse", "0.0.2")) {
            return Err(invalid("logs of this kind of entry give none"));
        }
        if entry.integrated_at <= 0 {
            return Err(invalid("it promises no time"));
        }
        let time = Timestamp(entry.integrated_at);
        // SPEC: client-spec 4.2, the log's key is valid at the time it promises.
        logs.retain(|log| log.window.contains(time));
        if logs.is_empty() {
            return Err(unknown());
        }
        // The one spelling of these four fields that logs sign (RFC 8785); nothing of the bundle's own JSON is in it.
        let body = STANDARD.encode(&entry.body);
        let signed = format!(
            r#"{{"body":"{body}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
            entry.integrated_at,
            hex::encode(entry.log_id),
            entry.index,
        );
        logs.retain(|log| log.key.verifies(signed.as_bytes(), promise, None));
        if logs.is_empty() {
            return Err(invalid("its signature is wrong"));
        }
        Ok(Self { entry, logs, promised: Some(time) })
    }

    /// The time that the log promised, and which log.
    pub(super) fn proven_time(&self) -> Option<ProvenTime> {
        let log = self.logs.first()?;
        self.promised.map(|time| ProvenTime { time, source: TimeSource::Log(log.name()) })
    }

    /// Checks the inclusion proof, its checkpoint, and that promise or proof is there at all.
    ///
    /// Spec: sigstore client-spec 4.4.
    pub(super) fn prove(mut self, proven: &[ProvenTime], now: Timestamp) -> Result<LogRecord, VerifyError> {
        if self.promised.is_none() {
            // Nothing says when the log took the entry. Its key must be in use by now, and, where a time of the signature is
            // proven, have been in use at one: so a key that leaked after it retired is of no use.
            self.logs.retain(|log| {
                log.window.start <= now.0
                    && (proven.is_empty() || proven.iter().any(|proven| log.window.contains(proven.time)))
            });
        }
        let log = match &self.entry.proof {
            Some(proof) => included(self.entry, proof, &self.logs)?,
            None if self.promised.is_some() => self.logs.first().copied(),
            None => return Err(VerifyError::InclusionProofInvalid),
        };
        let log = log.ok_or_else(|| VerifyError::LogUnknown { log: hex::encode(self.entry.log_id) })?;
        let stated = Some(Timestamp(self.entry.integrated_at)).filter(|time| time.0 > 0);
        Ok(LogRecord { log: log.name(), index: self.entry.index, integrated_at: stated })
    }
}

// The one of `logs` that signed the tree which holds `entry`.
fn included<'a>(
    entry: &LogEntry,
    proof: &InclusionProof,
    logs: &[&'a Log],
) -> Result<Option<&'a Log>, VerifyError> {
    let invalid = |why| VerifyError::CheckpointInvalid { why };
    let Some(text) = &proof.checkpoint else {
        // Only version 0.1 has this: the promise vouches, and the proof is held to its own root.
        let root = Sha256Hash::try_from(proof.root_hash.as_slice())
            .map_err(|_| VerifyError::InclusionProofInvalid)?;
        return match entry.promise {
            Some(_) => {
                merkle(entry, proof, proof.index, proof.tree_size, &root).map(|()| logs.first().copied())
            }
            None => Err(invalid("it is missing")),
        };
    };
    let checkpoint = Checkpoint::read(text).map_err(invalid)?;
    let mut last = Ok(None);
    for log in logs {
        match checkpoint.is_by(log) {
            Ok(()) => {
                last = Ok(Some(*log));
                break;
            }
            Err(why) => last = Err(invalid(why)),
        }
    }
    let log = last?;
    // Newer logs leave these out, since the checkpoint has them; written, they must agree.
    let newer = matches!((entry.kind.as_str(), entry.version.as_str()), ("hashedrekord" | "dsse", "0.0.2"));
    let absent = newer && proof.root_hash.is_empty();
    if !absent && proof.root_hash != checkpoint.root_hash {
        return Err(invalid("it names another root than the proof"));
    }
    let absent = newer && proof.tree_size == 0;
    if !absent && proof.tree_size != checkpoint.tree_size {
        return Err(invalid("it names another tree size than the proof"));
    }
    // A log of the older kind counts over all its trees, its proof within one.
    let index = if newer { entry.index } else { proof.index };
    if newer && proof.index != 0 && proof.index != entry.index {
        return Err(VerifyError::InclusionProofInvalid);
    }
    merkle(entry, proof, index, checkpoint.tree_size, &Sha256Hash::new(checkpoint.root_hash)).map(|()| log)
}

fn merkle(
    entry: &LogEntry,
    proof: &InclusionProof,
    index: u64,
    size: u64,
    root: &Sha256Hash,
) -> Result<(), VerifyError> {
    let hashes: Vec<_> = proof.hashes.iter().copied().map(Sha256Hash::new).collect();
    let leaf = sigstore_merkle::hash_leaf(&entry.body);
    sigstore_merkle::verify_inclusion_proof(&leaf, index, size, &hashes, root)
        .map_err(|_| VerifyError::InclusionProofInvalid)
}
