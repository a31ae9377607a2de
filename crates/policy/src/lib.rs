//! This crate opens no socket, reads no clock, no file and no environment, and does not log.
//!
//! Is that enough? Policies and evidence in, a verdict with reasons out.

pub mod limits;

mod decide;
mod image;
mod load;
mod model;
mod reason;
mod verdict;

pub use decide::{Request, Role, decide};
pub use load::{Action, Finding, Loaded, PolicySet, Settings, Source};
pub use reason::Code;
pub use verdict::{
    Denial, Gaps, Grant, ItemUse, LeafResult, Mode, PolicyResult, Reason, Report, RequirementResult,
    Standing, Verdict,
};
