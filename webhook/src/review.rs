//! An AdmissionReview, borrowed from its body: only what a verdict needs is read.

mod bulk;
mod object;
mod text;

use std::fmt;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{Refusal, limits};

pub use object::{ImageUse, List, Selection};
use text::Object;
pub use text::Text;

/// A request to judge.
#[derive(Debug)]
pub struct Review<'a> {
    /// To be echoed.
    pub uid: Text<'a>,
    /// Group, version and kind.
    pub kind: KindName<'a>,
    /// The subresource; empty for the object itself.
    pub subresource: Text<'a>,
    /// What is done to it.
    pub operation: Operation,
    /// The namespace, as the API server names it and never as the object does.
    pub namespace: Option<Text<'a>>,
    /// Whether nothing will be stored.
    pub dry_run: bool,
    /// The node that asks, where a node does.
    node: Option<String>,
    object: Option<&'a RawValue>,
    old_object: Option<&'a RawValue>,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// CONNECT
    Connect,
    /// CREATE
    Create,
    /// DELETE
    Delete,
    /// UPDATE
    Update,
}

/// Group, version and kind.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
pub struct KindName<'a> {
    /// Empty for the core group.
    #[serde(borrow, default)]
    pub group: Text<'a>,
    /// Such as `v1`.
    #[serde(borrow)]
    pub version: Text<'a>,
    /// Such as `Pod`.
    #[serde(borrow)]
    pub kind: Text<'a>,
}

impl KindName<'_> {
    /// `apiVersion` as objects write it.
    fn api_version_is(&self, written: &str) -> bool {
        match written.split_once('/') {
            Some((group, version)) => group == &*self.group && version == &*self.version,
            None => self.group.is_empty() && written == &*self.version,
        }
    }
}

impl fmt::Display for KindName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", &*self.group)?;
        }
        write!(f, "{} {}", &*self.version, &*self.kind)
    }
}

/// Why a body is no review, and to whom to say so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// The uid, if one could be read: then the answer is an AdmissionReview, else HTTP 400.
    pub uid: Option<String>,
    /// Why.
    pub refusal: Refusal,
}

impl<'a> Review<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Unreadable`]: closed, under the uid if there is one.
    pub fn parse(body: &'a [u8]) -> Result<Self, Unreadable> {
        let without_uid = |refusal| Unreadable { uid: None, refusal };
        let unreadable =
            |why: &dyn fmt::Display| without_uid(Refusal::ReviewUnreadable { why: why.to_string() });
        let text = std::str::from_utf8(body).map_err(|error| unreadable(&error))?;
        let measured = bulk::measure(body);
        let document: Document<'a> = match serde_json::from_str(text) {
            Ok(Object(document)) => document,
            Err(error) => {
                // A uid beside something unreadable is still worth an answer that its user can read.
                let uid = serde_json::from_str::<Object<OnlyUid<'_>>>(text)
                    .ok()
                    .and_then(|only| uid(&only.0.request.0.uid));
                return Err(Unreadable { uid, ..unreadable(&error) });
            }
        };
        let Some(Object(request)) = document.request else { return Err(unreadable(&"it has no request")) };
        let Some(uid) = uid(&request.uid) else {
            return Err(unreadable(&format_args!("its uid is empty or longer than {} bytes", limits::UID)));
        };
        let refuse = |refusal| Err(Unreadable { uid: Some(uid.clone()), refusal });
        if let Err(refusal) = measured {
            return refuse(refusal);
        }
        if &*document.api_version != "admission.k8s.io/v1" || &*document.kind != "AdmissionReview" {
            let [api_version, kind] =
                [&document.api_version, &document.kind].map(|text| crate::shown(text, 64));
            return refuse(Refusal::ReviewVersion { api_version, kind });
        }
        if document.response.is_some() {
            return refuse(Refusal::ReviewInconsistent { why: "it has a request and a response".into() });
        }
        let operation = match &*request.operation {
            "CONNECT" => Operation::Connect,
            "CREATE" => Operation::Create,
            "DELETE" => Operation::Delete,
            "UPDATE" => Operation::Update,
            other => {
                let why = format!("operation `{}` is unknown", crate::shown(other, 64));
                return refuse(Refusal::ReviewInconsistent { why });
            }
        };
        let namespace = request.namespace.filter(|namespace| !namespace.is_empty());
        if let Some(found) =
            namespace.as_ref().map(|namespace| namespace.len()).filter(|&n| n > limits::NAMESPACE)
        {
            let why = format!("its namespace has {found} bytes, the limit is {}", limits::NAMESPACE);
            return refuse(Refusal::ReviewInconsistent { why });
        }
        Ok(Self {
            node: request.user_info.0.node(),
            uid: request.uid,
            kind: request.kind.0,
            subresource: request.sub_resource,
            operation,
            namespace,
            dry_run: request.dry_run.unwrap_or(false),
            object: request.object,
            old_object: request.old_object,
        })
    }
}

fn uid(text: &str) -> Option<String> {
    (!text.is_empty() && text.len() <= limits::UID).then(|| text.to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow, default)]
    api_version: Text<'a>,
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(borrow)]
    request: Option<Object<RequestDocument<'a>>>,
    response: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestDocument<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    #[serde(borrow)]
    kind: Object<KindName<'a>>,
    #[serde(borrow, default)]
    sub_resource: Text<'a>,
    #[serde(borrow)]
    namespace: Option<Text<'a>>,
    #[serde(borrow)]
    operation: Text<'a>,
    #[serde(borrow, default)]
    user_info: Object<UserInfo<'a>>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    old_object: Option<&'a RawValue>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
struct OnlyUid<'a> {
    #[serde(borrow)]
    request: Object<OnlyUidRequest<'a>>,
}

#[derive(Deserialize)]
struct OnlyUidRequest<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
}

#[derive(Default, Deserialize)]
struct UserInfo<'a> {
    #[serde(borrow, default)]
    username: Text<'a>,
    #[serde(borrow)]
    groups: Option<Vec<Text<'a>>>,
}

impl UserInfo<'_> {
    /// The node's name, if a node asks: by its user name and its group, both of which the API server vouches for.
    fn node(&self) -> Option<String> {
        let node = self.username.strip_prefix("system:node:").filter(|node| !node.is_empty())?;
        self.groups.iter().flatten().any(|group| &**group == "system:nodes").then(|| node.to_owned())
    }
}
