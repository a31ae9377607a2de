//! Checks one image in its registry against one policy file.
//!
//! `cargo run -p sealgate --example check_an_image -- policies/github-organisation.yaml ghcr.io/acme/app@sha256:...`
#![allow(clippy::print_stdout, reason = "an example talks to its reader")]

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use sealgate::{
    Engine, Settings, Snapshot,
    oci::{Config, Credentials},
    policy::{PolicySet, Request, Role, Source},
    tuf,
    verify::{Reference, Timestamp},
};
use tokio::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(image)) = (arguments.next(), arguments.next()) else {
        return Err("usage: check_an_image POLICY IMAGE".into());
    };
    let roots = tuf::load(&[])?;
    let source = Source { bytes: std::fs::read(&file)?, name: file };
    let policies = PolicySet::load(&[source], &roots).map_err(|faults| format!("{faults:?}"))?;
    let settings = Settings { registry: Config::default(), cache: false, background: Duration::ZERO };
    let engine = Engine::new(settings, Snapshot::new(policies.set, roots), Credentials::anonymous())?;
    let request = Request {
        reference: Reference::parse(&image)?,
        namespace: None,
        role: Role::Container,
        allow_tags: false,
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let deadline = Instant::now() + Duration::from_secs(10);
    let answer = engine.check(&request, Timestamp(i64::try_from(now)?), deadline).await?;
    println!("{}: {}", image, answer.verdict.name());
    for reason in &answer.verdict.report().reasons {
        println!("  {}: {}", reason.code, reason.message);
    }
    Ok(())
}
