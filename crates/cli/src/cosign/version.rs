//! Which program this is.

use super::failure::Failure;
use crate::{Console, go::flags::Typed};

/// `version`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    console.answer(text(typed.switch("json")));
    Ok(())
}

// The version, for people or as JSON with the keys that cosign prints.
fn text(json: bool) -> String {
    let platform = format!("{}/{}", std::env::consts::OS, architecture());
    let facts = [
        ("GitVersion", "gitVersion", concat!("v", env!("CARGO_PKG_VERSION"))),
        ("GitCommit", "gitCommit", option_env!("SEALGATE_COMMIT").unwrap_or("unknown")),
        ("GitTreeState", "gitTreeState", "unknown"),
        ("BuildDate", "buildDate", "unknown"),
        ("GoVersion", "goVersion", "none"),
        ("Compiler", "compiler", "rustc"),
        ("Platform", "platform", &platform),
    ];
    let mut text = String::new();
    if json {
        let lines: Vec<String> =
            facts.iter().map(|(_, key, value)| format!("  \"{key}\": \"{value}\"")).collect();
        text.push_str(&format!("{{\n{}\n}}\n", lines.join(",\n")));
    } else {
        text.push_str("sealgate: Kubernetes admits only signed digests\n\n");
        for (name, _, value) in facts {
            text.push_str(&format!("{:15}{value}\n", format!("{name}:")));
        }
        text.push('\n');
    }
    text
}

// Go's names.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
