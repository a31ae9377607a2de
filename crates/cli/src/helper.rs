//! Runs docker's credential helpers. Nothing else in this program runs programs, and no other door does: the registry
//! client only names them.

use std::{
    io::{Read, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use sealgate::oci::{Credentials, Helper};
use serde::Deserialize;

use crate::{Console, limits};

/// Why a helper gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HelperError {
    /// It is not on the path.
    #[error("credential helper `docker-credential-{name}` is not on the PATH")]
    Absent { name: String },
    /// It said no.
    #[error("credential helper `docker-credential-{name}` failed: {why}")]
    Failed { name: String, why: String },
    /// It did not end.
    #[error("credential helper `docker-credential-{name}` did not answer within {seconds} s")]
    Late { name: String, seconds: u64 },
    /// It answered something else.
    #[error("credential helper `docker-credential-{name}` answered no credentials")]
    Unreadable { name: String },
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username", default)]
    username: String,
    #[serde(rename = "Secret", default)]
    secret: String,
}

/// Asks a helper, and adds what it knows about `host`. One that knows nothing adds nothing.
///
/// # Errors
/// [`HelperError`]; none of its texts holds a secret.
pub(crate) fn ask(
    helper: &Helper,
    host: &str,
    all: Credentials,
    console: &Console<'_>,
) -> Result<Credentials, HelperError> {
    let name = || helper.name.clone();
    let program = format!("docker-credential-{}", helper.name);
    let path = console.variable("PATH").unwrap_or_default();
    let found = path.split(':').map(|folder| Path::new(folder).join(&program)).find(|file| file.is_file());
    let found =
        found.filter(|file| file.is_absolute()).ok_or_else(|| HelperError::Absent { name: name() })?;
    let failed = |error: std::io::Error| HelperError::Failed { name: name(), why: error.to_string() };
    let mut child = Command::new(found)
        .arg("get")
        .env_clear()
        .envs(console.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        // One that answers without listening is as good.
        let _unheard = input.write_all(helper.server.as_bytes());
    }
    let output = child.stdout.take();
    let (tell, told) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let most = u64::try_from(limits::HELPER).unwrap_or(u64::MAX);
        output.map(|output| output.take(most).read_to_end(&mut bytes));
        // Nobody listens any more where it came too late.
        let _unheard = tell.send(bytes);
    });
    let until = Instant::now() + TIME;
    let late = || HelperError::Late { name: name(), seconds: TIME.as_secs() };
    let is_good = ended(&mut child, until).ok_or_else(late)?;
    // A program that it started may hold its output open for ever.
    let bytes = told.recv_timeout(until.saturating_duration_since(Instant::now())).map_err(|_| late())?;
    if !is_good {
        let said = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().trim().to_owned();
        if said.contains("credentials not found") {
            return Ok(all);
        }
        let why = if said.is_empty() { "it says nothing".to_owned() } else { said };
        return Err(HelperError::Failed { name: name(), why });
    }
    let answer: Answer =
        serde_json::from_slice(&bytes).map_err(|_| HelperError::Unreadable { name: name() })?;
    Ok(match (answer.username.as_str(), answer.secret.as_str()) {
        (_, "") => all,
        ("<token>", secret) => all.with_identity(host, secret),
        (username, secret) => all.with_password(host, username, secret),
    })
}

// Whether it ended well; nothing if it did not end, and was ended.
fn ended(child: &mut Child, until: Instant) -> Option<bool> {
    while Instant::now() < until {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(_) => break,
        }
    }
    // It may have ended just now.
    let _gone = child.kill();
    let _gone = child.wait();
    None
}

const TIME: Duration = Duration::from_secs(10);
