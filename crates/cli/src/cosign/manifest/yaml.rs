//! YAML and JSON as Kubernetes' tools read manifests: several documents, anchors, merge keys. Bounded.

use std::{collections::BTreeMap, rc::Rc};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use serde_json::Value;

use crate::limits::{MANIFEST_DEPTH, MANIFEST_VALUES};

/// Why a manifest is no YAML.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YamlError {
    /// An alias of something that is not there, or that it is part of.
    #[error("line {line}: the alias means nothing")]
    Alias { line: usize },
    /// More than we read.
    #[error("the manifest has more than {limit} {what}")]
    Limit { what: &'static str, limit: usize },
    /// Not UTF-8.
    #[error("the manifest is not UTF-8 text")]
    NotText,
    /// Not YAML.
    #[error("line {line}: {why}")]
    Syntax { line: usize, why: String },
}

/// One value. What aliases share is shared here too.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Nothing.
    Null,
    /// A number or a boolean, as written.
    Other(Rc<str>),
    /// Text.
    Text(Rc<str>),
    /// A list.
    List(Rc<Vec<Node>>),
    /// A map, in the order written.
    Map(Rc<Vec<(String, Node)>>),
}

impl Node {
    /// A field's value. Case does not count, as in Go's JSON; the exact name goes first, then the last one written.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        let by = |fits: &dyn Fn(&str) -> bool| fields.iter().rev().find(|(known, _)| fits(known));
        by(&|known| known == name)
            .or_else(|| by(&|known| known.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }

    /// Whether it is a map.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Null)
    }
}

/// Opens a manifest.
///
/// # Errors
/// [`YamlError::NotText`].
pub(crate) fn read(bytes: &[u8]) -> Result<Reader<'_>, YamlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| YamlError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new(), values: 0 })
}

/// The documents of a manifest that is JSON, one object behind the other; nothing if it is something else.
///
/// # Errors
/// [`YamlError::Limit`]
pub(super) fn json(bytes: &[u8]) -> Result<Option<Vec<Node>>, YamlError> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Ok(None);
    }
    let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes).into_iter().collect();
    let mut values = MANIFEST_VALUES;
    documents.ok().map(|all| all.into_iter().map(|one| of_json(one, &mut values)).collect()).transpose()
}

fn of_json(value: Value, values: &mut usize) -> Result<Node, YamlError> {
    *values = values.checked_sub(1).ok_or(YamlError::Limit { what: "values", limit: MANIFEST_VALUES })?;
    Ok(match value {
        Value::Null => Node::Null,
        Value::Bool(is) => Node::Other(is.to_string().into()),
        Value::Number(number) => Node::Other(number.to_string().into()),
        Value::String(text) => Node::Text(text.into()),
        Value::Array(items) => Node::List(Rc::new(
            items.into_iter().map(|item| of_json(item, values)).collect::<Result<_, _>>()?,
        )),
        Value::Object(fields) => {
            let field = |(name, value)| Ok((name, of_json(value, values)?));
            Node::Map(Rc::new(fields.into_iter().map(field).collect::<Result<_, YamlError>>()?))
        }
    })
}

/// The documents of one manifest.
pub(crate) struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Node>,
    values: usize,
}

impl From<ScanError> for YamlError {
    fn from(error: ScanError) -> Self {
        Self::Syntax { line: error.marker().line(), why: error.info().to_owned() }
    }
}

impl<'t> Reader<'t> {
    /// The next document, if there is one.
    ///
    /// # Errors
    /// [`YamlError`]
    pub(crate) fn next_document(&mut self) -> Result<Option<Node>, YamlError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(None),
                (Event::DocumentStart(_), _) => self.anchors.clear(),
                (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
                (event, line) => return self.node(event, line, 0).map(Some),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, usize), YamlError> {
        match self.parser.next_event() {
            Some(event) => event.map(|(event, span)| (event, span.start.line())).map_err(YamlError::from),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), YamlError> {
        self.values = self.values.saturating_add(more);
        match self.values > MANIFEST_VALUES {
            true => Err(YamlError::Limit { what: "values", limit: MANIFEST_VALUES }),
            false => Ok(()),
        }
    }

    fn node(&mut self, event: Event<'t>, line: usize, depth: usize) -> Result<Node, YamlError> {
        self.count(1)?;
        // THREAT: deep nesting exhausts the stack. See a_manifest_that_nests_too_deep_is_refused.
        if depth > MANIFEST_DEPTH {
            return Err(YamlError::Limit { what: "levels of nesting", limit: MANIFEST_DEPTH });
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => (scalar(&text, style), anchor),
            Event::Alias(anchor) => {
                return self.anchors.get(&anchor).cloned().ok_or(YamlError::Alias { line });
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, line) => items.push(self.node(event, line, depth + 1)?),
                    }
                }
                (Node::List(Rc::new(items)), anchor)
            }
            Event::MappingStart(anchor, _) => (self.map(depth)?, anchor),
            _ => return Err(YamlError::Syntax { line, why: "unexpected end".to_owned() }),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn map(&mut self, depth: usize) -> Result<Node, YamlError> {
        let (mut fields, mut merged) = (Vec::new(), Vec::new());
        loop {
            let (event, line) = self.next()?;
            let (name, merges) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, ..) => {
                    let merges = text == "<<" && style == ScalarStyle::Plain;
                    (text.into_owned(), merges)
                }
                other => {
                    // A key that is no text names no field that anybody looks for.
                    self.node(other, line, depth + 1)?;
                    (String::new(), false)
                }
            };
            let (event, line) = self.next()?;
            let value = self.node(event, line, depth + 1)?;
            if merges { merged.push(value) } else { fields.push((name, value)) }
        }
        for source in merged {
            self.merge(&source, &mut fields)?;
        }
        Ok(Node::Map(Rc::new(fields)))
    }

    // What is written beside a merge key counts before what it brings.
    fn merge(&mut self, source: &Node, fields: &mut Vec<(String, Node)>) -> Result<(), YamlError> {
        match source {
            Node::Map(more) => {
                self.count(more.len())?;
                // Earlier fields are found last.
                fields.splice(0..0, more.iter().cloned());
            }
            Node::List(sources) => {
                for source in sources.iter() {
                    if let Node::Map(_) = source {
                        self.merge(source, fields)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Node {
    if style != ScalarStyle::Plain {
        return Node::Text(text.into());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        _ if is_other(text) => Node::Other(text.into()),
        _ => Node::Text(text.into()),
    }
}

// Numbers and booleans of YAML 1.1, which Kubernetes' tools read.
fn is_other(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_prefix(['+', '-']).unwrap_or(&lower).replace('_', "");
    matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n")
        || matches!(number.as_str(), ".inf" | ".nan")
        || number.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.')
            && (number.parse::<f64>().is_ok() || is_based(&number))
}

fn is_based(number: &str) -> bool {
    [("0x", 16), ("0o", 8), ("0b", 2)].iter().any(|(prefix, radix)| {
        number.strip_prefix(prefix).is_some_and(|digits| u128::from_str_radix(digits, *radix).is_ok())
    })
}
