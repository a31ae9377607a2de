//! The one function that judges.

use sealgate_verify::{Evidence, Reference, Timestamp, TrustedRoots};

use crate::{PolicySet, Verdict};

/// What somebody wants to run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The image.
    pub reference: Reference,
    /// The namespace, if there is one.
    pub namespace: Option<String>,
    /// What the image is for.
    pub role: Role,
    /// `check --allow-tags`: a reference without a digest is judged by the digest it resolves to; the verdict says so.
    pub allow_tags: bool,
}

/// What an image is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// A container.
    Container,
    /// An ephemeral container.
    Ephemeral,
    /// An init container.
    Init,
    /// An image volume.
    Volume,
}

/// Judges `evidence`. Pure and total: the same arguments always give the same verdict.
pub fn decide(_: &PolicySet, _: &Request, _: &Evidence, _: &TrustedRoots, _now: Timestamp) -> Verdict {
    unimplemented!()
}
