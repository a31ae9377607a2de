//! The real services, each a process on loopback, and the cosign that signs through them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sealgate_testkit::ctlog::CtLogServer;
use sealgate_testkit::oidc::OidcIssuer;
use sealgate_testkit::process::{Process, free_ports};
use sealgate_testkit::{CtLog, KeyKind, SigningKey};
use serde_json::Value;

pub(crate) struct Services {
    /// `trusted_root.json`, made by cosign.
    pub(crate) trusted_root: PathBuf,
    signing_config: PathBuf,
    scratch: PathBuf,
    cosign: PathBuf,
    issuer: OidcIssuer,
    _ct_log: CtLogServer,
    _processes: Vec<Process>,
}

/// Before anything here was signed.
const START: &str = "2024-01-01T00:00:00Z";

impl Services {
    /// Starts Fulcio, Rekor v2 and a timestamp authority with keys of their own, and writes down who is to be trusted.
    pub(crate) fn start(tools: &Path, scratch: &Path) -> Self {
        let issuer = OidcIssuer::start();
        let log = CtLog::new("lab");
        fs::write(scratch.join("ct.pub"), log.key.public_pem()).unwrap();
        let ct_log = CtLogServer::start(log);
        let ct_url = ct_log.url();
        let rekor_key = SigningKey::generate(KeyKind::Ed25519);
        fs::write(scratch.join("rekor.key"), rekor_key.private_pem()).unwrap();
        fs::write(scratch.join("rekor.pub"), rekor_key.public_pem()).unwrap();
        // As YAML: in JSON Fulcio knows the same fields by other names.
        let url = issuer.url();
        let config = format!(
            "oidc-issuers:\n  {url}:\n    issuer-url: {url}\n    client-id: sigstore\n    type: email\n"
        );
        fs::write(scratch.join("fulcio.yaml"), config).unwrap();

        let [fulcio, fulcio_grpc, fulcio_metrics, rekor, rekor_grpc, rekor_metrics, stamps] = free_ports();
        let at = |name: &str| scratch.join(name).to_str().unwrap().to_owned();
        let start = |name: &str, arguments: &[String]| {
            let mut command = Command::new(tools.join(name));
            command.arg("serve").args(arguments).env("HOME", scratch).current_dir(scratch);
            Process::start(name, &mut command, scratch)
        };
        let mut processes = vec![
            start(
                "fulcio",
                &[
                    "--ca=ephemeralca".into(),
                    // Two at once would clash over the default.
                    format!("--legacy-unix-domain-socket=@sealgate-fulcio-{fulcio}"),
                    format!("--config-path={}", at("fulcio.yaml")),
                    format!("--ct-log-url={ct_url}"),
                    format!("--ct-log-public-key-path={}", at("ct.pub")),
                    "--host=127.0.0.1".into(),
                    format!("--port={fulcio}"),
                    "--grpc-host=127.0.0.1".into(),
                    format!("--grpc-port={fulcio_grpc}"),
                    format!("--metrics-port={fulcio_metrics}"),
                ],
            ),
            start(
                "rekor-tiles",
                &[
                    // It is the checkpoint's origin: verifiers look for the host of the log's URL, without its port.
                    "--hostname=127.0.0.1".into(),
                    format!("--http-port={rekor}"),
                    format!("--grpc-port={rekor_grpc}"),
                    format!("--http-metrics-port={rekor_metrics}"),
                    format!("--signer-filepath={}", at("rekor.key")),
                    format!("--storage-dir={}", at("rekor")),
                    "--checkpoint-interval=1s".into(),
                    "--batch-max-age=100ms".into(),
                ],
            ),
            start(
                // Its metrics take port 2112, whatever one says: no second one can run beside it.
                "timestamp-server",
                &[
                    "--host=127.0.0.1".into(),
                    format!("--port={stamps}"),
                    "--scheme=http".into(),
                    "--timestamp-signer=memory".into(),
                    "--disable-ntp-monitoring".into(),
                ],
            ),
        ];
        let [fulcio, rekor, stamps] = [fulcio, rekor, stamps].map(|port| format!("http://127.0.0.1:{port}"));
        let chain = |text: String| -> Vec<u8> {
            let bundle: Value = serde_json::from_str(&text).unwrap();
            let certificates = bundle["chains"][0]["certificates"].as_array().unwrap();
            certificates.iter().map(|pem| pem.as_str().unwrap()).collect::<String>().into_bytes()
        };
        let bundle = fetch(&format!("{fulcio}/api/v2/trustBundle"), &mut processes);
        fs::write(scratch.join("fulcio.pem"), chain(bundle)).unwrap();
        let bundle = fetch(&format!("{stamps}/api/v1/timestamp/certchain"), &mut processes);
        fs::write(scratch.join("stamps.pem"), bundle).unwrap();
        fetch(&format!("{rekor}/healthz"), &mut processes);

        let services = Self {
            trusted_root: scratch.join("trusted_root.json"),
            signing_config: scratch.join("signing_config.json"),
            scratch: scratch.to_owned(),
            cosign: tools.join("cosign"),
            issuer,
            _ct_log: ct_log,
            _processes: processes,
        };
        services.cosign(&[
            "trusted-root",
            "create",
            &format!("--fulcio=url={fulcio},certificate-chain={}", at("fulcio.pem")),
            &format!(
                "--rekor=url={rekor},public-key={},start-time={START},origin=127.0.0.1",
                at("rekor.pub")
            ),
            &format!("--ctfe=url={ct_url},public-key={},start-time={START}", at("ct.pub")),
            &format!("--tsa=url={stamps},certificate-chain={}", at("stamps.pem")),
            &format!("--out={}", services.trusted_root.display()),
        ]);
        let operated = format!("start-time={START},operator=lab");
        services.cosign(&[
            "signing-config",
            "create",
            &format!("--fulcio=url={fulcio},api-version=1,{operated}"),
            &format!("--oidc-provider=url={},api-version=1,{operated}", services.issuer.url()),
            &format!("--rekor=url={rekor},api-version=2,{operated}"),
            "--rekor-config=ANY",
            &format!("--tsa=url={stamps}/api/v1/timestamp,api-version=1,{operated}"),
            "--tsa-config=EXACT:1",
            &format!("--out={}", services.signing_config.display()),
        ]);
        services
    }

    pub(crate) fn issuer(&self) -> String {
        self.issuer.url()
    }

    /// Signs an image as the holder of a mail address, as `cosign sign` does by default.
    pub(crate) fn sign(&self, image: &str, email: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let token = self.issuer.token(email, i64::try_from(now).unwrap());
        // By file: a command line can be read by everybody on the machine.
        let file = self.scratch.join("token");
        fs::write(&file, token).unwrap();
        println!("(signing {image} as {email})");
        self.cosign(&[
            "sign",
            &format!("--signing-config={}", self.signing_config.display()),
            &format!("--trusted-root={}", self.trusted_root.display()),
            &format!("--identity-token={}", file.display()),
            "--yes",
            "--allow-insecure-registry",
            image,
        ]);
    }

    fn cosign(&self, arguments: &[&str]) {
        let output = Command::new(&self.cosign).args(arguments).env("HOME", &self.scratch).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cosign {}: {told}", arguments[..2].join(" "));
    }
}

/// GETs a URL as soon as its service answers with 200.
fn fetch(url: &str, processes: &mut [Process]) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let start = Instant::now();
    loop {
        if let Some(body) = get(host, path) {
            return body;
        }
        processes.iter_mut().for_each(Process::assert_running);
        assert!(start.elapsed() < Duration::from_secs(30), "no answer from {url}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The body of a 200. HTTP/1.0, so that it ends with the connection and is never sent in chunks.
fn get(host: &str, path: &str) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.split(' ').nth(1).filter(|status| *status == "200").map(|_| body.to_owned())
}
