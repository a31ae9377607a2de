//! YAML (and so JSON) to trees. Only what means the same to every reader: no anchors, no tags, no YAML 1.1 surprises.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::{
    fault::Fault,
    node::{At, Field, Node, Path, Value},
};
use crate::limits;

/// A fault and where it is: a path within its document, and a place in the text.
pub(super) type Located = (At, Path, Fault);

/// Reads every document of `bytes`; empty ones are passed over. What can be read despite faults is returned as well.
pub(super) fn read(bytes: &[u8]) -> (Vec<Node>, Vec<Located>) {
    let mut faults = Vec::new();
    let top = At { line: 1, column: 1 };
    if bytes.len() > limits::SOURCE_BYTES {
        faults.push((
            top,
            Path::default(),
            Fault::limit("bytes in a file", limits::SOURCE_BYTES, bytes.len()),
        ));
        return (Vec::new(), faults);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            faults.push((At { line, column: 1 }, Path::default(), Fault::NotText));
            return (Vec::new(), faults);
        }
    };
    let mut reader = Reader { parser: Parser::new_from_str(text), faults, nodes: 0 };
    let documents = match reader.documents() {
        Ok(documents) => documents,
        Err(Stop(at, fault)) => {
            reader.faults.push((at, Path::default(), fault));
            Vec::new()
        }
    };
    (documents, reader.faults)
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    faults: Vec<Located>,
    nodes: usize,
}

/// A fault after which the rest of the text means nothing.
struct Stop(At, Fault);

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self(at(*error.marker()), Fault::Syntax { why: error.info().to_owned() })
    }
}

impl<'t> Reader<'t> {
    fn documents(&mut self) -> Result<Vec<Node>, Stop> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(documents),
                (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
                (event, span) => {
                    let node = self.node(event, span, &Path::default(), 0)?;
                    if matches!(node.value, Value::Null) {
                        continue;
                    }
                    documents.push(node);
                    if documents.len() > limits::DOCUMENTS {
                        let found = documents.len();
                        return Err(Stop(
                            at(span.start),
                            Fault::limit("documents in a file", limits::DOCUMENTS, found),
                        ));
                    }
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Stop> {
        match self.parser.next_event() {
            Some(event) => Ok(event?),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, path: &Path, depth: usize) -> Result<Node, Stop> {
        let start = at(span.start);
        self.nodes += 1;
        if self.nodes > limits::NODES {
            return Err(Stop(start, Fault::limit("values in a file", limits::NODES, self.nodes)));
        }
        // THREAT: deep nesting exhausts the stack. See a_document_that_nests_too_deep_is_refused.
        if depth > limits::DEPTH {
            return Err(Stop(start, Fault::limit("levels of nesting", limits::DEPTH, depth)));
        }
        let value = match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    self.fault(start, path, Fault::Tag);
                } else if anchor != 0 {
                    self.fault(start, path, Fault::Anchor);
                }
                match style {
                    ScalarStyle::Plain => self.plain(&text, start, path),
                    _ => Value::Text(text.into_owned()),
                }
            }
            Event::SequenceStart(anchor, tag) => {
                self.adornments(anchor, tag.is_some(), start, path);
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => {
                            let below = path.index(items.len());
                            items.push(self.node(event, span, &below, depth + 1)?);
                        }
                    }
                }
                Value::List(items)
            }
            Event::MappingStart(anchor, tag) => {
                self.adornments(anchor, tag.is_some(), start, path);
                self.map(path, depth)?
            }
            // THREAT: aliases make a small text mean a huge one. See an_alias_is_refused.
            Event::Alias(_) => {
                self.fault(start, path, Fault::Alias);
                Value::Faulty
            }
            _ => return Err(Stop(start, Fault::Syntax { why: "unexpected end".to_owned() })),
        };
        Ok(Node { at: start, value })
    }

    fn map(&mut self, path: &Path, depth: usize) -> Result<Value, Stop> {
        let mut fields: Vec<Field> = Vec::new();
        let mut seen: BTreeMap<String, At> = BTreeMap::new();
        loop {
            let (event, span) = self.next()?;
            let start = at(span.start);
            let name = match event {
                Event::MappingEnd => return Ok(Value::Map(fields)),
                Event::Scalar(text, style, 0, None) => {
                    if style == ScalarStyle::Plain && !is_certainly_text(&text) {
                        self.fault(start, &path.field(&text), Fault::KeyNotText { key: text.to_string() });
                    }
                    text.into_owned()
                }
                other => {
                    self.fault(start, path, Fault::KeyNotText { key: "?".to_owned() });
                    self.node(other, span, path, depth + 1)?;
                    "?".to_owned()
                }
            };
            self.nodes += 1;
            let below = path.field(&name);
            let (event, span) = self.next()?;
            let node = self.node(event, span, &below, depth + 1)?;
            if name == "<<" {
                self.fault(start, &below, Fault::MergeKey);
                continue;
            }
            // THREAT: two readers take different ones of two equal keys. See field-twice-in-a-policy.
            if let Some(first) = seen.get(&name) {
                let first = first.line;
                self.fault(start, &below, Fault::DuplicateKey { key: name, first });
                continue;
            }
            seen.insert(name.clone(), start);
            fields.push(Field { at: start, name, node });
        }
    }

    fn adornments(&mut self, anchor: usize, tagged: bool, start: At, path: &Path) {
        if tagged {
            self.fault(start, path, Fault::Tag);
        }
        if anchor != 0 {
            self.fault(start, path, Fault::Anchor);
        }
    }

    fn plain(&mut self, text: &str, start: At, path: &Path) -> Value {
        match plain(text) {
            Some(value) => value,
            None => {
                self.fault(start, path, Fault::Ambiguous { text: text.to_owned() });
                Value::Faulty
            }
        }
    }

    fn fault(&mut self, at: At, path: &Path, fault: Fault) {
        // More are of no use to anybody: the file is refused already.
        if self.faults.len() < limits::FINDINGS {
            self.faults.push((at, path.clone(), fault));
        }
    }
}

/// What an unquoted scalar is, if every reader of YAML says the same.
fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    // THREAT: `no`, `on` and `1:30` are text to YAML 1.2, but booleans and numbers to the 1.1 readers of Kubernetes.
    if matches!(text.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off") {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut characters = unsigned.chars();
    let begins_as_number = match characters.next() {
        Some('.') => characters.next().is_some_and(|next| next.is_ascii_digit()) || unsigned.len() == 4,
        Some(first) => first.is_ascii_digit(),
        None => false,
    };
    if !begins_as_number {
        return Some(Value::Text(text.to_owned()));
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let has_leading_zero = unsigned.len() > 1 && unsigned.starts_with('0');
        return match text.parse() {
            Ok(number) if !has_leading_zero && !text.starts_with('+') => Some(Value::Integer(number)),
            _ => None,
        };
    }
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan")
        || lower.starts_with("0x")
        || lower.starts_with("0o")
        || lower.starts_with("0b")
    {
        return None;
    }
    let joined: String = lower.chars().filter(|character| !matches!(character, '_' | ':' | ',')).collect();
    if joined.len() < lower.len() && joined.parse::<f64>().is_ok() {
        return None;
    }
    if lower.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'))
        && lower.parse::<f64>().is_ok()
    {
        return Some(Value::Float);
    }
    Some(Value::Text(text.to_owned()))
}

fn is_certainly_text(text: &str) -> bool {
    matches!(plain(text), Some(Value::Text(_)))
}

fn at(marker: Marker) -> At {
    At { line: marker.line(), column: marker.col() + 1 }
}
