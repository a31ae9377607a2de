//! cosign's verbs and their flags, as data.

mod about;
pub(crate) mod flags;
mod make;
mod read;
mod roots;
mod verify;

use super::failure::Failure;
use crate::{
    Console,
    go::{
        flags::{Flag, Typed},
        quote::quote,
    },
};

/// What a verb does with what was typed.
pub(crate) type Run = fn(&Typed, &mut Console<'_>) -> Result<(), Failure>;

/// One verb.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    /// What is typed; two words for a verb of a group.
    pub(crate) name: &'static str,
    /// Does it.
    pub(crate) run: Run,
    /// What follows the flags.
    pub(crate) words: Words,
    /// Its flags, in groups that verbs share.
    pub(crate) groups: &'static [&'static [Flag]],
    /// Whether `COSIGN_<FLAG>` stands in for flags.
    pub(crate) binds: bool,
    /// Groups of flags of which only one each may be given.
    pub(crate) exclusive: &'static [&'static [&'static str]],
    /// Flags that must be given.
    pub(crate) required: &'static [&'static str],
    /// The notice printed before anything else, if the verb is on its way out.
    pub(crate) deprecated: Option<&'static str>,
    /// What it does, for the help text.
    pub(crate) about: &'static str,
    /// How it is called.
    pub(crate) usage: &'static str,
}

/// How many words a verb takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Words {
    /// Any number, ignored.
    Any,
    /// That many or more.
    AtLeast(usize),
    /// At most that many.
    AtMost(usize),
    /// Exactly that many.
    Exactly(usize),
    /// None at all.
    None,
}

impl Words {
    /// Fails with cobra's text.
    pub(crate) fn check(self, verb: &str, words: &[String]) -> Result<(), String> {
        let count = words.len();
        match self {
            Self::AtLeast(least) if count < least => {
                Err(format!("requires at least {least} arg(s), only received {count}"))
            }
            Self::AtMost(most) if count > most => {
                Err(format!("accepts at most {most} arg(s), received {count}"))
            }
            Self::Exactly(exact) if count != exact => {
                Err(format!("accepts {exact} arg(s), received {count}"))
            }
            Self::None => words.first().map_or(Ok(()), |word| {
                Err(format!("unknown command {} for {}", quote(word), quote(&format!("cosign {verb}"))))
            }),
            _ => Ok(()),
        }
    }
}

/// A verb that has nothing; the rooms write what theirs has.
const BARE: Command = Command {
    name: "",
    run: |_, _| Err("not a verb".into()),
    words: Words::Any,
    groups: &[],
    binds: false,
    exclusive: &[],
    required: &[],
    deprecated: None,
    about: "",
    usage: "",
};

/// A word that only leads to verbs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// What is typed.
    pub(crate) name: &'static str,
    /// The notice printed where it is typed alone, if it is on its way out.
    pub(crate) deprecated: Option<&'static str>,
    /// What its verbs do, for the help text.
    pub(crate) about: &'static str,
}

/// Every group.
pub(crate) const GROUPS: &[Group] = &[
    Group { name: "bundle", deprecated: None, about: "Work with Sigstore bundles in files" },
    Group {
        name: "dockerfile",
        deprecated: Some(
            "dockerfile will be removed in v4.0.0 (see https://github.com/sigstore/cosign/issues/4696). Instead, please use `cosign verify` for each image in your Dockerfile",
        ),
        about: "Work with the images of Dockerfiles",
    },
    Group {
        name: "download",
        deprecated: None,
        about: "Print what is attached to an image, as it is: nothing is verified",
    },
    Group {
        name: "manifest",
        deprecated: Some(
            "manifest will be removed in v4.0.0 (see https://github.com/sigstore/cosign/issues/4696). Instead, please use `cosign verify` for each image in your Kubernetes manifest",
        ),
        about: "Work with the images of Kubernetes manifests",
    },
    Group { name: "trusted-root", deprecated: None, about: "Work with trusted roots" },
];

/// The verb of that name.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

/// The group of that name.
pub(crate) fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

/// Every verb, in the order of the overview.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    [verify::VERBS, read::VERBS, make::VERBS, roots::VERBS, about::VERBS].into_iter().flatten()
}
