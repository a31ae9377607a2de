//! A steady stream of Pods asked of the API server while the webhook's replicas come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::control_plane::{ControlPlane, TOKEN};

pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Tally>>,
    runtime: Handle,
}

/// What became of all calls.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) allowed: usize,
    pub(crate) denied: usize,
    /// Every answer that was neither the verdict due nor anything a user should see.
    pub(crate) failed: Vec<String>,
    pub(crate) slowest: Duration,
}

/// A Pod and the text its denial must hold; `None` where it must be admitted.
pub(crate) type Expected = (Value, Option<&'static str>);

impl Load {
    /// Asks for these Pods in turn, as dry runs, from so many clients at once.
    pub(crate) fn start(runtime: &Handle, plane: &ControlPlane, clients: usize, pods: &[Expected]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let url = format!("{}/api/v1/namespaces/shop/pods?dryRun=All", plane.url());
        let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
        let work = |index| ask(client.clone(), url.clone(), pods.to_vec(), index, Arc::clone(&stop));
        let workers = (0..clients).map(|index| runtime.spawn(work(index))).collect();
        Self { stop, workers, runtime: runtime.clone() }
    }

    /// Ends the load and adds up.
    pub(crate) fn finish(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut sum = Tally::default();
        for worker in self.workers {
            let tally = self.runtime.block_on(worker).unwrap();
            sum.allowed += tally.allowed;
            sum.denied += tally.denied;
            sum.failed.extend(tally.failed);
            sum.slowest = sum.slowest.max(tally.slowest);
        }
        sum
    }
}

async fn ask(
    client: reqwest::Client,
    url: String,
    pods: Vec<Expected>,
    worker: usize,
    stop: Arc<AtomicBool>,
) -> Tally {
    let mut tally = Tally::default();
    for turn in worker.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (pod, denial) = &pods[turn % pods.len()];
        let start = Instant::now();
        let request = client
            .post(&url)
            .bearer_auth(TOKEN)
            .header("content-type", "application/json")
            .timeout(Duration::from_secs(30))
            .body(pod.to_string());
        let (status, text) = match request.send().await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(error) => (0, error.to_string()),
        };
        tally.slowest = tally.slowest.max(start.elapsed());
        match (status, denial) {
            (201, None) => tally.allowed += 1,
            (403, Some(code)) if text.contains("denied the request") && text.contains(code) => {
                tally.denied += 1;
            }
            _ => tally.failed.push(format!("{status}: {text}")),
        }
    }
    tally
}
