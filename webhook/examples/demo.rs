//! The gate at work, on this machine alone: a registry on loopback, images signed by a virtual Sigstore, the real webhook over
//! TLS, and what the API server would send it. Ends with 0 only if every answer is the right one.
#![allow(clippy::indexing_slicing, reason = "an absent field of a JSON value is null")]

#[path = "demo/table.rs"]
mod table;
#[path = "demo/world.rs"]
mod world;

use std::{
    io::Write,
    time::{Duration, Instant},
};

use sealgate_webhook::{Options, Server};
use serde_json::{Value, json};

use crate::{
    table::{Answered, print},
    world::{Case, Made},
};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let began = Instant::now();
    let folder = tempfile::tempdir()?;
    let made = Made::new(folder.path())?;
    let arguments = made.arguments();
    let starting = Instant::now();
    let server = Server::start(<Options as clap::Parser>::try_parse_from(arguments)?).await?;
    let started = starting.elapsed();
    if !server.is_ready() {
        return Err("the webhook started, but is not ready".into());
    }
    let client = ApiServer::new(&server)?;
    let mut answers = vec![];
    for case in &made.cases {
        answers.push(client.ask_cold_and_warm(case).await?);
    }
    let mut out = std::io::stdout().lock();
    let wrong = print(&mut out, &made, &answers, started)?;
    server.drain().await;
    writeln!(
        out,
        "\n  {} asked, {wrong} wrong, {:.1} s in all",
        answers.len(),
        began.elapsed().as_secs_f32()
    )?;
    if wrong > 0 { Err("not every answer is the right one".into()) } else { Ok(()) }
}

/// What the API server does, for one kind of webhook configuration.
struct ApiServer {
    client: reqwest::Client,
    url: String,
}

impl ApiServer {
    fn new(server: &Server) -> Result<Self, Failure> {
        let certificate = server.self_signed().ok_or("the webhook made no certificate")?;
        let certificate = reqwest::Certificate::from_pem(certificate.as_bytes())?;
        let client = reqwest::Client::builder().tls_certs_only([certificate]).no_proxy().build()?;
        Ok(Self {
            client,
            url: format!("https://localhost:{}/validate?timeout=10s", server.address().port()),
        })
    }

    async fn ask_cold_and_warm(&self, case: &Case) -> Result<Answered, Failure> {
        const WARM: usize = 21;
        let (answer, cold) = self.ask(case, 0).await?;
        let mut times = vec![];
        for number in 1..=WARM {
            let (again, time) = self.ask(case, number).await?;
            // A kept verdict is the same verdict.
            if again["allowed"] != answer["allowed"] {
                return Err(format!("`{}` was answered differently the second time", case.asked).into());
            }
            times.push(time);
        }
        times.sort();
        let warm = times.get(WARM / 2).copied().unwrap_or_default();
        Ok(Answered::new(&answer, cold, warm))
    }

    async fn ask(&self, case: &Case, number: usize) -> Result<(Value, Duration), Failure> {
        let uid = format!("{}-{number}", case.name);
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": uid,
                "kind": case.kind,
                "resource": {"group": "", "version": "v1", "resource": ""},
                "namespace": "shop",
                "operation": "CREATE",
                "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
                "object": case.object,
                "oldObject": null,
                "dryRun": false,
            },
        });
        let began = Instant::now();
        let request =
            self.client.post(&self.url).header("content-type", "application/json").body(review.to_string());
        let body = request.send().await?.error_for_status()?.bytes().await?;
        let time = began.elapsed();
        let mut answer: Value = serde_json::from_slice(&body)?;
        let response = answer["response"].take();
        if response["uid"] != uid.as_str() {
            return Err("the answer is to another question".into());
        }
        Ok((response, time))
    }
}
