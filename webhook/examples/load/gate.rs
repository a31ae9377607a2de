//! The webhook as a process of its own.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::CertificateDer;

use crate::{Failure, client::Client};

/// A running webhook; dropping it ends it.
pub(crate) struct Gate {
    child: Child,
    port: u16,
    certificate: CertificateDer<'static>,
    /// From the start of the process to the first `ok` of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Gate {
    pub(crate) async fn start(
        folder: &Path,
        policy: &str,
        root: &[u8],
        registry: &str,
    ) -> Result<Self, Failure> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
        let policies = folder.join("policies");
        fs::create_dir_all(&policies)?;
        fs::write(policies.join("policy.yaml"), policy)?;
        for (name, text) in [("tls.crt", certificate.pem()), ("tls.key", key.serialize_pem())] {
            fs::write(folder.join(name), text)?;
        }
        fs::write(folder.join("root.json"), root)?;
        let [port, admin] = [free_port()?, free_port()?];
        let at = |name: &str| folder.join(name).display().to_string();
        // Beside this example: target/release/examples/load and target/release/sealgate-webhook.
        let own = std::env::current_exe()?;
        let binary = own.parent().and_then(Path::parent).ok_or("no target folder")?.join("sealgate-webhook");
        let began = Instant::now();
        let child = Command::new(&binary)
            .args([format!("--listen=127.0.0.1:{port}"), format!("--admin-listen=127.0.0.1:{admin}")])
            .args([format!("--tls-cert={}", at("tls.crt")), format!("--tls-key={}", at("tls.key"))])
            .args([
                format!("--policies={}", at("policies")),
                format!("--trusted-root=public-good={}", at("root.json")),
            ])
            .arg(format!("--allow-http-registry={registry}"))
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}; build it first", binary.display()))?;
        let mut gate =
            Self { child, port, certificate: certificate.der().clone(), ready_after: Duration::ZERO };
        while !is_ready(admin) {
            if began.elapsed() > Duration::from_secs(10) {
                return Err("the webhook does not become ready".into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        gate.ready_after = began.elapsed();
        Ok(gate)
    }

    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        Client::connect(self.port, &self.certificate).await
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// CPU time used so far, of all threads.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
        // utime and stime are the 14th and 15th field, in hundredths of a second.
        let mut fields = fields.split_whitespace().skip(11);
        let mut next = || -> Result<u64, Failure> { Ok(fields.next().ok_or("a short stat")?.parse()?) };
        Ok(Duration::from_millis(10 * (next()? + next()?)))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // One that has ended by itself is ended as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn is_ready(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}
