//! What the four files say.

use std::collections::{BTreeMap, BTreeSet};

use sealgate_verify::{Algorithm, Digest, Timestamp as Time};
use serde_json::{Map, Value};

use super::{Envelope, Keys, Role, time};
use crate::{TufError, limits};

/// What every file says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) version: u64,
    pub(crate) expires: Time,
}

/// Who may sign for a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RoleKeys {
    pub(crate) names: BTreeSet<String>,
    pub(crate) threshold: u64,
}

/// `root.json`: who may sign what.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) header: Header,
    pub(crate) consistent_snapshot: bool,
    pub(crate) keys: Keys,
    root: RoleKeys,
    snapshot: RoleKeys,
    targets: RoleKeys,
    timestamp: RoleKeys,
}

/// `timestamp.json`: which snapshot is today's.
#[derive(Clone, Debug)]
pub(crate) struct Timestamp {
    pub(crate) header: Header,
    pub(crate) snapshot: Pin,
}

/// `snapshot.json`: which files belong together.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) header: Header,
    pub(crate) meta: BTreeMap<String, Pin>,
}

/// `targets.json`: which files there are. Delegations are not followed: a root comes from the top role or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    pub(crate) header: Header,
    targets: Map<String, Value>,
}

/// Which version of a file is meant, and what its bytes must be where that is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pin {
    pub(crate) version: u64,
    pub(crate) length: Option<usize>,
    pub(crate) digests: Vec<Digest>,
}

/// What a target's bytes must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    pub(crate) length: usize,
    pub(crate) digests: Vec<Digest>,
}

impl Header {
    pub(super) fn read(role: Role, signed: &Map<String, Value>) -> Result<Self, TufError> {
        let fields = Fields { role, object: signed };
        let kind = fields.text("_type")?;
        // THREAT: one role's file served as another's, where one key signs both. See a_file_of_another_role_is_refused.
        if kind != role.name() {
            return Err(TufError::WrongRole { file: role.name(), found: shown(kind) });
        }
        let specification = fields.text("spec_version")?;
        let mut parts = specification.split('.');
        let numbers = specification
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        if parts.next() != Some("1") || !numbers {
            return Err(TufError::Specification { file: role.name(), found: shown(specification) });
        }
        let version = fields.number("version")?;
        if version == 0 {
            return Err(fields.malformed("`version` is 0"));
        }
        let expires =
            time::read(fields.text("expires")?).ok_or_else(|| fields.malformed("`expires` is no time"))?;
        Ok(Self { version, expires })
    }
}

impl Root {
    pub(crate) fn read(envelope: &Envelope) -> Result<Self, TufError> {
        let fields = Fields::of(envelope);
        let listed = fields.object("keys")?;
        let roles = Fields { role: envelope.role, object: fields.object("roles")? };
        let consistent_snapshot = match fields.object.get("consistent_snapshot") {
            None => false,
            Some(Value::Bool(it)) => *it,
            Some(_) => return Err(fields.malformed("`consistent_snapshot` is no boolean")),
        };
        let role = |name: &str| RoleKeys::read(&Fields { role: envelope.role, object: roles.object(name)? });
        Ok(Self {
            header: envelope.header,
            consistent_snapshot,
            keys: Keys::read(listed),
            root: role("root")?,
            snapshot: role("snapshot")?,
            targets: role("targets")?,
            timestamp: role("timestamp")?,
        })
    }

    pub(crate) fn role(&self, role: Role) -> &RoleKeys {
        match role {
            Role::Root => &self.root,
            Role::Snapshot => &self.snapshot,
            Role::Targets => &self.targets,
            Role::Timestamp => &self.timestamp,
        }
    }

    /// Whether a key that could sign for the role before cannot any more.
    pub(crate) fn revokes(&self, before: &Self, role: Role) -> bool {
        let now: Vec<_> = self.role(role).names.iter().filter_map(|name| self.keys.of(name)).collect();
        let mut earlier = before.role(role).names.iter().filter_map(|name| before.keys.of(name));
        earlier.any(|key| !now.contains(&key))
    }
}

impl RoleKeys {
    fn read(fields: &Fields<'_>) -> Result<Self, TufError> {
        let names: BTreeSet<String> = fields
            .list("keyids")?
            .iter()
            .map(|name| {
                name.as_str().map(str::to_owned).ok_or_else(|| fields.malformed("a key's name is no text"))
            })
            .collect::<Result<_, _>>()?;
        if names.len() > limits::SIGNERS {
            return Err(TufError::Limit {
                what: "keys of one role",
                limit: limits::SIGNERS,
                file: fields.role.name(),
            });
        }
        let threshold = fields.number("threshold")?;
        // THREAT: nobody has to sign. See a_threshold_of_nothing_is_refused.
        if threshold == 0 {
            return Err(fields.malformed("a threshold is 0"));
        }
        Ok(Self { names, threshold })
    }
}

impl Timestamp {
    pub(crate) fn read(envelope: &Envelope) -> Result<Self, TufError> {
        let fields = Fields::of(envelope);
        let meta = Fields { object: fields.object("meta")?, ..fields };
        let snapshot = Pin::read(&Fields { object: meta.object("snapshot.json")?, ..fields })?;
        Ok(Self { header: envelope.header, snapshot })
    }
}

impl Snapshot {
    pub(crate) fn read(envelope: &Envelope) -> Result<Self, TufError> {
        let fields = Fields::of(envelope);
        let meta = Fields { object: fields.object("meta")?, ..fields };
        let pin =
            |name: &String| Ok((name.clone(), Pin::read(&Fields { object: meta.object(name)?, ..fields })?));
        let meta = meta.object.keys().map(pin).collect::<Result<_, TufError>>()?;
        Ok(Self { header: envelope.header, meta })
    }
}

impl Targets {
    pub(crate) fn read(envelope: &Envelope) -> Result<Self, TufError> {
        let targets = Fields::of(envelope).object("targets")?.clone();
        Ok(Self { header: envelope.header, targets })
    }

    /// The target of exactly that name.
    // THREAT: names that lead elsewhere, and roots that somebody else may name. Nothing but a few names is ever looked up, and
    // no name from the wire becomes a path here. See a_name_that_climbs_is_never_written_or_asked_for.
    pub(crate) fn target(&self, name: &str) -> Result<Option<Target>, TufError> {
        let fields = Fields { role: Role::Targets, object: &self.targets };
        if !self.targets.contains_key(name) {
            return Ok(None);
        }
        let target = Fields { object: fields.object(name)?, ..fields };
        let digests = target.digests()?;
        if digests.is_empty() {
            return Err(target.malformed("a target has no digest that we know"));
        }
        Ok(Some(Target {
            length: target.length()?.ok_or_else(|| target.malformed("a target has no `length`"))?,
            digests,
        }))
    }
}

impl Targets {
    /// Every name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// What a target says of itself beside its bytes; none where it says nothing.
    pub(crate) fn custom(&self, name: &str) -> Option<&Value> {
        self.targets.get(name)?.get("custom").filter(|custom| !custom.is_null())
    }
}

impl Pin {
    fn read(fields: &Fields<'_>) -> Result<Self, TufError> {
        let version = fields.number("version")?;
        let digests = match fields.object.contains_key("hashes") {
            true => fields.digests()?,
            false => Vec::new(),
        };
        if fields.object.contains_key("hashes") && digests.is_empty() {
            return Err(fields.malformed("a file is pinned by no digest that we know"));
        }
        Ok(Self { version, length: fields.length()?, digests })
    }
}

/// Fields of an object, and whose file it is in.
#[derive(Clone, Copy)]
struct Fields<'a> {
    role: Role,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn of(envelope: &'a Envelope) -> Self {
        Self { role: envelope.role, object: &envelope.signed }
    }

    fn malformed(&self, why: &str) -> TufError {
        TufError::Malformed { file: self.role.name(), why: why.to_owned() }
    }

    fn wanted<T>(&self, name: &str, kind: &str, found: Option<T>) -> Result<T, TufError> {
        found.ok_or_else(|| self.malformed(&format!("`{}` is no {kind}", shown(name))))
    }

    fn text(&self, name: &str) -> Result<&'a str, TufError> {
        self.wanted(name, "text", self.object.get(name).and_then(Value::as_str))
    }

    fn number(&self, name: &str) -> Result<u64, TufError> {
        self.wanted(name, "natural number", self.object.get(name).and_then(Value::as_u64))
    }

    fn list(&self, name: &str) -> Result<&'a Vec<Value>, TufError> {
        self.wanted(name, "list", self.object.get(name).and_then(Value::as_array))
    }

    fn object(&self, name: &str) -> Result<&'a Map<String, Value>, TufError> {
        self.wanted(name, "object", self.object.get(name).and_then(Value::as_object))
    }

    fn length(&self) -> Result<Option<usize>, TufError> {
        match self.object.contains_key("length") {
            true => {
                let length = usize::try_from(self.number("length")?).ok();
                self.wanted("length", "length", length).map(Some)
            }
            false => Ok(None),
        }
    }

    // Digests of algorithms that we know; all of them must hold.
    fn digests(&self) -> Result<Vec<Digest>, TufError> {
        let mut found = Vec::new();
        for (name, value) in self.object("hashes")? {
            let algorithm = match name.as_str() {
                "sha256" => Algorithm::Sha256,
                "sha384" => Algorithm::Sha384,
                "sha512" => Algorithm::Sha512,
                _ => continue,
            };
            let digest = value
                .as_str()
                .and_then(|text| hex::decode(text).ok())
                .and_then(|bytes| Digest::from_bytes(algorithm, &bytes).ok());
            found.push(self.wanted(name, "digest", digest)?);
        }
        Ok(found)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
