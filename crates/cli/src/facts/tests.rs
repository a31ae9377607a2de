//! The published schemas are those of the code.

use std::path::Path;

/// Where the schemas are checked in. With `SEALGATE_UPDATE_SCHEMAS=1` the test writes them anew.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/schema");

fn current(name: &str, schema: &serde_json::Value) {
    let path = Path::new(FOLDER).join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("SEALGATE_UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "{name} is not current: run this test with SEALGATE_UPDATE_SCHEMAS=1");
}

#[test]
fn the_published_schema_of_explanations_is_current() {
    current("explanation.json", &crate::own::explain::schema());
}

#[test]
fn the_published_schema_of_verifications_is_current() {
    current("verification.json", &crate::cosign::verdict::schema());
}
