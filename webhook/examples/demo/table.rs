//! What was asked and what was answered, in 80 columns.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde_json::Value;

use crate::world::Made;

/// One answer.
pub(crate) struct Answered {
    is_allowed: bool,
    code: u64,
    reason: Option<String>,
    message: String,
    cold: Duration,
    warm: Duration,
}

impl Answered {
    pub(crate) fn new(response: &Value, cold: Duration, warm: Duration) -> Self {
        let status = &response["status"];
        Self {
            is_allowed: response["allowed"] == true,
            code: status["code"].as_u64().unwrap_or_default(),
            reason: status["details"]["causes"][0]["reason"].as_str().map(str::to_owned),
            message: status["message"].as_str().unwrap_or_default().to_owned(),
            cold,
            warm,
        }
    }

    fn is_expected(&self, expected: Option<&str>) -> bool {
        match expected {
            None => self.is_allowed,
            Some(code) => !self.is_allowed && self.code == 403 && self.reason.as_deref() == Some(code),
        }
    }
}

/// Prints the table; returns how many answers are not as expected.
pub(crate) fn print(
    out: &mut impl Write,
    made: &Made,
    answers: &[Answered],
    started: Duration,
) -> io::Result<usize> {
    let line = "─".repeat(78);
    writeln!(out, "\n  Sealgate: Kubernetes admits only signed digests")?;
    writeln!(out, "  policies/github-organisation.yaml: an image of acme needs a signature by the")?;
    writeln!(out, "  release workflow of one of acme's own repositories, run at a version tag.")?;
    writeln!(
        out,
        "  Registry on loopback at {}; webhook ready after {} ms.\n",
        made.registry.host(),
        started.as_millis()
    )?;
    writeln!(
        out,
        "  {:<33}{:<8}{:<26}{:>5}{:>6}\n {line}",
        "the image is", "verdict", "because", "cold", "warm"
    )?;
    let mut wrong = 0;
    for (case, answer) in made.cases.iter().zip(answers) {
        let verdict = if answer.is_allowed { "allowed" } else { "denied" };
        let reason = answer.reason.as_deref().unwrap_or("-");
        let [cold, warm] = [answer.cold, answer.warm].map(milliseconds);
        write!(out, "  {:<33}{verdict:<8}{reason:<26}{cold:>5}{warm:>6}", case.asked)?;
        if !answer.is_expected(case.expected) {
            wrong += 1;
            write!(out, "\n    ^ wrong: expected {}", case.expected.unwrap_or("to be allowed"))?;
        }
        writeln!(out)?;
    }
    writeln!(out, " {line}\n  times in milliseconds, over TLS; warm is the median of 21\n")?;
    if let Some((case, answer)) = made.cases.iter().zip(answers).next_back() {
        writeln!(out, "  What the user sees of the last one ({}):\n", case.name)?;
        let seen =
            format!("admission webhook \"validate.sealgate.dev\" denied the request: {}", answer.message);
        for paragraph in seen.lines() {
            for row in wrapped(paragraph, 74) {
                writeln!(out, "    {row}")?;
            }
        }
    }
    Ok(wrong)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

// Words stay whole where they fit; an image's name does not.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let indent: String = text.chars().take_while(|character| *character == ' ').collect();
    let mut rows = vec![];
    let mut row = indent.clone();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if row.trim().len() + word.len() >= width - indent.len() && !row.trim().is_empty() {
            rows.push(std::mem::replace(&mut row, indent.clone()));
        }
        while word.len() > width - indent.len() {
            let rest = word.split_off(width - indent.len());
            rows.push(indent.clone() + &word.into_iter().collect::<String>());
            word = rest;
        }
        if !row.trim().is_empty() {
            row.push(' ');
        }
        row.extend(word);
    }
    rows.push(row);
    rows
}
