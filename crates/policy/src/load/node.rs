//! A document as a tree that remembers where everything was written.

use std::fmt;

/// Where something was written, both from 1.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct At {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A value and where it starts.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
}

/// What was written.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(bool),
    /// Already reported; nothing more can be said about it.
    Faulty,
    /// A number that is not a whole one.
    Float,
    Integer(i64),
    List(Vec<Node>),
    Map(Vec<Field>),
    Null,
    Text(String),
}

/// One entry of a map.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) at: At,
    pub(super) name: String,
    pub(super) node: Node,
}

impl Value {
    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Faulty => "something unreadable",
            Self::Float => "a number",
            Self::Integer(_) => "a whole number",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Null => "null",
            Self::Text(_) => "text",
        }
    }
}

impl Node {
    /// The entry of that name, if this is a map that has one.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        match &self.value {
            Value::Map(fields) => fields.iter().find(|field| field.name == name),
            _ => None,
        }
    }

    /// The text of the entry of that name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match &self.field(name)?.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where `path` was written, or the nearest thing above it that was.
    pub(super) fn locate(&self, path: &Path) -> At {
        let (mut node, mut at) = (self, self.at);
        for step in &path.0 {
            let next = match (step, &node.value) {
                (Step::Name(name), Value::Map(_)) => node.field(name).map(|field| (field.at, &field.node)),
                (Step::Index(index), Value::List(items)) => items.get(*index).map(|item| (item.at, item)),
                _ => None,
            };
            let Some((found, below)) = next else { break };
            (at, node) = (found, below);
        }
        at
    }

    /// The same without what is at `paths`.
    pub(super) fn without(&self, paths: &[&Path]) -> Self {
        self.kept(&Path::default(), paths)
    }

    fn kept(&self, here: &Path, paths: &[&Path]) -> Self {
        let is_kept = |path: &Path| !paths.contains(&path);
        let value = match &self.value {
            Value::List(items) => {
                let items = items.iter().enumerate().map(|(index, item)| (here.index(index), item));
                Value::List(
                    items
                        .filter(|(path, _)| is_kept(path))
                        .map(|(path, item)| item.kept(&path, paths))
                        .collect(),
                )
            }
            Value::Map(fields) => {
                let fields = fields.iter().map(|field| (here.field(&field.name), field));
                let kept = fields.filter(|(path, _)| is_kept(path));
                Value::Map(
                    kept.map(|(path, field)| Field { node: field.node.kept(&path, paths), ..field.clone() })
                        .collect(),
                )
            }
            other => other.clone(),
        };
        Self { at: self.at, value }
    }

    /// The same as JSON, for the typed reader. What was reported as faulty is left out.
    pub(super) fn to_json(&self) -> Option<serde_json::Value> {
        Some(match &self.value {
            Value::Bool(value) => (*value).into(),
            Value::Faulty | Value::Float | Value::Null => return None,
            Value::Integer(value) => (*value).into(),
            Value::List(items) => items.iter().filter_map(Self::to_json).collect::<Vec<_>>().into(),
            Value::Map(fields) => fields
                .iter()
                .filter_map(|field| Some((field.name.clone(), field.node.to_json()?)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Text(text) => text.clone().into(),
        })
    }
}

/// A way from a document's top to one of its values.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Index(usize),
    Name(String),
}

impl Path {
    /// The way to a field below.
    pub(super) fn field(&self, name: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Name(name.to_owned()));
        Self(steps)
    }

    /// The way to an element below, from 0.
    pub(super) fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// Whether one of the two is on the way to the other, or both are the same.
    pub(super) fn on_one_way(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine == theirs)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Name(name) if position == 0 => f.write_str(name)?,
                Step::Name(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}
