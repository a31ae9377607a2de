//! `check`: the gate's own verdict, asked by hand.

mod layout;

use std::{collections::BTreeSet, fs::File, io::Write as _, time::Duration};

use clap::Args;
use futures_util::{StreamExt as _, stream};
use sealgate::{
    Answer, CheckError, Engine, Settings, Snapshot,
    oci::Config,
    policy::{Request, Role},
    verify::Reference,
};
use tokio::time::Instant;

use super::{
    Fault,
    report::{Judged, report},
    setup::{self, Deciding},
};
use crate::{Console, go::duration, limits, progress};

/// Ask policies whether images may run.
#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    deciding: Deciding,
    /// A registry to speak plain http to, HOST or HOST:PORT; repeatable
    #[arg(long = "allow-http-registry", value_name = "HOST")]
    http: Vec<String>,
    /// A docker config.json with credentials, instead of the user's own
    #[arg(long, value_name = "FILE")]
    docker_config: Option<String>,
    /// Write everything that the verdict rests on to this file, for `replay`
    #[arg(long, value_name = "FILE")]
    record: Option<String>,
    /// Judge the image in this folder, an OCI layout such as `save` writes, under the name IMAGE; without network
    #[arg(long, value_name = "FOLDER")]
    layout: Option<String>,
    /// How long an image may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration::parse)]
    timeout: Duration,
    /// The images
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

impl Check {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        if self.record.is_some() && self.images.len() > 1 {
            return Err(Fault::usage("--record takes one image, an evidence file is about one"));
        }
        if self.images.len() > limits::IMAGES {
            return Err(Fault::usage(format!(
                "{} images were given, at most {} are checked",
                self.images.len(),
                limits::IMAGES
            )));
        }
        let mut requests = Vec::new();
        for image in &self.images {
            let reference = Reference::parse(image).map_err(|error| Fault::usage(error.to_string()))?;
            requests.push(Request {
                reference,
                namespace: self.deciding.namespace.clone(),
                role: Role::Container,
                allow_tags: self.deciding.allow_tags,
            });
        }
        if let Some(folder) = &self.layout {
            let [request] = requests.as_mut_slice() else {
                return Err(Fault::usage("--layout takes one image: the name of the one in the folder"));
            };
            let layout = layout::open(folder, request)?;
            let snapshot = self.deciding.snapshot(console)?;
            let answer = layout::answer(&layout, request, &snapshot);
            return self.report(&[answer], &snapshot, console);
        }
        let snapshot = self.deciding.snapshot(console)?;
        let credentials = setup::credentials(self.docker_config.as_deref(), console)?;
        let registry = Config {
            http_hosts: self.http.iter().cloned().collect::<BTreeSet<_>>(),
            only_hosts: snapshot.policies.settings().registries.iter().cloned().collect(),
            ..Config::default()
        };
        let runtime = crate::runtime::network().map_err(|error| Fault::own(&error))?;
        let answers = runtime.block_on(async {
            let settings = Settings { registry, cache: false, background: Duration::ZERO };
            let engine = Engine::new(settings, snapshot.clone(), credentials)?;
            let now = crate::clock::now();
            let checks = requests.iter().map(|request| {
                let engine = engine.clone();
                async move {
                    let deadline = Instant::now().checked_add(self.timeout).unwrap_or_else(Instant::now);
                    engine.check(request, now, deadline).await
                }
            });
            let checks = stream::iter(checks).buffered(IMAGES_AT_ONCE);
            let mut answers = Vec::new();
            progress::watched(checks, requests.len(), console, |_, answer, _| {
                answers.push(answer?);
                Ok::<_, CheckError>(())
            })
            .await?;
            Ok::<_, CheckError>(answers)
        });
        let answers = answers.map_err(|error| Fault::own(&error))?;
        self.report(&answers, &snapshot, console)
    }

    fn report(
        &self,
        answers: &[Answer],
        snapshot: &Snapshot,
        console: &mut Console<'_>,
    ) -> Result<u8, Fault> {
        if let (Some(name), Some(answer)) = (&self.record, answers.first()) {
            let evidence =
                answer.evidence.as_ref().ok_or_else(|| Fault::usage("there is no evidence to record"))?;
            let written = File::create(name).and_then(|mut file| {
                file.write_all(&evidence.to_json())?;
                file.sync_all()
            });
            written.map_err(|error| Fault::own(&error).hint(format!("`{name}` is not a whole recording")))?;
        }
        let judged: Vec<Judged<'_>> =
            answers.iter().map(|answer| Judged { verdict: &answer.verdict }).collect();
        Ok(report(&judged, snapshot, self.deciding.output, console))
    }
}

const IMAGES_AT_ONCE: usize = 8;
