//! Which images an object names, and which of them are to be judged.

use std::{collections::HashSet, fmt};

use sealgate::policy::Role;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    Operation, Review, Text,
    text::{Element, List as Elements, Object as Json},
};
use crate::{
    Refusal, kinds,
    kinds::{Kind, Shape},
    limits,
};

/// What of a review is to be judged.
#[derive(Debug)]
pub enum Selection<'a> {
    /// These images. Empty: nothing new.
    Images {
        /// In the object's order: volumes, init containers, containers, ephemeral containers.
        images: Vec<ImageUse<'a>>,
        /// A mirror pod from its own node: recorded, never denied, since the kubelet runs it anyway.
        mirror: bool,
    },
    /// A request that carries no new image.
    Nothing,
    /// A kind that images cannot be read from.
    UnknownKind,
}

/// One place of an object that names an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImageUse<'a> {
    /// The pod's path.
    pub base: &'static str,
    /// Which list.
    pub list: List,
    /// The place in the list, from 0.
    pub index: usize,
    /// The element's name.
    pub name: Text<'a>,
    /// The reference as written; empty if there is none.
    pub image: Text<'a>,
}

impl ImageUse<'_> {
    /// The path of the field, such as `spec.containers[0].image`.
    pub fn field(&self) -> String {
        let image = if self.list == List::Volumes { "image.reference" } else { "image" };
        format!("{}.{}[{}].{image}", self.base, self.list.name(), self.index)
    }
}

/// A list of a pod whose elements name images.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum List {
    /// `containers`
    Containers,
    /// `ephemeralContainers`
    EphemeralContainers,
    /// `initContainers`
    InitContainers,
    /// `volumes`
    Volumes,
}

impl List {
    /// The list's field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::EphemeralContainers => "ephemeralContainers",
            Self::InitContainers => "initContainers",
            Self::Volumes => "volumes",
        }
    }

    /// What its images are for.
    pub fn role(self) -> Role {
        match self {
            Self::Containers => Role::Container,
            Self::EphemeralContainers => Role::Ephemeral,
            Self::InitContainers => Role::Init,
            Self::Volumes => Role::Volume,
        }
    }

    /// What an element is called in a message.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Containers => "container",
            Self::EphemeralContainers => "ephemeral container",
            Self::InitContainers => "init container",
            Self::Volumes => "image volume",
        }
    }
}

impl<'a> Review<'a> {
    /// Finds what is to be judged: every image on CREATE; on UPDATE those that the old object did not have at the same
    /// path and element name.
    ///
    /// # Errors
    /// [`Refusal`] if the object cannot be read, or names too many images.
    pub fn select(&self) -> Result<Selection<'a>, Refusal> {
        let subresource = &*self.subresource;
        if matches!(self.operation, Operation::Connect | Operation::Delete)
            || kinds::WITHOUT_IMAGES.contains(&subresource)
        {
            return Ok(Selection::Nothing);
        }
        let Some(kind) = kinds::find(&self.kind.group, &self.kind.version, &self.kind.kind)
            .filter(|kind| subresource.is_empty() || kind.subresources.contains(&subresource))
        else {
            return Ok(Selection::UnknownKind);
        };
        let object = self.read(kind, "object", self.object)?;
        let mut images = object.images;
        // THREAT: elements beyond the limit, which the reader has dropped, ride along behind old ones that an UPDATE need not
        // judge. See an_element_beyond_the_limit_is_not_hidden_by_known_ones.
        if images.len() > limits::CONTAINERS {
            return Err(Refusal::TooManyContainers { found: images.len(), limit: limits::CONTAINERS });
        }
        if self.operation == Operation::Update {
            // THREAT: a deletion timestamp, an owner or a label of the new object excuses an image. Nothing but the old
            // object's own images is looked at. See an_image_changed_while_terminating_is_judged.
            let old = self.read(kind, "oldObject", self.old_object)?.images;
            let known: HashSet<_> = old.iter().map(|old| (old.list, &*old.name, &*old.image)).collect();
            images.retain(|new| !known.contains(&(new.list, &*new.name, &*new.image)));
        }
        let different = images.iter().map(|image| &*image.image).collect::<HashSet<_>>().len();
        if different > limits::IMAGES {
            return Err(Refusal::TooManyImages { found: different, limit: limits::IMAGES });
        }
        let mirror = self.operation == Operation::Create
            && object.is_mirror
            && self.node.is_some()
            && self.node.as_deref() == object.node_name.as_deref();
        Ok(Selection::Images { images, mirror })
    }

    /// Whether it is about a mirror pod, from its own node.
    pub(crate) fn is_mirror(&self) -> bool {
        self.node.is_some() && matches!(self.select(), Ok(Selection::Images { mirror: true, .. }))
    }

    fn read(&self, kind: &Kind, field: &str, raw: Option<&'a RawValue>) -> Result<Object<'a>, Refusal> {
        let raw = raw.ok_or_else(|| Refusal::ReviewInconsistent { why: format!("it has no {field}") })?.get();
        let unreadable =
            |why: String| Refusal::ObjectUnreadable { kind: format!("{} ({field})", kind.kind), why };
        let object = match kind.shape {
            Shape::CronJob => read_as::<Templated<CronJobSpec<'a>>>(raw),
            Shape::Pod => read_as::<Templated<PodSpec<'a>>>(raw),
            Shape::PodTemplate => read_as::<PodTemplate<'a>>(raw),
            Shape::Workload => read_as::<Templated<WorkloadSpec<'a>>>(raw),
        };
        let (identity, pod) = object.map_err(|error| unreadable(error.to_string()))?;
        // THREAT: the review says Pod, the object is something whose images lie elsewhere.
        if &*identity.kind != kind.kind || !self.kind.api_version_is(&identity.api_version) {
            let [version, name] = [&identity.api_version, &identity.kind].map(|text| crate::shown(text, 64));
            let why = format!("it is about {}, its {field} is {version} {name}", self.kind);
            return Err(Refusal::ReviewInconsistent { why });
        }
        let Some(pod) = pod else {
            // Only a ReplicationController may come without a template, and then it makes no pods.
            if kind.kind == "ReplicationController" {
                return Ok(Object::default());
            }
            return Err(unreadable(format!("it has no {}", kind.shape.path())));
        };
        Ok(pod.object(kind.shape.path(), identity.metadata.is_mirror()))
    }
}

#[derive(Default)]
struct Object<'a> {
    images: Vec<ImageUse<'a>>,
    is_mirror: bool,
    node_name: Option<Text<'a>>,
}

fn read_as<'a, T: Deserialize<'a> + Holder<'a>>(
    raw: &'a str,
) -> Result<(Identity<'a>, Option<PodSpec<'a>>), serde_json::Error> {
    serde_json::from_str::<Json<T>>(raw).map(|object| object.0.open())
}

trait Holder<'a> {
    fn open(self) -> (Identity<'a>, Option<PodSpec<'a>>);
}

trait Spec<'a> {
    fn pod(self) -> Option<PodSpec<'a>>;
}

struct Identity<'a> {
    api_version: Text<'a>,
    kind: Text<'a>,
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Templated<'a, S> {
    #[serde(borrow, default)]
    api_version: Text<'a>,
    #[serde(borrow, default)]
    kind: Text<'a>,
    metadata: Option<Json<Metadata>>,
    spec: Option<Json<S>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodTemplate<'a> {
    #[serde(borrow, default)]
    api_version: Text<'a>,
    #[serde(borrow, default)]
    kind: Text<'a>,
    metadata: Option<Json<Metadata>>,
    #[serde(borrow)]
    template: Option<Json<Template<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CronJobSpec<'a> {
    #[serde(borrow)]
    job_template: Option<Json<JobTemplate<'a>>>,
}

#[derive(Deserialize)]
struct JobTemplate<'a> {
    #[serde(borrow)]
    spec: Option<Json<WorkloadSpec<'a>>>,
}

#[derive(Deserialize)]
struct WorkloadSpec<'a> {
    #[serde(borrow)]
    template: Option<Json<Template<'a>>>,
}

#[derive(Deserialize)]
struct Template<'a> {
    #[serde(borrow)]
    spec: Option<Json<PodSpec<'a>>>,
}

// A field that is there twice is refused by the reader: two readers could see two different images.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodSpec<'a> {
    #[serde(borrow, default)]
    volumes: Elements<Volume<'a>>,
    #[serde(borrow, default)]
    init_containers: Elements<Container<'a>>,
    #[serde(borrow, default)]
    containers: Elements<Container<'a>>,
    #[serde(borrow, default)]
    ephemeral_containers: Elements<Container<'a>>,
    #[serde(borrow)]
    node_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow)]
    image: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Volume<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow)]
    image: Option<Json<ImageVolume<'a>>>,
}

#[derive(Deserialize)]
struct ImageVolume<'a> {
    #[serde(borrow)]
    reference: Option<Text<'a>>,
}

impl Element for Container<'_> {}

impl Element for Volume<'_> {
    fn counts(&self) -> bool {
        self.image.is_some()
    }
}

impl<'a, S: Spec<'a>> Holder<'a> for Templated<'a, S> {
    fn open(self) -> (Identity<'a>, Option<PodSpec<'a>>) {
        let Json(metadata) = self.metadata.unwrap_or_default();
        let pod = self.spec.and_then(|spec| spec.0.pod());
        (Identity { api_version: self.api_version, kind: self.kind, metadata }, pod)
    }
}

impl<'a> Holder<'a> for PodTemplate<'a> {
    fn open(self) -> (Identity<'a>, Option<PodSpec<'a>>) {
        let Json(metadata) = self.metadata.unwrap_or_default();
        let pod = self.template.and_then(|template| template.0.spec).map(|spec| spec.0);
        (Identity { api_version: self.api_version, kind: self.kind, metadata }, pod)
    }
}

impl<'a> Spec<'a> for PodSpec<'a> {
    fn pod(self) -> Option<PodSpec<'a>> {
        Some(self)
    }
}

impl<'a> Spec<'a> for WorkloadSpec<'a> {
    fn pod(self) -> Option<PodSpec<'a>> {
        self.template?.0.spec.map(|spec| spec.0)
    }
}

impl<'a> Spec<'a> for CronJobSpec<'a> {
    fn pod(self) -> Option<PodSpec<'a>> {
        self.job_template?.0.spec?.0.pod()
    }
}

impl<'a> PodSpec<'a> {
    fn object(self, base: &'static str, is_mirror: bool) -> Object<'a> {
        let mut images = Vec::with_capacity(self.containers.0.len() + self.init_containers.0.len());
        let mut add = |list, index, name, image: Option<Text<'a>>| {
            images.push(ImageUse { base, list, index, name, image: image.unwrap_or_default() });
        };
        for (index, volume) in self.volumes.0 {
            add(List::Volumes, index, volume.name, volume.image.and_then(|image| image.0.reference));
        }
        for (index, container) in self.init_containers.0 {
            add(List::InitContainers, index, container.name, container.image);
        }
        for (index, container) in self.containers.0 {
            add(List::Containers, index, container.name, container.image);
        }
        for (index, container) in self.ephemeral_containers.0 {
            add(List::EphemeralContainers, index, container.name, container.image);
        }
        Object { images, is_mirror, node_name: self.node_name }
    }
}

#[derive(Default, Deserialize)]
struct Metadata {
    annotations: Option<Annotations>,
}

impl Metadata {
    fn is_mirror(&self) -> bool {
        self.annotations.as_ref().is_some_and(|annotations| annotations.mirror)
    }
}

/// Of all annotations, only whether the kubelet's is there.
#[derive(Default)]
struct Annotations {
    mirror: bool,
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Annotations;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("annotations")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut annotations = Annotations::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    annotations.mirror |= &*key == "kubernetes.io/config.mirror";
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(annotations)
            }
        }
        deserializer.deserialize_map(Look)
    }
}
