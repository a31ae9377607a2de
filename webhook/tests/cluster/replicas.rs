//! Two replicas of the real webhook behind a forwarder that stands for the Service.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sealgate_testkit::forwarder::Forwarder;
use sealgate_testkit::process::{Process, free_ports};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

pub(crate) struct Replicas {
    replicas: Vec<Replica>,
    forwarder: Arc<Forwarder>,
    runtime: Handle,
    /// Plays the endpoint controller: only ready replicas get new connections.
    endpoints: JoinHandle<()>,
}

struct Replica {
    name: String,
    listen: SocketAddr,
    admin: SocketAddr,
    arguments: Vec<String>,
    scratch: PathBuf,
    process: Process,
}

impl Replicas {
    /// Starts two replicas with these common arguments and waits until both are ready.
    pub(crate) fn start(runtime: &Handle, arguments: &[String], scratch: &Path) -> Self {
        let ports = free_ports::<4>().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let replicas: Vec<Replica> = ports
            .chunks(2)
            .enumerate()
            .map(|(index, pair)| {
                let name = format!("webhook-{index}");
                let mut own = arguments.to_vec();
                own.push(format!("--listen={}", pair[0]));
                own.push(format!("--admin-listen={}", pair[1]));
                own.push(format!("--state={}", scratch.join(format!("{name}-state")).display()));
                Replica::start(name, pair[0], pair[1], own, scratch)
            })
            .collect();
        let forwarder = Arc::new(runtime.block_on(Forwarder::start([])).unwrap());
        let addresses = replicas.iter().map(|replica| (replica.listen, replica.admin)).collect();
        let endpoints = runtime.spawn(keep_endpoints(Arc::clone(&forwarder), addresses));
        let started = Self { replicas, forwarder, runtime: runtime.clone(), endpoints };
        started.replicas.iter().for_each(|replica| started.wait_until_ready(replica));
        started
    }

    /// The port that stands for the Service's.
    pub(crate) fn port(&self) -> u16 {
        self.forwarder.address().port()
    }

    pub(crate) fn len(&self) -> usize {
        self.replicas.len()
    }

    /// Connections that each replica was handed, and those that none could take.
    pub(crate) fn connections(&self) -> (Vec<usize>, usize) {
        let handed = self.forwarder.handed_out();
        let of = |replica: &Replica| {
            handed.iter().find(|(target, _)| *target == replica.listen).map_or(0, |(_, count)| *count)
        };
        (self.replicas.iter().map(of).collect(), self.forwarder.refused())
    }

    /// Ends one replica as a rollout does, waits for its exit, starts it anew and waits until it is ready.
    pub(crate) fn restart(&mut self, index: usize) {
        let replica = &mut self.replicas[index];
        let start = Instant::now();
        replica.process.terminate();
        let status = replica.process.wait(Duration::from_secs(60));
        println!(
            "  {} drained and left after {:.1} s: {status}",
            replica.name,
            start.elapsed().as_secs_f32()
        );
        assert!(status.success(), "{} did not end well: {}", replica.name, replica.process.last_lines(20));
        replica.process = spawn(&replica.name, &replica.arguments, &replica.scratch);
        let start = Instant::now();
        self.wait_until_ready(&self.replicas[index]);
        println!("  {} is back after {:.2} s", self.replicas[index].name, start.elapsed().as_secs_f32());
    }

    /// Ends all replicas at once, without a drain.
    pub(crate) fn stop_all(&mut self) {
        self.replicas.clear();
        self.forwarder.set_live([]);
    }

    fn wait_until_ready(&self, replica: &Replica) {
        let start = Instant::now();
        let client = reqwest::Client::new();
        while !self.runtime.block_on(is_ready(&client, replica.admin)) {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{} is not ready:\n{}",
                replica.name,
                replica.process.last_lines(20)
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        self.endpoints.abort();
    }
}

impl Replica {
    fn start(
        name: String,
        listen: SocketAddr,
        admin: SocketAddr,
        arguments: Vec<String>,
        scratch: &Path,
    ) -> Self {
        let process = spawn(&name, &arguments, scratch);
        Self { name, listen, admin, arguments, scratch: scratch.to_owned(), process }
    }
}

fn spawn(name: &str, arguments: &[String], scratch: &Path) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealgate-webhook"));
    command.args(arguments);
    Process::start(name, &mut command, scratch)
}

async fn keep_endpoints(forwarder: Arc<Forwarder>, addresses: Vec<(SocketAddr, SocketAddr)>) {
    let client = reqwest::Client::new();
    loop {
        let mut live = Vec::new();
        for (listen, admin) in &addresses {
            if is_ready(&client, *admin).await {
                live.push(*listen);
            }
        }
        forwarder.set_live(live);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn is_ready(client: &reqwest::Client, admin: SocketAddr) -> bool {
    let asked = client.get(format!("http://{admin}/readyz")).timeout(Duration::from_secs(1)).send().await;
    asked.is_ok_and(|answer| answer.status().is_success())
}
