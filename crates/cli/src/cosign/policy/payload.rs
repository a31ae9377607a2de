//! The form in which cosign shows a statement to a policy: for some of its short names only the fields that it knows.

use std::collections::BTreeMap;

use regorus::Value;
use serde_json::value::RawValue;

type Fields<'j> = BTreeMap<String, &'j RawValue>;

/// The policy's input. Numbers keep their digits.
///
/// # Errors
/// A statement that has not the form of its type.
pub(super) fn of(wanted: &str, statement: &[u8]) -> Result<Value, String> {
    let shape = match wanted {
        "cyclonedx" | "spdx" | "spdxjson" => HEADED,
        "link" => LINK,
        "slsaprovenance" => SLSA_02,
        "vuln" => VULNERABILITIES,
        _ => STATEMENT,
    };
    let context = "converting to consumable policy validation";
    let raw: &RawValue = serde_json::from_slice(statement).map_err(|error| format!("{context}: {error}"))?;
    let mut text = String::with_capacity(statement.len());
    shape.write(raw, "the statement", &mut text).map_err(|error| format!("{context}: {error}"))?;
    Value::from_json_str(&text).map_err(|error| format!("{context}: {error}"))
}

/// What is kept of a value.
#[derive(Clone, Copy)]
enum Shape {
    /// All of it.
    All,
    /// These fields, in any case of letters.
    Fields(&'static [Field]),
    /// A list of these.
    List(&'static Shape),
}

/// A field under its name, what is kept of it, and what stands there where there is none: nothing, or this JSON.
type Field = (&'static str, Shape, Option<&'static str>);

impl Shape {
    fn write(self, raw: &RawValue, place: &str, text: &mut String) -> Result<(), String> {
        let unfit = |what: &str| format!("{place} is not {what}");
        match self {
            Self::All => text.push_str(raw.get()),
            Self::List(shape) => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| unfit("a list"))?;
                text.push('[');
                for (index, item) in items.into_iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    shape.write(item, place, text)?;
                }
                text.push(']');
            }
            Self::Fields(shapes) => {
                let held: Fields<'_> = serde_json::from_str(raw.get()).map_err(|_| unfit("an object"))?;
                let mut before = '{';
                for (name, shape, absent) in shapes {
                    let found = held
                        .get(*name)
                        .or_else(|| {
                            held.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, raw)| raw)
                        })
                        .filter(|raw| raw.get() != "null");
                    if found.is_none() && absent.is_none() {
                        continue;
                    }
                    text.push(std::mem::replace(&mut before, ','));
                    text.push_str(&format!("\"{name}\":"));
                    match (found, absent) {
                        (Some(raw), _) => shape.write(raw, &format!("`{name}`"), text)?,
                        (None, Some(json)) => text.push_str(json),
                        (None, None) => {}
                    }
                }
                text.push_str(if before == '{' { "{}" } else { "}" });
            }
        }
        Ok(())
    }
}

const NONE: Option<&str> = None;
const NULL: Option<&str> = Some("null");
const EMPTY: Option<&str> = Some("\"\"");
const FALSE: Option<&str> = Some("false");
const TIME: Option<&str> = Some("\"0001-01-01T00:00:00Z\"");

const STATEMENT: Shape = Shape::Fields(&[
    ("_type", Shape::All, NONE),
    ("subject", Shape::List(&DESCRIPTOR), NONE),
    ("predicateType", Shape::All, NONE),
    ("predicate", Shape::All, NONE),
]);
const DESCRIPTOR: Shape = Shape::Fields(&[
    ("name", Shape::All, NONE),
    ("uri", Shape::All, NONE),
    ("digest", Shape::All, NONE),
    ("content", Shape::All, NONE),
    ("downloadLocation", Shape::All, NONE),
    ("mediaType", Shape::All, NONE),
    ("annotations", Shape::All, NONE),
]);
const HEADED: Shape = Shape::Fields(&[
    ("_type", Shape::All, EMPTY),
    ("predicateType", Shape::All, EMPTY),
    ("subject", Shape::List(&SUBJECT), NULL),
    ("predicate", Shape::All, NULL),
]);
const SUBJECT: Shape = Shape::Fields(&[("name", Shape::All, EMPTY), ("digest", Shape::All, NULL)]);

const LINK: Shape = Shape::Fields(&[
    ("_type", Shape::All, EMPTY),
    ("predicateType", Shape::All, EMPTY),
    ("subject", Shape::List(&SUBJECT), NULL),
    (
        "predicate",
        Shape::Fields(&[
            ("_type", Shape::All, EMPTY),
            ("name", Shape::All, EMPTY),
            ("materials", Shape::All, NULL),
            ("products", Shape::All, NULL),
            ("byproducts", Shape::All, NULL),
            ("command", Shape::All, NULL),
            ("environment", Shape::All, NULL),
        ]),
        Some(
            r#"{"_type":"","name":"","materials":null,"products":null,"byproducts":null,"command":null,"environment":null}"#,
        ),
    ),
]);

const SLSA_02: Shape = Shape::Fields(&[
    ("_type", Shape::All, EMPTY),
    ("predicateType", Shape::All, EMPTY),
    ("subject", Shape::List(&SUBJECT), NULL),
    (
        "predicate",
        Shape::Fields(&[
            ("builder", Shape::Fields(&[("id", Shape::All, EMPTY)]), Some(r#"{"id":""}"#)),
            ("buildType", Shape::All, EMPTY),
            (
                "invocation",
                Shape::Fields(&[
                    (
                        "configSource",
                        Shape::Fields(&[
                            ("uri", Shape::All, NONE),
                            ("digest", Shape::All, NONE),
                            ("entryPoint", Shape::All, NONE),
                        ]),
                        Some("{}"),
                    ),
                    ("parameters", Shape::All, NONE),
                    ("environment", Shape::All, NONE),
                ]),
                Some(r#"{"configSource":{}}"#),
            ),
            ("buildConfig", Shape::All, NONE),
            (
                "metadata",
                Shape::Fields(&[
                    ("buildInvocationID", Shape::All, NONE),
                    ("buildStartedOn", Shape::All, NONE),
                    ("buildFinishedOn", Shape::All, NONE),
                    (
                        "completeness",
                        Shape::Fields(&[
                            ("parameters", Shape::All, FALSE),
                            ("environment", Shape::All, FALSE),
                            ("materials", Shape::All, FALSE),
                        ]),
                        Some(r#"{"parameters":false,"environment":false,"materials":false}"#),
                    ),
                    ("reproducible", Shape::All, FALSE),
                ]),
                NONE,
            ),
            (
                "materials",
                Shape::List(&Shape::Fields(&[("uri", Shape::All, NONE), ("digest", Shape::All, NONE)])),
                NONE,
            ),
        ]),
        Some(r#"{"builder":{"id":""},"buildType":"","invocation":{"configSource":{}}}"#),
    ),
]);

// The statement's `_type` has no place here, as there.
const VULNERABILITIES: Shape = Shape::Fields(&[
    ("type", Shape::All, NONE),
    ("subject", Shape::List(&DESCRIPTOR), NONE),
    ("predicateType", Shape::All, NONE),
    (
        "predicate",
        Shape::Fields(&[
            (
                "invocation",
                Shape::Fields(&[
                    ("parameters", Shape::All, NULL),
                    ("uri", Shape::All, EMPTY),
                    ("event_id", Shape::All, EMPTY),
                    ("builder.id", Shape::All, EMPTY),
                ]),
                Some(r#"{"parameters":null,"uri":"","event_id":"","builder.id":""}"#),
            ),
            (
                "scanner",
                Shape::Fields(&[
                    ("uri", Shape::All, EMPTY),
                    ("version", Shape::All, EMPTY),
                    (
                        "db",
                        Shape::Fields(&[("uri", Shape::All, EMPTY), ("version", Shape::All, EMPTY)]),
                        Some(r#"{"uri":"","version":""}"#),
                    ),
                    ("result", Shape::All, NULL),
                ]),
                Some(r#"{"uri":"","version":"","db":{"uri":"","version":""},"result":null}"#),
            ),
            (
                "metadata",
                Shape::Fields(&[("scanStartedOn", Shape::All, TIME), ("scanFinishedOn", Shape::All, TIME)]),
                Some(r#"{"scanStartedOn":"0001-01-01T00:00:00Z","scanFinishedOn":"0001-01-01T00:00:00Z"}"#),
            ),
        ]),
        Some("{}"),
    ),
]);

#[cfg(test)]
mod tests {
    use regorus::Value;

    use super::of;

    fn shown(wanted: &str, statement: &str) -> Value {
        of(wanted, statement.as_bytes()).unwrap()
    }

    fn json(text: &str) -> Value {
        Value::from_json_str(text).unwrap()
    }

    #[test]
    fn a_statement_keeps_its_predicate_and_the_digits_of_its_numbers() {
        let statement = r#"{"_type": "t", "subject": [{"name": "n", "digest": {"sha256": "00"}, "other": 1}],
            "predicateType": "p", "predicate": {"n": 12345678901234567890123, "any": [null]}, "more": true}"#;
        assert_eq!(
            shown("custom", statement),
            json(
                r#"{"_type": "t", "subject": [{"name": "n", "digest": {"sha256": "00"}}], "predicateType": "p",
                "predicate": {"n": 12345678901234567890123, "any": [null]}}"#
            )
        );
    }

    #[test]
    fn known_types_show_known_fields_and_what_is_missing_is_empty() {
        let vulnerabilities = shown(
            "vuln",
            r#"{"_type": "t", "predicateType": "p", "predicate": {"scanner": {"uri": "u", "x": 1}, "y": 1}}"#,
        );
        assert_eq!(
            vulnerabilities,
            json(
                r#"{"predicateType": "p", "predicate": {
                "invocation": {"parameters": null, "uri": "", "event_id": "", "builder.id": ""},
                "scanner": {"uri": "u", "version": "", "db": {"uri": "", "version": ""}, "result": null},
                "metadata": {"scanStartedOn": "0001-01-01T00:00:00Z", "scanFinishedOn": "0001-01-01T00:00:00Z"}}}"#
            )
        );
        let provenance = shown(
            "slsaprovenance",
            r#"{"predicate": {"builder": {"id": "b", "x": 1}, "metadata": {"buildInvocationId": "7"}, "x": 1}}"#,
        );
        assert_eq!(
            provenance,
            json(
                r#"{"_type": "", "predicateType": "", "subject": null, "predicate": {"builder": {"id": "b"}, "buildType": "",
                "invocation": {"configSource": {}}, "metadata": {"buildInvocationID": "7", "reproducible": false,
                "completeness": {"parameters": false, "environment": false, "materials": false}}}}"#
            )
        );
        let same = r#"{"predicate": {"builder": {"id": "b", "x": 1}}}"#;
        assert_eq!(shown("slsaprovenance02", same), json(same));
        let boms = shown("cyclonedx", r#"{"predicate": [1, {"a": 1.50}], "subject": [{"uri": "u"}]}"#);
        assert_eq!(
            boms,
            json(
                r#"{"_type": "", "predicateType": "", "subject": [{"name": "", "digest": null}], "predicate": [1, {"a": 1.50}]}"#
            )
        );
    }

    #[test]
    fn a_statement_of_another_form_is_an_error() {
        for (wanted, statement) in [
            ("link", r#"{"predicate": "text"}"#),
            ("custom", r#"{"subject": {}}"#),
            ("custom", "[]"),
            ("vuln", "{"),
        ] {
            assert!(
                of(wanted, statement.as_bytes()).unwrap_err().starts_with("converting to"),
                "{statement}"
            );
        }
    }
}
