//! YAML as Kubernetes' tools read manifests: several documents, anchors, merge keys. Bounded, and refused where they
//! disagree about what it says.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::names;
use crate::limits::{MANIFEST_DEPTH, MANIFEST_VALUES};

/// Why a manifest is no YAML.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YamlError {
    /// An alias of something that is not there, or that it is part of.
    #[error("line {line}: the alias means nothing")]
    Alias { line: usize },
    /// A line break to some, or a mark of order within the text.
    #[error("line {line}: the character U+{code:04X} is refused: readers of YAML disagree about it")]
    Character { line: usize, code: u32 },
    /// A key that readers take for different things.
    #[error("line {line}: {what} is refused as a key: write the name itself")]
    Key { line: usize, what: &'static str },
    /// A key twice, or in two ways of writing.
    #[error("the key `{0}` is there twice in one map, or beside one that differs by case alone")]
    Twice(String),
    /// A key that is another one to some readers.
    #[error("the key `{written}` differs from `{known}` by case alone: write `{known}`")]
    Case { written: String, known: &'static str },
    /// A merge that hides something.
    #[error("line {line}: a merge key that {what} is refused: readers of YAML disagree about it")]
    Merge { line: usize, what: &'static str },
    /// More behind a document's separator.
    #[error("line {line}: only a comment may follow `---` on its line")]
    Separator { line: usize },
    /// A tag.
    #[error("line {line}: the tag is refused here; write the value without it")]
    Tag { line: usize },
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
        by(&|known| known == name).or_else(|| by(&|known| names::same(known, name))).map(|(_, value)| value)
    }

    /// Whether it is a map.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Null)
    }
}

/// Opens a manifest.
///
/// # Errors
/// [`YamlError::NotText`]; [`YamlError::Line`] where readers disagree about where a line or a document ends.
pub(crate) fn read(bytes: &[u8]) -> Result<Reader<'_>, YamlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| YamlError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_lines(text)?;
    Ok(Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new(), values: 0 })
}

// THREAT: clusters' tools end lines at these characters too, and part documents at every line that begins with three
// hyphens, dropping the rest of it. See lines_that_readers_end_elsewhere_are_refused.
fn check_lines(text: &str) -> Result<(), YamlError> {
    for (number, read) in text.split('\n').enumerate() {
        let line = number.saturating_add(1);
        if let Some(letter) = read.chars().find(|letter| BREAKS.contains(letter)) {
            return Err(YamlError::Character { line, code: u32::from(letter) });
        }
        let Some(rest) = read.strip_prefix("---") else { continue };
        let rest = rest.strip_suffix('\r').unwrap_or(rest);
        let after = rest.trim_start_matches([' ', '\t']);
        let comment = after.starts_with('#') && after.len() < rest.len() && !rest.contains('\r');
        if !after.is_empty() && !comment {
            return Err(YamlError::Separator { line });
        }
    }
    Ok(())
}

const BREAKS: [char; 4] = ['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'];

/// The documents of one manifest.
pub(crate) struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, (Node, usize)>,
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
                (event, line) => return self.node(event, line, 0).map(|(node, _)| Some(node)),
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

    // A value, and how many levels nest in it.
    fn node(&mut self, event: Event<'t>, line: usize, depth: usize) -> Result<(Node, usize), YamlError> {
        self.count(1)?;
        nested(depth)?;
        let (node, levels, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(&text, style, tag.as_deref(), line)?, 0, anchor)
            }
            Event::Alias(anchor) => {
                let (node, levels) = self.anchors.get(&anchor).cloned().ok_or(YamlError::Alias { line })?;
                nested(depth.saturating_add(levels))?;
                return Ok((node, levels));
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", line)?;
                let (mut items, mut deepest) = (Vec::new(), 0);
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, line) => {
                            let (item, levels) = self.node(event, line, depth + 1)?;
                            deepest = deepest.max(levels + 1);
                            items.push(item);
                        }
                    }
                }
                (Node::List(Rc::new(items)), deepest, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", line)?;
                let (node, levels) = self.map(depth)?;
                (node, levels, anchor)
            }
            _ => return Err(YamlError::Syntax { line, why: "unexpected end".to_owned() }),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), levels));
        }
        Ok((node, levels))
    }

    fn map(&mut self, depth: usize) -> Result<(Node, usize), YamlError> {
        let (mut fields, mut brought, mut deepest) = (Vec::new(), None, 0);
        loop {
            let (event, line) = self.next()?;
            let (name, style) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, _, None) => (text.into_owned(), style),
                Event::Scalar(..) => return Err(YamlError::Key { line, what: "a tagged word" }),
                Event::Alias(_) => return Err(YamlError::Key { line, what: "an alias" }),
                _ => return Err(YamlError::Key { line, what: "a list or map" }),
            };
            let (event, value_line) = self.next()?;
            let (value, levels) = self.node(event, value_line, depth + 1)?;
            deepest = deepest.max(levels + 1);
            if name != "<<" {
                fields.push((name, value));
                continue;
            }
            let wrong = |what| YamlError::Merge { line, what };
            if style != ScalarStyle::Plain {
                return Err(wrong("is quoted"));
            }
            if brought.is_some() {
                return Err(wrong("is the second one of its map"));
            }
            brought = Some(self.merge(&value, &fields, line)?);
        }
        let written: BTreeSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        // All readers agree that what is written behind a merge key counts before what it brought.
        let mut all = brought.unwrap_or_default();
        all.retain(|(name, _): &(String, Node)| !written.contains(name.as_str()));
        all.extend(fields);
        Ok((names::map(all)?, deepest))
    }

    // THREAT: some readers let a merge win over what is written before it, and of several sources the first or the last.
    // See a_merge_that_readers_disagree_about_is_refused.
    fn merge(
        &mut self,
        source: &Node,
        written: &[(String, Node)],
        line: usize,
    ) -> Result<Vec<(String, Node)>, YamlError> {
        let sources = match source {
            Node::List(sources) => sources.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut known: BTreeSet<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
        let mut brought = Vec::new();
        for source in sources {
            let Node::Map(fields) = source else {
                return Err(YamlError::Merge { line, what: "brings no map" });
            };
            self.count(fields.len())?;
            for (name, value) in fields.iter() {
                if !known.insert(name) {
                    return Err(YamlError::Merge { line, what: "brings a key that is there already" });
                }
                brought.push((name.clone(), value.clone()));
            }
        }
        Ok(brought)
    }
}

// THREAT: deep nesting, aliases counted, exhausts the stack of everything that walks a value, and of what frees it. See
// a_manifest_that_nests_too_deep_is_refused.
fn nested(depth: usize) -> Result<(), YamlError> {
    match depth > MANIFEST_DEPTH {
        true => Err(YamlError::Limit { what: "levels of nesting", limit: MANIFEST_DEPTH }),
        false => Ok(()),
    }
}

// Lists and maps have their own tag or none.
fn check_tag(tag: Option<&Tag>, own: &str, line: usize) -> Result<(), YamlError> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == own) => Err(YamlError::Tag { line }),
        _ => Ok(()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Result<Node, YamlError> {
    let nothing = style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
    match tag {
        // Whether that is a word or nothing is a question of the reader.
        Some(_) if nothing => Err(YamlError::Tag { line }),
        Some(tag) if !tag.is_yaml_core_schema() => Err(YamlError::Tag { line }),
        Some(tag) => match tag.suffix.as_str() {
            "str" => Ok(Node::Text(text.into())),
            "binary" | "bool" | "float" | "int" | "timestamp" => Ok(Node::Other(text.into())),
            _ => Err(YamlError::Tag { line }),
        },
        None if nothing => Ok(Node::Null),
        None if style == ScalarStyle::Plain && is_other(text) => Ok(Node::Other(text.into())),
        None => Ok(Node::Text(text.into())),
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
