//! Which objects hold images, and where. The shipped webhook configuration is compared with this table.

/// Where an object keeps its pod.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// `spec.jobTemplate.spec.template.spec`
    CronJob,
    /// `spec`
    Pod,
    /// `template.spec`
    PodTemplate,
    /// `spec.template.spec`
    Workload,
}

impl Shape {
    /// The path to the pod's specification.
    pub fn path(self) -> &'static str {
        match self {
            Self::CronJob => "spec.jobTemplate.spec.template.spec",
            Self::Pod => "spec",
            Self::PodTemplate => "template.spec",
            Self::Workload => "spec.template.spec",
        }
    }
}

/// A kind of object that holds images.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Kind {
    /// Its group; empty for the core group.
    pub group: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its name.
    pub kind: &'static str,
    /// Its resource's name.
    pub resource: &'static str,
    /// Subresources whose requests carry the whole object and can bring images.
    pub subresources: &'static [&'static str],
    /// Where it keeps its pod.
    pub shape: Shape,
}

/// Every kind that images are read from.
pub const KINDS: [Kind; 9] = [
    Kind { subresources: &["ephemeralcontainers", "resize"], ..core("Pod", "pods", Shape::Pod) },
    core("PodTemplate", "podtemplates", Shape::PodTemplate),
    core("ReplicationController", "replicationcontrollers", Shape::Workload),
    workload("apps", "DaemonSet", "daemonsets"),
    workload("apps", "Deployment", "deployments"),
    workload("apps", "ReplicaSet", "replicasets"),
    workload("apps", "StatefulSet", "statefulsets"),
    Kind { shape: Shape::CronJob, ..workload("batch", "CronJob", "cronjobs") },
    workload("batch", "Job", "jobs"),
];

/// Subresources that bring no image: what they change is not the specification, or is another object.
pub const WITHOUT_IMAGES: [&str; 4] = ["binding", "eviction", "scale", "status"];

/// Finds a kind by all three parts of its name.
pub fn find(group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.group == group && known.version == version && known.kind == kind)
}

const fn core(kind: &'static str, resource: &'static str, shape: Shape) -> Kind {
    Kind { group: "", version: "v1", kind, resource, subresources: &[], shape }
}

const fn workload(group: &'static str, kind: &'static str, resource: &'static str) -> Kind {
    Kind { group, version: "v1", kind, resource, subresources: &[], shape: Shape::Workload }
}
