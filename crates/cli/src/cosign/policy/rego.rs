//! Rego's first language version, as cosign asks it: all files together, `data.signature.allow` exactly true.

use std::{num::NonZeroU32, time::Duration};

use regorus::{Engine, PolicyLengthConfig, Value, utils::limits::ExecutionTimerConfig};

use super::{bounds::Bounds, payload, shown::shown};
use crate::{
    files::{self, FileError},
    limits,
};

const QUERY: &str = "data.signature.allow";

/// What the files have against the statements; nothing where they allow them all. `wanted` is the type as typed, which
/// decides the form in which a statement is shown to them. All together have one allowance, and who exceeds it is the last
/// one asked: what was left behind still runs. `before` is called before each.
///
/// THREAT: many attestations, each of which leaves a thread behind. See the_first_policy_that_is_left_is_the_last_one_asked.
pub(super) fn errors(
    names: &[String],
    wanted: &str,
    statements: &[&[u8]],
    bounds: &Bounds,
    mut before: impl FnMut(),
) -> Vec<String> {
    let mut errors = Vec::new();
    for statement in statements {
        before();
        let sources = match sources(names) {
            Ok(sources) => sources,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let (wanted, statement, time) = (wanted.to_owned(), statement.to_vec(), bounds.left());
        match bounds.within(move || asked(sources, &wanted, &statement, time)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => errors.push(error),
            Err(error) => {
                errors.push(error.to_string());
                break;
            }
        }
    }
    errors
}

fn sources(names: &[String]) -> Result<Vec<(String, String)>, String> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for name in names {
        if read.iter().any(|(known, _)| known == name) {
            continue;
        }
        match files::read(name, limits::POLICY) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => read.push((name.clone(), text)),
                Err(_) => errors.push(format!("{name}: not UTF-8")),
            },
            // cosign's engine looks at a file before it opens it.
            Err(error @ FileError::Open { .. }) => {
                errors.push(error.to_string().replacen("open", "stat", 1));
            }
            Err(error) => errors.push(error.to_string()),
        }
    }
    match errors.as_slice() {
        [] => Ok(read),
        [one] => Err(format!("1 error occurred during loading: {one}")),
        many => Err(format!("{} errors occurred during loading:\n{}", many.len(), many.join("\n"))),
    }
}

fn asked(
    sources: Vec<(String, String)>,
    wanted: &str,
    statement: &[u8],
    time: Duration,
) -> Result<(), String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(true);
    // As there: a builtin that fails has no value, unless it does not exist at all.
    engine.set_strict_builtin_errors(false);
    // What a policy prints is for its author's own tools.
    engine.set_gather_prints(true);
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: LONGEST_LINE,
        ..PolicyLengthConfig::default()
    });
    engine.set_execution_timer_config(ExecutionTimerConfig { limit: time, check_interval: STEPS });
    for (name, text) in sources {
        engine
            .add_policy(name, text)
            .map_err(|error| format!("1 error occurred during loading: {}", tidy(&error.to_string())))?;
    }
    let rules = engine.get_modules().iter().map(|module| module.policy.len()).sum::<usize>();
    if rules > limits::POLICY_RULES {
        return Err(format!("the policy has {rules} rules, at most {} are read", limits::POLICY_RULES));
    }
    engine.set_input(payload::of(wanted, statement)?);
    let results = engine.eval_query(QUERY.to_owned(), false).map_err(|error| tidy(&error.to_string()))?;
    let values: Vec<&Value> =
        results.result.iter().flat_map(|result| &result.expressions).map(|found| &found.value).collect();
    match values.as_slice() {
        [Value::Bool(true)] if results.result.iter().all(|result| is_empty(&result.bindings)) => Ok(()),
        [] | [Value::Undefined] => Err(format!("result is undefined for query '{QUERY}'")),
        [value, ..] => Err(format!("expression value, {}, is not true", shown(value))),
    }
}

fn is_empty(bindings: &Value) -> bool {
    bindings.as_object().is_ok_and(|fields| fields.is_empty())
}

// The engine draws the place of an error over several lines.
fn tidy(error: &str) -> String {
    let text: Vec<&str> =
        error.split_whitespace().filter(|word| !matches!(*word, "|" | "^" | "-->")).collect();
    text.join(" ")
}

const LONGEST_LINE: NonZeroU32 = match NonZeroU32::new(1 << 16) {
    Some(columns) => columns,
    None => NonZeroU32::MIN,
};
const STEPS: NonZeroU32 = match NonZeroU32::new(64) {
    Some(steps) => steps,
    None => NonZeroU32::MIN,
};

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Bounds, errors};
    use crate::limits;

    const STATEMENT: &str = r#"{"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "a", "digest": {"sha256": "00"}}],
        "predicateType": "p", "predicate": {"n": 12345678901234567891, "tenth": 0.1, "list": ["a", "b"]}}"#;

    fn asked_within(policies: &[&str], time: Duration, memory: u64) -> Vec<String> {
        asked_times(1, policies, time, memory).0
    }

    // The errors, and how many times it was asked.
    fn asked_times(times: usize, policies: &[&str], time: Duration, memory: u64) -> (Vec<String>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..policies.len())
            .map(|number| folder.path().join(format!("{number}.rego")).to_str().unwrap().to_owned())
            .collect();
        for (name, policy) in names.iter().zip(policies) {
            std::fs::write(name, policy).unwrap();
        }
        let mut asked = 0;
        let statements = vec![STATEMENT.as_bytes(); times];
        let said = errors(&names, "custom", &statements, &Bounds::new(time, memory), || asked += 1);
        (said, asked)
    }

    fn asked(body: &str) -> Vec<String> {
        asked_within(&[&format!("package signature\n{body}\n")], limits::POLICY_TIME, limits::POLICY_MEMORY)
    }

    #[test]
    fn only_true_itself_allows() {
        let none: Vec<String> = vec![];
        assert_eq!(asked("allow { input.predicateType == \"p\" }"), none);
        assert_eq!(asked("default allow = false\nallow { input.predicate.list[_] == \"b\" }"), none);
        assert_eq!(asked("default allow = false"), ["expression value, false, is not true"]);
        assert_eq!(asked("allow { input.x }"), ["result is undefined for query 'data.signature.allow'"]);
        assert_eq!(asked("allowed = true"), ["result is undefined for query 'data.signature.allow'"]);
        assert_eq!(asked("allow = \"true\""), ["expression value, true, is not true"]);
        assert_eq!(asked("allow = 1"), ["expression value, 1, is not true"]);
        assert_eq!(
            asked("allow[x] { x = input.predicate.list[_] }"),
            ["expression value, [a b], is not true"]
        );
        assert_eq!(asked("allow = {\"a\": true}"), ["expression value, map[a:true], is not true"]);
        assert_eq!(
            asked_within(&["package other\nallow = true"], limits::POLICY_TIME, limits::POLICY_MEMORY),
            ["result is undefined for query 'data.signature.allow'"]
        );
    }

    #[test]
    fn files_are_asked_together() {
        let rule = "package signature\nallow { data.lib.good }";
        let both = [rule, "package lib\ngood { input.predicateType == \"p\" }"];
        assert!(asked_within(&both, limits::POLICY_TIME, limits::POLICY_MEMORY).is_empty());
        assert!(!asked_within(&both[..1], limits::POLICY_TIME, limits::POLICY_MEMORY).is_empty());
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert!(asked("allow { input.predicate.n == 12345678901234567891 }").is_empty());
        assert!(!asked("allow { input.predicate.n == 12345678901234567890 }").is_empty());
        assert!(asked("allow { input.predicate.tenth == 0.1 }").is_empty());
    }

    #[test]
    fn a_policy_cannot_reach_out() {
        for body in [
            "allow { http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:1\"}) }",
            "allow { opa.runtime().env.HOME }",
            "allow { not http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:1\"}) }",
            "allow { net.lookup_ip_addr(\"localhost\") }",
        ] {
            assert_eq!(asked(body).len(), 1, "{body}");
        }
    }

    #[test]
    fn a_policy_that_is_none_is_an_error() {
        let nested = format!("allow {{ {}1{} }}", "[".repeat(20_000), "]".repeat(20_000));
        let grouped = format!("allow {{ {}true{} }}", "(".repeat(20_000), ")".repeat(20_000));
        let long = format!("allow = \"{}\"", "x".repeat(limits::POLICY));
        for body in ["allow {", "allow = true }", &nested, &grouped, &long, "allow { allow }"] {
            let errors = asked(body);
            assert_eq!(errors.len(), 1, "{:.60}", body);
        }
        assert!(asked("allow = true").is_empty());
        assert_eq!(
            asked_missing(),
            ["1 error occurred during loading: stat /nonexistent.rego: no such file or directory"]
        );
    }

    fn asked_missing() -> Vec<String> {
        let bounds = Bounds::new(limits::POLICY_TIME, limits::POLICY_MEMORY);
        errors(&["/nonexistent.rego".into()], "custom", &[STATEMENT.as_bytes()], &bounds, || ())
    }

    #[test]
    fn the_first_policy_that_is_left_is_the_last_one_asked() {
        let recursive = "package signature\nf(x) = y { y := f(x) }\nallow { f(1) }";
        // The engine's own clock ends the thread that is left, long before its stack is full.
        let (errors, asked) = asked_times(20, &[recursive], Duration::from_secs(2), 32 << 20);
        assert_eq!((errors.len(), asked), (1, 1), "{errors:?}");
        assert!(errors[0].contains("more than 32 MiB of memory"), "{errors:?}");
        // What comes to an answer is asked about them all, and so is what says no.
        let (errors, asked) =
            asked_times(20, &["package signature\nallow = true"], limits::POLICY_TIME, 1 << 40);
        assert_eq!((errors.len(), asked), (0, 20), "{errors:?}");
        let (errors, asked) =
            asked_times(20, &["package signature\nallow = false"], limits::POLICY_TIME, 1 << 40);
        assert_eq!((errors.len(), asked), (20, 20), "{errors:?}");
    }

    #[test]
    fn a_policy_of_as_many_rules_as_are_read_is_asked_and_one_more_is_not() {
        let chain = |rules: usize| -> String {
            let links = (2..rules).map(|number| format!("a{number} = x {{ x := a{} }}\n", number - 1));
            let last = format!("allow {{ a{} }}", rules - 1);
            std::iter::once("a1 = true\n".to_owned()).chain(links).chain([last]).collect()
        };
        assert_eq!(asked(&chain(limits::POLICY_RULES)), Vec::<String>::new());
        let errors = asked(&chain(limits::POLICY_RULES + 1));
        assert!(errors[0].contains("at most"), "{errors:?}");
    }

    #[test]
    fn a_policy_that_never_ends_is_left() {
        let endless = "package signature\nallow { x := numbers.range(1, 2000)[_]; y := numbers.range(1, 2000)[_]; \
            z := numbers.range(1, 2000)[_]; x + y + z < 0 }";
        let started = Instant::now();
        let errors = asked_within(&[endless], Duration::from_millis(300), 1 << 40);
        assert_eq!(errors.len(), 1);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        let short = endless.replace("2000", "2");
        assert_eq!(
            asked_within(&[&short], limits::POLICY_TIME, 1 << 40),
            ["result is undefined for query 'data.signature.allow'"]
        );
    }

    #[test]
    fn a_policy_that_grows_is_left() {
        let grows = "package signature\nallow { x := numbers.range(1, 40000000); count(x) == 40000000 }";
        let errors = asked_within(&[grows], limits::POLICY_TIME, 128 << 20);
        assert!(errors[0].contains("memory") || errors[0].contains("deadline"), "{errors:?}");
        assert!(asked_within(&[&grows.replace("40000000", "4")], limits::POLICY_TIME, 1 << 40).is_empty());
    }
}
