//! What this door itself refuses, before or beside any policy.

/// How a refusal closes the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// No, whatever anyone tries again: 403.
    Definite,
    /// Could not find out now: 503.
    Temporary,
}

/// Why this door closes without asking a policy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The time was up before an image was judged.
    #[error("not judged within the API server's patience")]
    Deadline,
    /// A field that names an image is there and empty.
    #[error("names no image")]
    ImageMissing,
    /// Our own bug.
    #[error("the gate failed while judging: {what}")]
    Internal {
        /// What failed, without secrets.
        what: String,
    },
    /// There is nothing to judge by.
    #[error("the gate has no policies yet")]
    NotReady,
    /// An object of a kind that we know does not have its shape.
    #[error("{kind} cannot be read: {why}")]
    ObjectUnreadable {
        /// Its kind.
        kind: String,
        /// The reader's words.
        why: String,
    },
    /// Too many reviews at once.
    #[error("as many reviews are being judged as there may be, in this namespace or in all")]
    Overloaded,
    /// Not an image reference.
    #[error("{why}")]
    ReferenceInvalid {
        /// What the reference's reader says.
        why: String,
    },
    /// Parts of the review contradict each other.
    #[error("the review contradicts itself: {why}")]
    ReviewInconsistent {
        /// How.
        why: String,
    },
    /// Objects within objects without end, or a heap of values.
    #[error("the review has more than {limit} {what}")]
    ReviewTooBig {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Not an AdmissionReview as JSON.
    #[error("the review cannot be read: {why}")]
    ReviewUnreadable {
        /// The reader's words.
        why: String,
    },
    /// Another version, or not an AdmissionReview.
    #[error(
        "the review is `{api_version}` `{kind}`, this gate reads `admission.k8s.io/v1` `AdmissionReview`"
    )]
    ReviewVersion {
        /// As found.
        api_version: String,
        /// As found.
        kind: String,
    },
    /// More references than are walked.
    #[error("the object names images in {found} places or more, the limit is {limit}")]
    TooManyContainers {
        /// How many, at least.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// More images than are judged.
    #[error("the object has {found} different images, the limit is {limit}")]
    TooManyImages {
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The operator closes the gate where a root is old.
    #[error("trusted root `{root}` is {days} days old, and the gate's operator allows {limit}")]
    RootTooOld {
        /// Which.
        root: String,
        /// How old it is.
        days: i64,
        /// How old it may be.
        limit: i64,
    },
    /// A kind that we cannot read images from.
    #[error("the gate cannot read images from `{kind}`")]
    UnknownKind {
        /// Group, version and kind.
        kind: String,
    },
}

impl Refusal {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Deadline => "deadline-exceeded",
            Self::ImageMissing => "image-missing",
            Self::Internal { .. } => "internal-fault",
            Self::NotReady => "not-ready",
            Self::ObjectUnreadable { .. } => "object-unreadable",
            Self::Overloaded => "overloaded",
            Self::ReferenceInvalid { .. } => "reference-invalid",
            Self::ReviewInconsistent { .. } => "review-inconsistent",
            Self::ReviewTooBig { .. } => "review-too-big",
            Self::ReviewUnreadable { .. } => "review-unreadable",
            Self::ReviewVersion { .. } => "review-version",
            Self::RootTooOld { .. } => "root-too-old",
            Self::TooManyContainers { .. } => "too-many-containers",
            Self::TooManyImages { .. } => "too-many-images",
            Self::UnknownKind { .. } => "unknown-kind",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Deadline => "try again: what was found so far is kept",
            Self::ImageMissing => "name an image by digest",
            Self::Internal { .. } => "report it with the gate's log around this uid",
            Self::NotReady => {
                "try again; if it stays, have the gate's policies folder mended (its log says what is wrong)"
            }
            Self::ObjectUnreadable { .. } => "send the object as the API server's schema has it",
            Self::Overloaded => "try again; if it stays, ask the gate's operator for more replicas",
            Self::ReferenceInvalid { .. } => "write the image as host/repository@sha256:digest",
            Self::ReviewInconsistent { .. } | Self::ReviewUnreadable { .. } => {
                "only an API server's AdmissionReview is judged; if this came from one, report it"
            }
            Self::ReviewTooBig { .. } => "make the object smaller",
            Self::ReviewVersion { .. } => {
                "list only `v1` in the webhook configuration's admissionReviewVersions"
            }
            Self::RootTooOld { .. } => "ask the gate's operator to refresh the root",
            Self::TooManyContainers { .. } | Self::TooManyImages { .. } => "split the object",
            Self::UnknownKind { .. } => {
                "take the kind out of the webhook configuration, or ask the gate's operator about `unknownKinds`"
            }
        }
    }

    /// How it closes the gate.
    pub fn class(&self) -> Class {
        match self {
            Self::Deadline | Self::NotReady | Self::Overloaded | Self::RootTooOld { .. } => Class::Temporary,
            Self::ImageMissing
            | Self::Internal { .. }
            | Self::ObjectUnreadable { .. }
            | Self::ReferenceInvalid { .. }
            | Self::ReviewInconsistent { .. }
            | Self::ReviewTooBig { .. }
            | Self::ReviewUnreadable { .. }
            | Self::ReviewVersion { .. }
            | Self::TooManyContainers { .. }
            | Self::TooManyImages { .. }
            | Self::UnknownKind { .. } => Class::Definite,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_never_renamed() {
        let text = String::new;
        let all = [
            Refusal::Deadline,
            Refusal::ImageMissing,
            Refusal::Internal { what: text() },
            Refusal::NotReady,
            Refusal::ObjectUnreadable { kind: text(), why: text() },
            Refusal::Overloaded,
            Refusal::ReferenceInvalid { why: text() },
            Refusal::ReviewInconsistent { why: text() },
            Refusal::ReviewTooBig { what: "", limit: 0 },
            Refusal::ReviewUnreadable { why: text() },
            Refusal::ReviewVersion { api_version: text(), kind: text() },
            Refusal::RootTooOld { root: text(), days: 0, limit: 0 },
            Refusal::TooManyContainers { found: 0, limit: 0 },
            Refusal::TooManyImages { found: 0, limit: 0 },
            Refusal::UnknownKind { kind: text() },
        ];
        let codes: BTreeSet<_> = all.iter().map(Refusal::code).collect();
        assert_eq!(codes.len(), all.len());
        assert!(all.iter().all(|refusal| !refusal.help().is_empty()));
        let table: Vec<_> =
            all.iter().map(|refusal| format!("{} {:?}", refusal.code(), refusal.class())).collect();
        insta::assert_snapshot!(table.join("\n"), @"
        deadline-exceeded Temporary
        image-missing Definite
        internal-fault Definite
        not-ready Temporary
        object-unreadable Definite
        overloaded Temporary
        reference-invalid Definite
        review-inconsistent Definite
        review-too-big Definite
        review-unreadable Definite
        review-version Definite
        root-too-old Temporary
        too-many-containers Definite
        too-many-images Definite
        unknown-kind Definite
        ");
    }
}
