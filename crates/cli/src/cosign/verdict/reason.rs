//! Why a signature does not count, as a code for programs.

use crate::{
    cosign::{
        judge::{Form, Refusal},
        texts,
    },
    facts::{Reason, Standing},
};

pub(super) fn standing(refusal: &Refusal) -> Standing {
    match refusal {
        Refusal::Annotation
        | Refusal::Identity(_)
        | Refusal::NoEnvelope
        | Refusal::OlderIssuer(_)
        | Refusal::OtherCertificate
        | Refusal::TimestampMissing => Standing::Refused,
        _ => Standing::NotGenuine,
    }
}

pub(super) fn why(refusal: &Refusal, form: Form) -> Reason {
    let code = match refusal {
        Refusal::Annotation => "annotation-mismatch",
        Refusal::Bundle(error) => {
            return Reason {
                code: error.code().into(),
                message: texts::of(refusal, form),
                help: error.help().into(),
            };
        }
        Refusal::Identity(miss) => {
            return Reason {
                code: miss.mismatch.code().into(),
                message: miss.mismatch.to_string(),
                help: "compare the signer with whom you expect; only you can know".into(),
            };
        }
        Refusal::LayerSize { .. } => "layer-too-large",
        Refusal::LayerUnsigned(_) => "layer-unsigned",
        Refusal::NoEnvelope => "no-envelope",
        Refusal::NoJson(_) => "no-json",
        Refusal::OlderIssuer(_) => "identity-mismatch",
        Refusal::OtherCertificate => "certificate-mismatch",
        Refusal::Pattern(_) => "pattern-unreadable",
        Refusal::Sct(error) => {
            return Reason {
                code: error.code().into(),
                message: error.to_string(),
                help: error.help().into(),
            };
        }
        Refusal::Stale(stale) => {
            return Reason {
                code: "root-stale".into(),
                message: format!("{}; {}", stale.error, stale.why),
                help: "refresh the trusted root: `sealgate roots refresh`, or `initialize` for a mirror of your own".into(),
            };
        }
        Refusal::TimestampMissing => "timestamp-missing",
        Refusal::Verify(error, _) => {
            return Reason {
                code: error.code().into(),
                message: error.to_string(),
                help: error.help().into(),
            };
        }
    };
    refused(code, texts::of(refusal, form))
}

pub(super) fn refused(code: &str, message: String) -> Reason {
    Reason { code: code.into(), message, help: String::new() }
}
