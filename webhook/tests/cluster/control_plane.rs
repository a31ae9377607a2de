//! A real control plane on loopback: etcd, kube-apiserver, kube-controller-manager. No node, no kubelet:
//! Pods are created and admitted, and stay Pending.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use sealgate_testkit::process::{Process, free_ports};
use tempfile::TempDir;

/// The bearer token of the test's administrator.
pub(crate) const TOKEN: &str = "admin-token";

const CONTROLLERS: &str = "deployment-controller,replicaset-controller,job-controller,cronjob-controller,\
    statefulset-controller,daemonset-controller,replicationcontroller-controller,\
    serviceaccount-controller,namespace-controller,garbage-collector-controller";

pub(crate) struct ControlPlane {
    program: PathBuf,
    url: String,
    /// In the order of their start; ended in the opposite one.
    processes: Vec<Process>,
    scratch: TempDir,
}

impl ControlPlane {
    /// Starts all three and waits until the API server is ready.
    pub(crate) fn start(program: &Path) -> Self {
        let scratch = TempDir::new().unwrap();
        let dir = scratch.path().to_owned();
        let at = |name: &str| dir.join(name).to_str().unwrap().to_owned();
        let [client, peer, secure] = free_ports();
        let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        let url = format!("https://127.0.0.1:{secure}");

        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        fs::write(dir.join("sa.key"), key.serialize_pem()).unwrap();
        fs::write(dir.join("sa.pub"), key.public_key_pem()).unwrap();
        fs::write(dir.join("tokens.csv"), format!("{TOKEN},admin,admin,\"system:masters\"\n")).unwrap();
        fs::write(dir.join("kubeconfig"), kubeconfig(&url)).unwrap();

        let mut plane = Self { program: program.to_owned(), url, processes: Vec::new(), scratch };
        plane.run(
            "etcd",
            &[
                "--name=e",
                &format!("--data-dir={}", at("etcd")),
                &format!("--listen-client-urls={client}"),
                &format!("--advertise-client-urls={client}"),
                &format!("--listen-peer-urls={peer}"),
                &format!("--initial-advertise-peer-urls={peer}"),
                &format!("--initial-cluster=e={peer}"),
                "--unsafe-no-fsync",
            ],
        );
        plane.run(
            "kube-apiserver",
            &[
                &format!("--etcd-servers={client}"),
                &format!("--cert-dir={}", at("certs")),
                "--bind-address=127.0.0.1",
                &format!("--secure-port={secure}"),
                "--advertise-address=127.0.0.1",
                "--service-account-issuer=https://kubernetes.default.svc",
                &format!("--service-account-key-file={}", at("sa.pub")),
                &format!("--service-account-signing-key-file={}", at("sa.key")),
                "--authorization-mode=RBAC",
                &format!("--token-auth-file={}", at("tokens.csv")),
                "--service-cluster-ip-range=10.0.0.0/24",
                "--disable-admission-plugins=ServiceAccount",
                "--allow-privileged=true",
            ],
        );
        plane.wait_until_ready(Duration::from_secs(90));
        plane.run(
            "kube-controller-manager",
            &[
                &format!("--kubeconfig={}", at("kubeconfig")),
                &format!("--service-account-private-key-file={}", at("sa.key")),
                "--leader-elect=false",
                "--secure-port=0",
                &format!("--controllers={CONTROLLERS}"),
            ],
        );
        plane
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The program's kubectl, speaking to this API server as its administrator.
    pub(crate) fn kubectl_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Its cache belongs to the scratch folder, and nothing of the user's own configuration counts.
        command
            .arg("kubectl")
            .env("HOME", self.scratch())
            .env("KUBECONFIG", self.scratch().join("kubeconfig"));
        command
    }

    fn run(&mut self, component: &str, arguments: &[&str]) {
        let mut command = Command::new(&self.program);
        command.arg(component).args(arguments);
        self.processes.push(Process::start(component, &mut command, self.scratch.path()));
    }

    fn wait_until_ready(&mut self, limit: Duration) {
        let start = Instant::now();
        loop {
            let asked = self.kubectl_command().args(["get", "--raw", "/readyz"]).output().unwrap();
            if asked.status.success() {
                return;
            }
            self.processes.iter_mut().for_each(Process::assert_running);
            assert!(start.elapsed() < limit, "the API server is not ready after {limit:?}");
            thread::sleep(Duration::from_millis(300));
        }
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        while self.processes.pop().is_some() {}
    }
}

fn kubeconfig(url: &str) -> String {
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": url, "insecure-skip-tls-verify": true}}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin", "namespace": "shop"}}],
    })
    .to_string()
}
