//! kubectl as a user types it, with a transcript of what was asked and what came back.

use std::io::Write;
use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::control_plane::ControlPlane;

/// What a user sees.
pub(crate) struct Answer {
    asked: String,
    succeeded: bool,
    text: String,
}

impl Answer {
    /// Asserts that the cluster did as asked.
    pub(crate) fn succeeds(self) -> Self {
        assert!(self.succeeded, "`{}` was to succeed:\n{}", self.asked, self.text);
        self
    }

    /// Asserts that the cluster did not do as asked.
    pub(crate) fn fails(self) -> Self {
        assert!(!self.succeeded, "`{}` was to fail:\n{}", self.asked, self.text);
        self
    }

    /// Asserts a denial by our webhook, with each of these texts in its message.
    pub(crate) fn denied(self, texts: &[&str]) -> Self {
        assert!(!self.succeeded, "`{}` was to be denied:\n{}", self.asked, self.text);
        assert!(self.text.contains("denied the request"), "`{}`: no denial:\n{}", self.asked, self.text);
        self.says(texts)
    }

    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.text.contains(text), "`{}` does not say `{text}`:\n{}", self.asked, self.text);
        }
        self
    }
}

impl ControlPlane {
    /// Runs kubectl and prints command and answer.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Answer {
        self.shown(arguments, None)
    }

    /// `kubectl create -f -` with this object.
    pub(crate) fn create(&self, object: &Value) -> Answer {
        self.shown(&["create", "-f", "-"], Some(object))
    }

    /// Runs kubectl without a word in the transcript: standard output, or `None` when it failed.
    pub(crate) fn quietly(&self, arguments: &[&str]) -> Option<String> {
        let output = self.kubectl_command().args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Waits until what kubectl prints holds.
    pub(crate) fn wait_for(&self, what: &str, arguments: &[&str], holds: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        let mut last = None;
        while start.elapsed() < Duration::from_secs(60) {
            last = self.quietly(arguments);
            if let Some(text) = last.as_ref().filter(|text| holds(text)) {
                println!("  ... {what} (after {:.1} s)", start.elapsed().as_secs_f32());
                return text.clone();
            }
            thread::sleep(Duration::from_millis(250));
        }
        panic!(
            "not within a minute: {what}; the last answer to `kubectl {}`:\n{last:?}",
            arguments.join(" ")
        );
    }

    fn shown(&self, arguments: &[&str], input: Option<&Value>) -> Answer {
        let asked =
            format!("kubectl {}", arguments.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" "));
        println!("$ {asked}{}", input.map(described).unwrap_or_default());
        let output = match input {
            None => self.kubectl_command().args(arguments).output().unwrap(),
            Some(object) => self.fed(arguments, object),
        };
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        for line in text.trim_end().lines() {
            println!("  {line}");
        }
        Answer { asked, succeeded: output.status.success(), text }
    }

    fn fed(&self, arguments: &[&str], object: &Value) -> Output {
        let piped = || Stdio::piped();
        let mut command = self.kubectl_command();
        let mut child =
            command.args(arguments).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(object.to_string().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn quoted(text: &str) -> String {
    if text.contains([' ', '{', '"', '$', '*']) { format!("'{text}'") } else { text.to_owned() }
}

/// Kind, name and images of an object given on standard input.
fn described(object: &Value) -> String {
    let mut images = Vec::new();
    collect_images(object, &mut images);
    let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
    format!("   # {} {}: {}", kind.as_str().unwrap(), name.as_str().unwrap(), images.join(", "))
}

fn collect_images<'a>(value: &'a Value, images: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            images.extend(fields.get("image").and_then(Value::as_str));
            fields.values().for_each(|field| collect_images(field, images));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_images(item, images)),
        _ => {}
    }
}
